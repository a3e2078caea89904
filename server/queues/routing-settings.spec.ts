import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { lastKnown } from './last-known.ts'
import { createRoutingSettings } from './routing-settings.ts'

test('what was known is told when the source fails or is too slow; without it the failure is told', async () => {
  const memory = lastKnown({ patienceMs: 1 })
  const away = () => Promise.reject(new Error('away'))
  await assert.rejects(memory.ask('a', away), /away/)
  assert.equal(await memory.ask('a', async () => 1), 1)
  assert.equal(await memory.ask('a', away), 1)
  assert.equal(await memory.ask('a', () => new Promise<number>(() => {})), 1)
  assert.equal(await memory.ask('a', async () => 2), 2)
  await assert.rejects(memory.ask('b', away), /away/)
})

test('the memory does not grow with the numbers that are dialled', async () => {
  const memory = lastKnown({ most: 2 })
  for (const key of ['a', 'b', 'c']) await memory.ask(key, async () => key)
  await assert.rejects(
    memory.ask('a', () => Promise.reject(new Error('away'))),
    /away/,
  )
})

test('with the database away a call still finds its agency and its queue, though nobody called before', async () => {
  const db = await freshDatabase()
  const first = await makeAgency(db)
  const owner = await makeAgency(db)
  await db.knex('numbers').insert({ agency_id: owner.agencyId, number: '+543420000', description: '' })
  for (const code of ['one', 'two']) await db.knex('queues').insert({ agency_id: owner.agencyId, code, name: code })
  const settings = createRoutingSettings(db)
  const alive = await settings.agencyOf('543420000')
  const fresh = createRoutingSettings(db)
  await fresh.remember()
  await db.close()
  assert.equal(alive?.id, owner.agencyId)
  assert.deepEqual(await fresh.agencyOf('543420000'), alive)
  const unknown = await fresh.agencyOf('999')
  assert.deepEqual([unknown?.id, unknown?.known], [first.agencyId, false])
  assert.equal((await fresh.first(owner.agencyId))?.name, 'one')
  assert.equal((await fresh.find(owner.agencyId, 'two'))?.name, 'two')
})
