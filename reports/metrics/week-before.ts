// "A week before" is told by the wall clock: the day before a change of clocks and the day of it do not have the same hours.
import { changeBetween, type Interval, localDay, offsetAt, startOfDay, wallClock } from './intervals.ts'

const weekMs = 7 * 86_400_000

/** The same time on the wall, on the local day a week before; where that day skipped it, the nearest of that day. */
export function weekBefore(at: number, timeZone: string): number {
  const from = startOfDay(localDay(at, timeZone, -7), timeZone)
  const to = startOfDay(localDay(at, timeZone, -6), timeZone)
  const wall = wallClock(at, timeZone) - weekMs
  const [early, late] = [offsetAt(from, timeZone), offsetAt(to - 1, timeZone)]
  let found = wall - early
  if (early !== late) {
    const change = changeBetween(from, to - 1, timeZone)
    if (found >= change) found = Math.max(change, wall - late)
  }
  return Math.max(from, Math.min(found, to))
}

/**
 * Which intervals of the week before stand beside each of `cut`: those whose begin is in the same step of the wall clock. None
 * where that day skipped the hour; both of an hour that it had twice; of an hour that `cut` has twice the first has them.
 */
export function besideWeekBefore<One extends Interval>(
  cut: readonly Interval[],
  before: readonly One[],
  stepMs: number,
  timeZone: string,
): One[][] {
  const step = ({ from }: Interval) => Math.floor(wallClock(from, timeZone) / stepMs)
  const known = Map.groupBy(before, step)
  return cut.map((one) => {
    const key = step(one) - weekMs / stepMs
    const found = known.get(key) ?? []
    known.delete(key)
    return found
  })
}
