// The engine's state and its smallest moves. Everything here is changed by one event at a time, so nothing locks.
import type { AgentState, Channel } from '../facts.ts'
import type { AgentNow, AgentSettings, QueueSettings, Unreachable, WorkItem } from '../types.ts'
import type { Command, EngineRules } from './events.ts'
import type { LevelStep } from './levels.ts'
import { SortedList } from './sorted-list.ts'

/** What waits for, and who can serve, one skill of one agency. Skill 0 stands for "no skill wanted": everybody has it. */
export type Group = {
  agencyId: number
  skillId: number
  /** By level wanted now (1..5). */
  waiting: SortedList<Item>[]
  /** By level held (1..5): agents free for an offer. */
  idle: SortedList<Agent>[]
  /** By level held: agents signed in, whatever they do. */
  signedIn: number[]
  /** Items of the group inside the engine. */
  items: number
  queues: Set<Queue>
}

export type Queue = {
  settings: QueueSettings
  steps: LevelStep[]
  group: Group
  /** All that wait, offered ones too, in the order of their ranks. */
  line: SortedList<Item>
  /** Of these, those without anybody on the line. */
  callbacks: number
  removed: boolean
  /** Latest handling times (talk, hold and wrap-up), ms. */
  handled: number[]
}

export type Timer = { at: number; order: number; fire: () => void }

export type Agent = {
  settings: AgentSettings
  skills: { group: Group; level: number }[]
  state: AgentState
  since: number
  idleSince: number
  breakReasonId?: number
  next?: 'break' | 'offline'
  nextReasonId?: number
  interactionId?: string
  queueId?: number
  wrapUpUntil?: number
  unavailable?: 'no_answer' | 'failed'
  restingUntil?: number
  unreachable?: Unreachable
  misses: number
  talkSince?: number
  offer?: Offer
  timer?: Timer
  pooled: boolean
  removed: boolean
  /** State last told to the hand. */
  told: AgentState
}

export type Item = {
  work: WorkItem
  order: number
  rank: number
  queue: Queue
  group: Group
  level: number
  inLine: boolean
  keys: string
  callbackKey?: string
  messages?: number
  offer?: Offer
  widenAt?: number
  expireAt?: number
  announceAt?: number
  announced: number
  timer?: Timer
}

export type Offer = { id: string; agent: Agent; item: Item; timer?: Timer }

export type Core = {
  rules: EngineRules
  now: number
  agents: Map<number, Agent>
  items: Map<string, Item>
  offers: Map<string, Offer>
  queues: Map<number, Queue>
  groups: Map<string, Group>
  timers: SortedList<Timer>
  suspended: Set<Channel>
  order: number
  out: Command[]
  changed: Set<Agent>
  /** Agents newly free and items newly wanting: matched when the event's own effects are done. */
  seekers: Set<Agent>
  wanting: Set<Item>
  /** Groups that lost a signed-in agent. */
  drained: Set<Group>
}

export const byRank = (a: Item, b: Item) => a.rank - b.rank || a.order - b.order
export const byIdle = (a: Agent, b: Agent) => a.idleSince - b.idleSince || a.settings.id - b.settings.id

export function createCore(rules: EngineRules): Core {
  return {
    rules,
    now: 0,
    agents: new Map(),
    items: new Map(),
    offers: new Map(),
    queues: new Map(),
    groups: new Map(),
    timers: new SortedList((a, b) => a.at - b.at || a.order - b.order),
    suspended: new Set(),
    order: 0,
    out: [],
    changed: new Set(),
    seekers: new Set(),
    wanting: new Set(),
    drained: new Set(),
  }
}

/** Sets, moves or (with `at` undefined) clears the one timer of an agent, item or offer. */
export function setTimer(core: Core, owner: { timer?: Timer }, at: number | undefined, fire: () => void): void {
  if (owner.timer && owner.timer.at === at) return
  if (owner.timer) core.timers.remove(owner.timer)
  owner.timer = undefined
  if (at === undefined) return
  owner.timer = {
    at,
    order: core.order++,
    fire: () => {
      owner.timer = undefined
      fire()
    },
  }
  core.timers.add(owner.timer)
}

/** A copy of the agent's situation for the outside. */
export function agentNow(agent: Agent): AgentNow {
  const now: AgentNow = { id: agent.settings.id, state: agent.state, since: agent.since, idleSince: agent.idleSince }
  if (agent.breakReasonId !== undefined) now.breakReasonId = agent.breakReasonId
  if (agent.next) now.next = agent.next
  if (agent.interactionId !== undefined) now.interactionId = agent.interactionId
  if (agent.queueId !== undefined) now.queueId = agent.queueId
  if (agent.wrapUpUntil !== undefined) now.wrapUpUntil = agent.wrapUpUntil
  if (agent.unavailable) now.unavailable = agent.unavailable
  if (agent.restingUntil !== undefined) now.restingUntil = agent.restingUntil
  if (agent.unreachable) now.unreachable = agent.unreachable
  return now
}
