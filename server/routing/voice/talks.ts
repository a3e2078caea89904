import { legId } from '../../../freeswitch/esl/index.ts'
import type { SwitchError } from '../../../freeswitch/esl/types.ts'
import type { Hand } from './hand.ts'
import { closeMask, closeRecording, startRecording } from './recording.ts'
import { endSupervisions } from './supervisions.ts'
import { type Caller, type Connected, RoutingError, type Talk } from './types.ts'

/** The talk of an agent with a caller as it is entered in the books; `since` unset while nobody is on the line yet. */
export function addTalk(
  hand: Hand,
  talkId: string,
  agentId: number,
  caller: Caller,
  callerLeg: string,
  since?: number,
): Talk {
  const { agencyId, interactionId, queueId, factStayId, from, citizenId, flowNode } = caller
  const talk: Talk = {
    talkId,
    agentId,
    agencyId,
    interactionId,
    queueId,
    stayId: factStayId,
    from,
    citizenId,
    flowNode,
    callerLeg,
    agentLeg: talkId,
    since,
  }
  hand.talks.set(agentId, talk)
  hand.talkLegs.set(talkId, talk)
  // In a conference the citizen's leg stays with the agent who called the third party in.
  if (!hand.talkLegs.has(callerLeg)) hand.talkLegs.set(callerLeg, talk)
  return talk
}

/** Both are joined: facts, the desktop, and the recording if the queue wants one. */
export function beginTalk(hand: Hand, talk: Talk): void {
  const { agencyId, interactionId, queueId, stayId, talkId, agentId } = talk
  const now = hand.now()
  talk.since = now
  hand.fact(agencyId, interactionId, { kind: 'talk.began', talkId, stayId, queueId, agentId })
  hand.emit('connected', connectedOf(talk))
  // Found again after a restart: whatever is marked so is booked already.
  hand.background(`marking talk ${talkId}`, async () => {
    await hand.setVariable(talk.agentLeg, 'vera_talk_at', String(now))
    // On the citizen's leg too: it is all that is left of the talk when the agent's phone is lost.
    await hand.setVariable(talk.callerLeg, 'vera_talker', `${agentId}.${talkId}.${now}`)
  })
  if (hand.records({ agencyId, queueId, talkId }))
    hand.background(`recording ${talkId}`, () => startRecording(hand, talk))
}

export function connectedOf(talk: Talk): Connected {
  const { agentId, talkId, interactionId, agencyId, queueId, from, citizenId, heldSince, party } = talk
  const connected: Connected = {
    agentId,
    talkId,
    interactionId,
    agencyId,
    queueId,
    from,
    citizenId,
    since: talk.since ?? 0,
    heldSince,
  }
  if (talk.masked) connected.masked = true
  if (talk.lostSince !== undefined) connected.lost = true
  if (party && party.state !== 'handed') connected.consult = { to: party.to, name: party.name, state: party.state }
  return connected
}

/** Either leg is gone, or the caller was sent elsewhere. The agent goes on to the work after the call. */
export function endTalk(hand: Hand, talk: Talk): void {
  if (hand.talks.get(talk.agentId) !== talk) return
  const { agentId, agencyId, interactionId, talkId, callerLeg, agentLeg } = talk
  hand.talks.delete(agentId)
  hand.talkLegs.delete(agentLeg)
  if (hand.talkLegs.get(callerLeg) === talk) hand.talkLegs.delete(callerLeg)
  const talked = talk.since !== undefined
  if (talked) {
    closeHold(hand, talk)
    closeMask(hand, talk)
    endSupervisions(hand, talk)
    hand.fact(agencyId, interactionId, { kind: 'talk.ended', talkId })
    hand.lastTalks.set(agentId, talk)
    hand.background(`closing the recording of ${talkId}`, () => closeRecording(hand, talk))
  }
  hand.give({ kind: 'call_ended', agentId, wrapUp: talked })
  const wrapUpUntil = hand.engine.agent(agentId)?.wrapUpUntil
  hand.emit('ended', { agentId, interactionId, talkId, wrapUpUntil })
}

