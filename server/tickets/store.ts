import type { Database, Knex, Scope } from '../database/index.ts'
import { insertId } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { dueAt, mayGo, type Origin, type Priority, pendingStates, type TicketState } from './states.ts'

export type Ticket = {
  id: number
  /** Counted within the agency; what the citizen is told. */
  number: number
  subject: string
  description: string
  state: TicketState
  priority: Priority
  origin: Origin
  citizenId: number | undefined
  citizenName: string | undefined
  interactionId: string | undefined
  topicId: number | undefined
  topicName: string | undefined
  backOfficeId: number | undefined
  backOfficeName: string | undefined
  assigneeId: number | undefined
  assigneeName: string | undefined
  createdByName: string | undefined
  /** UTC ms. */
  dueAt: number | undefined
  overdue: boolean
  createdAt: number
  updatedAt: number
  solvedAt: number | undefined
  closedAt: number | undefined
  /** What a guarded update expects. */
  version: number
}
export type NewTicket = {
  subject: string
  description?: string
  priority?: Priority
  origin: Origin
  citizenId?: number
  interactionId?: string
  topicId?: number
  backOfficeId?: number
  assigneeId?: number
  /** Default: from the priority. */
  dueAt?: number
  /** Names within the agency, for flows: an unknown one is left out. */
  topic?: string
  backOffice?: string
}
/** Undefined: stays as it is; null: nobody, none. */
export type TicketChanges = {
  subject?: string
  description?: string
  state?: TicketState
  priority?: Priority
  topicId?: number | null
  backOfficeId?: number | null
  assigneeId?: number | null
  citizenId?: number | null
  dueAt?: number | null
}
export type TicketFilter = {
  state?: TicketState | 'pending'
  backOfficeId?: number
  assigneeId?: number
  overdue?: boolean
  text?: string
}
export type TicketComment = { id: number; at: number; userName: string | undefined; body: string }
export type TicketChange = {
  at: number
  userName: string | undefined
  field: string
  before: string | undefined
  after: string | undefined
}
export type Tickets = ReturnType<typeof createTickets>
type By = { userId?: number }

/** A citizen's card was merged: its tickets, of every agency, go along. */
export const moveTickets = (trx: Knex, from: number, to: number): PromiseLike<unknown> =>
  trx('tickets').where({ citizen_id: from }).update({ citizen_id: to })

const columns = {
  subject: 'subject',
  description: 'description',
  state: 'state',
  priority: 'priority',
  topicId: 'topic_id',
  backOfficeId: 'back_office_id',
  assigneeId: 'assignee_id',
  citizenId: 'citizen_id',
  dueAt: 'due_at',
} as const
/** Column -> table its id must be found in, within the agency; citizens are shared. */
const owners = { topicId: 'topics', backOfficeId: 'back_offices', assigneeId: 'users', citizenId: 'citizens' } as const

