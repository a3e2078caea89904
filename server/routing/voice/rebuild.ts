// Reading the world back from the switch: at our own start, and whenever the connection was lost for a while.
import type { AgentNow } from '../types.ts'
import { queueCallback } from './callbacks.ts'
import { type Leg, readLegs } from './channels.ts'
import { agentLeft } from './consult.ts'
import { tellGone } from './gone.ts'
import type { Hand } from './hand.ts'
import { callerFrom, isTalk, number } from './marks.ts'
import { answered, notAnswered, offeredOf, track } from './offers.ts'
import { dropParty } from './parties.ts'
import { sendBack } from './perform.ts'
import { restoreParties, restoreSupervisions } from './rebuild-parties.ts'
import { recordingOf } from './recording.ts'
import { setAside } from './set-aside.ts'
import { addTalk, beginTalk, connectedOf, endTalk } from './talks.ts'

/**
 * Makes engine and books agree with the legs that live now. Nothing is offered meanwhile. Legs unknown to us are taken in
 * by their variables, ours that are gone are closed. `lastStates` is given at our own start only.
 */
export async function rebuild(hand: Hand, lastStates?: AgentNow[]): Promise<void> {
  hand.give({ kind: 'suspend', channel: 'voice' })
  const legs = await readLegs(hand.client)
  if (hand.stopped) return
  const living = new Map(legs.map((leg) => [leg.uuid, leg]))
  closeGone(hand, living)
  for (const agent of lastStates ?? []) {
    // Whoever talks is known by the legs; without one the call ended while we were away.
    const state = agent.state === 'talking' || agent.state === 'offered' ? 'available' : agent.state
    hand.give({ kind: 'restore_agent', agent: { ...agent, state } })
  }
  const agentLegs = legs.filter(
    ({ uuid, variables: { vera_offer: offer, vera_agent: agent, vera_party: party } }) =>
      offer === uuid && agent && !party,
  )
  const served = new Set<string>()
  for (const leg of agentLegs) {
    if (isTalk(leg, living)) served.add(leg.variables.vera_caller!)
  }
  for (const leg of legs) {
    const { vera_stay: stay, vera_parked: parked } = leg.variables
    if (leg.destination === 'vera_wait' && stay && !parked && !served.has(leg.uuid)) takeWaiting(hand, leg)
  }
  const answeredNow: string[] = []
  for (const leg of agentLegs) {
    if (hand.rings.has(leg.uuid) || hand.talkLegs.has(leg.uuid)) continue
    if (isTalk(leg, living)) takeTalk(hand, leg, living.get(leg.variables.vera_caller!)!)
    else if (!takeRing(hand, leg)) hand.kill(leg.uuid, 'NORMAL_CLEARING')
    else if (leg.answered) answeredNow.push(leg.uuid)
  }
  restoreParties(hand, legs, living)
  restoreSupervisions(hand, legs)
  // A ring known all along may have been answered while nothing was heard of it.
  for (const ring of hand.rings.values()) if (living.get(ring.offerId)?.answered) answeredNow.push(ring.offerId)
  hand.give({ kind: 'resume', channel: 'voice' })
  for (const offerId of answeredNow) hand.background(`joining ${offerId}`, () => answered(hand, offerId))
}

/** Callbacks kept from before our start go back to their places. */
export async function restoreCallbacks(hand: Hand): Promise<void> {
  for (const callback of (await hand.options.callbacks?.list()) ?? []) queueCallback(hand, callback)
}

/** Everything of ours whose leg is not there any more. */
export function closeGone(hand: Hand, living: Map<string, Leg>): void {
  for (const talk of [...hand.talks.values()]) {
    const callerLives = living.has(talk.callerLeg)
    if (callerLives && talk.lostSince !== undefined) continue
    if (living.has(talk.agentLeg) && (callerLives || talk.since === undefined)) continue
    // No RECORD_STOP will come for it: the file is what it is.
    talk.recording?.onStop()
    const third = talk.party
    if (callerLives && third) {
      hand.background(`agent of ${talk.callerLeg} left`, () => agentLeft(hand, talk, third))
      continue
    }
    if (third) dropParty(hand, third, 'caller_gone')
    endTalk(hand, talk)
    if (!callerLives) tellGone(hand, talk, talk.callerLeg)
  }
  for (const caller of [...hand.waitingLegs.values()]) {
    if (living.has(caller.leg!)) continue
    hand.give({ kind: 'leave', stayId: caller.stayId })
    tellGone(hand, caller, caller.leg!)
  }
  setAside(hand, living, (caller) => {
    const { agencyId, interactionId, queueId, factStayId: stayId } = caller
    hand.fact(agencyId, interactionId, { kind: 'stay.left', stayId, outcome: 'abandoned' })
    hand.emit('left', { stayId, interactionId, agencyId, queueId, exit: { exit: 'abandoned' } })
    tellGone(hand, caller, caller.leg!)
  })
  for (const ring of [...hand.rings.values()]) {
    if (!living.has(ring.offerId)) notAnswered(hand, ring.offerId, 'failed')
  }
}

