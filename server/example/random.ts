/** A seeded source of chance: the same seed gives the same centre on every machine. */
export type Chance = {
  /** 0 <= x < 1 */
  next(): number
  /** Whole number, both ends included. */
  between(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  /** One of the keys' items, as often as its weight says. */
  weighted<T>(list: readonly { item: T; weight: number }[]): T
  /** Exponential, with that mean. */
  exponential(mean: number): number
  /** Log-normal: most near the median, a long tail upwards. */
  around(median: number, spread: number): number
  chance(probability: number): boolean
  uuid(): string
}

/** FNV-1a over the words: a seed for each part, so that adding to one part does not change the others. */
export function seedOf(...words: (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const char of words.join('/')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
  return hash >>> 0
}

/** Mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const word = () => Math.floor(next() * 4294967296)
  const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(8, '0').slice(0, digits)
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (list) => list[Math.floor(next() * list.length)] as (typeof list)[number],
    weighted(list) {
      let left = next() * list.reduce((sum, one) => sum + one.weight, 0)
      for (const one of list) {
        left -= one.weight
        if (left < 0) return one.item
      }
      return list[list.length - 1]!.item
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    around(median, spread) {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
    chance: (probability) => next() < probability,
    uuid: () =>
      `${hex(word(), 8)}-${hex(word(), 4)}-4${hex(word(), 3)}-${'89ab'[Math.floor(next() * 4)]}${hex(word(), 3)}-${hex(word(), 8)}${hex(word(), 4)}`,
  }
}
