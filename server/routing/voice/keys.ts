import { legId, phoneKeys } from '../../../freeswitch/esl/index.ts'
import type { Hand } from './hand.ts'
import { talkOf } from './talks.ts'
import { RoutingError } from './types.ts'

/** Presses keys (`0-9*#A-D`, 32 at most) for whoever talks with the agent: the one consulted, else the citizen. */
export async function dtmf(hand: Hand, agentId: number, keys: string): Promise<void> {
  const talk = talkOf(hand, agentId)
  const pressed = phoneKeys(keys, 'keys')
  if (pressed === '' || pressed.length > 32) throw new RoutingError('routing.bad_keys', 'One to 32 keys')
  const { party } = talk
  const leg = party && party.state !== 'ringing' ? party.leg : talk.callerLeg
  await hand.client.api(`uuid_send_dtmf ${legId(leg)} ${pressed}`)
}
