import type { TransferTarget } from '../types.ts'
import { transferToQueue } from './again.ts'
import { consulted, consultFailed, watchRing } from './consult.ts'
import type { Hand } from './hand.ts'
import { toMusic } from './joining.ts'
import { addParty, callerOf, destinationOf, endOf, ringParty, targetText } from './parties.ts'
import { alone, endTalk, talkOf } from './talks.ts'
import { queueFor } from './waiting.ts'

/**
 * The citizen goes to somebody else and the agent is free at once. A queue takes the citizen one step of priority better than
 * its own callers; whoever else does not answer: the citizen goes to the front of the queue the call came from.
 * @throws RoutingError of `destinationOf`, `routing.no_call`, `routing.in_consult`, `routing.queue_refuses`; SwitchError
 */
export async function transferBlind(hand: Hand, agentId: number, to: TransferTarget): Promise<void> {
  const talk = talkOf(hand, agentId)
  alone(talk)
  if (to.to === 'queue') {
    const { priority } = queueFor(hand, to.queueId, talk.agencyId)
    await transferToQueue(hand, agentId, { queueId: to.queueId, priority: Math.max(1, priority - 1) })
    return
  }
  const destination = destinationOf(hand, talk, to)
  const { agencyId, interactionId, talkId, callerLeg, agentLeg } = talk
  await hand.setVariable(callerLeg, 'vera_parked', 'blind')
  await toMusic(hand, callerLeg)
  if (hand.talks.get(agentId) !== talk) return
  const target = targetText(to)
  hand.fact(agencyId, interactionId, { kind: 'talk.transferred', talkId, agentId, how: 'blind', to: to.to, target })
  endTalk(hand, talk)
  hand.kill(agentLeg, 'NORMAL_CLEARING', 1)
  const party = addParty(hand, { caller: callerOf(talk), askedBy: agentId }, destination)
  watchRing(hand, party)
  hand.background(`transfer to ${party.leg}`, async () => {
    const cause = await ringParty(hand, party, agentLeg)
    if (cause === 'SWITCH_DOWN') return
    if (cause === undefined) await consulted(hand, party)
    else await consultFailed(hand, party, endOf(cause))
  })
}
