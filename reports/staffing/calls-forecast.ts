// Calls expected, from a queue's own history: seasons of day, week and month, holidays, trend. Pure.
//
// A day's calls are level x weekday x part of the month x month of the year x day after a holiday, each factor found in turn
// with the others held (backfitting), older days counting less, odd days clipped (Hampel). A half hour's calls are its share
// of such a day. What of this is used (`Recipe`) is chosen on weeks before those that the error is measured on.

/** Half hours of a local day; where clocks change, a repeated hour counts in its half hour, a skipped one stays empty. */
export const slotsADay = 48

/** A day unlike its weekday: closed, or open in [from, to) half hours only. */
export type Special = { name: string; open?: readonly [from: number, to: number] | undefined }
/** Whether the shifts of a weekday hold in a half hour of such a day: nobody is planned for while all is closed. */
export const isWorked = (special: Special | undefined, slot: number): boolean =>
  !special || (special.open !== undefined && slot >= special.open[0] && slot < special.open[1])
/** A local day `YYYY-MM-DD`. */
export type AnyDay = { day: string; special?: Special | undefined }
/** What came in a whole day; half hours are known of recent days only. */
export type HistoryDay = AnyDay & { calls: number; slots?: readonly number[] | undefined }

/** `naive`: as a week before. */
export type Recipe = 'naive' | { halfLifeDays: number; trend: boolean; month: boolean }

const dayMs = 86_400_000
export const dayNumber = (day: string): number => Date.parse(`${day}T00:00:00Z`) / dayMs
/** 1 Monday .. 7 Sunday. */
export const weekdayOf = (day: string): number => ((dayNumber(day) + 3) % 7) + 1

export type Fitted = {
  /** Calls expected in each half hour. */
  predict(day: AnyDay): number[]
}

/** One way in which days differ: those of one key share a factor, held to 1 by `strength` days' worth of doubt. */
type Season = { strength: number; keyOf(day: AnyDay, isAfterSpecial: boolean): string | number | undefined }

const weekly: Season = { strength: 0.3, keyOf: ({ day }) => weekdayOf(day) }
const afterSpecial: Season = { strength: 3, keyOf: (_, after) => (after ? 'after' : undefined) }
/** Due dates and pay days come at a time of the month. */
const ofMonth: Season = { strength: 4, keyOf: ({ day }) => Math.min(5, Math.floor((Number(day.slice(8)) - 1) / 5)) }
const ofYear: Season = { strength: 12, keyOf: ({ day }) => day.slice(5, 7) }

/** Learns from days in order. Throws a RangeError for a history without a day whose half hours are known. */
export function fit(history: readonly HistoryDay[], recipe: Recipe): Fitted {
  const detailed = history.filter((one) => one.slots)
  const last = history.at(-1)
  if (!last || detailed.length === 0) throw new RangeError('a forecast needs at least one day of half hours')
  if (recipe === 'naive') return { predict: (day) => [...naiveSlots(detailed, day)] }

  const end = dayNumber(last.day)
  const specials = new Set(history.flatMap((one) => (one.special ? [dayNumber(one.day)] : [])))
  const isAfter = ({ day }: AnyDay) => specials.has(dayNumber(day) - 1)
  const regular = history.filter((one) => !one.special)
  const weights = regular.map((one) => 0.5 ** ((end - dayNumber(one.day)) / recipe.halfLifeDays))
  const spanDays = end - dayNumber(history[0]!.day)
  const slope = recipe.trend ? trendOf(regular, end) : 0
  const seasons = [weekly, afterSpecial]
  if (recipe.month && spanDays >= 55) seasons.push(ofMonth)
  if (recipe.month && spanDays >= 400) seasons.push(ofYear)
  // As if all days were the last one.
  const calls = regular.map((one) => one.calls * Math.exp(slope * (end - dayNumber(one.day))))
  const keys = seasons.map((season) => regular.map((one) => season.keyOf(one, isAfter(one))))
  const factors = seasons.map(() => new Map<string | number, number>())
  const factorAt = (season: number, index: number) => factors[season]!.get(keys[season]![index]!) ?? 1
  let level = mean(calls, weights)
  for (let round = 0; round < 4 && level > 0; round++) {
    for (const [at, season] of seasons.entries()) {
      const groups = Map.groupBy(regular.keys(), (index) => keys[at]![index])
      for (const [key, indexes] of groups) {
        if (key === undefined) continue
        const ratios: number[] = []
        const mine: number[] = []
        for (const index of indexes) {
          let others = level
          for (const other of seasons.keys()) if (other !== at) others *= factorAt(other, index)
          if (others <= 0) continue
          ratios.push(calls[index]! / others)
          mine.push(weights[index]!)
        }
        if (ratios.length === 0) continue
        const clear = clipped(ratios)
        const doubt = clear.every((ratio) => ratio === 0) ? 0 : season.strength * Math.max(...mine)
        factors[at]!.set(key, mean([...clear, 1], [...mine, doubt]))
      }
    }
    const plain = regular.flatMap((_, index) => {
      const factor = seasons.reduce((all, __, at) => all * factorAt(at, index), 1)
      return factor > 0.02 ? [[calls[index]! / factor, weights[index]!] as const] : []
    })
    level = mean(
      clipped(plain.map(([value]) => value)),
      plain.map(([, weight]) => weight),
    )
  }
  /** Of a day as if it were none unlike the others. */
  const volume = (day: AnyDay) => {
    const ahead = dayNumber(day.day) - end
    // A trend does not go on for ever: it halves in four weeks.
    const grown = slope * (ahead <= 0 ? ahead : (1 - 0.5 ** (ahead / 28)) * (28 / Math.LN2))
    return seasons.reduce(
      (all, season, at) => all * (factors[at]!.get(season.keyOf(day, isAfter(day)) ?? '') ?? 1),
      level * Math.exp(grown),
    )
  }
  const profiles = profilesOf(detailed, end, recipe.halfLifeDays)
  const closed = history.filter((one) => one.special && !one.special.open)
  const closedRatios = closed.flatMap((one) => (volume(one) > 0 ? [Math.min(2, one.calls / volume(one))] : []))
  // What little comes on a holiday, held to nothing where few are known.
  const onClosed = closedRatios.reduce((all, one) => all + one, 0) / (closedRatios.length + 0.5)
  return {
    predict(day) {
      const profile = profiles[weekdayOf(day.day) - 1]!
      const all = volume(day)
      if (!day.special) return profile.map((share) => share * all)
      const { open } = day.special
      if (!open) return profile.map((share) => share * all * onClosed)
      return profile.map((share, slot) => (slot >= open[0] && slot < open[1] ? share * all : 0))
    },
  }
}

