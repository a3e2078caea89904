// Waiting callers whose switch cannot be reached while others can: nobody is rung for them, and their place is kept.
import type { Leg } from './channels.ts'
import type { Hand } from './hand.ts'
import type { Caller } from './types.ts'

/** By leg. */
const aside = new WeakMap<Hand, Map<string, Caller>>()

/**
 * Takes those whose leg is stale out of the line without booking anything; `gone` is told of those whose leg is over
 * meanwhile. Who lives again is read back from the leg's own variables, at the place of before, like any leg found.
 */
export function setAside(hand: Hand, living: Map<string, Leg>, gone: (caller: Caller) => void): void {
  const kept = aside.get(hand) ?? new Map<string, Caller>()
  aside.set(hand, kept)
  for (const [leg, caller] of kept) {
    const now = living.get(leg)
    if (now?.stale) continue
    kept.delete(leg)
    if (!now) gone(caller)
  }
  for (const caller of [...hand.waitingLegs.values()]) {
    if (!living.get(caller.leg!)?.stale) continue
    kept.set(caller.leg!, caller)
    // Forgotten first: the exit that the engine answers with is then nobody's.
    hand.forgetCaller(caller)
    hand.give({ kind: 'leave', stayId: caller.stayId })
  }
}
