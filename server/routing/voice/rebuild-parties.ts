// Third parties, lost agents and supervisors, read back from the variables of their legs.
import { requeueFront } from './again.ts'
import type { Leg } from './channels.ts'
import { backToAgent, consulted, consultFailed, watchRing } from './consult.ts'
import type { Hand } from './hand.ts'
import { joinCitizen } from './joining.ts'
import { lose } from './lost.ts'
import { callerFrom, number } from './marks.ts'
import { addParty, dropParty, handOver, partyUp, targetFrom, targetText } from './parties.ts'
import { sendBack } from './perform.ts'
import { finish, tell } from './supervisions.ts'
import { addTalk, connectedOf } from './talks.ts'
import type { Party, Supervision } from './types.ts'

/** Talks are taken in before: a third party belongs to one, or to a citizen alone. */
export function restoreParties(hand: Hand, all: Leg[], living: Map<string, Leg>): void {
  // What cannot be reached now is left as it is.
  const legs = all.filter((leg) => !leg.stale)
  for (const party of [...hand.parties.values()]) refresh(hand, party, living)
  for (const leg of legs) {
    const { vera_party: kind, vera_leg: self, vera_caller: citizen = '' } = leg.variables
    if (!kind || self !== leg.uuid || hand.parties.has(leg.uuid)) continue
    const callerLeg = living.get(citizen)
    if (callerLeg) takeParty(hand, leg, kind, callerLeg)
    else hand.kill(leg.uuid, 'NORMAL_CLEARING')
  }
  for (const leg of legs) takeParked(hand, leg)
}

/** One known all along, of which nothing was heard for a while. */
function refresh(hand: Hand, party: Party, living: Map<string, Leg>): void {
  const leg = living.get(party.leg)
  if (!living.has(party.callerLeg)) dropParty(hand, party, 'caller_gone')
  else if (!leg && party.state === 'handed') hand.parties.delete(party.leg)
  else if (!leg) hand.background(`${party.leg} is gone`, () => consultFailed(hand, party, 'failed'))
  else if (party.state === 'ringing' && leg.answered)
    hand.background(`joining ${party.leg}`, () => consulted(hand, party))
}

function takeParty(hand: Hand, leg: Leg, kind: string, callerLeg: Leg): void {
  const { variables, uuid } = leg
  const by = hand.talkLegs.get(variables.vera_by ?? '')
  const to = targetFrom(variables.vera_to)
  if (!to) {
    hand.kill(uuid, 'NORMAL_CLEARING')
    return
  }
  const agentId = to.to === 'agent' ? to.agentId : undefined
  const name = (agentId !== undefined && hand.settings.agents.get(agentId)?.name) || targetText(to)
  const caller = callerFrom(callerLeg, variables.vera_stay ?? '')
  if (agentId !== undefined) {
    const { interactionId, queueId } = caller
    const since = number(variables.vera_talk_at, hand.now())
    hand.give({ kind: 'restore_agent', agent: { id: agentId, state: 'talking', since, interactionId, queueId } })
  }
  const destination = { to, name, dial: '', ...(agentId === undefined ? {} : { agentId }) }
  const bond = variables.signal_bond
  // Joined before: its answer is booked.
  const up =
    kind === 'handed' || kind === 'conference' || (!!bond && (bond === by?.agentLeg || bond === callerLeg.uuid))
  const party = addParty(hand, { caller, askedBy: by?.agentId ?? 0, by, leg: uuid, up }, destination)
  if (kind === 'handed') party.state = 'handed'
  else if (kind === 'conference' && by) {
    partyUp(hand, party)
    party.state = 'conference'
    if (agentId === undefined) return
    const since = number(variables.vera_talk_at, hand.now())
    hand.emit('connected', connectedOf(addTalk(hand, uuid, agentId, caller, callerLeg.uuid, since)))
  } else if (!leg.answered) {
    watchRing(hand, party)
    // Asked for by an agent who is gone: as if it had been a blind transfer from the start.
  } else if (by && bond === by.agentLeg) {
    partyUp(hand, party)
    hand.emit('connected', connectedOf(by))
  } else if (!by && bond === callerLeg.uuid) {
    partyUp(hand, party)
    handOver(hand, party)
  } else if (!by && kind === 'conference') {
    partyUp(hand, party)
    const { flowNode } = caller
    hand.background(`joining ${uuid}`, async () => {
      await joinCitizen(hand, { callerLeg: callerLeg.uuid, flowNode }, uuid)
      handOver(hand, party)
    })
  } else hand.background(`joining ${uuid}`, () => consulted(hand, party))
}

