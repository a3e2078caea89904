// Attended transfer: the citizen on music, the agent with a third party, and the ways out of it.
import { legId, toneStream } from '../../../freeswitch/esl/index.ts'
import type { TransferTarget } from '../types.ts'
import { requeueFront } from './again.ts'
import type { Hand } from './hand.ts'
import { joinCitizen, keepAfterBridge, parkCitizen } from './joining.ts'
import {
  addParty,
  callerOf,
  destinationOf,
  dropParty,
  endOf,
  handOver,
  partyUp,
  ringParty,
  targetText,
} from './parties.ts'
import { closeHold, connectedOf, endTalk, hold, talkOf } from './talks.ts'
import { type ConsultEnd, type Party, RoutingError, type Talk } from './types.ts'

/** What the agent hears while the third party rings: Argentina's ringing tone. */
const ringingTone = 'tone_stream://%(1000,4000,425)'

/** Tells the desktop how the consultation stands. */
export function tellConsult(hand: Hand, talk: Talk, party: Party, ended?: ConsultEnd): void {
  const { agentId, talkId } = talk
  const { consult } = connectedOf(talk)
  hand.emit('consult', { agentId, talkId, name: party.name, ...(ended ? { ended } : { consult }) })
}

/**
 * Puts the citizen on music and rings a third party for the agent. Resolves once it rings; how it ends comes by the event
 * `consult`, and unless it is completed the citizen is back with the agent then.
 * @throws RoutingError of `destinationOf`, `routing.no_call`, `routing.in_consult`; SwitchError
 */
export async function consult(hand: Hand, agentId: number, to: TransferTarget): Promise<void> {
  const talk = freeTalk(hand, agentId)
  const destination = destinationOf(hand, talk, to)
  if (talk.heldSince !== undefined) await hold(hand, agentId, false)
  freeTalk(hand, agentId)
  const party = addParty(hand, { caller: callerOf(talk), askedBy: agentId, by: talk }, destination)
  try {
    await parkCitizen(hand, talk)
  } catch (error) {
    dropParty(hand, party, 'cancelled')
    throw error
  }
  if (hand.parties.get(party.leg) !== party) return
  talk.heldSince = hand.now()
  tellConsult(hand, talk, party)
  watchRing(hand, party)
  hand.background(`consulting ${party.leg}`, async () => {
    hand.background('ringing tone', () =>
      hand.client.api(`uuid_broadcast ${legId(talk.agentLeg)} ${toneStream(ringingTone)} aleg`),
    )
    const cause = await ringParty(hand, party, talk.agentLeg)
    if (cause === 'SWITCH_DOWN') return
    if (cause === undefined) await consulted(hand, party)
    else await consultFailed(hand, party, endOf(cause))
  })
}

function freeTalk(hand: Hand, agentId: number): Talk {
  const talk = talkOf(hand, agentId)
  if (talk.since === undefined) throw new RoutingError('routing.no_call', 'The citizen has not answered yet')
  if (talk.party) throw new RoutingError('routing.in_consult', 'A third party is in the call already')
  if (talk.lostSince !== undefined) throw new RoutingError('routing.lost', "The agent's phone is being rung again")
  return talk
}

/** Ends a ring that the switch itself does not end. */
export function watchRing(hand: Hand, party: Party): void {
  party.stopTimer = hand.clock.after(Math.max(0, party.until - hand.now()), () => {
    if (party.state !== 'ringing') return
    hand.kill(party.leg, 'NO_ANSWER')
    hand.background(`no answer of ${party.leg}`, () => consultFailed(hand, party, 'no_answer'))
  })
}

