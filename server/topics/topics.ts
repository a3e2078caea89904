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
/** The three lists that calls and pauses are told by. */
export type Kind = 'topics' | 'dispositions' | 'break_reasons'
export const kinds: readonly Kind[] = ['topics', 'dispositions', 'break_reasons']
export type EntryInput = {
  name: string
  parentId?: number | undefined
  queueId?: number | undefined
  resolved?: boolean | undefined
  active: boolean
}
export type Topics = ReturnType<typeof createTopics>

/** What calls are about (topics), how they ended (dispositions), why agents pause (break reasons). Never deleted: history names them. */
export function createTopics({ db, audit }: { db: Database; audit: Audit }) {
  const changes = createSignal<{ agencyId: number; kind: Kind }>()
  const rows = (scope: Scope, kind: Kind, all: boolean) => {
    const query = db.knex(kind).where({ agency_id: scope.agencyId }).orderBy('name')
    return all ? query : query.where({ active: true })
  }
  const columns = (kind: Kind, input: EntryInput) => ({
    name: input.name.trim(),
    active: input.active,
    ...(kind === 'dispositions' ? { resolved: input.resolved ?? false } : {}),
    ...(kind === 'topics' ? { parent_id: input.parentId ?? null, queue_id: input.queueId ?? null } : {}),
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
