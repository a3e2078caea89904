import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import { readJourneys } from '../journeys-store.ts'
import type { Interval, JourneyFact } from '../metrics/index.ts'
import { readCalls } from '../store.ts'

/** A page of them is soon full: where there are many, no more are read at once than a quarter of an hour has. */
const windowMs = 900_000
const longestWindowMs = 7 * 86_400_000
/** Fewer calls than this are no work: the next window may be longer. */
const fewCalls = 1_000

/** Incoming interactions of the period that took a step, by the time they came. Read in windows: SQLite has one connection. */
export async function* eachJourney(
  db: Database,
  scope: Scope,
  { period, where }: { period: Interval; where: Where },
): AsyncGenerator<JourneyFact> {
  const only = { topicId: where.topicId, channel: where.label }
  let size = windowMs
  for (let from = period.from; from < period.to; ) {
    const window = { from, to: Math.min(from + size, period.to) }
    const calls = await readCalls(db, scope, window, only)
    yield* await readJourneys(db.knex, scope, window, calls, only)
    size = calls.length < fewCalls ? Math.min(2 * size, longestWindowMs) : windowMs
    from = window.to
    await setImmediate()
  }
}
