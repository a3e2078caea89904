// Routing: who is offered what, and the hand that makes it happen on the switch.
import { randomUUID } from 'node:crypto'
import type { LiveCall } from '../../freeswitch/call/types.ts'
import { legId } from '../../freeswitch/esl/index.ts'
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'
import type { SupervisionMode } from './facts.ts'
import type {
  AgentNow,
  AgentSettings,
  QueueExit,
  QueueSettings,
  RoutingNow,
  TransferTarget,
  Unreachable,
} from './types.ts'
import { move, transferToQueue } from './voice/again.ts'
import { transferBlind } from './voice/blind.ts'
import { conference } from './voice/conference.ts'
import { cancelConsult, completeConsult, consult } from './voice/consult.ts'
import { onSwitchEvent } from './voice/events.ts'
import { Hand } from './voice/hand.ts'
import { dtmf } from './voice/keys.ts'
import { reattach } from './voice/lost.ts'
import { mask } from './voice/mask.ts'
import { notAnswered, offeredOf } from './voice/offers.ts'
import { perform } from './voice/perform.ts'
import { closeGone, rebuild, restoreCallbacks } from './voice/rebuild.ts'
import type { SupervisionRequest } from './voice/supervise.ts'
import * as supervise from './voice/supervise.ts'
import { nowOf } from './voice/supervisions.ts'
import { connectedOf, hangUp, hold } from './voice/talks.ts'
import {
  type AgentWork,
  RoutingError,
  type RoutingEvents,
  type RoutingOptions,
  type SupervisionNow,
} from './voice/types.ts'
import { type CallbackRequest, type EnqueueRequest, enqueue, requestCallback } from './voice/waiting.ts'

