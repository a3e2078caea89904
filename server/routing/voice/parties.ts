// A third leg beside citizen and agent: how it is dialled, and what its ends mean for the books.
import { randomUUID } from 'node:crypto'
import { dialString, safeDialString } from '../../../freeswitch/esl/index.ts'
import type { OfferOutcome } from '../facts.ts'
import type { TransferTarget } from '../types.ts'
import { dialInTurn } from './dial.ts'
import type { Hand } from './hand.ts'
import { shown } from './offers.ts'
import { addTalk, beginTalk, connectedOf } from './talks.ts'
import { type Caller, type ConsultEnd, type Destination, type Party, RoutingError, type Talk } from './types.ts'
import { newCaller } from './waiting.ts'

const AGENT_RING_MS = 20_000
const NUMBER_RING_MS = 40_000

/**
 * Where a target is dialled. @throws RoutingError `routing.unknown_agent`, `routing.agent_busy`, `routing.no_line`,
 * `routing.bad_number`, `routing.no_number`, `routing.not_for_queue`
 */
export function destinationOf(hand: Hand, talk: Talk, to: TransferTarget): Destination {
  const { options } = hand
  if (to.to === 'queue') throw new RoutingError('routing.not_for_queue', 'A queue cannot be consulted')
  if (to.to === 'agent') {
    const agent = hand.settings.agents.get(to.agentId)
    if (!agent || agent.agencyId !== talk.agencyId || agent.id === talk.agentId)
      throw new RoutingError('routing.unknown_agent', `There is no agent ${to.agentId} to talk to`)
    const now = hand.engine.agent(agent.id)
    if (now?.state !== 'available' || now.unreachable)
      throw new RoutingError('routing.agent_busy', 'The agent is not free')
    return {
      to,
      name: agent.name,
      dial: safeDialString(options.dialString(agent.extension, talk.callerLeg)),
      agentId: agent.id,
    }
  }
  const number =
    to.number ?? (to.to === 'back_office' ? options.backOfficeNumber?.(to.backOfficeId, talk.agencyId) : '')
  if (!number) throw new RoutingError('routing.no_number', 'There is no number to call')
  if (!options.dialNumber) throw new RoutingError('routing.no_line', 'There is no line to call numbers with')
  const name = to.to === 'back_office' ? (options.backOfficeName?.(to.backOfficeId, talk.agencyId) ?? number) : number
  try {
    // The encoder's own rule for numbers, whatever line it goes out by.
    dialString({ gateway: 'any', number })
    return { to, name, dial: safeDialString(options.dialNumber(number, talk.agencyId)) }
  } catch (error) {
    // The lines' own word: there is none, or all are busy.
    if (/^trunk\./.test((error as { code?: string }).code ?? ''))
      throw new RoutingError('routing.no_line', 'There is no free line to call numbers with')
    throw new RoutingError('routing.bad_number', 'That is not a number that can be called')
  }
}

/** For facts: id of agent or back office's number, or the number. */
export function targetText(to: TransferTarget): string {
  if (to.to === 'agent') return String(to.agentId)
  if (to.to === 'queue') return String(to.queueId)
  return to.to === 'number' ? to.number : (to.number ?? String(to.backOfficeId))
}

/** How a target stands in a channel variable, and back. */
export const targetMark = (to: TransferTarget): string =>
  to.to === 'agent' ? `agent.${to.agentId}` : to.to === 'number' ? `number.${to.number}` : markOfOther(to)
const markOfOther = (to: TransferTarget) =>
  to.to === 'back_office' ? `back_office.${to.backOfficeId}.${to.number ?? ''}` : ''
export function targetFrom(mark: string | undefined): TransferTarget | undefined {
  const [kind, first = '', second = ''] = (mark ?? '').split('.')
  if (kind === 'agent' && Number(first) > 0) return { to: 'agent', agentId: Number(first) }
  if (kind === 'number' && first) return { to: 'number', number: first }
  if (kind === 'back_office')
    return { to: 'back_office', backOfficeId: Number(first), ...(second && { number: second }) }
  return undefined
}

/** The citizen of a talk as one who waits is described. */
export function callerOf(talk: Talk): Caller {
  const { stayId, callerLeg: leg, interactionId, agencyId, queueId, from, citizenId, flowNode } = talk
  const values = { stayId, factStayId: stayId, leg, interactionId, agencyId, queueId, from, citizenId, flowNode }
  return newCaller(values)
}

/**
 * Enters a third party in the books: an agent is taken and hears of it at once. Dialled by `ringParty`, unless `leg` is one
 * found after a restart, which may be `up` already.
 */
export function addParty(
  hand: Hand,
  { caller, askedBy, by, leg, up }: { caller: Caller; askedBy: number; by?: Talk; leg?: string; up?: boolean },
  destination: Destination,
): Party {
  const { agentId } = destination
  const until = hand.now() + (agentId === undefined ? NUMBER_RING_MS : AGENT_RING_MS)
  const party: Party = {
    ...destination,
    leg: leg ?? randomUUID(),
    caller,
    callerLeg: caller.leg!,
    by,
    state: 'ringing',
    until,
    stopTimer() {},
  }
  hand.parties.set(party.leg, party)
  if (by) by.party = party
  if (agentId === undefined || up) return party
  const { interactionId, agencyId, queueId, from, citizenId, factStayId: stayId } = party.caller
  hand.give({ kind: 'engaged', agentId, interactionId, queueId })
  const offered = {
    agentId,
    offerId: party.leg,
    stayId,
    interactionId,
    agencyId,
    queueId,
    from,
    citizenId,
    callback: false,
    as: by ? ('consult' as const) : ('transfer' as const),
    by: askedBy,
    until,
  }
  hand.asides.set(party.leg, offered)
  if (leg === undefined)
    hand.fact(agencyId, interactionId, { kind: 'offer.made', offerId: party.leg, stayId, queueId, agentId })
  hand.emit('offered', offered)
  return party
}

