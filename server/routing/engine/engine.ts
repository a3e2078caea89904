import type { AgentNow, QueueExit, WorkItem } from '../types.ts'
import { callEnded, engage, extendWrapUp, ready, restoreAgent, signIn, signOut, takeBreak } from './agents.ts'
import { type Agent, agentNow, byRank, type Core, createCore, type Item, type Offer } from './core.ts'
import type { Command, EngineEvent, EngineRules } from './events.ts'
import {
  admission,
  enter,
  estimateWait,
  frontRank,
  leave,
  moveInLine,
  overflowUnserved,
  positionOf,
  pressKey,
  setSuspended,
} from './items.ts'
import { acceptOffer, endOffer, match, restoreOffer } from './offers.ts'
import { endWrapUp, setReachable } from './presence.ts'
import { setAgents, setQueues } from './settings.ts'

export const defaultRules = (): EngineRules => {
  let offers = 0
  return {
    priorityStepMs: 120_000,
    missesBeforeBreak: 2,
    restMs: { no_answer: 2_000, refused: 10_000, failed: 5_000 },
    offerGraceMs: 10_000,
    estimateSamples: 50,
    requireReachable: false,
    newId: () => `offer-${++offers}`,
  }
}

/**
 * Decides who is offered what. It knows no clock, no switch and no database: the same events at the same instants give the
 * same commands. Events about somebody or something unknown (late, repeated) are ignored, never errors.
 */
export type Engine = {
  /** Takes one event in at `now` (UTC ms, never going back) and gives what is to be done, in order. */
  handle(event: EngineEvent, now: number): Command[]
  /** When `tick` is wanted next, UTC ms; undefined while nothing is pending. */
  nextDeadline(): number | undefined
  agents(): AgentNow[]
  agent(agentId: number): AgentNow | undefined
  /** In the order of their turns within each queue. */
  waiting(): WorkItem[]
  item(stayId: string): WorkItem | undefined
  /** Why an item entering the queue now would leave at once; undefined when it may wait. */
  admission(queueId: number, agencyId: number): QueueExit | undefined
  /** 1 is first; undefined when the stay is not waiting. */
  position(stayId: string): number | undefined
  /** A rank in front of all that wait in the queue now; undefined when nobody does. */
  front(queueId: number): number | undefined
  /** For the stay, or for whoever comes next when no stay is given. `waitMs` is missing when it is unknown. */
  estimate(queueId: number, stayId?: string): { position?: number; waitMs?: number }
}

/** Makes an engine. Rules not given are those of `defaultRules`. */
export function createEngine(rules: Partial<EngineRules> = {}): Engine {
  const core = createCore({ ...defaultRules(), ...rules })
  return {
    handle(event, now) {
      core.now = Math.max(core.now, now)
      core.out = []
      apply(core, event)
      // Overflow of unserved lines frees agents of withdrawn offers, and matching never signs anybody out.
      overflowUnserved(core)
      match(core)
      tellAgents(core)
      return core.out
    },
    nextDeadline: () => core.timers.first()?.at,
    agents: () => [...core.agents.values()].map(agentNow),
    agent(agentId) {
      const agent = core.agents.get(agentId)
      return agent && agentNow(agent)
    },
    waiting: () =>
      [...core.items.values()]
        .sort((a, b) => a.work.queueId - b.work.queueId || byRank(a, b))
        .map(({ work }) => ({ ...work })),
    item(stayId) {
      const item = core.items.get(stayId)
      return item && { ...item.work }
    },
    admission: (queueId, agencyId) => admission(core, queueId, agencyId),
    position(stayId) {
      const item = core.items.get(stayId)
      return item && positionOf(item)
    },
    front: (queueId) => frontRank(core, queueId),
    estimate(queueId, stayId) {
      const item = stayId === undefined ? undefined : core.items.get(stayId)
      const position = item
        ? positionOf(item)
        : core.queues.has(queueId)
          ? core.queues.get(queueId)!.line.size + 1
          : undefined
      if (position === undefined) return {}
      const waitMs = estimateWait(core, queueId, position)
      return waitMs === undefined ? { position } : { position, waitMs }
    },
  }
}

