import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from './index.ts'

test('a database that is away is told to whoever asked, and printed by nobody', async (t) => {
  const printed = t.mock.method(console, 'log', () => {})
  const db = openDatabase('sqlite:/')
  await assert.rejects(db.ping(), (error) => db.dialect.isUnavailable(error))
  assert.equal(printed.mock.callCount(), 0)
  await db.close()
})
