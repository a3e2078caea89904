import type { SwitchEvent } from '../../../freeswitch/esl/types.ts'
import { outcomeOf } from './causes.ts'
import type { Hand } from './hand.ts'
import { answered, notAnswered } from './offers.ts'
import { endTalk } from './talks.ts'

/** One event of the switch. Most are of legs that are not ours and cost a look-up. */
export function onSwitchEvent(hand: Hand, event: SwitchEvent): void {
  const { uuid } = event
  if (!uuid) return
  switch (event.name) {
    case 'CHANNEL_PARK':
      // Of a leg found ringing after a restart; for one of our own the job's result says the same.
      if (hand.rings.has(uuid)) hand.background(`joining ${uuid}`, () => answered(hand, uuid))
      break
    case 'CHANNEL_EXECUTE':
      reachedMusic(hand, uuid, event)
      break
    case 'CHANNEL_HANGUP':
    case 'CHANNEL_HANGUP_COMPLETE':
      legGone(hand, uuid, event)
      break
    case 'DTMF': {
      const caller = hand.waitingLegs.get(uuid)
      const key = event.headers['DTMF-Digit']
      if (caller && key) hand.give({ kind: 'key', stayId: caller.stayId, key })
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

function legGone(hand: Hand, uuid: string, { headers }: SwitchEvent): void {
  const cause = headers['Hangup-Cause'] ?? 'NORMAL_CLEARING'
  const ring = hand.rings.get(uuid)
  if (ring) notAnswered(hand, uuid, ring.answering ? 'failed' : outcomeOf(cause))
  const caller = hand.waitingLegs.get(uuid)
  const talk = hand.talkLegs.get(uuid)
  if (!caller && !talk) return
  const { interactionId, agencyId } = (caller ?? talk)!
  if (caller) hand.give({ kind: 'leave', stayId: caller.stayId })
  if (talk) {
    endTalk(hand, talk)
    // The caller went first: the agent's phone is not left in an empty call.
    if (uuid === talk.callerLeg) hand.kill(talk.talkId, 'NORMAL_CLEARING', 1)
  }
  // A citizen not reached by a callback was never on the line.
  if (caller || (uuid === talk!.callerLeg && talk!.since !== undefined)) {
    const q850 = Number(headers.variable_hangup_cause_q850 ?? 16) || 0
    hand.emit('gone', { interactionId, agencyId, leg: uuid, cause, q850, at: hand.now() })
  }
}
