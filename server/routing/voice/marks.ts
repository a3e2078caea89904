// What the variables of a leg say of it to a platform that did not see it begin.
import type { Leg } from './channels.ts'
import type { Caller } from './types.ts'
import { decoded, newCaller } from './waiting.ts'

/** Joined with its citizen by us. */
export function isTalk(leg: Leg, living: Map<string, Leg>): boolean {
  const { vera_caller: caller, vera_talk_at: since, signal_bond: bond } = leg.variables
  // Marked by us, or joined by us in the very moment before the mark could be set.
  return leg.answered && !!caller && living.has(caller) && (!!since || bond === caller)
}

/** A variable that holds a whole number. */
export const number = (text: string | undefined, otherwise: number) =>
  text && /^\d+$/.test(text) ? Number(text) : otherwise

/** Who is on a citizen's leg, and where it belongs. */
export function callerFrom(leg: Leg, stayId: string): Caller {
  const { variables, from } = leg
  const messages = decoded(variables.vera_messages)
  return newCaller({
    stayId,
    factStayId: stayId,
    leg: leg.uuid,
    interactionId: variables.vera_interaction || leg.uuid,
    agencyId: number(variables.vera_agency, 0),
    queueId: number(variables.vera_queue, 0),
    from,
    citizenId: variables.vera_citizen ? number(variables.vera_citizen, 0) : undefined,
    flowNode: variables.vera_flow_node ?? '',
    messages: Array.isArray(messages) ? messages.map(String) : undefined,
  })
}
