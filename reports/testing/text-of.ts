import type { Totals } from '../metrics/index.ts'

/** All that totals say, as one text: equal totals give the same. */
export function textOf({ sums, waits, waitMax, linesPeak, linesOpen }: Totals): string {
  const sorted = (entries: Iterable<[string | number, number]>) =>
    [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).filter(([, value]) => value !== 0)
  return JSON.stringify([
    sorted(Object.entries(sums)),
    ...[waits.answered, waits.abandoned, waits.other].map(sorted),
    ...[waitMax, linesPeak, linesOpen],
  ])
}
