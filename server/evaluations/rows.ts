// Evaluations as they are read: lists, and one with its answers.
import type { Database, Knex, Scope } from '../database/index.ts'
import type { Answers } from './score.ts'

export const states = ['draft', 'published', 'disputed', 'closed'] as const
export type State = (typeof states)[number]

/** Instants UTC ms; scores points of 100. */
export type EvaluationRow = {
  id: string
  interactionId: string
  recordingId?: string
  calledAt: number
  agentId: number
  agent: string
  queueId?: number
  queue?: string
  formId: number
  form: string
  versionId: number
  version: number
  evaluatorId: number
  evaluator: string
  state: State
  revision: number
  comment: string
  score?: number
  scoreBefore?: number
  fatal: number
  passed?: boolean
  updatedAt: number
  publishedAt?: number
  seenAt?: number
  acknowledgedAt?: number
  disputedAt?: number
  dispute?: string
  closedAt?: number
  closer?: string
  resolution?: string
}
export type EvaluationFilter = {
  /** When it was published, UTC ms, from <= at < to: then drafts are left out. */
  from?: number
  to?: number
  agentId?: number
  /** 0: of no queue. */
  queueId?: number
  formId?: number
  evaluatorId?: number
  state?: State
  /** True: those with a failed critical question. */
  fatal?: boolean
  passed?: boolean
  disputed?: boolean
  /** Of drafts only this person's. */
  draftsOf?: number
  /** What the agent sees. */
  published?: true
}
export type Summary = { all: number; scored: number; mean?: number; fatal: number; disputed: number }