/** The same half hours of the last day known that lies whole weeks before. */
function naiveSlots(detailed: readonly HistoryDay[], { day }: AnyDay): readonly number[] {
  const at = dayNumber(day)
  const same = detailed.findLast((one) => dayNumber(one.day) < at && (at - dayNumber(one.day)) % 7 === 0)
  return same?.slots ?? detailed.at(-1)!.slots!
}

/** For each weekday, each half hour's share of the day; weekdays lean on each other where calls are few. */
function profilesOf(detailed: readonly HistoryDay[], end: number, halfLifeDays: number): number[][] {
  const regular = detailed.filter((one) => !one.special && one.calls > 0)
  const usable = regular.length > 0 ? regular : detailed
  const sumsOf = (days: readonly HistoryDay[]) => {
    const sums = new Array<number>(slotsADay).fill(0)
    if (days.length === 0) return sums
    const weights = days.map((one) => 0.5 ** ((end - dayNumber(one.day)) / (2 * halfLifeDays)))
    const typical = median(days.map((one) => one.calls))
    for (let slot = 0; slot < slotsADay; slot++) {
      // Of days brought to one size, so that a busy day is not odd in all its half hours.
      const values = clipped(days.map((one) => (one.slots![slot]! / Math.max(one.calls, 1)) * typical))
      sums[slot] = values.reduce((all, value, index) => all + value * weights[index]!, 0)
    }
    return sums
  }
  const groupOf = ({ day }: AnyDay) => Math.max(weekdayOf(day), 5)
  const whole = sumsOf(usable)
  const groups = Map.groupBy(usable, groupOf)
  const weekdays = Map.groupBy(usable, ({ day }) => weekdayOf(day))
  return Array.from({ length: 7 }, (_, index) => {
    const group = leaning(sumsOf(groups.get(Math.max(index + 1, 5)) ?? []), whole, 50)
    return shares(leaning(sumsOf(weekdays.get(index + 1) ?? []), group, 400))
  })
}

/** What was counted, with `calls` more spread as `prior` has them. */
function leaning(counts: readonly number[], prior: readonly number[], calls: number): number[] {
  const spread = shares(prior)
  return counts.map((count, slot) => count + calls * spread[slot]!)
}

function shares(counts: readonly number[]): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (all > 0 ? count / all : 0))
}

/** Growth a day (log) over the last ten weeks: the median of the slopes between weeks (Theil-Sen). */
function trendOf(regular: readonly HistoryDay[], end: number): number {
  const weekdays = Map.groupBy(regular, ({ day }) => weekdayOf(day))
  const typical = new Map([...weekdays].map(([weekday, days]) => [weekday, median(days.map((one) => one.calls))]))
  const weeks = Map.groupBy(regular, ({ day }) => Math.floor((end - dayNumber(day)) / 7))
  const points: [age: number, log: number][] = []
  for (const [age, days] of weeks) {
    // Against what such weekdays bring, so that a holiday in the week makes no slope.
    const wanted = days.reduce((all, one) => all + typical.get(weekdayOf(one.day))!, 0)
    const came = days.reduce((all, one) => all + one.calls, 0)
    if (age < 10 && wanted > 0 && came > 0) points.push([age, Math.log(came / wanted)])
  }
  if (points.length < 4) return 0
  const slopes = points.flatMap(([age, log], index) =>
    points.slice(index + 1).map(([other, otherLog]) => (otherLog - log) / (age - other)),
  )
  return Math.max(-0.05, Math.min(0.05, median(slopes) / 7))
}

/** Values drawn to within 3 (scaled) median deviations of the median. */
function clipped(values: readonly number[]): number[] {
  if (values.length < 3) return [...values]
  const middle = median(values)
  const spread = 3 * 1.4826 * median(values.map((value) => Math.abs(value - middle)))
  return spread > 0 ? values.map((value) => Math.min(middle + spread, Math.max(middle - spread, value))) : [...values]
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = Float64Array.from(values).sort()
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

function mean(values: readonly number[], weights: readonly number[]): number {
  let all = 0
  let weight = 0
  for (const [index, value] of values.entries()) {
    all += value * weights[index]!
    weight += weights[index]!
  }
  return weight > 0 ? all / weight : 0
}
