import { setImmediate } from 'node:timers/promises'
import { type AnyDay, dayNumber, type Fitted, fit, type HistoryDay, type Recipe } from './calls-forecast.ts'
import { poissonFloor } from './poisson-floor.ts'

/** How far a forecast was off in weeks that it had not seen, beside the naive one (as a week before). */
export type ForecastError = {
  /** Weeks held out, each forecast from what lay before it. */
  weeks: number
  calls: number
  /** Σ|came − expected| / Σ came, by half hour. */
  wape: number
  naiveWape: number
  /** Mean error over that of the naive forecast within the days learnt from; under 1 is better than naive. Null: no scale. */
  mase: number | null
  naiveMase: number | null
  /** The same by whole days: what staffing of a day hangs on. */
  dayWape: number
  naiveDayWape: number
  /** What even the exact rate would be off by, as calls come by chance (`poissonFloor`). Null: nothing was expected. */
  floorWape: number | null
  floorDayWape: number | null
}

export type CallsForecast = Fitted & {
  recipe: Recipe
  /** Undefined where the history is too short to hold a week out. */
  error: ForecastError | undefined
}

const recipes: Recipe[] = [
  'naive',
  ...[14, 42, 120].flatMap((halfLifeDays) =>
    [false, true].flatMap((trend) => [false, true].map((month) => ({ halfLifeDays, trend, month }))),
  ),
]
const plain: Recipe = { halfLifeDays: 42, trend: false, month: false }

/**
 * The forecast of a history of whole days in order: the recipe that was best on the weeks before the last ones, its error on
 * these last ones, and then all days learnt from. Half a second of work for a year: it gives way to others after each fit.
 * Rejects with a RangeError for a history without half hours.
 */
export async function forecastCalls(history: readonly HistoryDay[]): Promise<CallsForecast> {
  const detailed = history.filter((one) => one.slots).length
  const weeks = Math.floor(detailed / 7)
  if (weeks < 3) return { ...fit(history, plain), recipe: plain, error: undefined }
  const heldOut = Math.max(1, Math.min(4, Math.floor(weeks / 4)))
  const before = history.slice(0, -7 * heldOut)
  const trials = weeks - heldOut >= 3 ? Math.max(1, Math.min(4, Math.floor((weeks - heldOut) / 3))) : 0
  let recipe = plain
  if (trials > 0) {
    let least = Number.POSITIVE_INFINITY
    for (const one of recipes) {
      const { slots } = await offBy(before, one, trials)
      if (slots < least) recipe = one
      least = Math.min(least, slots)
    }
  }
  const mine = await offBy(history, recipe, heldOut)
  const naive = await offBy(history, 'naive', heldOut)
  const scale = naiveScale(before)
  const ratio = (above: number, under: number) => (under > 0 ? above / under : 0)
  const error: ForecastError = {
    weeks: heldOut,
    calls: mine.calls,
    wape: ratio(mine.slots, mine.calls),
    naiveWape: ratio(naive.slots, mine.calls),
    mase: scale > 0 ? mine.slots / mine.count / scale : null,
    naiveMase: scale > 0 ? naive.slots / mine.count / scale : null,
    dayWape: ratio(mine.days, mine.calls),
    naiveDayWape: ratio(naive.days, mine.calls),
    floorWape: poissonFloor(mine.expected),
    floorDayWape: poissonFloor(mine.expectedDays),
  }
  return { ...fit(history, recipe), recipe, error: mine.calls > 0 ? error : undefined }
}

/** Errors summed over the last `weeks` weeks, each forecast from what lies before it. */
async function offBy(history: readonly HistoryDay[], recipe: Recipe, weeks: number) {
  const sum = { slots: 0, days: 0, calls: 0, count: 0, expected: [] as number[], expectedDays: [] as number[] }
  for (let week = weeks; week > 0; week--) {
    const from = history.length - 7 * week
    const fitted = fit(history.slice(0, from), recipe)
    await setImmediate()
    for (const day of history.slice(from, from + 7)) {
      if (!day.slots) continue
      const expected = fitted.predict(day satisfies AnyDay)
      let all = 0
      for (const [slot, came] of day.slots.entries()) {
        sum.slots += Math.abs(came - expected[slot]!)
        all += expected[slot]!
      }
      sum.expected.push(...expected)
      sum.expectedDays.push(all)
      sum.days += Math.abs(day.calls - all)
      sum.calls += day.calls
      sum.count += day.slots.length
    }
  }
  return sum
}

/** Mean of |a half hour − the same a week before| within the history. */
function naiveScale(history: readonly HistoryDay[]): number {
  const byNumber = new Map(history.map((one) => [dayNumber(one.day), one]))
  let off = 0
  let count = 0
  for (const { day, slots } of history) {
    const before = byNumber.get(dayNumber(day) - 7)?.slots
    if (!slots || !before) continue
    for (const [slot, came] of slots.entries()) off += Math.abs(came - before[slot]!)
    count += slots.length
  }
  return count > 0 ? off / count : 0
}
