import type { Slice } from './slice.ts'

export type Unit = 'count' | 'ms' | 'ratio' | 'erlangs'
export type Language = 'es' | 'en'
export type Text = Record<Language, string>

/** One entry of the catalogue: the only place where this number is computed. */
export type Metric = {
  id: string
  /** Raised when the meaning of the number changes, so that old files can say which one they hold. */
  version: number
  unit: Unit
  label: Text
  definition: Text
  /** Pure. `null` is "no value" (shown as a dash): a ratio over nothing is neither 0 % nor 100 %. */
  of(slice: Slice): number | null
}

/** over / under; no value when there is nothing to divide by. */
export function quotient(over: number, under: number): number | null {
  return under > 0 ? over / under : null
}

export function sum<T>(list: readonly T[], of: (one: T) => number): number {
  let total = 0
  for (const one of list) total += of(one)
  return total
}

export function count<T>(list: readonly T[], when: (one: T) => boolean): number {
  let total = 0
  for (const one of list) if (when(one)) total++
  return total
}
