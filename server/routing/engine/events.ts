import type { AgentState, OfferOutcome } from '../facts.ts'
import type { AgentNow, AgentSettings, QueueExit, QueueSettings, Unreachable, WorkItem } from '../types.ts'

/** Rules of the whole engine; all durations ms. */
export type EngineRules = {
  /**
   * Head start that one step of priority is worth. An item's rank is `placeSince + (priority - 1) * priorityStepMs` and never
   * changes, so a better priority wins against everybody whose place is at most that much older - and nobody can be passed
   * over by anybody who took a place more than `8 * priorityStepMs` later. That is the bound against starvation.
   */
  priorityStepMs: number
  /** Offers in a row that came to nothing through the agent's absence or phone, after which the agent is set on break. */
  missesBeforeBreak: number
  /** Pause before the same agent is offered anything again. */
  restMs: { no_answer: number; refused: number; failed: number }
  /** How long past its ring time an offer may hang before the engine ends it by itself. */
  offerGraceMs: number
  /** Break reason shown when the engine sets an agent on break. */
  missedReasonId?: number
  /** How many handling times an estimate remembers for each queue. */
  estimateSamples: number
  /** Agents said to be unreachable are offered nothing. Off (the default): what is said of it counts for nothing. */
  requireReachable: boolean
  /** Names offers; must never repeat. The default counts, which is what tests want. */
  newId: () => string
}

export type EnterItem = Omit<WorkItem, 'state'> & {
  /** Keys that leave the queue, e.g. `*0`; `callbackKey` asks to be called back. */
  keys?: string
  callbackKey?: string
  /** Messages of this item in place of the queue's. */
  messages?: number
  /** In place of the rank that place and priority make: somebody sent to the front. */
  rank?: number
  /** Read back after a restart: taken in whatever the queue says now. */
  restored?: boolean
}

export type EngineEvent =
  | { kind: 'queues'; queues: QueueSettings[] }
  | { kind: 'agents'; agents: AgentSettings[] }
  | { kind: 'sign_in'; agentId: number }
  | { kind: 'sign_out'; agentId: number }
  | { kind: 'ready'; agentId: number }
  | { kind: 'break'; agentId: number; reasonId?: number }
  /** Out of reach for `unreachable`, or within reach again. */
  | { kind: 'reachable'; agentId: number; unreachable?: Unreachable }
  /** Taken for a contact without an offer of ours (somebody consults or transfers to the agent); only who is free. */
  | { kind: 'engaged'; agentId: number; interactionId: string; queueId: number }
  | { kind: 'enter'; item: EnterItem }
  | { kind: 'leave'; stayId: string }
  /** Leaves for another queue by a supervisor's order; `timeout`: the switch itself has sent on who waited for very long. */
  | { kind: 'taken_out'; stayId: string; reason?: 'timeout' }
  /** Another place in the same line: `rank` as in EnterItem. */
  | { kind: 'moved'; stayId: string; priority: number; rank?: number }
  | { kind: 'key'; stayId: string; key: string }
  | { kind: 'accepted'; offerId: string }
  | { kind: 'not_accepted'; offerId: string; outcome: Exclude<OfferOutcome, 'accepted'> }
  /** `wrapUp: false` skips the work after the call (nobody was talked to). */
  | { kind: 'call_ended'; agentId: number; wrapUp?: boolean }
  | { kind: 'wrap_up_extended'; agentId: number; ms: number }
  | { kind: 'wrap_up_finished'; agentId: number }
  /** No voice offers, exits or messages while the switch is away. */
  | { kind: 'suspend'; channel: WorkItem['channel'] }
  | { kind: 'resume'; channel: WorkItem['channel'] }
  /** After a restart: what an agent was doing, as far as it is known from outside. */
  | { kind: 'restore_agent'; agent: Pick<AgentNow, 'id' | 'state' | 'since'> & Partial<AgentNow> }
  /** After a restart: an agent's leg already rings for an item already entered. */
  | { kind: 'restore_offer'; offerId: string; stayId: string; agentId: number }
  | { kind: 'tick' }

export type Command =
  | { kind: 'offer'; offerId: string; stayId: string; agentId: number; queueId: number; ringMs: number }
  /** Stop ringing: the offer is over for another reason than the agent's answer. */
  | { kind: 'cancel'; offerId: string; stayId: string; agentId: number }
  | { kind: 'offer_ended'; offerId: string; stayId: string; agentId: number; outcome: OfferOutcome }
  | { kind: 'exit'; item: WorkItem; exit: QueueExit }
  | { kind: 'announce'; stayId: string; what: { message: number } | { position: number; waitMs?: number } }
  | { kind: 'wrap_up_began'; agentId: number; until: number; interactionId?: string; queueId?: number }
  | { kind: 'wrap_up_ended'; agentId: number }
  | { kind: 'agent'; agent: AgentNow; was: AgentState; agencyId: number }
