// An agent's phone that vanished in the middle of a talk: the citizen waits on music while the same agent is rung again.
import { randomUUID } from 'node:crypto'
import { originateVariables, safeDialString } from '../../../freeswitch/esl/index.ts'
import type { SwitchError } from '../../../freeswitch/esl/types.ts'
import { requeueFront } from './again.ts'
import type { Hand } from './hand.ts'
import { joinCitizen, toMusic } from './joining.ts'
import { shown } from './offers.ts'
import { callerOf } from './parties.ts'
import { closeMask, closeRecording, startRecording } from './recording.ts'
import { alone, closeHold, endTalk, talkOf } from './talks.ts'
import type { Talk } from './types.ts'

/** How long the citizen waits for the agent before going to the front of the queue. */
const REATTACH_MS = 20_000
/** A phone that is not registered yet fails at once: tried again so often while there is time. */
const AGAIN_MS = 1_500

/**
 * The agent's leg of a talk is gone without a hang-up, or useless to the agent (browser loaded anew). On the switch the
 * citizen is on music already, or is put there. Call again when the phone is known to be back: it is rung at once.
 * @throws RoutingError `routing.no_call`, `routing.in_consult`; SwitchError
 */
export async function reattach(hand: Hand, agentId: number): Promise<void> {
  const talk = talkOf(hand, agentId)
  if (talk.lostSince === undefined) {
    alone(talk)
    const old = talk.agentLeg
    lose(hand, talk)
    await hand.setVariable(talk.callerLeg, 'vera_parked', 'lost')
    await toMusic(hand, talk.callerLeg)
    hand.kill(old, 'NORMAL_CLEARING', 1)
  } else if (hand.asides.has(talk.agentLeg)) hand.kill(talk.agentLeg, 'ORIGINATOR_CANCEL', 1)
}

/** Books the loss and rings the agent until the time is up. */
export function lose(hand: Hand, talk: Talk): void {
  const until = hand.now() + REATTACH_MS
  hand.talkLegs.delete(talk.agentLeg)
  talk.lostSince = hand.now()
  talk.heldSince ??= hand.now()
  const { agentId, talkId, masked } = talk
  // The recording ends with its leg, the agent's wish to hide what is said does not.
  closeMask(hand, talk)
  talk.masked = masked
  hand.background(`closing the recording of ${talkId}`, () => closeRecording(hand, talk))
  hand.emit('lost', { agentId, talkId, lost: true })
  hand.background(`ringing agent ${agentId} again`, () => ringAgain(hand, talk, until))
}

async function ringAgain(hand: Hand, talk: Talk, until: number): Promise<void> {
  const current = () => hand.talks.get(talk.agentId) === talk && !hand.stopped
  while (current()) {
    const left = until - hand.now()
    if (left <= 0) break
    if (await ringOnce(hand, talk, left)) return
    if (!current()) return
    await new Promise<void>((resolve) => {
      hand.clock.after(Math.min(AGAIN_MS, Math.max(0, until - hand.now())), resolve)
    })
  }
  if (current()) await giveUp(hand, talk)
}

/** True when the talk goes on, or is over by now. */
async function ringOnce(hand: Hand, talk: Talk, left: number): Promise<boolean> {
  const { agentId, talkId, callerLeg, agencyId, interactionId, queueId, stayId, from, citizenId } = talk
  const agent = hand.settings.agents.get(agentId)
  const leg = randomUUID()
  talk.agentLeg = leg
  const seconds = Math.max(1, Math.ceil(left / 1000))
  const number = shown(from)
  const offered = { agentId, offerId: leg, stayId, interactionId, agencyId, queueId, from, citizenId, callback: false }
  hand.asides.set(leg, { ...offered, as: 'reattach', until: hand.now() + left })
  hand.emit('offered', hand.asides.get(leg)!)
  const stopTimer = hand.clock.after(left, () => hand.kill(leg, 'NO_ANSWER'))
  try {
    const dial = safeDialString(hand.options.dialString(agent?.extension ?? '', talk.callerLeg))
    const variables = originateVariables({
      origination_uuid: leg,
      vera_agent: agentId,
      vera_offer: leg,
      vera_talk: talkId,
      vera_interaction: interactionId,
      vera_agency: agencyId,
      vera_queue: queueId,
      vera_stay: stayId,
      vera_caller: callerLeg,
      originate_timeout: seconds,
      hangup_after_bridge: true,
      ignore_early_media: true,
      RECORD_STEREO: true,
      vera_record: hand.records({ agencyId, queueId, talkId }),
      ...(number === '' ? {} : { origination_caller_id_number: number, origination_caller_id_name: number }),
    })
    const said = await hand.client.bgapi(`originate ${variables}${dial} &park()`, left + 10_000)
    if (!said.startsWith('+OK')) return false
    if (hand.talks.get(agentId) !== talk) {
      hand.kill(leg, 'ORIGINATOR_CANCEL')
      return true
    }
    await joinCitizen(hand, talk, leg)
  } catch (error) {
    // Away, and read back when it returns: the talk is found there as it is then.
    return (error as SwitchError).code === 'switch.down'
  } finally {
    stopTimer()
    hand.asides.delete(leg)
  }
  rejoined(hand, talk)
  return true
}

function rejoined(hand: Hand, talk: Talk): void {
  if (hand.talks.get(talk.agentId) !== talk) return
  const { agentLeg, agentId, talkId } = talk
  talk.lostSince = undefined
  closeHold(hand, talk)
  hand.talkLegs.set(agentLeg, talk)
  hand.background(`marking ${agentLeg}`, () => hand.setVariable(agentLeg, 'vera_talk_at', String(talk.since)))
  if (hand.records(talk)) hand.background(`recording ${agentLeg}`, () => startRecording(hand, talk))
  hand.emit('lost', { agentId, talkId, lost: false })
  hand.background(`looking after ${agentLeg}`, async () => {
    // Hung up between the bridge and our books.
    if (hand.client.state === 'up' && !(await hand.exists(agentLeg))) endTalk(hand, talk)
  })
}

async function giveUp(hand: Hand, talk: Talk): Promise<void> {
  const caller = callerOf(talk)
  const { callerLeg, agentId, talkId } = talk
  hand.emit('lost', { agentId, talkId, lost: false })
  endTalk(hand, talk)
  if (talk.flowNode === '') hand.kill(callerLeg, 'NORMAL_CLEARING', 1)
  else await requeueFront(hand, callerLeg, caller)
}