function takeWaiting(hand: Hand, leg: Leg): void {
  const { variables } = leg
  const stayId = variables.vera_stay!
  if (hand.callers.has(stayId)) return
  const caller = callerFrom(leg, stayId)
  // An exit was written but the leg not yet sent on: the stay is closed already, only the transfer is missing.
  if (variables.vera_exit && variables.vera_exit !== 'answered') {
    sendBack(hand, caller, variables.vera_exit)
    return
  }
  caller.reached()
  hand.addCaller(caller)
  const { interactionId, agencyId, queueId, citizenId, from } = caller
  const now = hand.now()
  const enqueuedAt = number(variables.vera_enqueued_at, now)
  const placeSince = number(variables.vera_place_since, enqueuedAt)
  const priority = number(variables.vera_priority, 5)
  const item = {
    interactionId,
    stayId,
    queueId,
    agencyId,
    channel: 'voice' as const,
    placeSince,
    enqueuedAt,
    priority,
    citizenId,
    from,
  }
  const keys = variables.vera_keys ?? ''
  hand.give({
    kind: 'enter',
    item: {
      ...item,
      keys,
      callbackKey: variables.vera_callback_key || undefined,
      messages: caller.messages?.length,
      rank: variables.vera_rank ? number(variables.vera_rank, placeSince) : undefined,
      restored: true,
    },
  })
}

function takeTalk(hand: Hand, leg: Leg, callerLeg: Leg): void {
  const { variables } = leg
  const agentId = number(variables.vera_agent, 0)
  const caller = callerFrom(callerLeg, variables.vera_stay ?? '')
  const booked = variables.vera_talk_at !== undefined
  const since = number(variables.vera_talk_at, hand.now())
  const { interactionId, agencyId } = caller
  const queueId = number(variables.vera_queue, caller.queueId)
  hand.give({ kind: 'restore_agent', agent: { id: agentId, state: 'talking', since, interactionId, queueId } })
  const talk = addTalk(hand, variables.vera_talk || leg.uuid, agentId, { ...caller, queueId }, callerLeg.uuid, since)
  if (talk.agentLeg !== leg.uuid) {
    // Rung again after a loss: the talk is the one of the leg before it.
    hand.talkLegs.delete(talk.agentLeg)
    talk.agentLeg = leg.uuid
    hand.talkLegs.set(leg.uuid, talk)
  }
  if (variables.vera_masked) talk.masked = true
  if (variables.vera_held_at) talk.heldSince = number(variables.vera_held_at, hand.now())
  if (booked && variables.vera_record === 'true') {
    talk.recording = recordingOf(hand.options.recordingsDir, talk)
    hand.recordings.set(talk.recording.path, talk.recording)
  }
  if (booked) {
    hand.emit('connected', connectedOf(talk))
    return
  }
  // We died between the bridge and the mark: the answer was not booked.
  hand.fact(agencyId, interactionId, { kind: 'offer.ended', offerId: leg.uuid, outcome: 'accepted' })
  hand.fact(agencyId, interactionId, { kind: 'stay.left', stayId: caller.factStayId, outcome: 'answered', agentId })
  beginTalk(hand, talk)
}

function takeRing(hand: Hand, leg: Leg): boolean {
  const agentId = number(leg.variables.vera_agent, 0)
  const caller = hand.callers.get(leg.variables.vera_stay ?? '')
  const agent = hand.engine.agent(agentId)
  if (!caller || !agent) return false
  // Only agents who are free may keep a ring; who is offline by now had signed out.
  if (agent.state === 'offline')
    hand.give({ kind: 'restore_agent', agent: { id: agentId, state: 'available', since: hand.now() } })
  hand.give({ kind: 'restore_offer', offerId: leg.uuid, stayId: caller.stayId, agentId })
  if (hand.engine.agent(agentId)?.state !== 'offered') return false
  const ringMs = hand.queue(caller.queueId)?.ringMs ?? 15_000
  const { until } = track(hand, leg.uuid, agentId, caller, ringMs)
  hand.emit('offered', offeredOf(leg.uuid, agentId, caller, until))
  return true
}
