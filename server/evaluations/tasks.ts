// Who evaluates how many calls of whom until when: the draw, what is due, and the next month's.
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Database, insertId, type Knex, type Scope, scopeOf } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import type { Forms } from './forms.ts'
import { createLots, drawnBy } from './lots.ts'
import { isMonth, nextMonth } from './months.ts'
import { evaluators } from './schema.ts'
import { taskLimits } from './task-limits.ts'
import { createTaskReading, type Task, taskOf } from './task-rows.ts'

/** Instants UTC ms; `from <= call < to`. */
export type TaskInput = {
  name: string
  formId: number
  evaluatorId: number
  queueId?: number
  agentIds: number[]
  perAgent: number
  minSeconds: number
  from: number
  to: number
  dueAt: number
  monthly: boolean
}
export type Tasks = ReturnType<typeof createTasks>

const batch = 5_000
/** A statement has so many variables at most: rows go in by the hundred. */
const chunks = <Row>(rows: readonly Row[]): Row[][] =>
  Array.from({ length: Math.ceil(rows.length / 100) }, (_, at) => rows.slice(at * 100, at * 100 + 100))
/** Calls are closed and their recordings come some time after they ended. */
const lateMs = 2 * 86_400_000

export type TasksOptions = { db: Database; audit: Audit; forms: Forms; now: () => number; log: (line: string) => void }

