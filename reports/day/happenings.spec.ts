import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { noTotals } from '../metrics/index.ts'
import type { Context } from '../report.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { happenings } from './happenings.ts'

const timeZone = 'America/Argentina/Buenos_Aires'
const hour = 3_600_000
/** An hour of `offered` calls, `within` of them answered in time. */
const hourOf = (at: number, offered: number, within: number) => {
  const totals = noTotals()
  Object.assign(totals.sums, { offered, answered: offered, answered_within: within })
  return { from: at, to: at + hour, queue: totals, whole: totals }
}

onEachDatabase('what happened on a day', (db) => {
  it('the worst level is not that of an hour of one call; days have no hour; what is counted opens what was counted', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    await db()
      .knex('tickets')
      .insert({
        ...{ agency_id: scope.agencyId, number: 1, subject: 'Bache', state: 'open', origin: 'agent' },
        ...{ created_at: monday + 1, updated_at: monday + 1 },
      })
    const period = { from: monday, to: monday + 24 * hour }
    const context = { db: db(), scope, timeZone, now: period.to, names: { topics: new Map() } } as unknown as Context
    const hours = [
      hourOf(monday + 9 * hour, 40, 30),
      hourOf(monday + 10 * hour, 30, 27),
      hourOf(monday + 18 * hour, 1, 0),
    ]
    const find = async (daily: boolean, what: RegExp) => {
      const { rows, links } = await happenings(context, period, hours, daily)
      const at = rows.findIndex((row) => what.test(String(row[0])))
      return { row: rows[at], link: links?.[at] }
    }
    assert.deepEqual((await find(false, /^Peor nivel/)).row?.slice(1), ['75,0 %', '02/03/2026 09:00'])
    assert.deepEqual((await find(true, /^Más llamadas/)).row?.slice(1), ['40', '02/03/2026'])
    assert.match(
      String((await find(false, /^Tickets/)).link),
      /^\/reports\/explain\?metric=tickets_opened&family=ticket/,
    )
  })
})
