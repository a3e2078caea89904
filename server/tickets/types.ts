import type { Scope } from '../database/index.ts'
import type { Paging } from '../http/index.ts'
import type { TicketOrigin, TicketPriority, TicketState } from './states.ts'

export type Named = { id: number; name: string }
/** Instants UTC ms. `number` is counted within the agency: what the citizen is told. */
export type Ticket = {
  id: number
  number: number
  subject: string
  description: string
  state: TicketState
  priority: TicketPriority
  dueAt?: number
  overdue: boolean
  origin: TicketOrigin
  citizen?: Named
  interactionId?: string
  topic?: Named
  backOffice?: Named
  assignee?: Named
  createdBy?: string
  createdAt: number
  updatedAt: number
  solvedAt?: number
  closedAt?: number
  /** Send it back with a change. */
  version: number
}
export type TicketEvent =
  | { kind: 'comment'; at: number; author?: string; body: string }
  /** `before` and `after` are codes for state and priority, else as people read them. */
  | { kind: 'change'; at: number; author?: string; field: string; before: string; after: string }

export type NewTicket = {
  subject: string
  description?: string
  priority?: TicketPriority
  origin?: TicketOrigin
  citizenId?: number
  interactionId?: string
  topicId?: number
  backOfficeId?: number
  assigneeId?: number
}
/** An absent key stays; null clears. */
export type TicketChange = {
  version: number
  subject?: string
  description?: string
  state?: TicketState
  priority?: TicketPriority
  citizenId?: number | null
  topicId?: number | null
  backOfficeId?: number | null
  assigneeId?: number | null
}
export type TicketFilter = {
  state?: TicketState | 'pending'
  backOfficeId?: number
  assigneeId?: number
  citizenId?: number
  interactionId?: string
  overdue?: boolean
  /** Words of the subject, of the citizen's name or DNI, or the ticket's number. */
  text?: string
}

/** Tickets of one agency. Those of another are as good as absent. */
export type Tickets = {
  /** @throws AppError `ticket.invalid` (400) with fields */
  create(scope: Scope, userId: number | undefined, ticket: NewTicket): Promise<Ticket>
  byId(scope: Scope, id: number): Promise<Ticket | undefined>
  byNumber(scope: Scope, number: number): Promise<Ticket | undefined>
  /** The citizen's newest. */
  latestOf(scope: Scope, citizenId: number): Promise<Ticket | undefined>
  /** Newest first. */
  ofCitizen(scope: Scope, citizenId: number, limit: number): Promise<Ticket[]>
  /** Pending ones by their due time, soonest first; the rest, latest first. */
  list(scope: Scope, filter: TicketFilter, paging: Paging): Promise<{ tickets: Ticket[]; total: number }>
  /** Comments and changes, oldest first. */
  events(scope: Scope, id: number): Promise<TicketEvent[]>
  /** @throws AppError `ticket.not_found`, `ticket.changed` (409), `ticket.transition` (409), `ticket.invalid` */
  change(scope: Scope, userId: number | undefined, id: number, change: TicketChange): Promise<Ticket>
  /** @throws AppError `ticket.not_found`, `ticket.invalid` */
  comment(scope: Scope, userId: number | undefined, id: number, body: string): Promise<void>
  /** What the agency's forms offer. */
  choices(scope: Scope): Promise<{ topics: Named[]; backOffices: Named[]; people: Named[] }>
}
