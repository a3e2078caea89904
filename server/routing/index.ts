// Routing: who is offered what, and the hand that makes it happen on the switch.
import { randomUUID } from 'node:crypto'
import type { LiveCall } from '../../freeswitch/call/types.ts'
import { legId } from '../../freeswitch/esl/index.ts'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import type { AgentNow, AgentSettings, QueueExit, QueueSettings, RoutingNow } from './types.ts'
import { onSwitchEvent } from './voice/events.ts'
import { Hand } from './voice/hand.ts'
import { notAnswered, offeredOf } from './voice/offers.ts'
import { perform } from './voice/perform.ts'
import { closeGone, rebuild, restoreCallbacks } from './voice/rebuild.ts'
import { connectedOf, hangUp, hold } from './voice/talks.ts'
import { type AgentWork, RoutingError, type RoutingEvents, type RoutingOptions } from './voice/types.ts'
import {
  type CallbackRequest,
  type EnqueueRequest,
  enqueue,
  requestCallback,
  transferToQueue,
} from './voice/waiting.ts'

export type * from './types.ts'
export { exitText } from './voice/perform.ts'
export {
  type AgentWork,
  type Callback,
  type CallbackStore,
  type Clock,
  type Connected,
  type Ended,
  type Gone,
  type Left,
  type Offered,
  RoutingError,
  type RoutingEvents,
  type RoutingOptions,
  routingEvents,
} from './voice/types.ts'
export { type CallbackRequest, decoded as decodeMessage, type EnqueueRequest } from './voice/waiting.ts'

export type Routing = {
  /** Reads the switch back (now, or when it is first up) and begins to offer. Set queues and agents before. */
  start(): Promise<void>
  /** Lets go: calls and waiting callers stay as they are on the switch. */
  stop(): void
  /** The whole set, at start and after each change. */
  setQueues(queues: QueueSettings[]): void
  setAgents(agents: AgentSettings[]): void
  /** Errors: RoutingError `routing.unknown_agent`, `routing.no_offer`, `routing.no_call`, `routing.no_wrap_up`; SwitchError. */
  agents: {
    signIn(agentId: number): void
    signOut(agentId: number): void
    ready(agentId: number): void
    takeBreak(agentId: number, reasonId?: number): void
    /** Makes the ringing phone answer. */
    answer(agentId: number): Promise<void>
    refuse(agentId: number): void
    hold(agentId: number): Promise<void>
    unhold(agentId: number): Promise<void>
    hangUp(agentId: number): void
    finishWrapUp(agentId: number, result?: { dispositionId?: number; topicId?: number }): void
    extendWrapUp(agentId: number, ms: number): void
    /** What the agent is in the middle of; undefined when unknown. */
    work(agentId: number): AgentWork | undefined
  }
  calls: {
    enqueue(call: LiveCall, request: EnqueueRequest): Promise<{ stayId: string; exit?: QueueExit }>
    requestCallback(request: CallbackRequest): { stayId: string }
    transferToQueue(agentId: number, request: { queueId: number; priority?: number }): Promise<{ stayId: string }>
  }
  now(): RoutingNow
  /** For whoever comes next, or for a stay; a part that is unknown is missing. */
  estimate(queueId: number, stayId?: string): { position?: number; waitMs?: number }
  /** The answer takes the listener back. */
  on<Name extends keyof RoutingEvents>(name: Name, listener: (...args: RoutingEvents[Name]) => void): () => void
}