/** A citizen on music, or alone in a room, whom nobody of the above looks after. */
function takeParked(hand: Hand, leg: Leg): void {
  const { variables, uuid, destination } = leg
  const parked = variables.vera_parked || (destination === 'vera_after' ? 'lost' : '')
  if (!parked || hand.waitingLegs.has(uuid)) return
  for (const party of hand.parties.values()) if (party.callerLeg === uuid) return
  const talk = hand.talkLegs.get(uuid)
  const caller = callerFrom(leg, variables.vera_stay ?? '')
  if (talk?.lostSince !== undefined) {
    if (hand.asides.has(talk.agentLeg)) hand.kill(talk.agentLeg, 'ORIGINATOR_CANCEL')
    lose(hand, talk)
  } else if (talk) {
    if (talk.since !== undefined) hand.background(`citizen ${uuid} back`, () => backToAgent(hand, talk))
  } else if (parked === 'lost') takeLost(hand, leg)
  // Agent and third party left the room, both while we were away: the citizen has been served.
  else if (parked === 'conference') sendBack(hand, caller, 'answered')
  else hand.background(`citizen ${uuid} to the queue`, () => requeueFront(hand, uuid, caller))
}

function takeLost(hand: Hand, leg: Leg): void {
  const [agent, talkId, since] = (leg.variables.vera_talker ?? '').split('.')
  const agentId = number(agent, 0)
  const caller = callerFrom(leg, leg.variables.vera_stay ?? '')
  if (!talkId || !hand.engine.agent(agentId) || hand.talks.has(agentId)) {
    hand.background(`citizen ${leg.uuid} to the queue`, () => requeueFront(hand, leg.uuid, caller))
    return
  }
  const { interactionId, queueId } = caller
  const at = number(since, hand.now())
  hand.give({ kind: 'restore_agent', agent: { id: agentId, state: 'talking', since: at, interactionId, queueId } })
  lose(hand, addTalk(hand, talkId, agentId, caller, leg.uuid, at))
}

/** Supervisors' legs: on the talk they were on, or let go. */
export function restoreSupervisions(hand: Hand, legs: Leg[]): void {
  const living = new Set(legs.map(({ uuid }) => uuid))
  for (const supervision of [...hand.supervisions.values()])
    if (!living.has(supervision.leg)) finish(hand, supervision, 'failed')
  for (const { uuid, variables, answered, stale } of legs) {
    const {
      vera_supervision: supervisionId,
      vera_supervisor: supervisor,
      vera_caller: spied,
      vera_mode: mode,
    } = variables
    if (stale || !supervisionId || supervisionId !== uuid || hand.supervisions.has(supervisionId)) continue
    const talk = hand.talkLegs.get(spied ?? '')
    if (!talk || !answered || (mode !== 'listen' && mode !== 'whisper' && mode !== 'join')) {
      hand.kill(uuid, 'NORMAL_CLEARING')
      continue
    }
    const supervisorId = number(supervisor, 0)
    const found: Supervision = { supervisionId, supervisorId, leg: uuid, talk, mode, state: 'on' }
    hand.supervisions.set(supervisionId, found)
    // Booked when it began: only told.
    tell(hand, found, 'on')
  }
}
