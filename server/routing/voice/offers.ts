import { legId, originateVariables, safeDialString } from '../../../freeswitch/esl/index.ts'
import type { SwitchError } from '../../../freeswitch/esl/types.ts'
import type { Command } from '../engine/events.ts'
import type { OfferOutcome } from '../facts.ts'
import { dialCitizen } from './callbacks.ts'
import { causeIn, outcomeOf } from './causes.ts'
import type { Hand } from './hand.ts'
import { AFTER_TALK } from './joining.ts'
import { addTalk, beginTalk } from './talks.ts'
import type { Caller, Offered, Ring } from './types.ts'

/** What the agent's phone may show: digits of the caller's number, or nothing that could be read as an order. */
export const shown = (from: string) => from.replace(/[^0-9+*#]/g, '').slice(0, 32)

/** Rings an agent for a caller: facts and desktop at once, the phone in the background. */
export function ring(
  hand: Hand,
  { offerId, stayId, agentId, queueId, ringMs }: Extract<Command, { kind: 'offer' }>,
): void {
  const caller = hand.callers.get(stayId)
  if (!caller) return
  const { agencyId, interactionId, factStayId } = caller
  hand.fact(agencyId, interactionId, { kind: 'offer.made', offerId, stayId: factStayId, queueId, agentId })
  const { until } = track(hand, offerId, agentId, caller, ringMs)
  hand.emit('offered', offeredOf(offerId, agentId, caller, until))
  const agent = hand.settings.agents.get(agentId)
  hand.background(`ringing agent ${agentId}`, async () => {
    let cause: string | undefined
    try {
      const dial = safeDialString(hand.options.dialString(agent?.extension ?? '', caller.leg))
      const from = shown(caller.from)
      const variables = originateVariables({
        origination_uuid: offerId,
        vera_agent: agentId,
        vera_offer: offerId,
        vera_interaction: interactionId,
        vera_agency: agencyId,
        vera_queue: queueId,
        vera_stay: stayId,
        vera_caller: caller.leg ?? '',
        originate_timeout: Math.ceil(ringMs / 1000),
        hangup_after_bridge: true,
        ignore_early_media: true,
        RECORD_STEREO: true,
        vera_record: hand.records({ agencyId, queueId, talkId: offerId }),
        ...(from === '' ? {} : { origination_caller_id_number: from, origination_caller_id_name: from }),
      })
      const said = await hand.client.bgapi(`originate ${variables}${dial} &park()`, ringMs + 10_000)
      if (!said.startsWith('+OK')) cause = causeIn(said)
    } catch (error) {
      const { code } = error as SwitchError
      // The switch went away: whether the phone rings is read back when it returns.
      if (code === 'switch.down') return
      cause = causeIn((error as Error).message)
    }
    if (cause === undefined) await answered(hand, offerId)
    else notAnswered(hand, offerId, outcomeOf(cause))
  })
}

/** Follows a leg that rings, new or found after a restart. */
export function track(hand: Hand, offerId: string, agentId: number, caller: Caller, ringMs: number): Ring {
  const stopTimer = hand.clock.after(ringMs, () => {
    const current = hand.rings.get(offerId)
    if (!current || current.answering) return
    hand.kill(offerId, 'NO_ANSWER')
    notAnswered(hand, offerId, 'no_answer')
  })
  const ring: Ring = { offerId, agentId, caller, answering: false, until: hand.now() + ringMs, stopTimer }
  hand.rings.set(offerId, ring)
  return ring
}

export function offeredOf(offerId: string, agentId: number, caller: Caller, until: number): Offered {
  const { interactionId, agencyId, queueId, from, citizenId, factStayId: stayId } = caller
  const callback = caller.callback !== undefined
  return { agentId, offerId, stayId, interactionId, agencyId, queueId, from, citizenId, callback, until }
}

/** The agent's leg will not be answered (any more). Late or repeated news is ignored. */
export function notAnswered(hand: Hand, offerId: string, outcome: Exclude<OfferOutcome, 'accepted'>): void {
  if (!hand.rings.has(offerId)) return
  hand.give({ kind: 'not_accepted', offerId, outcome })
}

/** The agent's leg is up and parked: join it with the caller, or with the citizen still to be dialled. */
export async function answered(hand: Hand, offerId: string): Promise<void> {
  const current = hand.rings.get(offerId)
  if (!current) {
    // Withdrawn while it was being answered; or joined already, and this is the second piece of news of it.
    if (!hand.stopped && !hand.talkLegs.has(offerId)) hand.kill(offerId, 'ORIGINATOR_CANCEL')
    return
  }
  if (current.answering) return
  current.answering = true
  current.stopTimer()
  if (current.caller.callback) {
    hand.give({ kind: 'accepted', offerId })
    await dialCitizen(hand, current)
    return
  }
  await join(hand, current)
}

async function join(hand: Hand, current: Ring): Promise<void> {
  const { offerId, agentId, caller } = current
  const leg = caller.leg!
  const withdrawn = () => hand.stopped || hand.rings.get(offerId) !== current
  await caller.ready
  if (withdrawn()) return
  const begin = () => {
    if (withdrawn()) return
    hand.give({ kind: 'accepted', offerId })
    beginTalk(hand, addTalk(hand, offerId, agentId, caller, leg))
  }
  // Before that no leg can be sent anywhere, and a caller who hangs up was not talked to: the switch's record says so too.
  const joined = hand.soon('CHANNEL_BRIDGE', leg, begin)
  try {
    // Before the bridge: whoever hangs up first, the dialplan then knows where the leg goes.
    await hand.setVariable(leg, 'vera_exit', 'answered')
    await hand.setVariable(leg, 'transfer_after_bridge', AFTER_TALK)
    if (withdrawn()) return
    const order = hand.client.api(`uuid_bridge ${legId(leg)} ${legId(offerId)}`)
    current.joining = order.then(
      () => begin,
      () => undefined,
    )
    await order
  } catch (error) {
    if (withdrawn() || (error as SwitchError).code === 'switch.down') return
    hand.log(`joining ${leg} and agent ${agentId}: ${(error as Error).message}`)
    if (await hand.exists(leg)) {
      hand.kill(offerId, 'NORMAL_TEMPORARY_FAILURE')
      notAnswered(hand, offerId, 'failed')
    } else hand.give({ kind: 'leave', stayId: caller.stayId })
    return
  }
  await joined
  begin()
}
