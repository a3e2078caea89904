import { type Calendars, isOpen } from '../calendars/index.ts'
import { type Database, insertId, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/types.ts'
import type { Channel } from '../interactions/index.ts'
import { createSignal } from '../live/index.ts'
import type { QueueSettings } from '../routing/index.ts'

export const channels = ['voice', 'chat', 'email', 'sms', 'social'] as const satisfies readonly Channel[]
/** A queue as it is edited: seconds, as people think of them. */
export type QueueInput = {
  code: string
  name: string
  channel: Channel
  skillId?: number | undefined
  calendarId?: number | undefined
  priority: number
  levels: { afterSeconds: number; minLevel: number }[]
  maxWaitSeconds?: number | undefined
  maxSize?: number | undefined
  noAgents: 'wait' | 'overflow'
  ringSeconds: number
  wrapUpSeconds: number
  targetSeconds: number
  targetPercent: number
  shortAbandonSeconds: number
  record: boolean
  announcePosition: boolean
  messages: string[]
  messageEverySeconds: number
  active: boolean
}
export type Queue = QueueInput & { id: number; agencyId: number }
export type Queues = ReturnType<typeof createQueues>

type Options = { db: Database; audit: Audit; calendars: Pick<Calendars, 'all' | 'changes'>; now?: () => number }

/** The queues of each agency and what the router knows of them. */
export function createQueues({ db, audit, calendars, now = Date.now }: Options) {
  const changes = createSignal<{ agencyId: number; queueId?: number }>()
  calendars.changes.on(({ agencyId }) => changes.emit({ agencyId }))
  const get = async (scope: Scope, id: number): Promise<Queue> => {
    const row = await db.knex('queues').where({ agency_id: scope.agencyId, id }).first()
    if (!row) throw new AppError('queue.not_found', 404)
    return queueOf(row)
  }
  const check = async (scope: Scope, input: QueueInput) => {
    const mine = async (table: string, id: number) =>
      db.knex(table).where({ agency_id: scope.agencyId, id }).first('id')
    if (input.skillId && !(await mine('skills', input.skillId)))
      throw new AppError('request.invalid', 400, {}, { skillId: 'skill.not_found' })
    if (input.calendarId && !(await mine('calendars', input.calendarId)))
      throw new AppError('request.invalid', 400, {}, { calendarId: 'calendar.not_found' })
    let before: { afterSeconds: number; minLevel: number } | undefined
    for (const level of input.levels) {
      if (before && (level.afterSeconds <= before.afterSeconds || level.minLevel >= before.minLevel))
        throw new AppError('queue.levels_wrong', 400, {}, { levels: 'queue.levels_wrong' })
      before = level
    }
  }
  const taken = (error: unknown): never => {
    if (db.dialect.isDuplicate(error)) throw new AppError('queue.code_taken', 409, {}, { code: 'queue.code_taken' })
    throw error
  }
  const told = async (scope: Scope, by: number | undefined, action: string, id: number, detail: object) => {
    await audit.record(scope, { userId: by, action: `queue.${action}`, subjectType: 'queue', subjectId: id, detail })
    changes.emit({ agencyId: scope.agencyId, queueId: id })
  }
  return {
    /** Also when a calendar changes, since a queue is open by it. */
    changes,
    async list(scope: Scope, onlyActive = false): Promise<Queue[]> {
      const query = db.knex('queues').where({ agency_id: scope.agencyId }).orderBy('name')
      if (onlyActive) query.where({ active: true })
      return (await query).map(queueOf)
    },
    get,
    async byCode(scope: Scope, code: string): Promise<Queue | undefined> {
      const row = await db.knex('queues').where({ agency_id: scope.agencyId, code }).first()
      return row && queueOf(row)
    },
    async create(scope: Scope, by: number | undefined, input: QueueInput): Promise<number> {
      await check(scope, input)
      const id = await insertId(db.knex('queues').insert({ ...columns(input), agency_id: scope.agencyId })).catch(taken)
      await told(scope, by, 'created', id, input)
      return id
    },
    async update(scope: Scope, by: number | undefined, id: number, input: QueueInput): Promise<void> {
      const before = await get(scope, id)
      await check(scope, input)
      await db.knex('queues').where({ agency_id: scope.agencyId, id }).update(columns(input)).catch(taken)
      await told(scope, by, 'updated', id, { before, after: input })
    },
    /** Active queues of every agency as the router wants them; `open` is of this instant: ask again each minute. */
    async queueSettings(): Promise<QueueSettings[]> {
      const rows = await db.knex('queues').where({ active: true })
      const zones = new Map((await db.knex('agencies').select('id', 'time_zone')).map((row) => [row.id, row.time_zone]))
      const known = new Map((await calendars.all()).map((calendar) => [calendar.id, calendar]))
      return rows.map(queueOf).map((queue) => {
        const calendar = queue.calendarId === undefined ? undefined : known.get(queue.calendarId)
        return settingsOf(queue, !calendar || isOpen(calendar, now(), zones.get(queue.agencyId)))
      })
    },
  }
}

/** A queue in the words of the router (ms). */
export function settingsOf(queue: Queue, open: boolean): QueueSettings {
  return {
    id: queue.id,
    agencyId: queue.agencyId,
    code: queue.code,
    name: queue.name,
    channel: queue.channel,
    ...(queue.skillId === undefined ? {} : { skillId: queue.skillId }),
    priority: queue.priority,
    levels: queue.levels.map(({ afterSeconds, minLevel }) => ({ afterMs: afterSeconds * 1000, minLevel })),
    ...(queue.maxWaitSeconds === undefined ? {} : { maxWaitMs: queue.maxWaitSeconds * 1000 }),
    ...(queue.maxSize === undefined ? {} : { maxSize: queue.maxSize }),
    noAgents: queue.noAgents,
    ringMs: queue.ringSeconds * 1000,
    wrapUpMs: queue.wrapUpSeconds * 1000,
    targetSeconds: queue.targetSeconds,
    targetPercent: queue.targetPercent,
    shortAbandonSeconds: queue.shortAbandonSeconds,
    record: queue.record,
    messages: queue.messages,
    messageEveryMs: queue.messageEverySeconds * 1000,
    announcePosition: queue.announcePosition,
    open,
  }
}

const columns = (input: QueueInput) => ({
  code: input.code.trim().toLowerCase(),
  name: input.name.trim(),
  channel: input.channel,
  skill_id: input.skillId ?? null,
  calendar_id: input.calendarId ?? null,
  priority: input.priority,
  levels: JSON.stringify(
    input.levels.map(({ afterSeconds, minLevel }) => ({ afterMs: afterSeconds * 1000, minLevel })),
  ),
  max_wait_seconds: input.maxWaitSeconds ?? null,
  max_size: input.maxSize ?? null,
  no_agents: input.noAgents,
  ring_seconds: input.ringSeconds,
  wrap_up_seconds: input.wrapUpSeconds,
  target_seconds: input.targetSeconds,
  target_percent: input.targetPercent,
  short_abandon_seconds: input.shortAbandonSeconds,
  record: input.record,
  announce_position: input.announcePosition,
  messages: JSON.stringify(input.messages),
  message_every_seconds: input.messageEverySeconds,
  active: input.active,
})

// biome-ignore lint/suspicious/noExplicitAny: a row of the table, read in one place
function queueOf(row: any): Queue {
  const levels = (row.levels ? JSON.parse(row.levels) : []) as { afterMs: number; minLevel: number }[]
  return {
    id: row.id,
    agencyId: row.agency_id,
    code: row.code,
    name: row.name,
    channel: row.channel,
    skillId: row.skill_id ?? undefined,
    calendarId: row.calendar_id ?? undefined,
    priority: row.priority,
    levels: levels.map(({ afterMs, minLevel }) => ({ afterSeconds: Math.round(afterMs / 1000), minLevel })),
    maxWaitSeconds: row.max_wait_seconds ?? undefined,
    maxSize: row.max_size ?? undefined,
    noAgents: row.no_agents === 'overflow' ? 'overflow' : 'wait',
    ringSeconds: row.ring_seconds,
    wrapUpSeconds: row.wrap_up_seconds,
    targetSeconds: row.target_seconds,
    targetPercent: row.target_percent,
    shortAbandonSeconds: row.short_abandon_seconds,
    record: Boolean(row.record),
    announcePosition: Boolean(row.announce_position),
    messages: row.messages ? JSON.parse(row.messages) : [],
    messageEverySeconds: row.message_every_seconds,
    active: Boolean(row.active),
  }
}
