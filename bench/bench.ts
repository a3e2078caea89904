/** One figure. */
export type Row = {
  name: string
  value: number
  /** `events/s`, `ms`, `MB` ... */
  unit: string
  /** The goal, in the same unit; whether less or more is better is the bench's business. */
  target?: number
  /** Whether the goal is met; undefined where there is none. */
  ok?: boolean
  /** Ours divided by the peer's, and who the peer is. */
  ratio?: number
  peer?: string
}

/** What a `*.bench.ts` exports as `bench`. `run` throws with one clear line where it cannot run. */
export type Bench = { name: string; run(): Promise<Row[]> }

/** The middle one of these. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