/** Dials a third party; its leg is parked when it answers. Resolves with the cause when it does not; undefined when it does. */
export async function ringParty(hand: Hand, party: Party, byLeg: string): Promise<string | undefined> {
  const { caller, callerLeg, agentId, to } = party
  const from = shown(caller.from)
  return dialInTurn(hand, {
    dial: party.dial,
    seconds: Math.max(1, Math.ceil((party.until - hand.now()) / 1000)),
    leg: () => party.leg,
    renew(leg) {
      if (hand.parties.get(party.leg) !== party) return false
      hand.parties.delete(party.leg)
      party.leg = leg
      hand.parties.set(leg, party)
      return true
    },
    variables: (leg) => ({
      vera_party: party.by ? 'consult' : 'blind',
      // A switch may copy variables onto a second leg of the same phone: this is the one meant.
      vera_leg: leg,
      vera_to: targetMark(to),
      vera_caller: callerLeg,
      vera_by: byLeg,
      vera_interaction: caller.interactionId,
      vera_agency: caller.agencyId,
      vera_queue: caller.queueId,
      vera_stay: caller.factStayId,
      ...(agentId === undefined ? {} : { vera_agent: agentId, vera_offer: leg }),
      hangup_after_bridge: false,
      park_after_bridge: true,
      ignore_early_media: true,
      RECORD_STEREO: true,
      vera_record: agentId === undefined ? false : (hand.queue(caller.queueId)?.record ?? false),
      ...(from === '' || agentId === undefined
        ? {}
        : { origination_caller_id_number: from, origination_caller_id_name: from }),
    }),
  })
}

const offerOutcomes: Partial<Record<ConsultEnd, Exclude<OfferOutcome, 'accepted'>>> = {
  no_answer: 'no_answer',
  refused: 'refused',
  cancelled: 'caller_gone',
  caller_gone: 'caller_gone',
}

/** What a cause of a leg that was not answered says to the one who asked for it. */
export function endOf(cause: string): ConsultEnd {
  if (cause === 'USER_BUSY') return 'busy'
  if (cause === 'CALL_REJECTED') return 'refused'
  if (['NO_ANSWER', 'NO_USER_RESPONSE', 'ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT'].includes(cause)) return 'no_answer'
  return cause === 'ORIGINATOR_CANCEL' ? 'cancelled' : 'failed'
}

/** The third party is out of it (`end`): its leg is taken down and, where it is an agent who never talked, set free. */
export function dropParty(hand: Hand, party: Party, end: ConsultEnd): boolean {
  if (!hand.parties.delete(party.leg)) return false
  party.stopTimer()
  const { agentId, caller, by, leg } = party
  if (by?.party === party) by.party = undefined
  const rang = hand.asides.delete(leg)
  hand.kill(leg, rang ? 'ORIGINATOR_CANCEL' : 'NORMAL_CLEARING')
  if (agentId === undefined || hand.talks.get(agentId)?.talkId === leg) return true
  const outcome = offerOutcomes[end] ?? 'failed'
  if (rang) hand.fact(caller.agencyId, caller.interactionId, { kind: 'offer.ended', offerId: leg, outcome })
  hand.give({ kind: 'call_ended', agentId, wrapUp: false })
  hand.emit('ended', { agentId, interactionId: caller.interactionId, outcome: rang ? outcome : 'accepted' })
  return true
}

/** The third party answered: booked, and no longer ringing. False when that is known already. */
export function partyUp(hand: Hand, party: Party): boolean {
  if (party.state !== 'ringing' || hand.parties.get(party.leg) !== party) return false
  party.stopTimer()
  const { agentId, caller, leg } = party
  party.state = 'talking'
  if (hand.asides.delete(leg) && agentId !== undefined)
    hand.fact(caller.agencyId, caller.interactionId, { kind: 'offer.ended', offerId: leg, outcome: 'accepted' })
  return true
}

/** The third party has the citizen now: an agent's talk of its own, or a call that nobody of ours is in. */
export function handOver(hand: Hand, party: Party): void {
  const { leg, agentId, caller, callerLeg } = party
  if (party.by?.party === party) party.by.party = undefined
  party.by = undefined
  if (agentId === undefined) {
    party.state = 'handed'
    hand.background(`marking ${leg}`, () => hand.setVariable(leg, 'vera_party', 'handed'))
    return
  }
  hand.parties.delete(leg)
  hand.background(`marking ${leg}`, () => hand.setVariable(leg, 'vera_party', ''))
  const talk = hand.talks.get(agentId)
  if (talk?.talkId === leg) {
    // Was in a conference: the talk goes on, now with the citizen's leg to itself.
    hand.talkLegs.set(callerLeg, talk)
    hand.emit('connected', connectedOf(talk))
    return
  }
  beginTalk(hand, addTalk(hand, leg, agentId, caller, callerLeg))
}
