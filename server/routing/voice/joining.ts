// The two moves that all verbs of a talk are made of: the citizen onto music, the citizen to another leg.
import { legId } from '../../../freeswitch/esl/index.ts'
import type { Hand } from './hand.ts'
import type { Talk } from './types.ts'

/**
 * Where a citizen's leg goes after a talk: on in its flow, but for a while onto music when the agent's phone was lost. The
 * dialplan decides by the cause (dialplan/vera-after.xml), so that it holds while the platform is down.
 */
export const AFTER_TALK = 'vera_after:XML:vera_after'

/** Causes of an agent's leg that nobody hung up. The same list stands in dialplan/vera-after.xml. */
export const lostCauses: ReadonlySet<string> = new Set([
  'MEDIA_TIMEOUT',
  'RECOVERY_ON_TIMER_EXPIRE',
  'NETWORK_OUT_OF_ORDER',
  'DESTINATION_OUT_OF_ORDER',
  'NORMAL_TEMPORARY_FAILURE',
])

/** Lets a leg outlive its bridges: it stays parked for the platform when the other side goes. */
export async function keepAfterBridge(hand: Hand, leg: string): Promise<void> {
  await hand.setVariable(leg, 'park_after_bridge', 'true')
  await hand.setVariable(leg, 'hangup_after_bridge', 'false')
}

/** Puts the citizen of a talk on music and keeps the agent's leg. `vera_parked` tells a platform that comes later why. */
export async function parkCitizen(hand: Hand, { callerLeg, agentLeg }: Talk): Promise<void> {
  await keepAfterBridge(hand, agentLeg)
  await hand.setVariable(callerLeg, 'vera_parked', agentLeg)
  const parked = hand.soon('CHANNEL_PARK', agentLeg)
  await toMusic(hand, callerLeg)
  await parked
}

/** Sends a citizen's leg onto the music. Whoever is joined with it is hung up, unless kept by `keepAfterBridge`. */
export async function toMusic(hand: Hand, leg: string): Promise<void> {
  await hand.client.api(`uuid_transfer ${legId(leg)} vera_wait XML vera`)
}

/** Joins a citizen, wherever that leg is now, with a leg of an agent or a third party, which ends with the talk. */
export async function joinCitizen(
  hand: Hand,
  { callerLeg, flowNode }: Pick<Talk, 'callerLeg' | 'flowNode'>,
  leg: string,
): Promise<void> {
  await hand.setVariable(callerLeg, 'vera_exit', 'answered')
  // A citizen who was called back came from no flow: there is nothing to go on with.
  await hand.setVariable(callerLeg, 'transfer_after_bridge', flowNode === '' ? '' : AFTER_TALK)
  if (flowNode === '') await hand.setVariable(callerLeg, 'hangup_after_bridge', 'true')
  const joined = hand.soon('CHANNEL_BRIDGE', callerLeg)
  await hand.client.api(`uuid_bridge ${legId(callerLeg)} ${legId(leg)}`)
  // Until then an earlier bridge of the leg may still be ending, and would take these for its own.
  await joined
  await hand.setVariable(callerLeg, 'vera_parked', '')
  await hand.setVariable(leg, 'hangup_after_bridge', 'true')
  await hand.setVariable(leg, 'park_after_bridge', '')
}
