/** Random numbers from a seed, so that a centre can be lived through again (mulberry32). */
export type Random = {
  /** 0 <= x < 1 */
  next(): number
  /** Whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  /** Exponential with that mean. */
  exponential(mean: number): number
  /** Lognormal with that mean and standard deviation. */
  lognormal(mean: number, deviation: number): number
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (list) => list[Math.floor(next() * list.length)]!,
    exponential: (mean) => -mean * Math.log(1 - next()),
    lognormal(mean, deviation) {
      const variance = Math.log(1 + (deviation / mean) ** 2)
      return Math.exp(Math.log(mean) - variance / 2 + Math.sqrt(variance) * normal())
    },
  }
}