export { createEngine } from './engine/engine.ts'
export type { SupervisionMode } from './facts.ts'
export type * from './types.ts'
export { exitText } from './voice/perform.ts'
export { measure as measureRecording } from './voice/recording.ts'
export type { SupervisionRequest } from './voice/supervise.ts'
export {
  type AgentWork,
  type Callback,
  type CallbackStore,
  type Clock,
  type Connected,
  type Consult,
  type ConsultEnd,
  type Ended,
  type Gone,
  type Left,
  type Offered,
  RoutingError,
  type RoutingEvents,
  type RoutingOptions,
  routingEvents,
  type SupervisionNow,
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
    /** Silence in the recording, or sound again. `routing.not_recorded`. */
    mask(agentId: number, masked: boolean): Promise<void>
    /** Keys for whoever talks with the agent. `routing.bad_keys`. */
    dtmf(agentId: number, keys: string): Promise<void>
    /** Whether anything may be offered; counts only under the rule `requireReachable`. The state stays as it is. */
    setReachable(agentId: number, reachable: boolean, why?: Unreachable): void
    /** The agent is free at once. `routing.agent_busy`, `routing.unknown_agent`, `routing.no_line`, `routing.bad_number`, `routing.no_number`, `routing.queue_refuses`, `queue.not_found`, `routing.in_consult`. */
    transferBlind(agentId: number, to: TransferTarget): Promise<void>
    /** The citizen on music, a third party rung for the agent; resolves when it rings, then event `consult`. Not for queues. */
    consult(agentId: number, to: TransferTarget): Promise<void>
    /** The citizen to the third party (also while it rings). `routing.no_consult`. */
    completeConsult(agentId: number): Promise<void>
    /** The citizen back to the agent. `routing.no_consult`. */
    cancelConsult(agentId: number): Promise<void>
    /** All three together. `routing.no_consult` before the third party has answered. */
    conference(agentId: number): Promise<void>
    /** The agent's phone is useless or gone (browser loaded anew) or is back: it is rung again and joined with the citizen. */
    reattach(agentId: number): Promise<void>
    /** What the agent is in the middle of; undefined when unknown. */
    work(agentId: number): AgentWork | undefined
  }
  calls: {
    enqueue(call: LiveCall, request: EnqueueRequest): ReturnType<typeof enqueue>
    requestCallback(request: CallbackRequest): { stayId: string }
    transferToQueue(agentId: number, request: { queueId: number; priority?: number }): Promise<{ stayId: string }>
    /** A waiting caller to another queue or place; priority 0 is in front of everybody. `routing.not_waiting`, `routing.queue_refuses`, `routing.callback_stays`. */
    move(stayId: string, request: { queueId: number; priority?: number }): Promise<{ stayId: string }>
  }
  /** A supervisor on an agent's talk; told by the event `supervision`. Errors: `routing.no_call`, `routing.supervised_already`, `routing.no_supervision`, `routing.still_ringing`, `routing.in_consult`. */
  supervise: {
    begin(request: SupervisionRequest): Promise<{ supervisionId: string }>
    mode(supervisionId: string, mode: SupervisionMode): Promise<void>
    end(supervisionId: string): Promise<void>
    now(): SupervisionNow[]
  }
  /** Opens or closes a queue by hand, whatever its settings say; undefined: as they say again. Lives no longer than we do. */
  setQueueOpen(queueId: number, open: boolean | undefined): void
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
  let configured: QueueSettings[] = []
  let reading: Promise<void> = Promise.resolve()
  let lastStates: AgentNow[] | undefined

  /** The queues as set, opened and closed by hand. */
  function takeQueues(): void {
    const queues = configured.map((queue) => ({ ...queue, open: hand.forced.get(queue.id) ?? queue.open }))
    settings.queues = new Map(queues.map((queue) => [queue.id, queue]))
    hand.give({ kind: 'queues', queues })
  }
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
  /** The leg that rings at the agent's, for whatever reason. */
  function ringOf(agentId: number): { offerId: string; aside?: true } {
    for (const ring of hand.rings.values()) if (ring.agentId === agentId) return ring
    for (const { offerId, agentId: rung } of hand.asides.values()) if (rung === agentId) return { offerId, aside: true }
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
      configured = queues
      takeQueues()
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
        const { offerId, aside } = ringOf(agentId)
        hand.kill(offerId, 'CALL_REJECTED')
        if (!aside) notAnswered(hand, offerId, 'refused')
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
      mask: (agentId, masked) => mask(hand, agentId, masked),
      dtmf: (agentId, keys) => dtmf(hand, agentId, keys),
      setReachable(agentId, reachable, why = 'phone') {
        hand.give(reachable ? { kind: 'reachable', agentId } : { kind: 'reachable', agentId, unreachable: why })
      },
      transferBlind: (agentId, to) => transferBlind(hand, agentId, to),
      consult: (agentId, to) => consult(hand, agentId, to),
      completeConsult: (agentId) => completeConsult(hand, agentId),
      cancelConsult: (agentId) => cancelConsult(hand, agentId),
      conference: (agentId) => conference(hand, agentId),
      reattach: (agentId) => reattach(hand, agentId),
      work(agentId) {
        const now = engine.agent(agentId)
        if (!now) return undefined
        const talk = hand.talks.get(agentId)
        const wrapUp = hand.wrapUps.get(agentId)
        const work: AgentWork = { now }
        for (const { offerId, agentId: rung, caller, until } of hand.rings.values()) {
          if (rung === agentId) work.offered = offeredOf(offerId, agentId, caller, until)
        }
        for (const aside of hand.asides.values()) if (aside.agentId === agentId) work.offered = aside
        if (talk?.since !== undefined) work.connected = connectedOf(talk)
        if (wrapUp) work.wrapUp = { interactionId: wrapUp.interactionId, talkId: wrapUp.talkId, until: wrapUp.until }
        return work
      },
    },
    calls: {
      enqueue: (call, request) => enqueue(hand, call, request),
      requestCallback: (request) => requestCallback(hand, request),
      transferToQueue: (agentId, request) => transferToQueue(hand, agentId, request),
      move: (stayId, request) => move(hand, stayId, request),
    },
    supervise: {
      begin: async (request) => supervise.begin(hand, request),
      mode: (supervisionId, mode) => supervise.change(hand, supervisionId, mode),
      end: async (supervisionId) => supervise.end(hand, supervisionId),
      now: () => [...hand.supervisions.values()].map((one) => nowOf(hand, one, one.state)),
    },
    setQueueOpen(queueId, open) {
      if (open === undefined) hand.forced.delete(queueId)
      else hand.forced.set(queueId, open)
      takeQueues()
    },
    now: () => ({ at: hand.now(), agents: engine.agents(), waiting: engine.waiting() }),
    estimate: (queueId, stayId) => engine.estimate(queueId, stayId),
    on: (name, listener) => hand.on(name, listener),
  }
}
