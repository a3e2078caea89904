import { randomUUID } from 'node:crypto'
import { legId, safeDialString } from '../../../freeswitch/esl/index.ts'
import type { WorkItem } from '../types.ts'
import { dialInTurn } from './dial.ts'
import type { Hand } from './hand.ts'
import { addTalk, beginTalk, endTalk } from './talks.ts'
import type { Callback, Caller, Ring } from './types.ts'

const CITIZEN_RING_MS = 40_000

/** A waiting caller asked to be called back: the place is kept, the leg is free to go. */
export function holdCallback(hand: Hand, caller: Caller, item: WorkItem): void {
  const { interactionId, agencyId, queueId, citizenId, from } = caller
  const { placeSince, priority } = item
  addCallback(hand, {
    stayId: randomUUID(),
    requestStayId: caller.factStayId,
    interactionId,
    agencyId,
    queueId,
    number: from,
    placeSince,
    priority,
    citizenId,
    attempts: 0,
  })
}

/** Keeps a callback and puts it in line at its place. */
export function addCallback(hand: Hand, callback: Callback): void {
  hand.background(`keeping callback ${callback.stayId}`, async () => hand.options.callbacks?.save(callback))
  queueCallback(hand, callback)
}

export function queueCallback(hand: Hand, callback: Callback): void {
  const wait = (callback.notBefore ?? 0) - hand.now()
  if (wait > 0) {
    hand.clock.after(Math.min(wait, 2 ** 31 - 1), () => hand.stopped || queueCallback(hand, callback))
    return
  }
  const { stayId, requestStayId, interactionId, agencyId, queueId, number, placeSince, priority, citizenId } = callback
  const ready = Promise.resolve()
  hand.addCaller({
    stayId,
    factStayId: requestStayId,
    interactionId,
    agencyId,
    queueId,
    from: number,
    citizenId,
    flowNode: '',
    callback,
    ready,
    reached() {},
  })
  const item = {
    interactionId,
    stayId,
    queueId,
    agencyId,
    channel: 'voice' as const,
    placeSince,
    enqueuedAt: hand.now(),
    priority,
    citizenId,
    from: number,
    callback: true as const,
  }
  hand.give({ kind: 'enter', item })
}

/** The agent's leg is up: dial the citizen and join them. Who is not reached is tried again later, at the same place. */
export async function dialCitizen(hand: Hand, { offerId, agentId, caller }: Ring): Promise<void> {
  const callback = caller.callback!
  const talk = addTalk(hand, offerId, agentId, caller, randomUUID())
  const gone = () => hand.talks.get(agentId) !== talk
  try {
    const cause = await dialInTurn(hand, {
      dial: safeDialString(hand.options.dialNumber!(callback.number, callback.agencyId)),
      seconds: CITIZEN_RING_MS / 1000,
      leg: () => talk.callerLeg,
      renew(leg) {
        if (gone()) return false
        hand.talkLegs.delete(talk.callerLeg)
        talk.callerLeg = leg
        hand.talkLegs.set(leg, talk)
        return true
      },
      variables: () => ({
        vera_interaction: callback.interactionId,
        vera_agency: callback.agencyId,
        vera_callback: callback.stayId,
        // The switch of the agent's leg, which it will be joined with (freeswitch/fleet).
        vera_beside: offerId,
        hangup_after_bridge: true,
        ignore_early_media: true,
      }),
    })
    if (cause !== undefined) throw new Error(cause)
    if (gone()) {
      hand.kill(talk.callerLeg, 'ORIGINATOR_CANCEL')
      throw new Error('the agent hung up')
    }
    await hand.client.api(`uuid_bridge ${legId(talk.callerLeg)} ${legId(offerId)}`)
  } catch (error) {
    hand.log(`callback ${callback.stayId} did not reach the citizen: ${(error as Error).message}`)
    hand.kill(offerId, 'NORMAL_CLEARING')
    endTalk(hand, talk)
    retry(hand, callback)
    return
  }
  await hand.options.callbacks?.remove(callback.stayId)
  beginTalk(hand, talk)
}

function retry(hand: Hand, callback: Callback): void {
  const { afterMs, attempts } = hand.options.callbackRetry ?? { afterMs: 600_000, attempts: 3 }
  const tried = callback.attempts + 1
  if (tried >= attempts) {
    hand.background(`dropping callback ${callback.stayId}`, async () => hand.options.callbacks?.remove(callback.stayId))
    hand.fact(callback.agencyId, callback.interactionId, {
      kind: 'interaction.note',
      text: `Devolución de llamada sin contacto tras ${tried} intentos`,
    })
    return
  }
  addCallback(hand, { ...callback, stayId: randomUUID(), attempts: tried, notBefore: hand.now() + afterMs })
  hand.background(`callback ${callback.stayId}`, async () => hand.options.callbacks?.remove(callback.stayId))
}
