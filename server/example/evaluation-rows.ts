import { insertId, type Knex } from '../database/index.ts'
import { type Answers, type Score, scoreOf } from '../evaluations/index.ts'
import { commentPlan, disputePlan, formName, formPlan, resolutionPlan } from './evaluation-plan.ts'
import type { DayRows, DayWindow } from './history-types.ts'
import type { Chance } from './random.ts'

const A_DAY = 7
const HOUR = 3_600_000
const DAY = 24 * HOUR

type Row = Record<string, string | number | boolean | null>
export type EvaluationRows = Record<'evaluations' | 'evaluation_answers' | 'evaluation_sections', Row[]>
export type ExampleForm = { formId: number; versionId: number; evaluatorId: number }

/** The example's form, published; made when it is not there. */
export async function exampleForm(knex: Knex, agency_id: number, at: number): Promise<ExampleForm> {
  const evaluator = await knex('users').where({ agency_id, role: 'supervisor' }).orderBy('id').first('id')
  const found = await knex('evaluation_forms').where({ agency_id, name: formName }).first('id')
  if (found) {
    const version = await knex('evaluation_form_versions').where({ form_id: found.id, number: 1 }).first('id')
    return { formId: found.id, versionId: version.id, evaluatorId: evaluator.id }
  }
  return knex.transaction(async (trx) => {
    const formId = await insertId(trx('evaluation_forms').insert({ agency_id, name: formName, created_at: at }))
    const version = { form_id: formId, number: 1, state: 'published', content: JSON.stringify(formPlan) }
    const published = { updated_at: at, published_at: at, published_by: evaluator.id }
    const versionId = await insertId(trx('evaluation_form_versions').insert({ agency_id, ...version, ...published }))
    return { formId, versionId, evaluatorId: evaluator.id }
  })
}

/** Some talks of a day, judged before it closes; nothing that was said to it is later than `until`. */
export function evaluationDay(
  { talk_segments: talks }: Pick<DayRows, 'talk_segments'>,
  form: ExampleForm,
  { closes }: DayWindow,
  until: number,
  chance: Chance,
): EvaluationRows {
  const rows: EvaluationRows = { evaluations: [], evaluation_answers: [], evaluation_sections: [] }
  const ended = talks.filter((one) => one.ended_at !== null && one.ended_at - one.answered_at > 60_000)
  const chosen = new Set<(typeof talks)[number]>()
  for (let tries = 0; ended.length > 0 && chosen.size < A_DAY && tries < 40; tries++) chosen.add(chance.pick(ended))
  for (const talk of chosen) {
    const earliest = (talk.ended_at as number) + 15 * 60_000
    if (earliest > closes) continue
    const published = chance.between(earliest, closes)
    const id = chance.uuid()
    const { agency_id } = talk
    const first = answersOf(talk.agent_id, chance)
    const before = scoreOf(formPlan, first)
    const fatal = before.fatal.length > 0
    const correctable = !fatal && [first.despedida?.value, first.registro?.value].includes('no')
    const life = lifeOf(published, until, { fatal, correctable }, chance)
    const corrected = life.resolution === resolutionPlan.corrected
    const answers = corrected ? { ...first, despedida: { value: 'yes' }, registro: { value: 'yes' } } : first
    const score = corrected ? scoreOf(formPlan, answers) : before
    rows.evaluations.push({
      ...{ id, agency_id, interaction_id: talk.interaction_id, recording_id: null, called_at: talk.answered_at },
      ...{ agent_id: talk.agent_id, queue_id: talk.queue_id, form_id: form.formId, version_id: form.versionId },
      ...{ evaluator_id: form.evaluatorId, revision: 2, comment: chance.pick(commentPlan[wordOf(before, first)]) },
      ...{ score: hundredths(score.score), score_before: corrected ? hundredths(before.score) : null },
      ...{ fatal: score.fatal.length, passed: score.passed, created_at: published - 900_000, published_at: published },
      ...life,
      closed_by: life.resolution === null ? null : form.evaluatorId,
      updated_at: life.closed_at ?? life.disputed_at ?? published,
    })
    for (const [question, { value = null, comment = null, atMs = null }] of Object.entries(answers))
      rows.evaluation_answers.push({ ...{ evaluation_id: id, agency_id, question, value, comment }, at_ms: atMs })
    for (const { id: section, score: points } of score.sections)
      rows.evaluation_sections.push({ ...{ evaluation_id: id, agency_id, section }, score: hundredths(points) })
  }
  return rows
}

function wordOf({ score, fatal }: Score, answers: Answers): keyof typeof commentPlan {
  if (fatal.length > 0) return 'fatal'
  if (Number(answers.tono?.value) < 4) return 'curt'
  return (score ?? 0) < 80 ? 'weak' : 'good'
}

const hundredths = (points: number | null) => (points === null ? null : Math.round(points * 100))

/** Some agents greet better than others, whatever the day. */
function answersOf(agentId: number, chance: Chance): Answers {
  const skill = 0.6 + ((agentId * 7) % 10) * 0.038
  const yes = (more = 0) => (chance.chance(Math.min(0.99, skill + more)) ? 'yes' : 'no')
  const grade = () => String(Math.max(1, Math.min(5, Math.round(2.4 + 2.6 * skill + (chance.next() - 0.6) * 2))))
  const tone = grade()
  return {
    saludo: { value: yes(0.15) },
    tono: { value: tone, ...(Number(tone) < 4 ? { comment: 'Apurado al explicar los requisitos.' } : {}) },
    escucha: { value: chance.chance(0.1) ? 'na' : grade() },
    pedido: { value: yes(0.12) },
    informacion: { value: chance.chance(skill) ? 'completa' : chance.chance(0.8) ? 'errores' : 'incorrecta' },
    registro: { value: chance.chance(0.15) ? 'na' : yes(0.05) },
    identidad: { value: chance.chance(0.4) ? 'na' : chance.chance(0.94) ? 'yes' : 'no' },
    confirma: { value: yes() },
    despedida: { value: yes(0.1) },
  }
}

type Life = {
  state: string
  seen_at: number | null
  acknowledged_at: number | null
  disputed_at: number | null
  dispute: string | null
  closed_at: number | null
  resolution: string | null
}

/** What the agent said to it, as far as it has happened by `until`. */
function lifeOf(
  published: number,
  until: number,
  { fatal, correctable }: { fatal: boolean; correctable: boolean },
  chance: Chance,
): Life {
  const life: Life = {
    ...{ state: 'published', seen_at: null, acknowledged_at: null, disputed_at: null, dispute: null },
    ...{ closed_at: null, resolution: null },
  }
  const seen = published + Math.round(chance.exponential(0.7 * DAY))
  const answered = seen + chance.between(2, 40) * 60_000
  const resolved = answered + Math.round(chance.exponential(1.5 * DAY))
  const disputes = chance.chance(fatal ? 0.5 : correctable ? 0.2 : 0.05)
  const why = fatal ? 'fatal' : correctable ? 'correctable' : 'other'
  const [dispute, corrects] = [chance.pick(disputePlan[why]), chance.chance(0.7) && correctable]
  if (seen > until) return life
  life.seen_at = seen
  if (answered > until) return life
  if (!disputes) return { ...life, state: 'closed', acknowledged_at: answered, closed_at: answered }
  Object.assign(life, { state: 'disputed', disputed_at: answered, dispute })
  if (resolved > until) return life
  const resolution = corrects ? resolutionPlan.corrected : resolutionPlan.upheld
  return { ...life, state: 'closed', closed_at: resolved, resolution }
}
