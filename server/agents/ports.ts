// What the desktop needs of other rooms; server/platform.ts fills it.
import type { Scope } from '../database/index.ts'
import type { FactSink } from '../interactions/index.ts'
import type { Routing } from '../routing/index.ts'

export type Choice = { id: number; name: string }

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
  routing: Pick<Routing, 'agents' | 'calls' | 'now' | 'on'>
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
    backOffices(scope: Scope): Promise<Choice[]>
    articles(scope: Scope, topicId: number): Promise<{ id: number; title: string; body: string }[]>
  }
  /** The agent's own numbers since the agency's midnight, by the catalogue of metrics. */
  today(scope: Scope, agentId: number): Promise<DayFigures>
  clock?: { now(): number; after(ms: number, run: () => void): () => void }
  /** Draws the note that people and calls are invented. */
  example?: boolean
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
