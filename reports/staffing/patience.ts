import type { Waits, WaitsByOutcome } from '../metrics/index.ts'

/** How long callers wait before they hang up. */
export type Patience = {
  /** Mean of an exponential patience, most likely one; undefined where nobody hung up. Seconds. */
  meanSeconds: number | undefined
  abandoned: number
  /** Who left otherwise (answered, sent on, called back): would have waited longer than they did. */
  censored: number
  /** Kaplan-Meier: the share that is still patient after so many seconds of waiting, wherever it falls. */
  curve: { second: number; share: number }[]
}

/**
 * Patience from waits. Taking only those who hung up would make callers look impatient: the patient ones were answered
 * first. Total wait / abandons is the most likely mean where patience is exponential, as Erlang A has it.
 */
export function patienceOf({ answered, abandoned, other }: WaitsByOutcome): Patience {
  // Waits are kept in whole seconds, cut off: half a second is missing on average, but of those who did not wait.
  const waited = (waits: Waits) =>
    [...waits].reduce((sum, [second, count]) => sum + (second + (second > 0 ? 0.5 : 0)) * count, 0)
  const count = (waits: Waits) => [...waits.values()].reduce((sum, one) => sum + one, 0)
  const lost = count(abandoned)
  const total = waited(answered) + waited(abandoned) + waited(other)
  const seconds = new Set([...answered.keys(), ...abandoned.keys(), ...other.keys()])
  let atRisk = lost + count(answered) + count(other)
  let share = 1
  const curve: Patience['curve'] = []
  for (const second of Float64Array.from(seconds).sort()) {
    const gone = abandoned.get(second) ?? 0
    if (gone > 0) {
      share *= 1 - gone / atRisk
      curve.push({ second, share })
    }
    atRisk -= gone + (answered.get(second) ?? 0) + (other.get(second) ?? 0)
  }
  return {
    meanSeconds: lost > 0 && total > 0 ? total / lost : undefined,
    abandoned: lost,
    censored: count(answered) + count(other),
    curve,
  }
}

/** Fewer people than this who hung up say little: nobody is then taken to hang up. */
export const enoughAbandoned = 20

/** As `Demand` takes it: undefined where too few hung up to know. */
export function knownPatience(patience: Patience): number | undefined {
  return patience.abandoned >= enoughAbandoned ? patience.meanSeconds : undefined
}
