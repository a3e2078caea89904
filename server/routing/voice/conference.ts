import { legId } from '../../../freeswitch/esl/index.ts'
import { backToAgent, tellConsult } from './consult.ts'
import type { Hand } from './hand.ts'
import { addTalk, beginTalk, closeHold, talkOf } from './talks.ts'
import { RoutingError, type Talk } from './types.ts'

/** The room of a talk: a profile of autoload_configs/conference.conf.xml, music only for who is alone. */
const roomOf = (talk: Talk) => `conference:vera-${legId(talk.agentLeg)}@vera`

/**
 * Citizen, agent and the one consulted in one room. When one of the three leaves, the other two are joined as in any talk.
 * @throws RoutingError `routing.no_consult` (nobody has answered yet); SwitchError, then the citizen is back with the agent
 */
export async function conference(hand: Hand, agentId: number): Promise<void> {
  const talk = talkOf(hand, agentId)
  const { party } = talk
  if (party?.state !== 'talking') throw new RoutingError('routing.no_consult', 'Nobody has answered yet')
  const room = roomOf(talk)
  try {
    await hand.setVariable(party.leg, 'vera_party', 'conference')
    await hand.setVariable(talk.callerLeg, 'vera_parked', 'conference')
    const enter = (leg: string) => hand.client.api(`uuid_transfer ${legId(leg)} ${room} inline`)
    // The citizen first, out of the music; the third party once it is parked, when the agent's leg has been taken away.
    await enter(talk.callerLeg)
    const parked = hand.soon('CHANNEL_PARK', party.leg)
    await enter(talk.agentLeg)
    await parked
    await enter(party.leg)
  } catch (error) {
    if (hand.client.state === 'up' && talk.party === party && (await hand.exists(talk.callerLeg)))
      hand.background(`citizen ${talk.callerLeg} back`, () => backToAgent(hand, talk))
    throw error
  }
  if (talk.party !== party) return
  party.state = 'conference'
  closeHold(hand, talk)
  const { agencyId, interactionId, talkId } = talk
  hand.fact(agencyId, interactionId, { kind: 'talk.joined', talkId, agentId, with: party.name })
  if (party.agentId !== undefined)
    beginTalk(hand, addTalk(hand, party.leg, party.agentId, party.caller, talk.callerLeg))
  tellConsult(hand, talk, party)
}