export function createTickets({
  db,
  audit,
  clock,
  changed,
}: {
  db: Database
  audit: Audit
  clock?: { now(): number }
  /** After each change, for screens. */
  changed?(scope: Scope, ticketId: number): void
}) {
  const now = () => clock?.now() ?? Date.now()

  const select = (trx: Knex, scope: Scope) =>
    trx('tickets')
      .where({ 'tickets.agency_id': scope.agencyId })
      .leftJoin('citizens', 'citizens.id', 'tickets.citizen_id')
      .leftJoin('topics', 'topics.id', 'tickets.topic_id')
      .leftJoin('back_offices', 'back_offices.id', 'tickets.back_office_id')
      .leftJoin('users as assignee', 'assignee.id', 'tickets.assignee_id')
      .leftJoin('users as author', 'author.id', 'tickets.created_by')
  const wanted = [
    'tickets.*',
    'citizens.name as citizen_name',
    'topics.name as topic_name',
    'back_offices.name as back_office_name',
    'assignee.name as assignee_name',
    'author.name as author_name',
  ]

  const view = (row: Record<string, unknown>): Ticket => ({
    id: Number(row.id),
    number: Number(row.number),
    subject: String(row.subject),
    description: String(row.description ?? ''),
    state: row.state as TicketState,
    priority: row.priority as Priority,
    origin: row.origin as Origin,
    citizenId: whole(row.citizen_id),
    citizenName: words(row.citizen_name),
    interactionId: words(row.interaction_id),
    topicId: whole(row.topic_id),
    topicName: words(row.topic_name),
    backOfficeId: whole(row.back_office_id),
    backOfficeName: words(row.back_office_name),
    assigneeId: whole(row.assignee_id),
    assigneeName: words(row.assignee_name),
    createdByName: words(row.author_name),
    dueAt: whole(row.due_at),
    overdue: row.due_at !== null && Number(row.due_at) < now() && pendingStates.includes(row.state as TicketState),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    solvedAt: whole(row.solved_at),
    closedAt: whole(row.closed_at),
    version: Number(row.version),
  })

  const get = async (scope: Scope, id: number, trx: Knex = db.knex): Promise<Ticket | undefined> => {
    const row = await select(trx, scope).where({ 'tickets.id': id }).first(wanted)
    return row && view(row)
  }

  /** @throws AppError when a value is none of the agency's, or a text is missing or too long */
  const check = async (trx: Knex, scope: Scope, values: TicketChanges & { subject?: string }) => {
    const faults: Record<string, string> = {}
    if (values.subject !== undefined) {
      if (values.subject.trim() === '') faults.subject = 'ticket.subject_missing'
      else if (values.subject.length > 200) faults.subject = 'ticket.too_long'
    }
    if ((values.description ?? '').length > 10_000) faults.description = 'ticket.too_long'
    for (const [field, table] of Object.entries(owners)) {
      const id = values[field as keyof typeof owners]
      if (id === undefined || id === null) continue
      const row = await trx(table)
        .where({ id, ...(table === 'citizens' ? {} : { agency_id: scope.agencyId }) })
        .first('id')
      if (!row) faults[field] = 'ticket.choice_unknown'
    }
    if (Object.keys(faults).length > 0) throw new AppError('ticket.invalid', 400, {}, faults)
  }

  const named = async (trx: Knex, scope: Scope, table: string, name: string | undefined) =>
    name === undefined
      ? undefined
      : (await trx(table).where({ agency_id: scope.agencyId, name, active: true }).first('id'))?.id

  return {
    get: (scope: Scope, id: number) => get(scope, id),

    async byNumber(scope: Scope, number: number): Promise<Ticket | undefined> {
      if (!Number.isSafeInteger(number) || number < 1 || number > 2_147_483_647) return undefined
      const row = await select(db.knex, scope).where({ 'tickets.number': number }).first(wanted)
      return row && view(row)
    },

    /** Newest first. */
    async ofCitizen(scope: Scope, citizenId: number, limit = 20): Promise<Ticket[]> {
      const rows = await select(db.knex, scope)
        .where({ 'tickets.citizen_id': citizenId })
        .orderBy('tickets.created_at', 'desc')
        .orderBy('tickets.id', 'desc')
        .limit(limit)
        .select(wanted)
      return rows.map(view)
    },

    async ofInteraction(scope: Scope, interactionId: string): Promise<Ticket[]> {
      const rows = await select(db.knex, scope)
        .where({ 'tickets.interaction_id': interactionId })
        .orderBy('tickets.id')
        .select(wanted)
      return rows.map(view)
    },

    /** Those that are due first come first. */
    async list(
      scope: Scope,
      filter: TicketFilter,
      paging: { offset: number; size: number },
    ): Promise<{ tickets: Ticket[]; total: number }> {
      const query = select(db.knex, scope)
      if (filter.state === 'pending') query.whereIn('tickets.state', [...pendingStates])
      else if (filter.state) query.where({ 'tickets.state': filter.state })
      if (filter.backOfficeId !== undefined) query.where({ 'tickets.back_office_id': filter.backOfficeId })
      if (filter.assigneeId !== undefined) query.where({ 'tickets.assignee_id': filter.assigneeId })
      if (filter.overdue) query.whereIn('tickets.state', [...pendingStates]).where('tickets.due_at', '<', now())
      const typed = (filter.text ?? '').trim().slice(0, 100)
      if (/^#?\d{1,9}$/.test(typed)) query.where({ 'tickets.number': Number(typed.replace('#', '')) })
      else if (typed !== '') {
        const like = (text: string) => `%${text.replace(/[!%_]/g, '!$&')}%`
        const plain = typed.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
        query.where((any) =>
          any
            .whereRaw("tickets.subject like ? escape '!'", [like(typed)])
            .orWhereRaw("citizens.search like ? escape '!'", [like(plain)]),
        )
      }
      const [{ count }] = (await query.clone().count({ count: 'tickets.id' })) as [{ count: number }]
      const rows = await query
        .orderByRaw('case when tickets.solved_at is null and tickets.closed_at is null then 0 else 1 end')
        .orderByRaw('coalesce(tickets.due_at, 9007199254740991)')
        .orderBy('tickets.id', 'desc')
        .offset(paging.offset)
        .limit(paging.size)
        .select(wanted)
      return { tickets: rows.map(view), total: Number(count) }
    },

    /** @throws AppError `ticket.invalid` */
    async create(scope: Scope, values: NewTicket, by: By = {}): Promise<Ticket> {
      const made = await db.transaction(async (trx) => {
        // The agency's row is the turnstile: numbers follow each other without holes (SQLite is serial anyway).
        await trx('agencies').where({ id: scope.agencyId }).forUpdate().first('id')
        const topicId = values.topicId ?? (await named(trx, scope, 'topics', values.topic))
        const backOfficeId = values.backOfficeId ?? (await named(trx, scope, 'back_offices', values.backOffice))
        await check(trx, scope, { ...values, topicId, backOfficeId })
        const last = await trx('tickets').where({ agency_id: scope.agencyId }).max({ number: 'number' }).first()
        const at = now()
        const priority = values.priority ?? 'normal'
        const id = await insertId(
          trx('tickets').insert({
            agency_id: scope.agencyId,
            number: Number(last?.number ?? 0) + 1,
            citizen_id: values.citizenId ?? null,
            interaction_id: values.interactionId ?? null,
            topic_id: topicId ?? null,
            back_office_id: backOfficeId ?? null,
            assignee_id: values.assigneeId ?? null,
            subject: values.subject.toWellFormed().trim(),
            description: values.description?.toWellFormed().trim() ?? null,
            state: 'open',
            priority,
            due_at: values.dueAt ?? dueAt(priority, at),
            origin: values.origin,
            created_by: by.userId ?? null,
            created_at: at,
            updated_at: at,
          }),
        )
        return (await get(scope, id, trx)) as Ticket
      })
      await audit.record(scope, { ...by, action: 'ticket.created', subjectType: 'ticket', subjectId: made.id })
      changed?.(scope, made.id)
      return made
    },

    /**
     * Changes it if nobody did since `version`; each change is kept in its history.
     * @throws AppError `ticket.not_found`, `ticket.invalid`, `ticket.transition` (409), `ticket.changed` (409)
     */
    async update(scope: Scope, id: number, version: number, changes: TicketChanges, by: By = {}): Promise<Ticket> {
      const fields: string[] = []
      const saved = await db.transaction(async (trx) => {
        const before = await get(scope, id, trx)
        if (!before) throw new AppError('ticket.not_found', 404)
        if (before.version !== version) throw new AppError('ticket.changed', 409)
        await check(trx, scope, changes)
        if (changes.state && !mayGo(before.state, changes.state)) {
          throw new AppError('ticket.transition', 409, {}, { state: 'ticket.transition' })
        }
        const at = now()
        const row: Record<string, unknown> = {}
        for (const [field, column] of Object.entries(columns) as [keyof typeof columns, string][]) {
          const value = changes[field]
          if (value === undefined) continue
          const next = typeof value === 'string' ? value.toWellFormed().trim() : value
          if ((before[field] ?? null) !== (next === '' ? (before[field] === '' ? '' : null) : next)) {
            row[column] = next === '' ? null : next
            fields.push(field)
          }
        }
        if (fields.length === 0) return before
        // A new priority gives a new time, unless somebody chose one.
        if (row.priority !== undefined && changes.dueAt === undefined) {
          row.due_at = dueAt(row.priority as Priority, before.createdAt)
        }
        if (row.state === 'solved') row.solved_at = at
        if (row.state === 'closed') row.closed_at = at
        if (row.state === 'reopened') Object.assign(row, { solved_at: null, closed_at: null })
        const count = await trx('tickets')
          .where({ id, agency_id: scope.agencyId, version })
          .update({ ...row, updated_at: at, version: version + 1 })
        if (count === 0) throw new AppError('ticket.changed', 409)
        const after = (await get(scope, id, trx)) as Ticket
        const told = new Set<keyof typeof columns>(fields as (keyof typeof columns)[])
        if (row.due_at !== undefined) told.add('dueAt')
        for (const field of told) {
          await trx('ticket_changes').insert({
            agency_id: scope.agencyId,
            ticket_id: id,
            user_id: by.userId ?? null,
            at,
            field,
            before: shown(before, field),
            after: shown(after, field),
          })
        }
        return after
      })
      if (fields.length > 0) {
        await audit.record(scope, {
          ...by,
          action: 'ticket.updated',
          subjectType: 'ticket',
          subjectId: id,
          detail: { fields },
        })
        changed?.(scope, id)
      }
      return saved
    },

    /** @throws AppError `ticket.not_found`, `ticket.invalid` */
    async comment(scope: Scope, id: number, body: string, by: By = {}): Promise<void> {
      const text = body.toWellFormed().trim()
      if (text === '') throw new AppError('ticket.invalid', 400, {}, { body: 'ticket.comment_missing' })
      if (text.length > 10_000) throw new AppError('ticket.invalid', 400, {}, { body: 'ticket.too_long' })
      if (!(await get(scope, id))) throw new AppError('ticket.not_found', 404)
      await db.knex('ticket_comments').insert({
        agency_id: scope.agencyId,
        ticket_id: id,
        user_id: by.userId ?? null,
        at: now(),
        body: text,
      })
      changed?.(scope, id)
    },

    /** Comments and changes, oldest first. */
    async history(scope: Scope, id: number): Promise<{ comments: TicketComment[]; changes: TicketChange[] }> {
      const of = (table: string) =>
        db
          .knex(table)
          .where({ [`${table}.agency_id`]: scope.agencyId, ticket_id: id })
          .leftJoin('users', 'users.id', `${table}.user_id`)
          .orderBy(`${table}.id`)
          .select(`${table}.*`, 'users.name as user_name')
      const comments = await of('ticket_comments')
      const changes = await of('ticket_changes')
      return {
        comments: comments.map((row) => ({
          id: Number(row.id),
          at: Number(row.at),
          userName: words(row.user_name),
          body: String(row.body),
        })),
        changes: changes.map((row) => ({
          at: Number(row.at),
          userName: words(row.user_name),
          field: String(row.field),
          before: words(row.before),
          after: words(row.after),
        })),
      }
    },

    /** What forms offer: topics, back offices and people of the agency who may be given a ticket. */
    async choices(scope: Scope) {
      const own = { agency_id: scope.agencyId, active: true }
      const pick = (table: string) => db.knex(table).where(own).orderBy('name').select('id', 'name')
      const people = await db
        .knex('users')
        .where(own)
        .whereIn('role', ['agent', 'supervisor', 'back_office', 'agency_administrator'])
        .orderBy('name')
        .select('id', 'name')
      const options = (rows: { id: number; name: string }[]) => rows.map((row) => ({ value: row.id, label: row.name }))
      return {
        topics: options(await pick('topics')),
        backOffices: options(await pick('back_offices')),
        people: options(people),
      }
    },
  }
}

/** As the history shows it: names, not ids. */
function shown(ticket: Ticket, field: keyof typeof columns): string | null {
  const name = {
    topicId: 'topicName',
    backOfficeId: 'backOfficeName',
    assigneeId: 'assigneeName',
    citizenId: 'citizenName',
  }
  const value = ticket[(name[field as keyof typeof name] ?? field) as keyof Ticket]
  return value === undefined || value === '' ? null : String(value)
}
const whole = (value: unknown) => (value === null || value === undefined ? undefined : Number(value))
const words = (value: unknown) => (value === null || value === undefined ? undefined : String(value))
