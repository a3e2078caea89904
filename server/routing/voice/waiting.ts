import { randomUUID } from 'node:crypto'
import type { LiveCall } from '../../../freeswitch/call/types.ts'
import { dialString } from '../../../freeswitch/esl/index.ts'
import type { QueueExit, QueueSettings } from '../types.ts'
import { addCallback } from './callbacks.ts'
import type { Hand } from './hand.ts'
import { type Caller, RoutingError } from './types.ts'

/** A leg is taken to have reached its music after this, even if the switch did not say so. */
export const REACHED_AFTER_MS = 1_000
/** The plain message goes along in a variable; the switch copies it into every event of the leg. */
const MESSAGE_LIMIT = 4_096

export type EnqueueRequest = {
  queueId: number
  interactionId: string
  agencyId: number
  /** 1..9; default the queue's. */
  priority?: number
  citizenId?: number
  /** Node-RED node that takes the call up again. */
  flowNode: string
  /** Plain message of the flow, JSON of 4 kB at most. */
  msg: unknown
  /** Messages in place of the queue's: texts or prompt names. */
  messages?: string[]
  /** Keys that leave the queue (exit `key:<k>`), e.g. `*0`. */
  keys?: string
  /** Key that asks to be called back (exit `callback`); the place in line is kept. */
  callbackKey?: string
  /** Since when the caller has a place: one that was lost with its switch and is given back. Default now. */
  placeSince?: number | undefined
}

export type CallbackRequest = {
  queueId: number
  interactionId: string
  agencyId: number
  number: string
  priority?: number
  citizenId?: number
  /** Keeps the place of a stay that ended earlier (its `vera_place_since`); default now. */
  placeSince?: number
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value ?? null)).toString('base64url')

/** The values `enqueue` leaves on the leg, read back: what survives us. Undefined when the text is not of ours. */
export function decoded(text: string | undefined): unknown {
  if (!text) return undefined
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}

export function queueFor(hand: Hand, queueId: number, agencyId: number): QueueSettings {
  const queue = hand.queue(queueId)
  if (!queue || queue.agencyId !== agencyId)
    throw new RoutingError('queue.not_found', `The agency has no queue ${queueId}`)
  return queue
}

export function newCaller(values: Omit<Caller, 'ready' | 'reached'>): Caller {
  let reached = () => {}
  const ready = new Promise<void>((resolve) => {
    reached = resolve
  })
  return { ...values, ready, reached }
}

export function stayBegan(
  hand: Hand,
  caller: Pick<Caller, 'agencyId' | 'interactionId' | 'factStayId'>,
  queue: QueueSettings,
  priority: number,
): void {
  const { id: queueId, targetSeconds, targetPercent, shortAbandonSeconds } = queue
  hand.fact(caller.agencyId, caller.interactionId, {
    kind: 'stay.began',
    stayId: caller.factStayId,
    queueId,
    priority,
    targetSeconds,
    targetPercent,
    shortAbandonSeconds,
  })
}

/**
 * Puts a leg that a flow drives into a queue and lets go of it. `exit` in the answer: it may not wait, and the flow goes on
 * with the same call; `gone`: it hung up on its way. Otherwise the call has left our control and comes back through `vera_resume`.
 * @throws RoutingError `queue.not_found`, `routing.message_too_big`
 */
