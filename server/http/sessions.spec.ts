import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Database, openDatabase, scopeOf } from '../database/index.ts'
import { createSessions } from './sessions.ts'

it('knows whom it let in while the database is away, for half an hour, and nobody else', async () => {
  const db = openDatabase('sqlite::memory:')
  await db.migrate()
  await db.knex('agencies').insert({ code: 'a', name: 'A', kind: 'province', created_at: 0 })
  await db.knex('users').insert({ agency_id: 1, username: 'ana', name: 'Ana', role: 'agent', created_at: 0 })
  let away = false
  let now = 1_000_000
  const lost = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
  const knex = (table: string) => {
    if (away) throw lost
    return db.knex(table)
  }
  const sessions = createSessions({ ...db, knex: knex as never } as Database, () => now)
  const { token } = await sessions.issue(scopeOf(1), { userId: 1 })
  const other = await sessions.issue(scopeOf(1), { userId: 1 })
  assert.equal((await sessions.byToken(token))?.name, 'Ana')
  away = true
  assert.equal((await sessions.byToken(token))?.name, 'Ana')
  await assert.rejects(sessions.byToken(other.token), lost)
  now += 30 * 60_000
  await assert.rejects(sessions.byToken(token), lost)
  away = false
  now -= 1
  assert.equal((await sessions.byToken(token))?.name, 'Ana')
  await sessions.revokeUser(1)
  away = true
  await assert.rejects(sessions.byToken(token), lost)
  await db.close()
})
