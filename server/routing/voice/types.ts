import type { SwitchClient } from '../../../freeswitch/esl/types.ts'
import type { EngineRules } from '../engine/events.ts'
import type { FactSink, OfferOutcome, SupervisionMode } from '../facts.ts'
import type { AgentNow, AgentSettings, QueueExit, QueueSettings, RoutingNow, TransferTarget } from '../types.ts'

/** Events of the switch the voice hand lives on: give them to the client that it uses. */
export const routingEvents = [
  'CHANNEL_ANSWER',
  'CHANNEL_PARK',
  'CHANNEL_BRIDGE',
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
  clock?: Clock | undefined
  /** Dial string of an agent's phone, made with freeswitch/esl `dialString`; `leg`: whom it will be joined with. */
  dialString(extension: string, leg?: string): string
  /** Dial string of a citizen's number; without it callbacks cannot be asked for. */
  dialNumber?(number: string, agencyId: number): string
  /** WAV of a text or named prompt: an absolute path that the switch can read. */
  promptFile(text: string): Promise<string>
  /** What a caller hears about the position (default in Spanish). */
  positionText?(position: number): string
  /** Absolute; the switch writes and we read. */
  recordingsDir: string
  /** Whether this talk is recorded, by rules that know more than the queue (a sample of them); default what the queue says. */
  recorded?(talk: { agencyId: number; queueId: number; talkId: string; queueSays: boolean }): boolean
  rules?: Partial<EngineRules>
  /** Agents as they were before a restart, from the last `agent.state` facts; asked once at start. */
  lastStates?(): Promise<AgentNow[]>
  callbacks?: CallbackStore
  /** Citizen not reached: next attempt after (ms) and attempts in all (default 10 min, 3). */
  callbackRetry?: { afterMs: number; attempts: number }
  /** Number of a back office that transfers may go to; undefined when it has none. */
  backOfficeNumber?(backOfficeId: number, agencyId: number): string | undefined
  /** What a third party is called on the desktops; default the number. */
  backOfficeName?(backOfficeId: number, agencyId: number): string | undefined
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
  /** Goes to another queue: its exit does not send the leg back to its flow. */
  moving?: true
  /** The dialplan has sent the leg on in its flow: nobody else need. */
  sentOn?: true
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
  /** The switch was told to join both. Where it says yes: begins the talk. */
  joining?: Promise<(() => void) | undefined>
  until: number
  stopTimer: () => void
}

export type Recording = { recordingId: string; path: string; stopped: Promise<void>; onStop: () => void }

/** Agent and citizen joined. The talk's id is the offer's: the agent's first leg, which a lost one is replaced for. */
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
  agentLeg: string
  /** When they were joined; undefined while a callback is still dialling the citizen. */
  since?: number
  heldSince?: number
  masked?: boolean
  /** Whom the agent consults, or has in a conference. */
  party?: Party
  /** The agent's leg was lost and rings again since. */
  lostSince?: number
  recording?: Recording
}

/** Where a third party is dialled. */
export type Destination = { to: TransferTarget; name: string; dial: string; agentId?: number }

/**
 * A third leg beside citizen and agent: consulted, in a conference, or rung for a blind transfer. Once a number talks with
 * the citizen alone it is `handed`: nobody of ours is in that call any more.
 */
export type Party = Destination & {
  leg: string
  /** Who the citizen is: facts of the third party are booked as these say. */
  caller: Caller
  callerLeg: string
  /** The talk it was asked from; undefined once that agent is out of it. */
  by?: Talk
  state: 'ringing' | 'talking' | 'conference' | 'handed'
  /** UTC ms at which ringing ends. */
  until: number
  stopTimer: () => void
}

/** A supervisor's leg on an agent's talk. */
export type Supervision = {
  supervisionId: string
  supervisorId: number
  leg: string
  talk: Talk
  mode: SupervisionMode
  state: 'ringing' | 'on'
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
  /** Not from the queue: another agent consults or transfers, or the agent's own lost call is brought back. */
  as?: 'consult' | 'transfer' | 'reattach'
  /** The agent who asks, where one does. */
  by?: number
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
  /** The recording holds silence now. */
  masked?: boolean
  consult?: Consult
  /** The agent's phone was lost and is being rung again; the citizen hears music. */
  lost?: boolean
}
export type Consult = { to: TransferTarget; name: string; state: 'ringing' | 'talking' | 'conference' }
/** Why a consultation is over: what the third party did, or what became of it. */
export type ConsultEnd =
  | 'busy'
  | 'no_answer'
  | 'refused'
  | 'failed'
  | 'cancelled'
  | 'left'
  | 'completed'
  | 'caller_gone'
/** A supervisor's leg: rings, is on in a mode, has ended (and why, when it never was on). */
export type SupervisionNow = {
  supervisionId: string
  supervisorId: number
  agentId: number
  agencyId: number
  interactionId: string
  talkId: string
  mode: SupervisionMode
  state: 'ringing' | 'on' | 'ended'
  why?: ConsultEnd
  at: number
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
  masked: [{ agentId: number; talkId: string; masked: boolean }]
  /** `consult` is missing once it is over; `ended` then says how. */
  consult: [{ agentId: number; talkId: string; consult?: Consult; ended?: ConsultEnd; name: string }]
  /** The agent's phone was lost in a talk (rung again now), or is back. */
  lost: [{ agentId: number; talkId: string; lost: boolean }]
  supervision: [SupervisionNow]
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
