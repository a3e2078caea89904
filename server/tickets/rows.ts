// Reading tickets: one query gives a ticket with the names that screens show.
import type { Database, Knex, Scope } from '../database/index.ts'
import type { Paging } from '../http/index.ts'
import { isOverdue, pendingStates, type TicketState } from './states.ts'
import type { Ticket, TicketEvent, TicketFilter } from './types.ts'

const like = (text: string) => `%${text.replace(/[!%_]/g, '!$&')}%`
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

function joined(knex: Knex, scope: Scope) {
  return knex('tickets')
    .where('tickets.agency_id', scope.agencyId)
    .leftJoin('citizens', 'citizens.id', 'tickets.citizen_id')
    .leftJoin('topics', 'topics.id', 'tickets.topic_id')
    .leftJoin('back_offices', 'back_offices.id', 'tickets.back_office_id')
    .leftJoin('users as assignees', 'assignees.id', 'tickets.assignee_id')
    .leftJoin('users as authors', 'authors.id', 'tickets.created_by')
}
const columns = [
  'tickets.*',
  'citizens.name as citizen_name',
  'topics.name as topic_name',
  'back_offices.name as back_office_name',
  'assignees.name as assignee_name',
  'authors.name as author_name',
]

export async function findTickets(
  knex: Knex,
  scope: Scope,
  where: Record<string, number>,
  limit: number,
  now: number,
): Promise<Ticket[]> {
  const rows = await joined(knex, scope)
    .where(where)
    .orderBy('tickets.created_at', 'desc')
    .orderBy('tickets.id', 'desc')
    .limit(limit)
    .select(columns)
  return rows.map((row) => ticketOf(row, now))
}

export async function listTickets(
  db: Database,
  scope: Scope,
  filter: TicketFilter,
  paging: Paging,
  now: number,
): Promise<{ tickets: Ticket[]; total: number }> {
  const query = joined(db.knex, scope)
  const pending = filter.state === 'pending' || filter.overdue === true
  if (pending) query.whereIn('tickets.state', pendingStates)
  if (filter.state && filter.state !== 'pending') query.where('tickets.state', filter.state)
  if (filter.overdue) query.where('tickets.due_at', '<', now)
  if (filter.backOfficeId !== undefined) query.where('tickets.back_office_id', filter.backOfficeId)
  if (filter.assigneeId !== undefined) query.where('tickets.assignee_id', filter.assigneeId)
  if (filter.citizenId !== undefined) query.where('tickets.citizen_id', filter.citizenId)
  if (filter.interactionId !== undefined) query.where('tickets.interaction_id', filter.interactionId)
  const text = filter.text?.trim() ?? ''
  if (/^#?\d{1,9}$/.test(text)) {
    const digits = text.replace('#', '')
    query.where((either) => {
      either.where('tickets.number', Number(digits))
      if (digits.length >= 7) either.orWhere('citizens.dni', digits)
    })
  } else {
    for (const word of text.split(/\s+/).filter(Boolean).slice(0, 6)) {
      query.where((either) => {
        either
          .whereRaw("lower(tickets.subject) like ? escape '!'", [like(word.toLowerCase())])
          .orWhereRaw("citizens.search like ? escape '!'", [like(plain(word))])
      })
    }
  }
  const [count] = await query.clone().count({ total: 'tickets.id' })
  if (pending) query.orderBy('tickets.due_at').orderBy('tickets.id')
  else query.orderBy('tickets.created_at', 'desc').orderBy('tickets.id', 'desc')
  const rows = await query.limit(paging.size).offset(paging.offset).select(columns)
  return { tickets: rows.map((row) => ticketOf(row, now)), total: Number(count?.total ?? 0) }
}

export async function findEvents(knex: Knex, scope: Scope, ticketId: number): Promise<TicketEvent[]> {
  const of = (table: 'ticket_comments' | 'ticket_changes') =>
    knex(table)
      .leftJoin('users', 'users.id', `${table}.user_id`)
      .where({ [`${table}.agency_id`]: scope.agencyId, ticket_id: ticketId })
      .orderBy(`${table}.id`)
      .select(`${table}.*`, 'users.name as author')
  const author = (row: { author: string | null }) => (row.author === null ? {} : { author: row.author })
  const comments = (await of('ticket_comments')).map(
    (row): TicketEvent => ({ kind: 'comment', at: Number(row.at), ...author(row), body: row.body }),
  )
  const changes = (await of('ticket_changes')).map(
    (row): TicketEvent => ({
      kind: 'change',
      at: Number(row.at),
      ...author(row),
      field: row.field,
      before: row.before ?? '',
      after: row.after ?? '',
    }),
  )
  return [...changes, ...comments].sort((a, b) => a.at - b.at)
}

// biome-ignore lint/suspicious/noExplicitAny: a row of a join, as the driver gives it
function ticketOf(row: any, now: number): Ticket {
  const named = (key: string, id: number | null, name: string | null) =>
    id === null ? {} : { [key]: { id, name: name ?? `#${id}` } }
  const instant = (key: string, at: unknown) => (at === null ? {} : { [key]: Number(at) })
  const state = row.state as TicketState
  return {
    id: row.id,
    number: row.number,
    subject: row.subject,
    description: row.description ?? '',
    state,
    priority: row.priority,
    ...instant('dueAt', row.due_at),
    overdue: isOverdue({ state, dueAt: row.due_at === null ? undefined : Number(row.due_at) }, now),
    origin: row.origin,
    ...named('citizen', row.citizen_id, row.citizen_name),
    ...(row.interaction_id === null ? {} : { interactionId: row.interaction_id }),
    ...named('topic', row.topic_id, row.topic_name),
    ...named('backOffice', row.back_office_id, row.back_office_name),
    ...named('assignee', row.assignee_id, row.assignee_name),
    ...(row.author_name === null ? {} : { createdBy: row.author_name }),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    ...instant('solvedAt', row.solved_at),
    ...instant('closedAt', row.closed_at),
    version: row.version,
  }
}
