import { type Database, insertId, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/types.ts'
import { createSignal } from '../live/index.ts'

export type Topic = {
  id: number
  name: string
  parentId: number | undefined
  queueId: number | undefined
  active: boolean
}
export type Disposition = { id: number; name: string; resolved: boolean; active: boolean }
export type BreakReason = { id: number; name: string; active: boolean }
/** Who solves what agents do not; with a number agents can transfer to it. */
export type BackOffice = { id: number; name: string; number: string | undefined; active: boolean }
/** The lists that calls, pauses and tickets are told by. */
export type Kind = 'topics' | 'dispositions' | 'break_reasons' | 'back_offices'
export const kinds: readonly Kind[] = ['topics', 'dispositions', 'break_reasons', 'back_offices']
export type EntryInput = {
  name: string
  parentId?: number | undefined
  queueId?: number | undefined
  resolved?: boolean | undefined
  number?: string | undefined
  active: boolean
}
export type Topics = ReturnType<typeof createTopics>

/** What calls are about (topics), how they ended (dispositions), why agents pause (break reasons), who solves the rest (back offices). Never deleted: history names them. */
export function createTopics({ db, audit }: { db: Database; audit: Audit }) {
  const changes = createSignal<{ agencyId: number; kind: Kind }>()
  let remembered = new Map<string, { name: string; number: string | null }>()
  const rows = (scope: Scope, kind: Kind, all: boolean) => {
    const query = db.knex(kind).where({ agency_id: scope.agencyId }).orderBy('name')
    return all ? query : query.where({ active: true })
  }
  const columns = (kind: Kind, input: EntryInput) => ({
    name: input.name.trim(),
    active: input.active,
    ...(kind === 'dispositions' ? { resolved: input.resolved ?? false } : {}),
    ...(kind === 'topics' ? { parent_id: input.parentId ?? null, queue_id: input.queueId ?? null } : {}),
    ...(kind === 'back_offices' ? { number: digitsOf(input.number) || null } : {}),
  })
  const topics = async (scope: Scope, all = false): Promise<Topic[]> =>
    (await rows(scope, 'topics', all)).map((row) => ({
      id: row.id,
      name: row.name,
      parentId: row.parent_id ?? undefined,
      queueId: row.queue_id ?? undefined,
      active: Boolean(row.active),
    }))
  const check = async (scope: Scope, kind: Kind, input: EntryInput, id = 0) => {
    if (kind === 'back_offices' && !/^(\+?\d{2,20})?$/.test(digitsOf(input.number)))
      throw new AppError('topic.number_wrong', 400, {}, { number: 'topic.number_wrong' })
    const twin = await db
      .knex(kind)
      .where({
        agency_id: scope.agencyId,
        name: input.name.trim(),
        ...(kind === 'topics' ? { parent_id: input.parentId ?? null } : {}),
      })
      .whereNot({ id })
      .first('id')
    if (twin) throw new AppError('topic.name_taken', 409, {}, { name: 'topic.name_taken' })
    if (kind !== 'topics') return
    if (input.queueId && !(await db.knex('queues').where({ agency_id: scope.agencyId, id: input.queueId }).first('id')))
      throw new AppError('request.invalid', 400, {}, { queueId: 'validation.enum' })
    const parents = new Map((await topics(scope, true)).map((topic) => [topic.id, topic.parentId]))
    if (input.parentId !== undefined && !parents.has(input.parentId))
      throw new AppError('topic.parent_wrong', 400, {}, { parentId: 'topic.parent_wrong' })
    for (let above = input.parentId; above !== undefined; above = parents.get(above)) {
      if (above === id) throw new AppError('topic.parent_wrong', 400, {}, { parentId: 'topic.parent_wrong' })
    }
  }
  const told = async (scope: Scope, by: number | undefined, kind: Kind, action: string, id: number, detail: object) => {
    await audit.record(scope, { userId: by, action: `${kind}.${action}`, subjectType: kind, subjectId: id, detail })
    changes.emit({ agencyId: scope.agencyId, kind })
  }
  return {
    changes,
    /** Active ones, unless `all`. */
    topics,
    async dispositions(scope: Scope, all = false): Promise<Disposition[]> {
      return (await rows(scope, 'dispositions', all)).map(({ id, name, resolved, active }) => ({
        id,
        name,
        resolved: Boolean(resolved),
        active: Boolean(active),
      }))
    },
    async breakReasons(scope: Scope, all = false): Promise<BreakReason[]> {
      return (await rows(scope, 'break_reasons', all)).map(({ id, name, active }) => ({
        id,
        name,
        active: Boolean(active),
      }))
    },
    async backOffices(scope: Scope, all = false): Promise<BackOffice[]> {
      return (await rows(scope, 'back_offices', all)).map(({ id, name, number, active }) => ({
        id,
        name,
        number: number ?? undefined,
        active: Boolean(active),
      }))
    },
    /** Reads all back offices, so that a transfer need not wait for the database to know their names. */
    async remember(): Promise<void> {
      const found = await db.knex('back_offices').where({ active: true }).select('id', 'agency_id', 'name', 'number')
      remembered = new Map(found.map((row) => [`${row.agency_id} ${row.id}`, row]))
    },
    /** As last remembered. */
    backOffice: (agencyId: number, id: number): { name: string; number: string | null } | undefined =>
      remembered.get(`${agencyId} ${id}`),
    async create(scope: Scope, by: number | undefined, kind: Kind, input: EntryInput): Promise<number> {
      await check(scope, kind, input)
      const id = await insertId(db.knex(kind).insert({ ...columns(kind, input), agency_id: scope.agencyId }))
      await told(scope, by, kind, 'created', id, input)
      return id
    },
    async update(scope: Scope, by: number | undefined, kind: Kind, id: number, input: EntryInput): Promise<void> {
      if (!(await db.knex(kind).where({ agency_id: scope.agencyId, id }).first('id')))
        throw new AppError('topic.not_found', 404)
      await check(scope, kind, input, id)
      await db.knex(kind).where({ agency_id: scope.agencyId, id }).update(columns(kind, input))
      await told(scope, by, kind, 'updated', id, input)
    },
  }
}

/** As it is dialled. */
const digitsOf = (number = '') => number.replace(/[\s().-]/g, '')