export function closeHold(hand: Hand, talk: Talk): void {
  if (talk.heldSince === undefined) return
  const holdMs = hand.now() - talk.heldSince
  talk.heldSince = undefined
  hand.fact(talk.agencyId, talk.interactionId, { kind: 'talk.hold', talkId: talk.talkId, holdMs })
}

export function talkOf(hand: Hand, agentId: number): Talk {
  const talk = hand.talks.get(agentId)
  if (!talk) throw new RoutingError('routing.no_call', 'The agent is not in a call')
  return talk
}

/** What needs citizen and agent by themselves. @throws RoutingError `routing.in_consult`, `routing.lost` */
export function alone(talk: Talk): void {
  if (talk.party) throw new RoutingError('routing.in_consult', 'A third party is in the call')
  if (talk.lostSince !== undefined) throw new RoutingError('routing.lost', "The agent's phone is being rung again")
}

/** How long the music of a hold may take to begin before it is taken as never coming, ms. */
const MUSIC_MS = 1_000
const MUSIC_LOOK_MS = 40

/**
 * The switch forgets a stop of the hold's music that comes before the music: it would then play for ever over a call that goes
 * on. So whoever takes a call back at once waits until it plays; at once where the switch has no such music.
 */
async function musicBegun(hand: Hand, talk: Talk): Promise<void> {
  const value = (leg: string, name: string) => hand.client.api(`uuid_getvar ${legId(leg)} ${name}`)
  try {
    if (!/^[a-z_]+:\/\//.test(await value(talk.agentLeg, 'hold_music'))) return
    for (let waited = 0; waited < MUSIC_MS; waited += MUSIC_LOOK_MS) {
      if (/^[0-9]/.test(await value(talk.callerLeg, 'current_loop'))) return
      await new Promise<void>((look) => hand.clock.after(MUSIC_LOOK_MS, look))
    }
  } catch {
    // A leg that is gone: the order that follows tells.
  }
}

const HOLD_MUSIC = 'local_stream://vera'

/** Puts the citizen on hold music, or back. Rejects with RoutingError or SwitchError; repeating is harmless. */
export async function hold(hand: Hand, agentId: number, held: boolean): Promise<void> {
  const talk = talkOf(hand, agentId)
  if (talk.since === undefined) throw new RoutingError('routing.no_call', 'The citizen has not answered yet')
  alone(talk)
  if ((talk.heldSince !== undefined) === held) return
  if (!held) await musicBegun(hand, talk)
  try {
    // What `uuid_hold` plays to the citizen. As a global variable it would stop the sound of every bridge of parked legs.
    if (held) await hand.setVariable(talk.agentLeg, 'hold_music', HOLD_MUSIC)
    await hand.client.api(`uuid_hold ${held ? '' : 'off '}${legId(talk.agentLeg)}`)
    if (!held) await hand.setVariable(talk.agentLeg, 'hold_music', '')
  } catch (error) {
    // Refused when the phone's own button has done it already; then the books only follow.
    if ((error as SwitchError).code !== 'switch.refused') throw error
    if (!(await hand.exists(talk.agentLeg))) throw new RoutingError('routing.no_call', 'The call is over')
  }
  if (hand.talks.get(agentId) !== talk || (talk.heldSince !== undefined) === held) return
  if (held) talk.heldSince = hand.now()
  else closeHold(hand, talk)
  const mark = talk.heldSince === undefined ? '' : String(talk.heldSince)
  hand.background(`marking hold of ${talk.talkId}`, () => hand.setVariable(talk.agentLeg, 'vera_held_at', mark))
  hand.emit('held', { agentId, talkId: talk.talkId, held })
}

/** The agent hangs up: the caller's leg goes on in its flow. */
export function hangUp(hand: Hand, agentId: number): void {
  hand.kill(talkOf(hand, agentId).agentLeg, 'NORMAL_CLEARING')
}