export function createTasks({ db, audit, forms, now, log }: TasksOptions) {
  /** What goes wrong with one task holds up no other. */
  async function apart(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      log(`evaluations: task ${id}: ${(error as Error).message}`)
    }
  }
  const reading = createTaskReading(db, now)
  const own = ({ agencyId }: Scope) => ({ agency_id: agencyId })
  const told = (scope: Scope, userId: number | undefined, action: string, id: number, detail: object = {}) =>
    audit.record(scope, {
      ...(userId === undefined ? {} : { userId }),
      action: `evaluation_task.${action}`,
      subjectType: 'evaluation_task',
      subjectId: id,
      detail,
    })

  async function existing(scope: Scope, id: number): Promise<Task> {
    const task = await reading.byId(scope, id)
    if (!task) throw new AppError('task.not_found', 404)
    return task
  }

  async function check(scope: Scope, input: TaskInput): Promise<TaskInput> {
    const fields: Record<string, string> = {}
    const name = input.name.toWellFormed().replace(/\s+/g, ' ').trim()
    const found = async (table: string, id: number, where: object = {}) =>
      Boolean(
        await db
          .knex(table)
          .where({ ...own(scope), id, ...where })
          .first('id'),
      )
    const { timeZone } = await zoneOf(scope)
    if (name === '' || name.length > 120) fields.name = 'task.name'
    await forms.current(scope, input.formId).catch((error) => {
      if (!(error instanceof AppError)) throw error
      fields.form = error.code
    })
    const evaluator = await db
      .knex('users')
      .where({ ...own(scope), id: input.evaluatorId, active: true })
      .first('role')
    if (!evaluator || !evaluators.includes(evaluator.role)) fields.evaluator = 'task.evaluator'
    if (input.queueId !== undefined && !(await found('queues', input.queueId))) fields.queue = 'task.queue'
    const agentIds = [...new Set(input.agentIds)]
    const known = await db
      .knex('users')
      .where(own(scope))
      .whereIn('id', agentIds.slice(0, taskLimits.agents))
      .count({ count: '*' })
    if (Number(known[0]?.count) !== agentIds.length) fields.agents = 'task.agents'
    const within = (value: number, low: number, high: number) =>
      Number.isSafeInteger(value) && value >= low && value <= high
    if (!within(input.perAgent, 1, taskLimits.perAgent)) fields.perAgent = 'task.per_agent'
    if (!within(input.minSeconds, 0, taskLimits.minSeconds)) fields.minSeconds = 'task.min_seconds'
    if (!(input.to > input.from)) fields.to = 'task.order'
    else if (input.to - input.from > taskLimits.days * 86_400_000 + 7_200_000) fields.to = 'task.too_long'
    if (!(input.dueAt > input.from)) fields.due = 'task.due'
    if (input.monthly && !fields.to && !isMonth(input.from, input.to, timeZone)) fields.monthly = 'task.no_month'
    if (Object.keys(fields).length > 0) throw new AppError('task.invalid', 400, {}, fields)
    return { ...input, name, agentIds }
  }

  async function zoneOf({ agencyId }: Scope): Promise<{ timeZone: string }> {
    const row = await db.knex('agencies').where({ id: agencyId }).first('time_zone')
    return { timeZone: row?.time_zone ?? 'America/Argentina/Buenos_Aires' }
  }

  async function insert(trx: Knex, scope: Scope, input: TaskInput, userId: number, seriesId?: number): Promise<number> {
    const id = await insertId(
      trx('evaluation_tasks').insert({
        ...own(scope),
        ...{ name: input.name, form_id: input.formId, evaluator_id: input.evaluatorId },
        ...{ queue_id: input.queueId ?? null, agent_ids: JSON.stringify(input.agentIds), per_agent: input.perAgent },
        ...{ min_ms: input.minSeconds * 1_000, calls_from: input.from, calls_to: input.to, due_at: input.dueAt },
        ...{ seed: randomUUID(), monthly: input.monthly, series_id: seriesId ?? null },
        ...{ created_by: userId, created_at: now() },
      }),
    )
    if (input.monthly && seriesId === undefined) await trx('evaluation_tasks').where({ id }).update({ series_id: id })
    return id
  }

  /** Draws what is missing so far, with the task's own seed. Safe to be asked for by several at once. */
  async function draw(scope: Scope, id: number): Promise<number> {
    const task = await existing(scope, id)
    if (task.cancelledAt !== undefined) return 0
    const items = await reading.items(scope, id)
    const quota = drawnBy(now(), task, task.perAgent)
    const live = Map.groupBy(
      items.filter(({ replacedAt }) => replacedAt === undefined),
      ({ agentId }) => agentId,
    )
    const taken = (agentId: number) => live.get(agentId)?.length ?? 0
    const lots = createLots(task.seed, (agentId) => Math.max(0, quota - taken(agentId)))
    const until = Math.min(task.to, now())
    for (let after = { at: task.from, id: '' }; ; ) {
      const rows = await candidates(scope, task, until, after)
      for (const row of rows)
        lots.add({
          ...{ recordingId: row.id, interactionId: row.interaction_id },
          ...{ agentId: row.agent_id, calledAt: Number(row.started_at) },
        })
      if (rows.length < batch) break
      after = { at: Number(rows.at(-1).started_at), id: rows.at(-1).id }
      await setImmediate()
    }
    const unrecorded = await withoutRecording(scope, task, until)
    const agents = new Set([...task.agentIds, ...lots.agents(), ...live.keys(), ...unrecorded.keys()])
    const at = now()
    const rows = lots.winners().map((one) => ({
      ...own(scope),
      ...{ task_id: id, recording_id: one.recordingId, interaction_id: one.interactionId },
      ...{ agent_id: one.agentId, called_at: one.calledAt, drawn_at: at },
    }))
    return db.transaction(async (trx) => {
      // Whoever drew in the meantime has drawn the same or more: nothing is added twice.
      const mine = await trx('evaluation_tasks')
        .where({ ...own(scope), id, drawn_at: task.drawnAt ?? null })
        .whereNull('cancelled_at')
        .update({ drawn_at: Math.max(at, (task.drawnAt ?? 0) + 1) })
      if (mine === 0) return 0
      for (const some of chunks(rows))
        await trx('evaluation_task_items').insert(some).onConflict(['task_id', 'recording_id']).ignore()
      await trx('evaluation_task_agents')
        .where({ ...own(scope), task_id: id })
        .delete()
      const counted = [...agents].map((agentId) => ({
        ...own(scope),
        ...{ task_id: id, agent_id: agentId, eligible: lots.seen(agentId) + taken(agentId) },
        unrecorded: unrecorded.get(agentId) ?? 0,
      }))
      for (const some of chunks(counted)) await trx('evaluation_task_agents').insert(some)
      return rows.length
    })
  }

  /** Calls that may be drawn: recorded, long enough, of those people, and nobody evaluates them by this form already. */
  function candidates(scope: Scope, task: Task, until: number, after: { at: number; id: string }) {
    const query = db
      .knex('recordings as r')
      .where({ 'r.agency_id': scope.agencyId, 'r.kind': 'call', 'r.state': 'present' })
      .where('r.started_at', '>=', after.at)
      .where('r.started_at', '<', until)
      .where((behind) => behind.where('r.started_at', '>', after.at).orWhere('r.id', '>', after.id))
      .where('r.duration_ms', '>=', task.minMs)
      // Nobody judges the own call.
      .whereNot('r.agent_id', task.evaluatorId)
      .whereNotExists(
        db
          .knex('evaluations as e')
          .whereRaw('e.recording_id = r.id')
          .where({ 'e.form_id': task.formId })
          .select(db.knex.raw('1')),
      )
      .whereNotExists(
        db
          .knex('evaluation_task_items as i')
          .join('evaluation_tasks as t', 't.id', 'i.task_id')
          .whereRaw('i.recording_id = r.id')
          .where({ 't.form_id': task.formId })
          .whereNull('t.cancelled_at')
          .select(db.knex.raw('1')),
      )
    if (task.queueId !== undefined) query.where('r.queue_id', task.queueId)
    if (task.agentIds.length > 0) query.whereIn('r.agent_id', task.agentIds)
    return query
      .orderBy(['r.started_at', 'r.id'])
      .limit(batch)
      .select('r.id', 'r.interaction_id', 'r.agent_id', 'r.started_at')
  }

  /** Talks that would count but cannot be heard, by agent. */
  async function withoutRecording(scope: Scope, task: Task, until: number): Promise<Map<number, number>> {
    const query = db
      .knex('talk_segments as t')
      .where('t.agency_id', scope.agencyId)
      .where('t.answered_at', '>=', task.from)
      .where('t.answered_at', '<', until)
      .whereRaw('t.ended_at - t.answered_at >= ?', [task.minMs])
      .whereNot('t.agent_id', task.evaluatorId)
      .whereNotExists(
        db
          .knex('recordings as r')
          .whereRaw('r.interaction_id = t.interaction_id')
          .whereRaw('r.agent_id = t.agent_id')
          .where('r.state', 'present')
          .select(db.knex.raw('1')),
      )
    if (task.queueId !== undefined) query.where('t.queue_id', task.queueId)
    if (task.agentIds.length > 0) query.whereIn('t.agent_id', task.agentIds)
    const rows = (await query.groupBy('t.agent_id').select('t.agent_id').count({ talks: '*' })) as {
      agent_id: number
      talks: number | string
    }[]
    return new Map(rows.map((row) => [row.agent_id, Number(row.talks)]))
  }

  /** The month after, as long as there is none: due as long after its end as this one. */
  async function next(task: Task, scope: Scope): Promise<void> {
    const { timeZone } = await zoneOf(scope)
    const to = nextMonth(task.to, timeZone)
    const input: TaskInput = {
      ...{ name: task.name, formId: task.formId, evaluatorId: task.evaluatorId, agentIds: task.agentIds },
      ...(task.queueId === undefined ? {} : { queueId: task.queueId }),
      ...{ perAgent: task.perAgent, minSeconds: task.minMs / 1_000, from: task.to, to },
      ...{ dueAt: to + (task.dueAt - task.to), monthly: true },
    }
    const there = await db.knex('evaluation_tasks').where({ series_id: task.seriesId, calls_from: task.to }).first('id')
    if (there || task.seriesId === undefined) return
    const possible = await check(scope, input).catch((error) => {
      if (!(error instanceof AppError)) throw error
    })
    if (!possible) {
      // Its form is no longer used, or its people are gone: it ends here, and the audit says so.
      await db
        .knex('evaluation_tasks')
        .where({ ...own(scope), id: task.id })
        .update({ monthly: false })
      return told(scope, undefined, 'stopped', task.id)
    }
    try {
      const id = await db.transaction(async (trx) => {
        // Who cancels the series in the meantime waits, or was first: then no month comes.
        const goesOn = { ...own(scope), id: task.id, monthly: true }
        const held = await trx('evaluation_tasks').where(goesOn).whereNull('cancelled_at').update({ monthly: true })
        return held === 0 ? undefined : insert(trx, scope, input, task.createdBy, task.seriesId)
      })
      if (id !== undefined) await told(scope, undefined, 'repeated', id, { from: task.id })
    } catch (error) {
      // Another server was earlier: the unique key holds.
      const made = await db
        .knex('evaluation_tasks')
        .where({ series_id: task.seriesId, calls_from: task.to })
        .first('id')
      if (!made) throw error
    }
  }

  return {
    ...reading,
    existing,
    draw,

    /** @throws AppError `task.invalid` with its fields */
    async create(scope: Scope, userId: number, given: TaskInput): Promise<number> {
      const input = await check(scope, given)
      const id = await db.transaction((trx) => insert(trx, scope, input, userId))
      // It is there: what cannot be drawn now is drawn at the next tick.
      await apart(id, () => draw(scope, id))
      await told(scope, userId, 'created', id, input)
      return id
    },

    /** Another call instead of one that cannot be evaluated; nobody is given the first one again. */
    async replace(scope: Scope, userId: number, id: number, recordingId: string, why: string): Promise<void> {
      await existing(scope, id)
      const reason = why.toWellFormed().replaceAll('\0', '').trim()
      if (reason === '' || reason.length > 200) throw new AppError('task.invalid', 400, {}, { why: 'task.why' })
      const done = await db
        .knex('evaluation_task_items')
        .where({ ...own(scope), task_id: id, recording_id: recordingId })
        .whereNull('evaluation_id')
        .whereNull('replaced_at')
        .update({ replaced_at: now(), replaced_why: reason })
      if (done === 0) throw new AppError('task.not_replaceable', 409)
      await told(scope, userId, 'replaced', id, { recordingId, reason })
      await draw(scope, id)
    },

    /** Nothing more is due of it, and no next month comes; what was evaluated stays. */
    async cancel(scope: Scope, userId: number, id: number): Promise<void> {
      await existing(scope, id)
      const done = await db
        .knex('evaluation_tasks')
        .where({ ...own(scope), id })
        .whereNull('cancelled_at')
        .update({ cancelled_at: now(), monthly: false })
      if (done === 0) throw new AppError('task.cancelled', 409)
      await told(scope, userId, 'cancelled', id)
    },

    /** Draws for what runs, and begins months that have come. Asked for from time to time; several servers do no harm. */
    async tick(): Promise<void> {
      const at = now()
      const ended = await db.knex('evaluation_tasks').where({ monthly: true }).where('calls_to', '<=', at)
      for (const row of ended) await apart(row.id, () => next(taskOf(row), scopeOf(row.agency_id)))
      const running = await db
        .knex('evaluation_tasks')
        .whereNull('cancelled_at')
        .where('calls_from', '<=', at)
        .where('calls_to', '>', at - lateMs)
        .select('id', 'agency_id')
      for (const { id, agency_id } of running) await apart(id, () => draw(scopeOf(agency_id), id))
    },
  }
}