/** The third party answered: with the agent, or for a blind transfer with the citizen. */
export async function consulted(hand: Hand, party: Party): Promise<void> {
  if (!partyUp(hand, party)) return
  const { by } = party
  try {
    if (by) {
      const joined = hand.soon('CHANNEL_BRIDGE', by.agentLeg)
      await hand.client.api(`uuid_bridge ${legId(by.agentLeg)} ${legId(party.leg)}`)
      await joined
      if (by.party === party) tellConsult(hand, by, party)
      return
    }
    await joinCitizen(hand, { callerLeg: party.callerLeg, flowNode: party.caller.flowNode }, party.leg)
    if (hand.parties.get(party.leg) === party) handOver(hand, party)
  } catch (error) {
    hand.log(`joining ${party.leg}: ${(error as Error).message}`)
    if (hand.client.state === 'up') await consultFailed(hand, party, 'failed')
  }
}

/** The third party is not to be had (any more): the citizen is given back to the agent, or to the front of the queue. */
export async function consultFailed(hand: Hand, party: Party, end: ConsultEnd): Promise<void> {
  const { by, callerLeg, caller } = party
  if (!dropParty(hand, party, end)) return
  if (!by) {
    if (await hand.exists(callerLeg)) await requeueFront(hand, callerLeg, caller)
    return
  }
  if (hand.talks.get(by.agentId) !== by) return
  await backToAgent(hand, by)
  tellConsult(hand, by, party, end)
}

/** Agent and citizen are joined as before. */
export async function backToAgent(hand: Hand, talk: Talk): Promise<void> {
  await joinCitizen(hand, talk, talk.agentLeg)
  if (hand.talks.get(talk.agentId) === talk) closeHold(hand, talk)
}

function partyOf(hand: Hand, agentId: number): { talk: Talk; party: Party } {
  const talk = talkOf(hand, agentId)
  if (!talk.party) throw new RoutingError('routing.no_consult', 'Nobody is being consulted')
  return { talk, party: talk.party }
}

/** Takes the citizen back and lets the third party go. @throws RoutingError `routing.no_consult`; SwitchError */
export async function cancelConsult(hand: Hand, agentId: number): Promise<void> {
  const { party } = partyOf(hand, agentId)
  await consultFailed(hand, party, 'cancelled')
}

/**
 * Gives the citizen to the third party; the agent goes on to the work after the call. While it still rings this makes a
 * blind transfer of it. @throws RoutingError `routing.no_consult`; SwitchError, then everything is as before
 */
export async function completeConsult(hand: Hand, agentId: number): Promise<void> {
  const { talk, party } = partyOf(hand, agentId)
  if (party.state !== 'ringing') {
    // The agent's leg would take the end of its bridge for its own.
    await keepAfterBridge(hand, talk.agentLeg)
    await joinCitizen(hand, talk, party.leg)
  } else await hand.setVariable(party.leg, 'vera_party', 'blind').catch(() => {})
  leave(hand, talk, party)
}

/** The agent is out of the call and the third party stays in it, ringing or joined. */
export function leave(hand: Hand, talk: Talk, party: Party): void {
  const { agencyId, interactionId, talkId, agentId, agentLeg } = talk
  if (hand.talks.get(agentId) !== talk) return
  const { to } = party.to
  const how = party.state === 'ringing' ? 'blind' : 'attended'
  talk.party = undefined
  party.by = undefined
  tellConsult(hand, talk, party, 'completed')
  hand.fact(agencyId, interactionId, {
    kind: 'talk.transferred',
    talkId,
    agentId,
    how,
    to,
    target: targetText(party.to),
  })
  endTalk(hand, talk)
  hand.kill(agentLeg, 'NORMAL_CLEARING', 1)
  if (party.state !== 'ringing') handOver(hand, party)
}

/** The agent hung up with a third party there: whoever talks gets the citizen; else the citizen goes back to the queue, first in line. */
export async function agentLeft(hand: Hand, talk: Talk, party: Party): Promise<void> {
  if (party.state !== 'ringing') {
    leave(hand, talk, party)
    // The third party waits parked, or alone with the citizen in the conference.
    await joinCitizen(hand, talk, party.leg)
    return
  }
  const caller = callerOf(talk)
  dropParty(hand, party, 'cancelled')
  endTalk(hand, talk)
  await requeueFront(hand, talk.callerLeg, caller)
}
