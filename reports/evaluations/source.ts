import { setImmediate } from 'node:timers/promises'
import type { Database, Knex, Scope } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import type { Source } from '../explain/source.ts'
import type { EvaluationFact, Interval, SectionFact } from '../metrics/index.ts'

type Of = {
  id: string
  publishedAt: number
  interactionId: string
  agentId: number
  queueId: number | null
  formId: number
  form: string
}
export type Evaluation = EvaluationFact & Of
export type EvaluatedSection = SectionFact & Of & { section: string }
type Asked = { period: Interval; where: Where }

const windowMs = 7 * 86_400_000
/** Kept as hundredths of a point. */
const points = (value: unknown) => (value === null || value === undefined ? null : Number(value) / 100)

/** Published ones by the instant they were, a week at a time; `where.subject` is the agent. */
async function* windows<Row>(
  db: Database,
  { agencyId }: Scope,
  { period, where }: Asked,
  read: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
): AsyncGenerator<Row> {
  for (let from = period.from; from < period.to; from += windowMs) {
    const query = db
      .knex('evaluations')
      .join('evaluation_forms', 'evaluation_forms.id', 'evaluations.form_id')
      .where('evaluations.agency_id', agencyId)
      .where('evaluations.published_at', '>=', from)
      .where('evaluations.published_at', '<', Math.min(from + windowMs, period.to))
    if (where.subject !== undefined) query.where('evaluations.agent_id', where.subject)
    if (where.queueId !== undefined) query.where('evaluations.queue_id', where.queueId || null)
    if (where.formId !== undefined) query.where('evaluations.form_id', where.formId)
    yield* (await read(query).select('evaluations.*', 'evaluation_forms.name as form_name')) as Row[]
    await setImmediate()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the database gives it
const of = (row: any): Of => ({
  id: row.id,
  publishedAt: Number(row.published_at),
  interactionId: row.interaction_id,
  agentId: row.agent_id,
  queueId: row.queue_id,
  formId: row.form_id,
  form: row.form_name,
})
// biome-ignore lint/suspicious/noExplicitAny: a row as the database gives it
const evaluationOf = (row: any): Evaluation => ({
  ...of(row),
  score: points(row.score),
  fatal: Number(row.fatal) > 0,
  passed: Boolean(row.passed),
  acknowledged: row.acknowledged_at !== null,
  disputed: row.disputed_at !== null,
  corrected: row.score_before !== null,
})

export async function* eachEvaluation(db: Database, scope: Scope, asked: Asked): AsyncGenerator<Evaluation> {
  const read = (query: Knex.QueryBuilder) => query.orderBy(['evaluations.published_at', 'evaluations.id'])
  for await (const row of windows(db, scope, asked, read)) yield evaluationOf(row)
}

export async function* eachSection(db: Database, scope: Scope, asked: Asked): AsyncGenerator<EvaluatedSection> {
  const { section } = asked.where
  const read = (query: Knex.QueryBuilder) => {
    query
      .join('evaluation_sections', 'evaluation_sections.evaluation_id', 'evaluations.id')
      .orderBy(['evaluations.published_at', 'evaluations.id', 'evaluation_sections.section'])
      .select('evaluation_sections.section', 'evaluation_sections.score as section_score')
    return section === undefined ? query : query.where('evaluation_sections.section', section)
  }
  for await (const row of windows<{ section: string; section_score: number | null }>(db, scope, asked, read))
    yield { ...of(row), section: row.section, score: points(row.section_score) }
}

const told = (one: Of & { score: number | null }, why: string) => ({
  at: one.publishedAt,
  interactionId: one.interactionId,
  href: `/evaluations/${one.id}`,
  title: [one.form, ...(one.score === null ? [] : [one.score.toFixed(1).replace('.', ',')])].join(' · '),
  agentId: one.agentId,
  ...(one.queueId ? { queueId: one.queueId } : {}),
  why,
})

export const evaluationSource: Source = async function* (db, scope, asked) {
  for await (const one of eachEvaluation(db, scope, asked))
    yield { kind: 'evaluations', fact: one, told: told(one, `evaluation_${wordOf(one)}`) }
}

export const sectionSource: Source = async function* (db, scope, asked) {
  for await (const one of eachSection(db, scope, asked)) {
    const why = one.score === null ? 'section_not_applicable' : 'section_scored'
    yield { kind: 'evaluatedSections', fact: one, told: told(one, why) }
  }
}

function wordOf({ score, fatal, passed }: EvaluationFact): string {
  if (fatal) return 'fatal'
  if (score === null) return 'unscored'
  return passed ? 'passed' : 'not_passed'
}

/** What sections are called in the last version that has them, in the order of the form. */
export async function sectionNames(
  db: Database,
  { agencyId }: Scope,
  formIds: readonly number[],
): Promise<Map<string, { title: string; place: number }>> {
  const rows = await db
    .knex('evaluation_form_versions')
    .where({ agency_id: agencyId, state: 'published' })
    .whereIn('form_id', formIds)
    .orderBy('number')
    .select('form_id', 'content')
  const names = new Map<string, { title: string; place: number }>()
  for (const { form_id, content } of rows)
    for (const [place, { id, title }] of (JSON.parse(content).sections as { id: string; title: string }[]).entries())
      names.set(`${form_id} ${id}`, { title, place })
  return names
}