export async function enqueue(
  hand: Hand,
  call: LiveCall,
  request: EnqueueRequest,
): Promise<{ stayId: string; exit?: QueueExit; gone?: true }> {
  const queue = queueFor(hand, request.queueId, request.agencyId)
  const { interactionId, agencyId, queueId, citizenId, flowNode, keys = '', messages } = request
  const callbackKey = hand.options.dialNumber ? request.callbackKey : undefined
  const msg = encoded(request.msg)
  if (Buffer.byteLength(msg) > MESSAGE_LIMIT * 1.5)
    throw new RoutingError('routing.message_too_big', 'The message is over 4 kB')
  const stayId = randomUUID()
  const priority = request.priority ?? queue.priority
  const now = hand.now()
  const placeSince = Math.min(now, request.placeSince ?? now)
  const caller = newCaller({
    stayId,
    factStayId: stayId,
    leg: call.uuid,
    interactionId,
    agencyId,
    queueId,
    from: call.from,
    citizenId,
    flowNode,
    messages,
  })
  const refused = () => {
    const exit = hand.engine.admission(queueId, agencyId)
    if (exit?.exit !== 'overflowed') return undefined
    stayBegan(hand, caller, queue, priority)
    hand.fact(agencyId, interactionId, { kind: 'stay.left', stayId, outcome: 'overflowed', reason: exit.reason })
    hand.emit('left', { stayId, interactionId, agencyId, queueId, exit })
    return { stayId, exit }
  }
  const early = refused()
  if (early) return early
  const there = await call.setVariables({
    vera_interaction: interactionId,
    vera_agency: String(agencyId),
    vera_queue: String(queueId),
    vera_stay: stayId,
    vera_enqueued_at: String(now),
    vera_place_since: String(placeSince),
    vera_priority: String(priority),
    vera_flow_node: flowNode,
    vera_msg: msg,
    vera_keys: keys,
    vera_callback_key: callbackKey ?? '',
    vera_messages: messages ? encoded(messages) : '',
    vera_citizen: citizenId === undefined ? '' : String(citizenId),
    vera_exit: '',
    vera_agent: '',
    vera_rank: '',
    vera_parked: '',
    vera_talker: '',
  })
  // Told of before the hang-up itself is: whoever hung up in the flow has not waited, and no phone rings for them.
  if (!there || call.hungUp) return { stayId, gone: true }
  const late = refused()
  if (late) return late
  stayBegan(hand, caller, queue, priority)
  hand.addCaller(caller)
  const item = {
    interactionId,
    stayId,
    queueId,
    agencyId,
    channel: 'voice' as const,
    placeSince,
    enqueuedAt: now,
    priority,
    citizenId,
    from: call.from,
  }
  // Before the transfer: an agent's phone may ring while the leg is still on its way to the music.
  hand.give({ kind: 'enter', item: { ...item, keys, callbackKey, messages: messages?.length } })
  try {
    await call.transfer('vera_wait', 'vera')
    hand.clock.after(REACHED_AFTER_MS, caller.reached)
  } catch (error) {
    hand.log(`leg ${call.uuid} did not reach the queue: ${(error as Error).message}`)
    hand.give({ kind: 'leave', stayId })
  }
  if (call.hungUp) hand.give({ kind: 'leave', stayId })
  return { stayId }
}

/** A callback asked for outside a queue (form, voice mail menu): booked as a stay that left as `callback` at once. */
export function requestCallback(hand: Hand, request: CallbackRequest): { stayId: string } {
  const queue = queueFor(hand, request.queueId, request.agencyId)
  if (!hand.options.dialNumber) throw new RoutingError('routing.no_line', 'There is no line to call citizens with')
  // Whether a line is free counts when the turn comes; now only that it is a number.
  dialString({ gateway: 'any', number: request.number })
  const { interactionId, agencyId, queueId, number, citizenId } = request
  const priority = request.priority ?? queue.priority
  const stayId = randomUUID()
  stayBegan(hand, { agencyId, interactionId, factStayId: stayId }, queue, priority)
  hand.fact(agencyId, interactionId, { kind: 'stay.left', stayId, outcome: 'callback' })
  const placeSince = request.placeSince ?? hand.now()
  addCallback(hand, {
    stayId: randomUUID(),
    requestStayId: stayId,
    interactionId,
    agencyId,
    queueId,
    number,
    placeSince,
    priority,
    citizenId,
    attempts: 0,
  })
  return { stayId }
}
