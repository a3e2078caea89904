import type { SwitchEvent } from '../../../freeswitch/esl/types.ts'
import { outcomeOf } from './causes.ts'
import { agentLeft, consulted, consultFailed, tellConsult } from './consult.ts'
import { tellGone } from './gone.ts'
import type { Hand } from './hand.ts'
import { lostCauses } from './joining.ts'
import { lose } from './lost.ts'
import { answered, notAnswered } from './offers.ts'
import { dropParty, endOf } from './parties.ts'
import { supervisorKey } from './supervise.ts'
import { finish } from './supervisions.ts'
import { endTalk } from './talks.ts'
import type { Party, Talk } from './types.ts'

/** One event of the switch. Most are of legs that are not ours and cost a look-up. */
export function onSwitchEvent(hand: Hand, event: SwitchEvent): void {
  const { uuid } = event
  if (!uuid) return
  hand.heard(event.name, uuid)
  switch (event.name) {
    case 'CHANNEL_PARK':
      // Of a leg found ringing after a restart; for one of our own the job's result says the same.
      if (hand.rings.has(uuid)) hand.background(`joining ${uuid}`, () => answered(hand, uuid))
      else if (hand.parties.get(uuid)?.state === 'ringing')
        hand.background(`joining ${uuid}`, () => consulted(hand, hand.parties.get(uuid)!))
      break
    case 'CHANNEL_EXECUTE':
      reachedMusic(hand, uuid, event)
      wentStale(hand, uuid, event)
      break
    case 'CHANNEL_HANGUP':
    case 'CHANNEL_HANGUP_COMPLETE':
      legGone(hand, uuid, event)
      break
    case 'DTMF': {
      const caller = hand.waitingLegs.get(uuid)
      const key = event.headers['DTMF-Digit']
      if (caller && key) hand.give({ kind: 'key', stayId: caller.stayId, key })
      // The id of a supervision is its leg.
      const supervision = hand.supervisions.get(uuid)
      if (supervision && key) supervisorKey(hand, supervision, key)
      break
    }
    case 'RECORD_STOP':
      hand.recordings.get(event.headers['Record-File-Path'] ?? '')?.onStop()
      break
  }
}

const music = new Set(['playback', 'endless_playback', 'park'])

function reachedMusic(hand: Hand, uuid: string, { headers }: SwitchEvent): void {
  const caller = hand.waitingLegs.get(uuid)
  if (!caller || !music.has(headers.Application ?? '')) return
  const destination = headers['Caller-Destination-Number']
  if (destination === undefined || destination === 'vera_wait') caller.reached()
}

/**
 * Nobody fetched the leg for so long that the dialplan sends it back to its flow (vera_wait_seconds): it waits no more, and
 * no agent may be rung for it.
 */
function wentStale(hand: Hand, uuid: string, { headers }: SwitchEvent): void {
  const caller = hand.waitingLegs.get(uuid)
  if (!caller || headers.Application !== 'set' || headers['Application-Data'] !== 'vera_exit=stale') return
  caller.sentOn = true
  hand.give({ kind: 'taken_out', stayId: caller.stayId, reason: 'timeout' })
}

function legGone(hand: Hand, uuid: string, event: SwitchEvent): void {
  const { headers } = event
  if (hand.trying.has(uuid)) {
    hand.trying.set(uuid, headers.variable_sip_term_status ?? hand.trying.get(uuid))
    return
  }
  const cause = headers['Hangup-Cause'] ?? 'NORMAL_CLEARING'
  const ring = hand.rings.get(uuid)
  if (ring?.joining) {
    // A caller whom the switch was to join with this leg is sent on by it: back in line, two would have them.
    void ring.joining.then((begin) => {
      begin?.()
      ring.joining = undefined
      legGone(hand, uuid, event)
    })
    return
  }
  if (ring) notAnswered(hand, uuid, ring.answering ? 'failed' : outcomeOf(cause))
  const supervision = hand.supervisions.get(uuid)
  if (supervision) finish(hand, supervision, endOf(cause))
  const party = hand.parties.get(uuid)
  if (party) partyGone(hand, party, cause)
  const caller = hand.waitingLegs.get(uuid)
  const talk = hand.talkLegs.get(uuid)
  if (!caller && !talk) citizenOfPartyGone(hand, uuid, headers)
  if (party || (!caller && !talk)) return
  const { interactionId, agencyId } = (caller ?? talk)!
  if (caller) hand.give({ kind: 'leave', stayId: caller.stayId })
  if (talk && uuid !== talk.callerLeg) agentLegGone(hand, talk, cause)
  else if (talk) {
    const third = talk.party
    if (third) {
      // The third party's own talk, in a conference, is over with it.
      const theirs = hand.talkLegs.get(third.leg)
      if (theirs) endTalk(hand, theirs)
      dropParty(hand, third, 'caller_gone')
      tellConsult(hand, talk, third, 'caller_gone')
    }
    endTalk(hand, talk)
    // The caller went first: the agent's phone is not left in an empty call.
    hand.kill(talk.agentLeg, 'NORMAL_CLEARING', 1)
  }
  // A citizen not reached by a callback was never on the line.
  if (caller || (uuid === talk!.callerLeg && talk!.since !== undefined)) {
    const q850 = Number(headers.variable_hangup_cause_q850 ?? 16) || 0
    hand.emit('gone', { interactionId, agencyId, leg: uuid, cause, q850, at: hand.now() })
  }
}

function agentLegGone(hand: Hand, talk: Talk, cause: string): void {
  const { party, callerLeg, agentId } = talk
  if (party) hand.background(`agent ${agentId} left ${callerLeg}`, () => agentLeft(hand, talk, party))
  else if (talk.since !== undefined && talk.flowNode !== '' && lostCauses.has(cause)) lose(hand, talk)
  else endTalk(hand, talk)
}

/** The third party hung up: not reached, or the citizen goes back to the agent. */
function partyGone(hand: Hand, party: Party, cause: string): void {
  if (party.state === 'handed') {
    hand.parties.delete(party.leg)
    return
  }
  const theirs = hand.talkLegs.get(party.leg)
  if (theirs) endTalk(hand, theirs)
  const end = party.state === 'ringing' ? endOf(cause) : 'left'
  hand.background(`${party.leg} is gone`, () => consultFailed(hand, party, end))
}

/** A citizen on music for a blind transfer, or with a number and none of ours. */
function citizenOfPartyGone(hand: Hand, uuid: string, headers: SwitchEvent['headers']): void {
  for (const party of hand.parties.values()) {
    if (party.callerLeg !== uuid || party.by) continue
    dropParty(hand, party, 'caller_gone')
    const q850 = Number(headers.variable_hangup_cause_q850 ?? 16) || 0
    tellGone(hand, party.caller, uuid, headers['Hangup-Cause'] ?? 'NORMAL_CLEARING', q850)
    return
  }
}
