// The words of routing, shared by the pure engine, its hands and the screens. Instants are UTC ms, durations ms.
import type { AgentState, Channel, OverflowReason } from './facts.ts'

export type QueueSettings = {
  id: number
  agencyId: number
  code: string
  name: string
  channel: Channel
  /** Skill wanted; undefined = any agent of the queue's agency. */
  skillId?: number
  /** 1 (first) .. 9 (last). */
  priority: number
  /** Level (1..5) wanted at first, lowered as the wait grows: `{afterMs, minLevel}` in order. */
  levels: { afterMs: number; minLevel: number }[]
  maxWaitMs?: number
  maxSize?: number
  /** What to do when nobody is logged in for it. */
  noAgents: 'wait' | 'overflow'
  ringMs: number
  wrapUpMs: number
  targetSeconds: number
  targetPercent: number
  shortAbandonSeconds: number
  record: boolean
  /** Prompts (texts or prompt names) said while waiting, every so often. */
  messages: string[]
  messageEveryMs: number
  announcePosition: boolean
  open: boolean
}

export type AgentSettings = {
  id: number
  agencyId: number
  name: string
  extension: string
  /** skillId -> level 1..5 */
  skills: Record<number, number>
}

/** Why an agent cannot be reached: the phone is not registered, the microphone is silent, the network is lost. */
export type Unreachable = 'phone' | 'microphone' | 'network'

/** An agent's situation now. */
export type AgentNow = {
  id: number
  state: AgentState
  since: number
  breakReasonId?: number
  /** Break or sign-out asked for while busy: takes effect when the call is over. */
  next?: 'break' | 'offline'
  /** Since when without work; longest first gets the next call. */
  idleSince: number
  interactionId?: string
  queueId?: number
  wrapUpUntil?: number
  /** Why the platform itself took the agent out of the line: rings unanswered, or a phone that cannot be reached. */
  unavailable?: 'no_answer' | 'failed'
  /** Cannot be reached now, whatever the state says: nothing is offered until that is over. */
  unreachable?: Unreachable
  /** Available, but not offered anything until then: the breath after an offer that came to nothing. */
  restingUntil?: number
}

/** One contact waiting in a queue: any channel. */
export type WorkItem = {
  interactionId: string
  stayId: string
  queueId: number
  agencyId: number
  channel: Channel
  /** When the place in the line was taken; a callback keeps the first one. */
  placeSince: number
  enqueuedAt: number
  priority: number
  citizenId?: number
  from: string
  state: 'waiting' | 'offered'
  /** Asked to be called back: nobody is on the line; dialled when the turn comes. */
  callback?: true
}

/** Where an agent may send, or whom consult: a back office by its own number unless another one is given. */
export type TransferTarget =
  | { to: 'agent'; agentId: number }
  | { to: 'queue'; queueId: number }
  | { to: 'number'; number: string }
  | { to: 'back_office'; backOfficeId: number; number?: string }

export type QueueExit =
  | { exit: 'answered'; agentId: number }
  | { exit: 'abandoned' }
  | { exit: 'overflowed'; reason: OverflowReason }
  | { exit: 'callback' }
  | { exit: 'key'; key: string }

/** What screens show of routing; made anew on each change. */
export type RoutingNow = { at: number; agents: AgentNow[]; waiting: WorkItem[] }
