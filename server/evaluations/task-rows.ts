// Tasks as they are read, with how far they are.
import type { Database, Scope } from '../database/index.ts'

/** Instants UTC ms, durations ms. */
export type Task = {
  id: number
  name: string
  formId: number
  evaluatorId: number
  queueId?: number
  agentIds: number[]
  perAgent: number
  minMs: number
  from: number
  to: number
  dueAt: number
  seed: string
  monthly: boolean
  seriesId?: number
  createdBy: number
  drawnAt?: number
  cancelledAt?: number
}
export type TaskItem = {
  taskId: number
  recordingId: string
  interactionId: string
  agentId: number
  agent: string
  calledAt: number
  durationMs?: number
  /** Of its recording now: it may have gone since the draw. */
  recorded: boolean
  evaluationId?: string
  /** Its evaluation is published. */
  done: boolean
  replacedAt?: number
  why?: string
}
export type TaskAgent = {
  agentId: number
  agent: string
  eligible: number
  unrecorded: number
  drawn: number
  done: number
  /** Calls that are missing to what was asked for, as far as the period has gone by. */
  short: number
}
export type TaskProgress = Task & {
  form: string
  evaluator: string
  queue?: string
  wanted: number
  drawn: number
  done: number
  state: 'cancelled' | 'done' | 'overdue' | 'running' | 'open'
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the database gives it
export function taskOf(row: any): Task {
  const given = (name: string, value: unknown) =>
    value === null || value === undefined ? {} : { [name]: Number(value) }
  return {
    id: row.id,
    name: row.name,
    formId: row.form_id,
    evaluatorId: row.evaluator_id,
    ...given('queueId', row.queue_id),
    agentIds: JSON.parse(row.agent_ids),
    perAgent: row.per_agent,
    minMs: Number(row.min_ms),
    from: Number(row.calls_from),
    to: Number(row.calls_to),
    dueAt: Number(row.due_at),
    seed: row.seed,
    monthly: Boolean(row.monthly),
    ...given('seriesId', row.series_id),
    createdBy: row.created_by,
    ...given('drawnAt', row.drawn_at),
    ...given('cancelledAt', row.cancelled_at),
  }
}

export function createTaskReading({ knex }: Database, now: () => number) {
  const own = ({ agencyId }: Scope) => ({ agency_id: agencyId })
  const whole = (scope: Scope) =>
    knex('evaluation_tasks as t')
      .where('t.agency_id', scope.agencyId)
      .join('evaluation_forms as f', 'f.id', 't.form_id')
      .leftJoin('users as u', 'u.id', 't.evaluator_id')
      .leftJoin('queues as q', 'q.id', 't.queue_id')
      .select('t.*', 'f.name as form_name', 'u.name as evaluator_name', 'q.name as queue_name')
  const itemsOf = (scope: Scope) =>
    knex('evaluation_task_items as i')
      .where('i.agency_id', scope.agencyId)
      .leftJoin('users as u', 'u.id', 'i.agent_id')
      .leftJoin('recordings as r', 'r.id', 'i.recording_id')
      .leftJoin('evaluations as e', 'e.id', 'i.evaluation_id')
      .select(
        'i.*',
        'u.name as agent_name',
        'r.duration_ms',
        'r.state as recording_state',
        'e.state as evaluation_state',
      )

  // biome-ignore lint/suspicious/noExplicitAny: rows of a join, as the driver gives them
  async function progressed(scope: Scope, rows: any[]): Promise<TaskProgress[]> {
    const ids = rows.map(({ id }) => id)
    const items = await knex('evaluation_task_items as i')
      .leftJoin('evaluations as e', 'e.id', 'i.evaluation_id')
      .where('i.agency_id', scope.agencyId)
      .whereIn('i.task_id', ids)
      .whereNull('i.replaced_at')
      .groupBy('i.task_id')
      .select('i.task_id')
      .count({ drawn: '*' })
      .select(knex.raw("sum(case when e.state is not null and e.state <> 'draft' then 1 else 0 end) as done"))
    const agents = await knex('evaluation_task_agents')
      .where(own(scope))
      .whereIn('task_id', ids)
      .groupBy('task_id')
      .select('task_id')
      .count({ agents: '*' })
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const numbers = new Map((items as any[]).map((row) => [row.task_id, row]))
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const people = new Map((agents as any[]).map((row) => [row.task_id, Number(row.agents)]))
    return rows.map((row) => {
      const task = taskOf(row)
      const drawn = Number(numbers.get(task.id)?.drawn ?? 0)
      const done = Number(numbers.get(task.id)?.done ?? 0)
      const wanted = (people.get(task.id) ?? 0) * task.perAgent
      return {
        ...task,
        form: row.form_name,
        evaluator: row.evaluator_name ?? `#${row.evaluator_id}`,
        ...(row.queue_name === null ? {} : { queue: row.queue_name }),
        ...{ wanted, drawn, done, state: stateOf(task, drawn, done, now()) },
      }
    })
  }

  return {
    async byId(scope: Scope, id: number): Promise<Task | undefined> {
      const row = await knex('evaluation_tasks')
        .where({ ...own(scope), id })
        .first()
      return row && taskOf(row)
    },
    /** Those that are due first; cancelled ones last. */
    async list(scope: Scope, { size, offset }: { size: number; offset: number }) {
      const [count] = await knex('evaluation_tasks').where(own(scope)).count({ total: '*' })
      const rows = await whole(scope)
        .orderByRaw('case when t.cancelled_at is null then 0 else 1 end')
        .orderBy('t.due_at', 'desc')
        .orderBy('t.id')
        .limit(size)
        .offset(offset)
      return { rows: await progressed(scope, rows), total: Number(count?.total ?? 0) }
    },
    async progress(scope: Scope, id: number): Promise<TaskProgress | undefined> {
      const rows = await whole(scope).where('t.id', id)
      return (await progressed(scope, rows))[0]
    },
    async items(scope: Scope, id: number): Promise<TaskItem[]> {
      const rows = await itemsOf(scope)
        .where('i.task_id', id)
        .orderBy(['u.name', 'i.agent_id', 'i.called_at', 'i.recording_id'])
      return rows.map(itemOf)
    },
    async agents(scope: Scope, task: Task): Promise<TaskAgent[]> {
      const rows = await knex('evaluation_task_agents as a')
        .leftJoin('users as u', 'u.id', 'a.agent_id')
        .where({ 'a.agency_id': scope.agencyId, 'a.task_id': task.id })
        .orderBy('u.name')
        .select('a.*', 'u.name')
      const items = (await this.items(scope, task.id)).filter(({ replacedAt }) => replacedAt === undefined)
      return rows.map((row) => {
        const mine = items.filter(({ agentId }) => agentId === row.agent_id)
        return {
          agentId: row.agent_id,
          agent: row.name ?? `#${row.agent_id}`,
          ...{ eligible: Number(row.eligible), unrecorded: Number(row.unrecorded) },
          ...{ drawn: mine.length, done: mine.filter(({ done }) => done).length },
          short: Math.max(0, task.perAgent - Number(row.eligible)),
        }
      })
    },
    /** What this person still has to evaluate, what is due first. */
    async due(scope: Scope, evaluatorId: number, limit: number) {
      const open = () =>
        itemsOf(scope)
          .join('evaluation_tasks as t', 't.id', 'i.task_id')
          .where('t.evaluator_id', evaluatorId)
          .whereNull('t.cancelled_at')
          .whereNull('i.replaced_at')
          .where((either) => either.whereNull('e.id').orWhere('e.state', 'draft'))
      const [count] = await open().clearSelect().count({ total: '*' })
      const rows = await open()
        .select('t.name as task_name', 't.due_at', 't.form_id')
        .orderBy(['t.due_at', 'i.called_at', 'i.recording_id'])
        .limit(limit)
      return {
        total: Number(count?.total ?? 0),
        rows: rows.map((row) => ({
          ...itemOf(row),
          ...{ task: row.task_name as string, formId: row.form_id as number },
          ...{ dueDay: Number(row.due_at) - 1, overdue: Number(row.due_at) < now() },
        })),
      }
    },
  }
}

function stateOf(task: Task, drawn: number, done: number, now: number): TaskProgress['state'] {
  if (task.cancelledAt !== undefined) return 'cancelled'
  if (now < task.to) return 'running'
  if (done >= drawn) return 'done'
  return now > task.dueAt ? 'overdue' : 'open'
}

// biome-ignore lint/suspicious/noExplicitAny: a row of a join, as the driver gives it
function itemOf(row: any): TaskItem {
  return {
    taskId: row.task_id,
    recordingId: row.recording_id,
    interactionId: row.interaction_id,
    agentId: row.agent_id,
    agent: row.agent_name ?? `#${row.agent_id}`,
    calledAt: Number(row.called_at),
    ...(row.duration_ms === null ? {} : { durationMs: Number(row.duration_ms) }),
    recorded: row.recording_state === 'present',
    ...(row.evaluation_id === null ? {} : { evaluationId: row.evaluation_id }),
    done: row.evaluation_state !== null && row.evaluation_state !== 'draft',
    ...(row.replaced_at === null ? {} : { replacedAt: Number(row.replaced_at) }),
    ...(row.replaced_why === null ? {} : { why: row.replaced_why }),
  }
}
