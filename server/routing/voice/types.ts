import type { SwitchClient } from '../../../freeswitch/esl/types.ts'
import type { EngineRules } from '../engine/events.ts'
import type { FactSink, OfferOutcome } from '../facts.ts'
import type { AgentNow, AgentSettings, QueueExit, QueueSettings, RoutingNow } from '../types.ts'

/** Events of the switch the voice hand lives on: give them to the client that it uses. */
export const routingEvents = [
  'CHANNEL_ANSWER',
  'CHANNEL_PARK',
  'CHANNEL_EXECUTE',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'DTMF',
  'RECORD_STOP',
]

export type Clock = {
  /** UTC ms. */
  now(): number
  /** Runs once after `ms`; the answer takes it back. */
  after(ms: number, run: () => void): () => void
}

/** A call back owed to a citizen: it waits in the queue without a leg, so it is kept by whoever survives a restart. */
export type Callback = {
  /** Of its place in the engine. */
  stayId: string
  /** The stay it came from, already left as `callback`: offers and talk are booked on it. */
  requestStayId: string
  interactionId: string
  agencyId: number
  queueId: number
  number: string
  placeSince: number
  priority: number
  citizenId?: number
  attempts: number
  /** Not before, UTC ms: after an attempt that reached nobody. */
  notBefore?: number
}

export type CallbackStore = {
  list(): Promise<Callback[]>
  save(callback: Callback): void | Promise<void>
  remove(stayId: string): void | Promise<void>
}

export type RoutingOptions = {
  /** Subscribed at least to `routingEvents`. Not started or stopped here. */
  client: SwitchClient
  facts: FactSink
  clock?: Clock
  /** Dial string of an agent's phone, made with freeswitch/esl `dialString`. */
  dialString(extension: string): string
  /** Dial string of a citizen's number; without it callbacks cannot be asked for. */
  dialNumber?(number: string, agencyId: number): string
  /** WAV of a text or named prompt: an absolute path that the switch can read. */
  promptFile(text: string): Promise<string>
  /** What a caller hears about the position (default in Spanish). */
  positionText?(position: number): string
  /** Absolute; the switch writes and we read. */
  recordingsDir: string
  rules?: Partial<EngineRules>
  /** Agents as they were before a restart, from the last `agent.state` facts; asked once at start. */
  lastStates?(): Promise<AgentNow[]>
  callbacks?: CallbackStore
  /** Citizen not reached: next attempt after (ms) and attempts in all (default 10 min, 3). */
  callbackRetry?: { afterMs: number; attempts: number }
  log?(line: string): void
}

/** Somebody (or, for a callback, something) waiting: what the hand knows beside the engine. */
export type Caller = {
  stayId: string
  /** Stay that the facts are booked on; differs from stayId for callbacks only. */
  factStayId: string
  /** The leg; undefined for a callback. */
  leg?: string
  interactionId: string
  agencyId: number
  queueId: number
  from: string
  citizenId?: number
  flowNode: string
  /** Own messages in place of the queue's. */
  messages?: string[]
  callback?: Callback
  /** Resolves when the leg has reached its music and may be bridged. */
  ready: Promise<void>
  reached: () => void
}

/** An agent's leg being rung; its Unique-ID is the offer's id. */
export type Ring = {
  offerId: string
  agentId: number
  caller: Caller
  answering: boolean
  until: number
  stopTimer: () => void
}

export type Recording = { recordingId: string; path: string; stopped: Promise<void>; onStop: () => void }

/** Agent and citizen joined. The talk's id is the offer's, which is the agent's leg. */
export type Talk = {
  talkId: string
  agentId: number
  agencyId: number
  interactionId: string
  queueId: number
  stayId: string
  from: string
  citizenId?: number
  flowNode: string
  callerLeg: string
  /** When they were joined; undefined while a callback is still dialling the citizen. */
  since?: number
  heldSince?: number
  recording?: Recording
}

export type Offered = {
  agentId: number
  offerId: string
  stayId: string
  interactionId: string
  agencyId: number
  queueId: number
  from: string
  citizenId?: number
  callback: boolean
  /** UTC ms at which ringing ends. */
  until: number
}
export type Connected = {
  agentId: number
  talkId: string
  interactionId: string
  agencyId: number
  queueId: number
  from: string
  citizenId?: number
  since: number
  heldSince?: number
}
/** Of an offer that came to nothing (`outcome`) or of a talk (`talkId`, and the wrap-up that follows, if any). */
export type Ended = {
  agentId: number
  interactionId: string
  outcome?: OfferOutcome
  talkId?: string
  wrapUpUntil?: number
}
/** A caller's leg died while no flow held it (waiting or talking): the platform closes the interaction. */
export type Gone = { interactionId: string; agencyId: number; leg: string; cause: string; q850: number; at: number }
/** A stay left its queue, however it did. */
export type Left = { stayId: string; interactionId: string; agencyId: number; queueId: number; exit: QueueExit }

export type RoutingEvents = {
  changed: [RoutingNow]
  agent: [AgentNow]
  offered: [Offered]
  connected: [Connected]
  held: [{ agentId: number; talkId: string; held: boolean }]
  ended: [Ended]
  left: [Left]
  gone: [Gone]
}

/** What an agent is in the middle of: for a desktop that (re)connects. */
export type AgentWork = {
  now: AgentNow
  offered?: Offered
  connected?: Connected
  wrapUp?: { interactionId: string; talkId: string; until: number }
}

export type Settings = { queues: Map<number, QueueSettings>; agents: Map<number, AgentSettings> }

/** Refused by routing: `code` says why. */
export class RoutingError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'RoutingError'
    this.code = code
  }
}
