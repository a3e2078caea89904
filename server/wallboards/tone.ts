// When a value is good, near to bad, or bad. Runs in browsers too.
import type { ToneRule } from './schema.ts'
import type { Shown } from './shown.ts'

export type Tone = 'good' | 'warn' | 'bad' | null

/** As people read and type it: points of a hundred, seconds, or as it is counted. */
export const readable = (unit: Shown['unit'], value: number): number =>
  unit === 'ratio' ? value * 100 : unit === 'ms' || unit === 'since' ? value / 1_000 : value

/**
 * `value` in the unit of `readable`; null: no value, no tone. `target`: percent, of the queue. A service level is near its
 * target up to ten points below it, as on the supervisor's screen.
 */
export function toneOf(value: number | null, rule: ToneRule, target?: number): Tone {
  if (value === null || !Number.isFinite(value) || rule.kind === 'none') return null
  if (rule.kind === 'target') {
    if (target === undefined) return null
    return value >= target ? 'good' : value >= target - 10 ? 'warn' : 'bad'
  }
  const { better, warn, bad } = rule
  // Half of a hundredth: 0.8 * 100 is not quite 80.
  const off = 0.005
  if (better === 'higher') return value >= warn - off ? 'good' : value >= bad - off ? 'warn' : 'bad'
  return value <= warn + off ? 'good' : value <= bad + off ? 'warn' : 'bad'
}
