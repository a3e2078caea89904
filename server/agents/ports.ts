// What the desktop needs of other rooms; server/platform.ts fills it.
import type { Scope } from '../database/index.ts'
import type { FactSink } from '../interactions/index.ts'
import type { Routing } from '../routing/index.ts'

export type Choice = { id: number; name: string }

/** Whom a call is passed to. */
export type TransferTarget =
  | { to: 'agent'; agentId: number }
  | { to: 'queue'; queueId: number }
  | { to: 'number'; number: string }
  | { to: 'back_office'; backOfficeId: number; number?: string }

/** A second call of an agent, while the citizen waits on hold (or, in a conference, listens). */
export type Consult = { to: TransferTarget; name: string; state: 'ringing' | 'talking' | 'conference' }

/** What routing may say of an offer or a talk beside its own types. */
export type VoiceDetail = {
  /** Not from the queue: a colleague consults or transfers, or the agent's own lost call rings again. */
  as?: 'consult' | 'transfer' | 'reattach'
  /** The colleague. */
  by?: number
  masked?: boolean
  consult?: Consult
  /** The agent's phone was lost in the talk and is being rung again; the citizen hears music. */
  lost?: boolean
}
/** A consultation began, changed, or is over (`ended` says how). */
export type ConsultNews = { agentId: number; consult?: Consult; ended?: string; name?: string }

/** Routing's verbs of a talk; all reject with RoutingError or SwitchError. */
export type VoiceVerbs = {
  transferBlind(agentId: number, to: TransferTarget): Promise<unknown>
  consult(agentId: number, to: TransferTarget): Promise<unknown>
  completeConsult(agentId: number): Promise<unknown>
  cancelConsult(agentId: number): Promise<unknown>
  conference(agentId: number): Promise<unknown>
  mask(agentId: number, masked: boolean): Promise<unknown>
  dtmf(agentId: number, keys: string): Promise<unknown>
}

export type CitizenCard = {
  id: number
  name: string
  dni?: string
  cuit?: string
  birthDate?: string
  email?: string
  address?: string
  locality?: string
  notes?: string
  phones: string[]
  invented?: boolean
}
export type NewCitizen = { name: string; dni?: string; phone?: string; locality?: string; email?: string }

export type PastContact = {
  id: string
  /** UTC ms. */
  at: number
  queue?: string
  agent?: string
  topic?: string
  disposition?: string
  /** Of its last stay; missing when it never queued. */
  outcome?: string
  note?: string
}

export type DeskPorts = {
  /** A routing without the verbs of voice shows no buttons for them. */
  routing: Pick<Routing, 'calls' | 'now' | 'on'> & { agents: Routing['agents'] & Partial<VoiceVerbs> }
  facts: FactSink
  citizens: {
    byId(scope: Scope, citizenId: number): Promise<CitizenCard | undefined>
    /** Whoever has that number, in any writing; best first. */
    byPhone(scope: Scope, number: string): Promise<CitizenCard[]>
    /** By name, DNI or phone; at most 8. */
    search(scope: Scope, text: string): Promise<CitizenCard[]>
    /** @throws AppError with fields when something is wrong or stands already */
    create(scope: Scope, userId: number, citizen: NewCitizen): Promise<number>
    addPhone(scope: Scope, userId: number, citizenId: number, number: string): Promise<void>
  }
  interactions: {
    /** Earlier contacts of the citizen with this agency, latest first. */
    history(scope: Scope, citizenId: number, limit: number): Promise<PastContact[]>
    /** What the caller did before: where in the flow, what was pressed; also what is not in the database yet. */
    steps(scope: Scope, interactionId: string): Promise<{ at: number; name: string; detail?: string }[]>
    notes(scope: Scope, interactionId: string): Promise<{ at: number; author?: string; text: string }[]>
    /** Whom the flow found, if it did. */
    citizenOf(scope: Scope, interactionId: string): Promise<number | undefined>
  }
  tickets: {
    ofCitizen(
      scope: Scope,
      citizenId: number,
      limit: number,
    ): Promise<{ id: number; number: number; subject: string; state: string; at: number }[]>
    /** @throws AppError with fields */
    create(
      scope: Scope,
      userId: number,
      ticket: {
        subject: string
        description?: string
        citizenId?: number
        interactionId: string
        topicId?: number
        backOfficeId?: number
        priority: 'low' | 'normal' | 'high' | 'urgent'
      },
    ): Promise<{ id: number; number: number }>
  }
  /** The agency's own lists, active ones only. */
  lists: {
    queues(scope: Scope): Promise<Choice[]>
    breakReasons(scope: Scope): Promise<Choice[]>
    dispositions(scope: Scope): Promise<Choice[]>
    topics(scope: Scope): Promise<(Choice & { queueId?: number })[]>
    /** `number`: the telephone of that office, when it has one. */
    backOffices(scope: Scope): Promise<(Choice & { number?: string })[]>
    agents(scope: Scope): Promise<(Choice & { extension?: string })[]>
    articles(scope: Scope, topicId: number): Promise<{ id: number; title: string; body: string }[]>
  }
  /** The agent's own numbers since the agency's midnight, by the catalogue of metrics. */
  today(scope: Scope, agentId: number): Promise<DayFigures>
  clock?: { now(): number; after(ms: number, run: () => void): () => void }
  /** Draws the note that people and calls are invented. */
  example?: boolean
  /** Whether somebody listens to an agent's call, where the agency wants its agents to know; 0: any agency changed. */
  heard?: {
    by(scope: Scope, agentId: number): boolean
    onChange(listener: (agencyId: number) => void): () => void
  }
  log?(line: string): void
}

/** `null`: no value (nothing to divide by). */
export type DayFigures = {
  answered: number
  notAnswered: number
  ahtMs: number | null
  talkMs: number
  pausedMs: number
  occupancy: number | null
}
