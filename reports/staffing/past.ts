// What is learnt from of an agency's past: calls by day and half hour, handling times, waits. Read once a day and kept.
import type { Database, Scope } from '../../server/database/index.ts'
import {
  addTotals,
  cutPeriod,
  localDay,
  metricOf,
  noTotals,
  startOfDay,
  type Totals,
  wallClock,
} from '../metrics/index.ts'
import { readTotals } from '../rollups/index.ts'
import { dayNumber, type HistoryDay, slotsADay } from './calls-forecast.ts'
import { type CallsForecast, forecastCalls } from './forecast-error.ts'
import { type Patience, patienceOf } from './patience.ts'
import { readSpecials } from './store.ts'

const dayMs = 86_400_000
const halfHourMs = 1_800_000
const halfHoursOf = 84
const daysOf = 400
/** Handling and patience are learnt from so many days; of a day kept so long. */
const recentDays = 28
const keptDays = 2 * recentDays

/** What was known of a queue on the evening before some day. */
export type Known = {
  history: HistoryDay[]
  /** Undefined where no day with calls is known. */
  forecast: CallsForecast | undefined
  /** Of the last four weeks, seconds; 0: nobody was answered. */
  ahtSeconds: number
  patience: Patience
}
/** What is known today, and what was before an earlier day: nothing of that day or a later one is in it. */
export type Past = Known & { before(day: string): Promise<Known> }

export const slotAt = (instant: number, timeZone: string): number =>
  Math.floor((wallClock(instant, timeZone) % dayMs) / halfHourMs)

const kept = new WeakMap<Database, Map<string, Promise<(queueId: number) => Promise<Past>>>>()

/** The past of a queue (0: of all together) up to the beginning of the day of `now`. */
export async function readPast(
  db: Database,
  scope: Scope,
  { queueId, timeZone, now }: { queueId: number; timeZone: string; now: number },
): Promise<Past> {
  let known = kept.get(db)
  if (!known) {
    known = new Map()
    kept.set(db, known)
  }
  const today = localDay(now, timeZone)
  const key = `${scope.agencyId} ${today} ${timeZone}`
  let reading = known.get(key)
  if (!reading) {
    for (const other of known.keys()) if (other.startsWith(`${scope.agencyId} `)) known.delete(other)
    reading = readAll(db, scope, today, timeZone, now)
    known.set(key, reading)
    reading.catch(() => known.delete(key))
  }
  return (await reading)(queueId)
}

async function readAll(db: Database, scope: Scope, today: string, timeZone: string, now: number) {
  const to = startOfDay(today, timeZone)
  const before = (days: number) => startOfDay(localDay(to - days * dayMs + dayMs / 2, timeZone), timeZone)
  const fine = before(halfHoursOf)
  const keptFrom = before(keptDays)
  const cut = [
    ...cutPeriod({ from: before(daysOf), to: fine }, 'day', timeZone),
    ...cutPeriod({ from: fine, to }, '30m', timeZone),
  ]
  const found = await readTotals(db, scope, { family: 'queue', cut, timeZone, now, bySubject: true })
  type Counted = { days: Map<string, HistoryDay & { slots?: number[] }>; recent: Map<string, Totals> }
  const queues = new Map<number, Counted>()
  const offered = metricOf('offered')
  for (const one of found)
    for (const { subject, totals } of one.keys)
      for (const queueId of [subject, 0]) {
        let counted = queues.get(queueId)
        if (!counted) {
          counted = { days: new Map(), recent: new Map() }
          queues.set(queueId, counted)
        }
        const calls = offered.of(totals) ?? 0
        const day = localDay(one.from, timeZone)
        let known = counted.days.get(day)
        if (!known) {
          known = { day, calls: 0 }
          counted.days.set(day, known)
        }
        known.calls += calls
        if (one.from >= fine) {
          known.slots ??= new Array<number>(slotsADay).fill(0)
          known.slots[slotAt(one.from, timeZone)]! += calls
        }
        if (one.from >= keptFrom) counted.recent.set(day, addTotals(counted.recent.get(day) ?? noTotals(), totals))
      }
  const all: string[] = []
  for (let at = before(daysOf); at < to; at = startOfDay(localDay(at + 1.5 * dayMs, timeZone), timeZone))
    all.push(localDay(at, timeZone))
  const fineDay = localDay(fine, timeZone)
  const made = new Map<number, Promise<Past>>()
  async function make(queueId: number): Promise<Past> {
    const { days, recent } = queues.get(queueId) ?? { days: new Map(), recent: new Map<string, Totals>() }
    const specials = await readSpecials(db, scope, queueId)
    const first = all.findIndex((day) => (days.get(day)?.calls ?? 0) > 0)
    // A day on which nobody called is a day too.
    const whole = (first < 0 ? [] : all.slice(first)).map((day): HistoryDay => {
      const known = days.get(day)
      const slots = known?.slots ?? (day >= fineDay ? new Array<number>(slotsADay).fill(0) : undefined)
      return { day, calls: known?.calls ?? 0, slots, special: specials.get(day) }
    })
    async function knownBefore(day: string): Promise<Known> {
      const history = whole.filter((one) => one.day < day)
      const totals = noTotals()
      for (const [one, more] of recent)
        if (one < day && dayNumber(one) >= dayNumber(day) - recentDays) addTotals(totals, more)
      return {
        history,
        forecast: history.some((one) => one.slots) ? await forecastCalls(history) : undefined,
        ahtSeconds: (metricOf('aht').of(totals) ?? 0) / 1000,
        patience: patienceOf(totals.waits),
      }
    }
    return { ...(await knownBefore(today)), before: knownBefore }
  }
  return (queueId: number) => {
    let past = made.get(queueId)
    if (!past) {
      past = make(queueId)
      made.set(queueId, past)
    }
    return past
  }
}