/** The routing of one switch. Nothing happens before `start`. */
export function createRouting(options: RoutingOptions): Routing {
  const hand = new Hand(options, randomUUID, perform)
  const { client, settings, engine } = hand
  let started = false
  let reading: Promise<void> = Promise.resolve()
  let lastStates: AgentNow[] | undefined

  const onEvent = (event: SwitchEvent) => onSwitchEvent(hand, event)
  const onDown = () => hand.give({ kind: 'suspend', channel: 'voice' })
  const onUp = (restarted: boolean) => {
    // One at a time: a second reconnection waits for the first reading to fail or finish.
    reading = reading.then(() => readBack(restarted))
  }
  async function readBack(restarted: boolean): Promise<void> {
    if (hand.stopped) return
    if (restarted) closeGone(hand, new Map())
    try {
      await rebuild(hand, lastStates)
      lastStates = undefined
    } catch (error) {
      hand.log(`reading the switch back: ${(error as Error).message}`)
      if (client.state === 'up') hand.clock.after(1_000, () => onUp(false))
    }
  }
  function known(agentId: number): AgentNow {
    const agent = engine.agent(agentId)
    if (!agent) throw new RoutingError('routing.unknown_agent', `There is no agent ${agentId}`)
    return agent
  }
  function ringOf(agentId: number) {
    for (const ring of hand.rings.values()) if (ring.agentId === agentId) return ring
    throw new RoutingError('routing.no_offer', 'Nothing is being offered to the agent')
  }
  /** The books of it may be missing when it began before our own restart. */
  function inWrapUp(agentId: number) {
    if (known(agentId).state === 'wrap_up') return hand.wrapUps.get(agentId)
    throw new RoutingError('routing.no_wrap_up', 'The agent is not in the work after a call')
  }
  const about = (kind: 'sign_in' | 'sign_out' | 'ready') => (agentId: number) => {
    known(agentId)
    hand.give({ kind, agentId })
  }

  return {
    async start() {
      if (started) return
      started = true
      hand.give({ kind: 'suspend', channel: 'voice' })
      lastStates = await options.lastStates?.()
      await restoreCallbacks(hand)
      client.on('event', onEvent).on('up', onUp).on('down', onDown)
      if (client.state === 'up') onUp(false)
      await reading
    },
    stop() {
      client.off('event', onEvent)
      client.off('up', onUp)
      client.off('down', onDown)
      hand.stop()
    },
    setQueues(queues) {
      settings.queues = new Map(queues.map((queue) => [queue.id, queue]))
      hand.give({ kind: 'queues', queues })
    },
    setAgents(agents) {
      settings.agents = new Map(agents.map((agent) => [agent.id, agent]))
      hand.give({ kind: 'agents', agents })
    },
    agents: {
      signIn: about('sign_in'),
      signOut: about('sign_out'),
      ready: about('ready'),
      takeBreak(agentId, reasonId) {
        known(agentId)
        hand.give({ kind: 'break', agentId, reasonId })
      },
      async answer(agentId) {
        await client.api(`uuid_phone_event ${legId(ringOf(agentId).offerId)} talk`)
      },
      refuse(agentId) {
        const { offerId } = ringOf(agentId)
        hand.kill(offerId, 'CALL_REJECTED')
        notAnswered(hand, offerId, 'refused')
      },
      hold: (agentId) => hold(hand, agentId, true),
      unhold: (agentId) => hold(hand, agentId, false),
      hangUp: (agentId) => hangUp(hand, agentId),
      finishWrapUp(agentId, result) {
        const wrapUp = inWrapUp(agentId)
        if (wrapUp) Object.assign(wrapUp, result)
        hand.give({ kind: 'wrap_up_finished', agentId })
      },
      extendWrapUp(agentId, ms) {
        const wrapUp = inWrapUp(agentId)
        hand.give({ kind: 'wrap_up_extended', agentId, ms })
        if (wrapUp) wrapUp.until = engine.agent(agentId)?.wrapUpUntil ?? wrapUp.until
      },
      work(agentId) {
        const now = engine.agent(agentId)
        if (!now) return undefined
        const talk = hand.talks.get(agentId)
        const wrapUp = hand.wrapUps.get(agentId)
        const work: AgentWork = { now }
        for (const { offerId, agentId: rung, caller, until } of hand.rings.values()) {
          if (rung === agentId) work.offered = offeredOf(offerId, agentId, caller, until)
        }
        if (talk?.since !== undefined) work.connected = connectedOf(talk)
        if (wrapUp) work.wrapUp = { interactionId: wrapUp.interactionId, talkId: wrapUp.talkId, until: wrapUp.until }
        return work
      },
    },
    calls: {
      enqueue: (call, request) => enqueue(hand, call, request),
      requestCallback: (request) => requestCallback(hand, request),
      transferToQueue: (agentId, request) => transferToQueue(hand, agentId, request),
    },
    now: () => ({ at: hand.now(), agents: engine.agents(), waiting: engine.waiting() }),
    estimate: (queueId, stayId) => engine.estimate(queueId, stayId),
    on: (name, listener) => hand.on(name, listener),
  }
}
