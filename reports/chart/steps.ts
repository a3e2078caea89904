/** Axes of time go by seconds, minutes and hours that people count in, not by powers of ten of milliseconds. */
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 15, 30, 60, 120, 300, 600, 1_440, 3_000, 6_000].map((minutes) => minutes * 60_000),
]

/** Between the lines of an axis up to `most` ms; undefined where it is longer than people count. */
export function timeStep(most: number): number | undefined {
  return steps.find((step) => most / step <= 6)
}
