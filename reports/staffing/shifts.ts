import type { Database, Scope } from '../../server/database/index.ts'
import type { Source } from '../explain/source.ts'
import { cutPeriod, type Interval, localDay, type ShiftFact } from '../metrics/index.ts'
import { readTotals } from '../rollups/index.ts'
import { readAgency } from '../store.ts'
import { slotAt } from './past.ts'
import { readRosters, servingOf } from './store.ts'

/** Quarters of an hour: a roster's half hours, and a change of clocks, begin at one. */
export type Shift = ShiftFact & Interval

const windowMs = 7 * 86_400_000

/**
 * Agents planned and logged in, by quarter of an hour up to now; of a quarter in which no roster held nothing. Without a `queueId`
 * the agency's own roster, or where there is none those of its queues together.
 */
export async function* eachShift(
  db: Database,
  scope: Scope,
  { period, queueId = 0, now }: { period: Interval; queueId?: number | undefined; now: number },
): AsyncGenerator<Shift[]> {
  const planned = await readRosters(db, scope, queueId)
  if (!planned) return
  const { timeZone } = await readAgency(db, scope)
  const serve = await servingOf(db, scope, queueId)
  const end = Math.min(period.to, now)
  for (let from = period.from; from < end; from += windowMs) {
    const cut = cutPeriod({ from, to: Math.min(from + windowMs, end) }, '15m', timeZone)
    // Of all agents together the whole centre's own totals say the same, and are far fewer.
    const family = serve ? 'agent' : 'whole'
    const found = await readTotals(db, scope, { family, cut, timeZone, now, bySubject: true, waits: false })
    yield found.flatMap((one) => {
      const [day, slot] = [localDay(one.from, timeZone), slotAt(one.from, timeZone)]
      const agents = planned(one.from, day, slot)
      if (agents === undefined) return []
      const length = one.to - one.from
      let there = 0
      for (const { subject, totals } of one.keys) if (!serve || serve.has(subject)) there += totals.sums.logged_in ?? 0
      return { from: one.from, to: one.to, length, there, planned: agents * length }
    })
  }
}

export const shiftSource: Source = async function* (db, scope, { where, period, now }) {
  for await (const shifts of eachShift(db, scope, { period, queueId: where.queueId, now }))
    for (const fact of shifts)
      yield {
        kind: 'shifts',
        fact,
        told: {
          at: fact.from,
          ms: fact.there,
          why: fact.planned === 0 ? 'shift_unplanned' : fact.there < fact.planned ? 'shift_short' : 'shift_kept',
        },
      }
}
