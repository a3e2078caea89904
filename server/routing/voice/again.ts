// Callers who enter a queue anew without a flow: sent there by an agent or a supervisor, or come back from a talk that broke.
import { randomUUID } from 'node:crypto'
import type { QueueSettings } from '../types.ts'
import { readLeg } from './channels.ts'
import { tellGone } from './gone.ts'
import type { Hand } from './hand.ts'
import { toMusic } from './joining.ts'
import { alone, endTalk, talkOf } from './talks.ts'
import { type Caller, RoutingError } from './types.ts'
import { newCaller, queueFor, REACHED_AFTER_MS, stayBegan } from './waiting.ts'

type Place = { priority: number; placeSince: number; rank?: number; restored?: true }
type About = Pick<Caller, 'interactionId' | 'agencyId' | 'from' | 'citizenId' | 'flowNode'>

/** A second stay of the same interaction. `before` runs once the leg is on its way. Rejects with SwitchError, then nothing is changed. */
async function enterAgain(
  hand: Hand,
  leg: string,
  about: About,
  queue: QueueSettings,
  { priority, placeSince, rank, restored }: Place,
  before = () => {},
): Promise<{ stayId: string }> {
  const stayId = randomUUID()
  const now = hand.now()
  const { interactionId, agencyId, from, citizenId, flowNode } = about
  const values = {
    vera_queue: queue.id,
    vera_stay: stayId,
    vera_enqueued_at: now,
    vera_place_since: placeSince,
    vera_priority: priority,
    vera_rank: rank ?? '',
    vera_parked: '',
    vera_talker: '',
    vera_exit: '',
    vera_keys: '',
    vera_callback_key: '',
    vera_messages: '',
  }
  for (const [name, value] of Object.entries(values)) await hand.setVariable(leg, name, String(value))
  const caller = newCaller({
    stayId,
    factStayId: stayId,
    leg,
    interactionId,
    agencyId,
    queueId: queue.id,
    from,
    citizenId,
    flowNode,
  })
  // Known before the transfer, whose music may start before its answer is here.
  hand.addCaller(caller)
  try {
    await toMusic(hand, leg)
  } catch (error) {
    hand.forgetCaller(caller)
    throw error
  }
  before()
  stayBegan(hand, caller, queue, priority)
  hand.clock.after(REACHED_AFTER_MS, caller.reached)
  hand.give({
    kind: 'enter',
    item: {
      interactionId,
      stayId,
      queueId: queue.id,
      agencyId,
      channel: 'voice',
      placeSince,
      enqueuedAt: now,
      priority,
      citizenId,
      from,
      rank,
      restored,
    },
  })
  hand.background(`looking after ${leg}`, async () => {
    // A hang-up during the transfer was heard before the engine knew the stay.
    if (hand.client.state === 'up' && !(await hand.exists(leg))) hand.give({ kind: 'leave', stayId })
  })
  return { stayId }
}

/**
 * Blind transfer: the citizen an agent talks to goes to another queue of the agency, a second stay of the same
 * interaction; the agent goes on to the work after the call.
 */
export async function transferToQueue(
  hand: Hand,
  agentId: number,
  request: { queueId: number; priority?: number },
): Promise<{ stayId: string }> {
  const talk = talkOf(hand, agentId)
  alone(talk)
  const queue = queueFor(hand, request.queueId, talk.agencyId)
  const exit = hand.engine.admission(queue.id, talk.agencyId)
  if (exit)
    throw new RoutingError(
      'routing.queue_refuses',
      `The queue takes nobody now: ${'reason' in exit ? exit.reason : exit.exit}`,
    )
  const place = { priority: request.priority ?? queue.priority, placeSince: hand.now() }
  return enterAgain(hand, talk.callerLeg, talk, queue, place, () => {
    const { agencyId, interactionId, talkId } = talk
    hand.fact(agencyId, interactionId, {
      kind: 'talk.transferred',
      talkId,
      agentId,
      how: 'blind',
      to: 'queue',
      target: String(queue.id),
    })
    endTalk(hand, talk)
    hand.kill(talk.agentLeg, 'NORMAL_CLEARING')
  })
}

/** Back in the queue of the call, in front of everybody and with the place it had: the citizen has waited for it already. */
export async function requeueFront(hand: Hand, callerLeg: string, caller: Caller): Promise<void> {
  const known = await readLeg(hand.client, callerLeg)
  const queue = hand.queue(caller.queueId)
  if (!known || !queue) {
    if (known) hand.log(`leg ${callerLeg} has no queue ${caller.queueId} to go back to`)
    return
  }
  const since = Number(known.variables.vera_place_since)
  const placeSince = Number.isFinite(since) && since > 0 ? since : hand.now()
  const rank = hand.engine.front(queue.id)
  await enterAgain(hand, callerLeg, caller, queue, { priority: 1, placeSince, rank, restored: true })
}

/**
 * By a supervisor: a waiting caller to another queue of the agency, or to another place in the same one. Priority 1..9;
 * 0 is in front of everybody. A callback, which has no leg, can only change its place.
 * @throws RoutingError `routing.not_waiting`, `queue.not_found`, `routing.queue_refuses`; SwitchError
 */
export async function move(
  hand: Hand,
  stayId: string,
  request: { queueId: number; priority?: number },
): Promise<{ stayId: string }> {
  const caller = hand.callers.get(stayId)
  const item = hand.engine.item(stayId)
  if (!caller || !item) throw new RoutingError('routing.not_waiting', 'Nobody waits there any more')
  const queue = queueFor(hand, request.queueId, caller.agencyId)
  const wanted = request.priority ?? item.priority
  const rank = wanted <= 0 ? hand.engine.front(queue.id) : undefined
  const priority = Math.max(1, wanted)
  const { leg } = caller
  if (queue.id === item.queueId) {
    hand.give({ kind: 'moved', stayId, priority, rank })
    if (!leg) return { stayId }
    await hand.setVariable(leg, 'vera_priority', String(priority))
    await hand.setVariable(leg, 'vera_rank', rank === undefined ? '' : String(rank))
    return { stayId }
  }
  if (!leg) throw new RoutingError('routing.callback_stays', 'A call that is owed stays in its queue')
  const exit = hand.engine.admission(queue.id, caller.agencyId)
  if (exit)
    throw new RoutingError(
      'routing.queue_refuses',
      `The queue takes nobody now: ${'reason' in exit ? exit.reason : exit.exit}`,
    )
  // The place goes along: who has waited does not begin again.
  const { placeSince } = item
  caller.moving = true
  hand.give({ kind: 'taken_out', stayId })
  try {
    return await enterAgain(hand, leg, caller, queue, { priority, placeSince, rank })
  } catch (error) {
    // Hung up on the way: by now the leg is in nobody's books, so it is told from here.
    if (hand.client.state === 'up' && !(await hand.exists(leg))) tellGone(hand, caller, leg)
    throw error
  }
}
