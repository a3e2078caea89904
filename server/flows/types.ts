// What flows and the rest of the platform share. Nodes import these types; server/flows implements them.
import type { LiveCall } from '../../freeswitch/call/types.ts'
import type { FactBody } from '../interactions/index.ts'
import type { QueueExit } from '../routing/index.ts'

export type Language = 'es' | 'en-US'

/** `msg.call`: plain data, safe to show, change and store. The live call is found by `id`. */
export type CallData = {
  /** The interaction: the Unique-ID of its first leg. */
  id: string
  /** The leg on the line now. */
  leg: string
  from: string
  fromName: string
  to: string
  agencyId: number
  agencyName: string
  language: Language
  /** UTC ms. */
  startedAt: number
}
/** `msg.citizen`. */
export type CitizenData = {
  id: number
  name: string
  dni?: string
  cuit?: string
  email?: string
  locality?: string
  phone?: string
}
/** `msg.ticket`. `state` is one of open, in_progress, waiting, solved, closed, reopened. */
export type TicketData = { id: number; number: number; subject: string; state: string; dueAt?: number }
/** `msg.recording`: a message the caller left. */
export type RecordingData = { id: string; path: string; durationMs: number }

/** What travels along the wires. Plain JSON; everything else a flow puts into it is kept as far as it fits. */
export type CallMessage = {
  _msgid?: string
  call: CallData
  citizen?: CitizenData
  ticket?: TicketData
  recording?: RecordingData
  /** The last key of a menu and its label. */
  choice?: { key: string; label: string }
  /** The last thing asked for, as digits; `answers` has each by its name. */
  answer?: string
  answers?: Record<string, string>
  [name: string]: unknown
}

/** Why the fallback had to serve a call; code of the alarm. */
export type FlowFault =
  | 'flow.not_deployed'
  | 'flow.no_entry'
  | 'flow.no_next_step'
  | 'flow.stuck'
  | 'flow.node_failed'
  | 'flow.node_gone'
  | 'prompt.missing'

/** A call inside the flow. */
export interface FlowCall {
  readonly data: CallData
  readonly live: LiveCall
  /** Who has it: only in `flow` may a node touch the leg. `over`: hung up or lost. */
  readonly state: 'flow' | 'waiting' | 'fallback' | 'over'
  /** Runs one piece of work at a time on the leg, in the order asked. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /**
   * A place in the flow that the call came through. `detail`: what was heard or pressed, for its story; `choice`: which of the few
   * things known beforehand it was, for statistics; never what the caller typed or said freely.
   */
  step(node: string, name: string, detail?: string, choice?: string): void
  /** Where the call is, kept on the leg: after a lost connection or a restart of ours it goes on here. `message` plain. */
  mark(node: string, message: CallMessage): void
  /** From here on the leg comes back by other ways (a queue's exit), not at the node where it was. */
  unmark(): Promise<void>
  fact(body: FactBody): void
  /** The flow cannot go on: the fallback says something and queues, and an alarm is raised. Never throws. */
  fail(fault: FlowFault, detail: string): void
  /** The leg went to a queue and comes back at this node, also (as `abandoned`) when the caller gives up. */
  left(at?: { nodeId: string; message: CallMessage }): void
  /** The flow came to a natural end: hang up politely. */
  finish(): Promise<void>
}

/** `vera_step` on the leg, base64url of its JSON. */
export type SavedStep = { node: string; message: CallMessage }

/** A way into the flow. `number` empty: any. `X` is one digit, a final `*` any rest. */
export type CallEntry = { nodeId: string; number: string; start(message: CallMessage): void }

/** The dispatcher as nodes and the Node-RED host see it. */
export interface Calls {
  get(id: string): FlowCall | undefined
  /** The answer removes it. */
  addEntry(entry: CallEntry): () => void
  addResume(nodeId: string, take: (message: CallMessage, exit: string) => void): () => void
  /** The node is entered anew with the message it had when the connection to the call was lost in it. */
  addStep(nodeId: string, take: (message: CallMessage) => void): () => void
  /** Every message that carries a call is followed: the last one that ends without a next step is a fault. */
  readonly trace: {
    /** A message is on its way to a node. */
    sent(id: string): void
    /** A node began to work on it. */
    received(id: string): void
    /** A node is done with it. */
    done(id: string): void
  }
  /** The flows run (again) or are being changed. */
  deployed(running: boolean): void
}

export type QueuePort = {
  /** By code; undefined when the agency has no such active queue. */
  find(agencyId: number, code: string): Promise<{ id: number; name: string } | undefined>
  /** The first active queue of the agency, for the fallback. */
  first(agencyId: number): Promise<{ id: number; name: string } | undefined>
  topic(agencyId: number, name: string): Promise<{ id: number; queueId?: number } | undefined>
  /** Puts the leg in line and lets go of it; `exit` in the answer: it may not wait and is still ours; `gone`: it hung up. */
  enqueue(
    call: LiveCall,
    request: {
      queueId: number
      interactionId: string
      agencyId: number
      priority?: number
      citizenId?: number
      flowNode: string
      msg: CallMessage
      /** Texts or prompt names in place of the queue's. */
      messages?: string[]
      keys?: string
      callbackKey?: string
    },
  ): Promise<{ stayId: string; exit?: QueueExit; gone?: true }>
}
export type PromptPort = {
  /** Absolute path of a WAV. Rejects only when a named recording does not exist. */
  file(prompt: string | { name: string }, about: { agencyId: number; language: Language }): Promise<string>
}

/** Where alarms go. Never throws. */
export type AlarmSink = {
  raise(agencyId: number, alarm: { code: string; message: string; subject: string }): void
}

/** The agency that owns a dialled number; of one that nobody owns, the one that answers for the whole centre. */
export type AgencyOfNumber = (number: string) => Promise<{ id: number; name: string; known: boolean } | undefined>

export type Clock = {
  /** UTC ms. */
  now(): number
  /** Runs once after `ms`; the answer takes it back. */
  after(ms: number, run: () => void): () => void
}