export function createReading({ knex }: Database) {
  const filtered = (scope: Scope, filter: EvaluationFilter): Knex.QueryBuilder => {
    const query = knex('evaluations').where('evaluations.agency_id', scope.agencyId)
    const is = (column: string, value: unknown) =>
      value !== undefined && query.where(`evaluations.${column}`, value as number)
    if (filter.from !== undefined) query.where('evaluations.published_at', '>=', filter.from)
    if (filter.to !== undefined) query.where('evaluations.published_at', '<', filter.to)
    is('agent_id', filter.agentId)
    if (filter.queueId === 0) query.whereNull('evaluations.queue_id')
    else is('queue_id', filter.queueId)
    is('form_id', filter.formId)
    is('evaluator_id', filter.evaluatorId)
    is('state', filter.state)
    is('passed', filter.passed)
    if (filter.fatal) query.where('evaluations.fatal', '>', 0)
    if (filter.disputed) query.whereNotNull('evaluations.disputed_at')
    if (filter.published) query.whereNot('evaluations.state', 'draft')
    const { draftsOf } = filter
    if (draftsOf !== undefined)
      query.where((either) =>
        either.whereNot('evaluations.state', 'draft').orWhere('evaluations.evaluator_id', draftsOf),
      )
    return query
  }
  const whole = (query: Knex.QueryBuilder) =>
    query
      .join('evaluation_forms', 'evaluation_forms.id', 'evaluations.form_id')
      .join('evaluation_form_versions', 'evaluation_form_versions.id', 'evaluations.version_id')
      .leftJoin('users as agents', 'agents.id', 'evaluations.agent_id')
      .leftJoin('users as evaluators', 'evaluators.id', 'evaluations.evaluator_id')
      .leftJoin('users as closers', 'closers.id', 'evaluations.closed_by')
      .leftJoin('queues', 'queues.id', 'evaluations.queue_id')
      .select(
        'evaluations.*',
        'evaluation_forms.name as form_name',
        'evaluation_form_versions.number as version_number',
        'agents.name as agent_name',
        'evaluators.name as evaluator_name',
        'closers.name as closer_name',
        'queues.name as queue_name',
      )
  return {
    /** Latest first. */
    async list(
      scope: Scope,
      filter: EvaluationFilter,
      { size, offset }: { size: number; offset: number },
    ): Promise<{ rows: EvaluationRow[]; total: number }> {
      const [count] = await filtered(scope, filter).count({ total: '*' })
      const rows = await whole(filtered(scope, filter))
        .orderByRaw('coalesce(evaluations.published_at, evaluations.updated_at) desc')
        .orderBy('evaluations.id')
        .limit(size)
        .offset(offset)
      return { rows: rows.map(rowOf), total: Number(count?.total ?? 0) }
    },
    /** Of those that were published. */
    async summary(scope: Scope, filter: EvaluationFilter): Promise<Summary> {
      const [row] = await filtered(scope, { ...filter, published: true })
        .count({ all: '*', scored: 'evaluations.score', disputed: 'evaluations.disputed_at' })
        .sum({ points: 'evaluations.score' })
        .select(knex.raw('sum(case when evaluations.fatal > 0 then 1 else 0 end) as fatal'))
      const scored = Number(row?.scored ?? 0)
      return {
        all: Number(row?.all ?? 0),
        scored,
        ...(scored > 0 ? { mean: Number(row?.points) / scored / 100 } : {}),
        fatal: Number(row?.fatal ?? 0),
        disputed: Number(row?.disputed ?? 0),
      }
    },
    async byId(scope: Scope, id: string): Promise<EvaluationRow | undefined> {
      const row = await whole(filtered(scope, {})).where('evaluations.id', id).first()
      return row && rowOf(row)
    },
    async answers(scope: Scope, id: string): Promise<Answers> {
      const rows = await knex('evaluation_answers').where({ agency_id: scope.agencyId, evaluation_id: id })
      return Object.fromEntries(
        rows.map((row) => [
          row.question,
          {
            ...(row.value === null ? {} : { value: row.value }),
            ...(row.comment === null ? {} : { comment: row.comment }),
            ...(row.at_ms === null ? {} : { atMs: Number(row.at_ms) }),
          },
        ]),
      )
    },
    /** Those of a call that the asking person may know of. */
    async ofInteraction(scope: Scope, interactionId: string, filter: EvaluationFilter): Promise<EvaluationRow[]> {
      const query = whole(filtered(scope, filter)).where('evaluations.interaction_id', interactionId)
      return (await query.orderBy('evaluations.created_at').limit(50)).map(rowOf)
    },
    /** Published, and not opened by the agent yet. */
    async unseen(scope: Scope, agentId: number): Promise<number> {
      const [row] = await filtered(scope, { agentId, published: true })
        .whereNull('evaluations.seen_at')
        .count({ count: '*' })
      return Number(row?.count ?? 0)
    },
    async names(scope: Scope): Promise<{
      queues: { id: number; name: string }[]
      agents: { id: number; name: string; active: boolean }[]
      evaluators: { id: number; name: string; active: boolean }[]
    }> {
      const own = { agency_id: scope.agencyId }
      const people = (roles: string[]) =>
        knex('users').where(own).whereIn('role', roles).orderBy('name').select('id', 'name', 'active')
      const [queues, agents, evaluators] = await Promise.all([
        knex('queues').where(own).orderBy('name').select('id', 'name'),
        people(['agent']),
        people(['supervisor', 'agency_administrator', 'administrator']),
      ])
      const plain = (rows: { id: number; name: string; active: unknown }[]) =>
        rows.map((row) => ({ ...row, active: Boolean(row.active) }))
      return { queues, agents: plain(agents), evaluators: plain(evaluators) }
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row of a join, as the driver gives it
function rowOf(row: any): EvaluationRow {
  const given = (name: string, value: unknown) => (value === null || value === undefined ? {} : { [name]: value })
  const number = (name: string, value: unknown, over = 1) =>
    given(name, value === null || value === undefined ? null : Number(value) / over)
  return {
    id: row.id,
    interactionId: row.interaction_id,
    ...given('recordingId', row.recording_id),
    calledAt: Number(row.called_at),
    agentId: row.agent_id,
    agent: row.agent_name ?? `#${row.agent_id}`,
    ...number('queueId', row.queue_id),
    ...given('queue', row.queue_name),
    formId: row.form_id,
    form: row.form_name,
    versionId: row.version_id,
    version: row.version_number,
    evaluatorId: row.evaluator_id,
    evaluator: row.evaluator_name ?? `#${row.evaluator_id}`,
    state: row.state,
    revision: row.revision,
    comment: row.comment,
    ...number('score', row.score, 100),
    ...number('scoreBefore', row.score_before, 100),
    fatal: Number(row.fatal),
    ...given('passed', row.passed === null ? null : Boolean(row.passed)),
    updatedAt: Number(row.updated_at),
    ...number('publishedAt', row.published_at),
    ...number('seenAt', row.seen_at),
    ...number('acknowledgedAt', row.acknowledged_at),
    ...number('disputedAt', row.disputed_at),
    ...given('dispute', row.dispute),
    ...number('closedAt', row.closed_at),
    ...given('closer', row.closer_name),
    ...given('resolution', row.resolution),
  }
}
