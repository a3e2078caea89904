import type { Database, Scope } from '../../server/database/index.ts'
import { cutPeriod, type Interval, localDay } from '../metrics/index.ts'
import { readAgency } from '../store.ts'
import { readPast, slotAt } from './past.ts'
import { readSpecials } from './store.ts'

/** Calls expected in one half hour of the wall clock; of the running one: in all of it. */
export type Expected = Interval & { calls: number }

/**
 * Calls expected in the half hours from `now` on, of a queue (without one: of all together). Empty where no call has come
 * on any day before today. The past is read once a day and kept.
 */
export async function forecast(
  db: Database,
  scope: Scope,
  { now, queueId = 0, halfHours = 4 }: { now: number; queueId?: number; halfHours?: number },
): Promise<Expected[]> {
  const { timeZone } = await readAgency(db, scope)
  const past = await readPast(db, scope, { queueId, timeZone, now })
  if (!past.forecast) return []
  const specials = await readSpecials(db, scope, queueId)
  // From the wall clock's boundary at or before now.
  const from = Math.floor(now / 900_000) * 900_000
  const begin = slotAt(from - 900_000, timeZone) === slotAt(from, timeZone) ? from - 900_000 : from
  return cutPeriod({ from: begin, to: begin + halfHours * 1_800_000 }, '30m', timeZone).map((one) => {
    const day = localDay(one.from, timeZone)
    const slots = past.forecast!.predict({ day, special: specials.get(day) })
    return { ...one, calls: slots[slotAt(one.from, timeZone)]! }
  })
}