type Handlers = { [Kind in EngineEvent['kind']]: (core: Core, event: Extract<EngineEvent, { kind: Kind }>) => void }

/** For events about one agent: nothing happens when there is no such agent (any more). */
const withAgent =
  <Event extends { agentId: number }>(act: (core: Core, agent: Agent, event: Event) => void) =>
  (core: Core, event: Event) => {
    const agent = core.agents.get(event.agentId)
    if (agent) act(core, agent, event)
  }

const withItem =
  <Event extends { stayId: string }>(act: (core: Core, item: Item, event: Event) => void) =>
  (core: Core, event: Event) => {
    const item = core.items.get(event.stayId)
    if (item) act(core, item, event)
  }

const withOffer =
  <Event extends { offerId: string }>(act: (core: Core, offer: Offer, event: Event) => void) =>
  (core: Core, event: Event) => {
    const offer = core.offers.get(event.offerId)
    if (offer) act(core, offer, event)
  }

const handlers: Handlers = {
  queues: (core, event) => setQueues(core, event.queues),
  agents: (core, event) => setAgents(core, event.agents),
  sign_in: withAgent(signIn),
  sign_out: withAgent(signOut),
  ready: withAgent(ready),
  break: withAgent((core, agent, event) => takeBreak(core, agent, event.reasonId)),
  reachable: withAgent((core, agent, event) => setReachable(core, agent, event.unreachable)),
  engaged: withAgent((core, agent, event) => engage(core, agent, event)),
  taken_out: withItem((core, item, event) =>
    leave(core, item, { exit: 'overflowed', reason: event.reason ?? 'diverted' }),
  ),
  moved: withItem((core, item, event) => moveInLine(core, item, event.priority, event.rank)),
  enter: (core, event) => enter(core, event.item),
  leave: withItem((core, item) => leave(core, item, { exit: 'abandoned' })),
  key: withItem((core, item, event) => pressKey(core, item, event.key)),
  accepted: withOffer(acceptOffer),
  not_accepted: withOffer((core, offer, event) => endOffer(core, offer, event.outcome)),
  call_ended: withAgent((core, agent, event) => callEnded(core, agent, event.wrapUp ?? true)),
  wrap_up_extended: withAgent((core, agent, event) => extendWrapUp(core, agent, event.ms)),
  wrap_up_finished: withAgent(endWrapUp),
  suspend: (core, event) => setSuspended(core, event.channel, true),
  resume: (core, event) => setSuspended(core, event.channel, false),
  restore_agent: (core, event) => {
    const agent = core.agents.get(event.agent.id)
    if (agent) restoreAgent(core, agent, event.agent)
  },
  restore_offer: withItem((core, item, event) => {
    const agent = core.agents.get(event.agentId)
    if (agent) restoreOffer(core, agent, item, event.offerId)
  }),
  tick: fireDue,
}

function apply<Kind extends EngineEvent['kind']>(core: Core, event: Extract<EngineEvent, { kind: Kind }>): void {
  const handler = handlers[event.kind as Kind] as (core: Core, event: Extract<EngineEvent, { kind: Kind }>) => void
  handler(core, event)
}

function fireDue(core: Core): void {
  for (let timer = core.timers.first(); timer && timer.at <= core.now; timer = core.timers.first()) {
    core.timers.remove(timer)
    timer.fire()
  }
}

function tellAgents(core: Core): void {
  for (const agent of core.changed) {
    core.out.push({ kind: 'agent', agent: agentNow(agent), was: agent.told, agencyId: agent.settings.agencyId })
    agent.told = agent.state
  }
  core.changed.clear()
}
