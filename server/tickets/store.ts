import { type Database, insertId, type Knex, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { findEvents, findTickets, listTickets } from './rows.ts'
import { dueAt, mayBecome, timesAfter } from './states.ts'
import type { Named, NewTicket, Ticket, TicketChange, Tickets } from './types.ts'

/** What a field of a ticket is in the table; those that name a row of another table must be the agency's own. */
const columns = {
  subject: 'subject',
  description: 'description',
  state: 'state',
  priority: 'priority',
  citizenId: 'citizen_id',
  topicId: 'topic_id',
  backOfficeId: 'back_office_id',
  assigneeId: 'assignee_id',
} as const
type Field = keyof typeof columns
const owners = { topicId: 'topics', backOfficeId: 'back_offices', assigneeId: 'users' } as const

export function createTickets(options: {
  db: Database
  audit: Audit
  now?: () => number
  /** After each change that a list or board may show. */
  onChanged?(agencyId: number): void
}): Tickets {
  const { db, audit } = options
  const now = options.now ?? Date.now

  const only = async (scope: Scope, where: Record<string, number>) =>
    (await findTickets(db.knex, scope, where, 1, now()))[0]
  const existing = async (scope: Scope, id: number): Promise<Ticket> => {
    const ticket = await only(scope, { 'tickets.id': id })
    if (!ticket) throw new AppError('ticket.not_found', 404)
    return ticket
  }

  /** @throws AppError `ticket.invalid` with the fields that are wrong */
  const check = async (scope: Scope, values: Partial<Record<Field, unknown>>): Promise<void> => {
    const fields: Record<string, string> = {}
    if (values.subject !== undefined && String(values.subject).trim() === '') fields.subject = 'ticket.subject_missing'
    for (const [field, table] of Object.entries(owners)) {
      const id = values[field as Field]
      if (id === undefined || id === null) continue
      const row = await db
        .knex(table)
        .where({ id: id as number, agency_id: scope.agencyId, active: true })
        .first('id')
      if (!row) fields[field] = 'ticket.unknown_choice'
    }
    if (values.citizenId !== undefined && values.citizenId !== null) {
      const row = await db
        .knex('citizens')
        .where({ id: values.citizenId as number })
        .first('id')
      if (!row) fields.citizenId = 'ticket.unknown_choice'
    }
    if (Object.keys(fields).length > 0) throw new AppError('ticket.invalid', 400, {}, fields)
  }
  const told = async (scope: Scope, userId: number | undefined, action: string, id: number, detail?: object) => {
    await audit.record(scope, {
      ...(userId === undefined ? {} : { userId }),
      action,
      subjectType: 'ticket',
      subjectId: id,
      ...(detail ? { detail } : {}),
    })
    options.onChanged?.(scope.agencyId)
  }

  /** Numbers count within the agency; of two at the same time the unique key makes one try again. */
  const insertNumbered = async (scope: Scope, row: object): Promise<number> => {
    for (let attempt = 1; ; attempt++) {
      const last = await db.knex('tickets').where({ agency_id: scope.agencyId }).max({ number: 'number' }).first()
      try {
        return await insertId(db.knex('tickets').insert({ ...row, number: Number(last?.number ?? 0) + 1 }))
      } catch (error) {
        if (!db.dialect.isDuplicate(error) || attempt === 50) throw error
      }
    }
  }

  /** As people read it: names for ids. */
  const shown = (ticket: Ticket, field: Field): string => {
    const value = {
      citizenId: ticket.citizen,
      topicId: ticket.topic,
      backOfficeId: ticket.backOffice,
      assigneeId: ticket.assignee,
    }
    if (field in value) return (value[field as keyof typeof value] as Named | undefined)?.name ?? ''
    return String(ticket[field as 'subject' | 'description' | 'state' | 'priority'])
  }

  async function change(scope: Scope, userId: number | undefined, id: number, wanted: TicketChange): Promise<Ticket> {
    const before = await existing(scope, id)
    const { version, ...values } = wanted
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as typeof values
    await check(scope, given)
    if (before.version !== version) throw new AppError('ticket.changed', 409)
    const state = given.state ?? before.state
    if (!mayBecome(before.state, state)) throw new AppError('ticket.transition', 409, { from: before.state, to: state })
    const reopened = await db
      .knex('ticket_changes')
      .where({ agency_id: scope.agencyId, ticket_id: id, field: 'state', after: 'reopened' })
      .max({ at: 'at' })
      .first()
    const times = timesAfter(
      {
        state: before.state,
        priority: before.priority,
        createdAt: before.createdAt,
        dueAt: before.dueAt ?? dueAt(before.priority, before.createdAt),
        solvedAt: before.solvedAt ?? null,
        closedAt: before.closedAt ?? null,
        ...(reopened?.at ? { reopenedAt: Number(reopened.at) } : {}),
      },
      { state, priority: given.priority ?? before.priority },
      now(),
    )
    const row = Object.fromEntries(Object.entries(given).map(([field, value]) => [columns[field as Field], value]))
    const done = await db
      .knex('tickets')
      .where({ agency_id: scope.agencyId, id, version })
      .update({
        ...row,
        due_at: times.dueAt,
        solved_at: times.solvedAt,
        closed_at: times.closedAt,
        updated_at: now(),
        version: version + 1,
      })
    if (done === 0) throw new AppError('ticket.changed', 409)
    const after = await existing(scope, id)
    await writeChanges(db.knex, scope, userId, before, after, Object.keys(given) as Field[])
    await told(scope, userId, 'ticket.updated', id, given)
    return after
  }

  async function writeChanges(
    knex: Knex,
    scope: Scope,
    userId: number | undefined,
    before: Ticket,
    after: Ticket,
    fields: Field[],
  ): Promise<void> {
    const rows = fields
      .filter((field) => shown(before, field) !== shown(after, field))
      .map((field) => ({
        agency_id: scope.agencyId,
        ticket_id: after.id,
        user_id: userId ?? null,
        at: now(),
        field,
        before: shown(before, field),
        after: shown(after, field),
      }))
    if (rows.length > 0) await knex('ticket_changes').insert(rows)
  }

  return {
    async create(scope: Scope, userId: number | undefined, ticket: NewTicket): Promise<Ticket> {
      await check(scope, ticket)
      const priority = ticket.priority ?? 'normal'
      const id = await insertNumbered(scope, {
        agency_id: scope.agencyId,
        subject: ticket.subject.trim().slice(0, 200),
        description: ticket.description ?? '',
        state: 'open',
        priority,
        origin: ticket.origin ?? 'agent',
        citizen_id: ticket.citizenId ?? null,
        interaction_id: ticket.interactionId ?? null,
        topic_id: ticket.topicId ?? null,
        back_office_id: ticket.backOfficeId ?? null,
        assignee_id: ticket.assigneeId ?? null,
        due_at: dueAt(priority, now()),
        created_by: userId ?? null,
        created_at: now(),
        updated_at: now(),
      })
      await told(scope, userId, 'ticket.created', id)
      return existing(scope, id)
    },
    byId: (scope, id) => only(scope, { 'tickets.id': id }),
    byNumber: (scope, number) => only(scope, { 'tickets.number': number }),
    latestOf: (scope, citizenId) => only(scope, { 'tickets.citizen_id': citizenId }),
    ofCitizen: (scope, citizenId, limit) =>
      findTickets(db.knex, scope, { 'tickets.citizen_id': citizenId }, limit, now()),
    list: (scope, filter, paging) => listTickets(db, scope, filter, paging, now()),
    events: (scope, id) => findEvents(db.knex, scope, id),
    change,
    async comment(scope, userId, id, body) {
      await existing(scope, id)
      const text = body.trim()
      if (text === '') throw new AppError('ticket.invalid', 400, {}, { body: 'ticket.comment_length' })
      await db
        .knex('ticket_comments')
        .insert({ agency_id: scope.agencyId, ticket_id: id, user_id: userId ?? null, at: now(), body: text })
      await told(scope, userId, 'ticket.commented', id)
    },
    async choices(scope) {
      const named = (table: string): Promise<Named[]> =>
        db.knex(table).where({ agency_id: scope.agencyId, active: true }).orderBy('name').select('id', 'name')
      const [topics, backOffices, people] = await Promise.all([
        named('topics'),
        named('back_offices'),
        db
          .knex('users')
          .where({ agency_id: scope.agencyId, active: true })
          .whereIn('role', ['agent', 'back_office', 'supervisor', 'agency_administrator'])
          .orderBy('name')
          .select('id', 'name'),
      ])
      return { topics, backOffices, people }
    },
  }
}
