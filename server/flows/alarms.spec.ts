import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../database/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createAlarms } from './alarms.ts'

test('an alarm raised while the database is away is kept once it is back', async () => {
  const real = await freshDatabase()
  const scope = await makeAgency(real)
  let away = true
  const knex = (table: string) => {
    if (away) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
    return real.knex(table)
  }
  const kept = Promise.withResolvers<number>()
  const alarms = createAlarms(
    { ...real, knex: knex as unknown as Database['knex'] },
    {
      log() {},
      onRaised: kept.resolve,
      retryMs: 1,
    },
  )
  alarms.raise(scope.agencyId, { code: 'flow.stuck', message: 'm', subject: 's' })
  await alarms.settled()
  assert.equal((await real.knex('alarms')).length, 0)
  away = false
  // The retry does not hold a process open by itself.
  const open = setInterval(() => {}, 1_000)
  assert.equal(await kept.promise, scope.agencyId)
  clearInterval(open)
  assert.equal((await real.knex('alarms')).length, 1)
  await real.close()
})
