// What becomes of an evaluation: begun, kept as a draft, published, seen, acknowledged or disputed, closed.
import { randomUUID } from 'node:crypto'
import type { Database, Knex, Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import { type Draft, limits, questionsOf, valuesOf } from './form.ts'
import type { Forms } from './forms.ts'
import { createReading, type EvaluationRow } from './rows.ts'
import { type Answers, type Score, scoreOf } from './score.ts'

/** What the evaluator sends: the answers as they are now, over the revision that was read. */
export type Work = { revision: number; answers: Answers; comment: string }
/** A talk of an agent that can be evaluated. */
export type Talk = {
  interactionId: string
  agentId: number
  agent: string
  calledAt: number
  recordingId?: string
  queueId?: number
  queue?: string
}
export type Evaluations = ReturnType<typeof createEvaluationStore>

const longest = 86_400_000

/** Answers as they are kept. @throws AppError `evaluation.invalid` with the questions at fault */
export function checkAnswers(content: Draft, answers: Answers): Answers {
  const questions = new Map(questionsOf(content).map((one) => [one.id, one]))
  const fields: Record<string, string> = {}
  const kept: Answers = {}
  for (const [id, { value, comment, atMs }] of Object.entries(answers)) {
    const question = questions.get(id)
    const text = clean(comment ?? '')
    if (!question) fields[id] = 'evaluation.unknown_question'
    else if (value !== undefined && !valuesOf(question).includes(value)) fields[id] = 'evaluation.unknown_answer'
    else if (text.length > limits.comment) fields[id] = 'evaluation.long_comment'
    else if (atMs !== undefined && !(Number.isSafeInteger(atMs) && atMs >= 0 && atMs <= longest))
      fields[id] = 'evaluation.bad_mark'
    else if (value !== undefined || text !== '' || atMs !== undefined)
      kept[id] = {
        ...(value === undefined ? {} : { value }),
        ...(text === '' ? {} : { comment: text }),
        ...(atMs === undefined ? {} : { atMs }),
      }
  }
  if (Object.keys(fields).length > 0) throw new AppError('evaluation.invalid', 400, {}, fields)
  return kept
}

/** NUL and halves of characters are in no text. */
const clean = (text: string) => text.toWellFormed().replaceAll('\0', '').replace(/\r\n?/g, '\n').trim()

/** A text that has to be there. @throws AppError */
function required(text: string, field: string, missing: string): string {
  const kept = clean(text)
  if (kept === '') throw new AppError('evaluation.invalid', 400, {}, { [field]: missing })
  if (kept.length > limits.comment)
    throw new AppError('evaluation.invalid', 400, {}, { [field]: 'evaluation.long_comment' })
  return kept
}

export function createEvaluationStore(deps: { db: Database; audit: Audit; forms: Forms; now: () => number }) {
  const { db, audit, forms, now } = deps
  const reading = createReading(db)
  const own = ({ agencyId }: Scope) => ({ agency_id: agencyId })
  const told = (scope: Scope, userId: number, action: string, id: string, detail: object = {}) =>
    audit.record(scope, { userId, action: `evaluation.${action}`, subjectType: 'evaluation', subjectId: id, detail })

  async function existing(scope: Scope, id: string): Promise<EvaluationRow> {
    const row = await reading.byId(scope, id)
    if (!row) throw new AppError('evaluation.not_found', 404)
    return row
  }
  async function contentOf(scope: Scope, { versionId }: EvaluationRow): Promise<Draft> {
    const version = await forms.version(scope, versionId)
    if (!version) throw new AppError('form.not_found', 404)
    return version.content
  }
  /** The agent's own, as far as agents may know of it. */
  async function ofAgent(scope: Scope, agentId: number, id: string): Promise<EvaluationRow> {
    const row = await existing(scope, id)
    if (row.agentId !== agentId || row.state === 'draft') throw new AppError('evaluation.not_found', 404)
    return row
  }

  /** Changes the row while it is in that state, and at that revision; nothing when somebody was earlier. */
  async function move(
    trx: Knex,
    scope: Scope,
    id: string,
    from: { state: string; revision?: number },
    change: object,
  ): Promise<void> {
    const done = await trx('evaluations')
      .where({ ...own(scope), id, ...from })
      .update({ ...change, updated_at: now() })
    if (done === 0) throw new AppError('evaluation.changed', 409)
  }
  async function writeAnswers(trx: Knex, scope: Scope, id: string, answers: Answers): Promise<void> {
    await trx('evaluation_answers')
      .where({ ...own(scope), evaluation_id: id })
      .delete()
    const rows = Object.entries(answers).map(([question, { value, comment, atMs }]) => ({
      ...own(scope),
      ...{ evaluation_id: id, question, value: value ?? null, comment: comment ?? null, at_ms: atMs ?? null },
    }))
    if (rows.length > 0) await trx('evaluation_answers').insert(rows)
  }
  async function writeSections(trx: Knex, scope: Scope, id: string, { sections }: Score): Promise<void> {
    await trx('evaluation_sections')
      .where({ ...own(scope), evaluation_id: id })
      .delete()
    const rows = sections.map(({ id: section, score }) => ({
      ...own(scope),
      ...{ evaluation_id: id, section, score: hundredths(score) },
    }))
    await trx('evaluation_sections').insert(rows)
  }

  return {
    ...reading,
    existing,
    ofAgent,
    contentOf,

    /** The talk that a recording is of. @throws AppError `evaluation.no_call` */
    async talkOf(scope: Scope, recordingId: string): Promise<Talk> {
      const row = await db
        .knex('recordings')
        .join('users', 'users.id', 'recordings.agent_id')
        .leftJoin('queues', 'queues.id', 'recordings.queue_id')
        .where({ 'recordings.agency_id': scope.agencyId, 'recordings.id': recordingId, 'recordings.kind': 'call' })
        .first('recordings.*', 'users.name as agent_name', 'queues.name as queue_name')
      if (!row) throw new AppError('evaluation.no_call', 404)
      return {
        interactionId: row.interaction_id,
        agentId: row.agent_id,
        agent: row.agent_name,
        calledAt: Number(row.started_at),
        recordingId: row.id,
        ...(row.queue_id === null ? {} : { queueId: row.queue_id }),
        ...(row.queue_name === null ? {} : { queue: row.queue_name }),
      }
    },

    /** An evaluation to work on: a new one, or the one that this person had begun. */
    async begin(scope: Scope, userId: number, talk: Talk, formId: number): Promise<string> {
      if (talk.agentId === userId) throw new AppError('evaluation.own_call', 409)
      const version = await forms.current(scope, formId)
      const key = {
        ...{ interaction_id: talk.interactionId, agent_id: talk.agentId },
        ...{ form_id: formId, evaluator_id: userId },
      }
      const at = now()
      const id: string = randomUUID()
      await db
        .knex('evaluations')
        .insert({
          ...own(scope),
          ...key,
          ...{ id, recording_id: talk.recordingId ?? null, called_at: talk.calledAt, queue_id: talk.queueId ?? null },
          ...{ version_id: version.id, state: 'draft', comment: '', created_at: at, updated_at: at },
        })
        .onConflict(['interaction_id', 'agent_id', 'form_id', 'evaluator_id'])
        .ignore()
      const found = await db
        .knex('evaluations')
        .where({ ...own(scope), ...key })
        .first('id')
      if (!found) throw new AppError('evaluation.no_call', 404)
      if (found.id === id)
        await told(scope, userId, 'begun', id, { interactionId: talk.interactionId, agentId: talk.agentId, formId })
      // Whatever it was drawn for is being done.
      if (talk.recordingId)
        await db
          .knex('evaluation_task_items')
          .where({ ...own(scope), recording_id: talk.recordingId })
          .whereNull('evaluation_id')
          .whereNull('replaced_at')
          .whereIn(
            'task_id',
            db
              .knex('evaluation_tasks')
              .where({ ...own(scope), evaluator_id: userId, form_id: formId })
              .select('id'),
          )
          .update({ evaluation_id: found.id })
      return found.id
    },

    /** A draft of this person. @throws AppError `evaluation.not_yours`, `evaluation.changed` (it is no draft any more) */
    draft: mine,

    /** Keeps what there is; returns the revision. @throws AppError `evaluation.changed`, `evaluation.invalid` */
    async save(scope: Scope, userId: number, id: string, work: Work): Promise<{ revision: number; score: Score }> {
      const row = await mine(scope, userId, id)
      const content = await contentOf(scope, row)
      const answers = checkAnswers(content, work.answers)
      const comment = shortEnough(work.comment)
      await db.transaction(async (trx) => {
        const from = { state: 'draft', revision: work.revision }
        await move(trx, scope, id, from, { comment, revision: work.revision + 1 })
        await writeAnswers(trx, scope, id, answers)
      })
      return { revision: work.revision + 1, score: scoreOf(content, answers) }
    },

    /** From here on the agent sees it. @throws AppError `evaluation.incomplete` with the questions that lack an answer */
    async publish(scope: Scope, userId: number, id: string, work: Work): Promise<Score> {
      const row = await mine(scope, userId, id)
      const content = await contentOf(scope, row)
      const answers = checkAnswers(content, work.answers)
      const score = complete(content, answers)
      const comment = shortEnough(work.comment)
      await db.transaction(async (trx) => {
        const from = { state: 'draft', revision: work.revision }
        const change = {
          ...scored(score),
          comment,
          state: 'published',
          published_at: now(),
          revision: work.revision + 1,
        }
        await move(trx, scope, id, from, change)
        await writeAnswers(trx, scope, id, answers)
        await writeSections(trx, scope, id, score)
      })
      await told(scope, userId, 'published', id, { agentId: row.agentId, score: score.score, fatal: score.fatal })
      return score
    },

    /** A draft that comes to nothing. */
    async discard(scope: Scope, userId: number, id: string): Promise<void> {
      await mine(scope, userId, id)
      await db.transaction(async (trx) => {
        const gone = await trx('evaluations')
          .where({ ...own(scope), id, state: 'draft' })
          .delete()
        if (gone === 0) throw new AppError('evaluation.changed', 409)
        await trx('evaluation_answers')
          .where({ ...own(scope), evaluation_id: id })
          .delete()
        await trx('evaluation_task_items')
          .where({ ...own(scope), evaluation_id: id })
          .update({ evaluation_id: null })
      })
      await told(scope, userId, 'discarded', id)
    },

    async seen(scope: Scope, agentId: number, id: string): Promise<void> {
      const row = await ofAgent(scope, agentId, id)
      if (row.seenAt === undefined)
        await db
          .knex('evaluations')
          .where({ ...own(scope), id })
          .whereNull('seen_at')
          .update({ seen_at: now() })
    },
    /** The agent takes note: that closes it. */
    async acknowledge(scope: Scope, agentId: number, id: string): Promise<void> {
      await ofAgent(scope, agentId, id)
      const at = now()
      await move(db.knex, scope, id, { state: 'published' }, { state: 'closed', acknowledged_at: at, closed_at: at })
      await told(scope, agentId, 'acknowledged', id)
    },
    async dispute(scope: Scope, agentId: number, id: string, why: string): Promise<void> {
      await ofAgent(scope, agentId, id)
      const dispute = required(why, 'text', 'evaluation.no_reason')
      await move(db.knex, scope, id, { state: 'published' }, { state: 'disputed', disputed_at: now(), dispute })
      await told(scope, agentId, 'disputed', id)
    },

    /**
     * Answers a dispute: what was said stands, or `corrected` answers take its place (the score before is kept).
     * @throws AppError `evaluation.changed`, `evaluation.incomplete`
     */
    async close(
      scope: Scope,
      userId: number,
      id: string,
      { text, revision, corrected }: { text: string; revision: number; corrected?: Answers },
    ): Promise<void> {
      const row = await existing(scope, id)
      if (row.agentId === userId) throw new AppError('evaluation.own_call', 409)
      if (row.state !== 'disputed') throw new AppError('evaluation.changed', 409)
      const resolution = required(text, 'text', 'evaluation.no_resolution')
      const content = await contentOf(scope, row)
      const answers = corrected && checkAnswers(content, corrected)
      const score = answers && complete(content, answers)
      const change = { state: 'closed', closed_at: now(), closed_by: userId, resolution, revision: revision + 1 }
      await db.transaction(async (trx) => {
        const from = { state: 'disputed', revision }
        const corrects = score ? { ...scored(score), score_before: hundredths(row.score ?? null) } : {}
        await move(trx, scope, id, from, { ...change, ...corrects })
        if (!answers || !score) return
        await writeAnswers(trx, scope, id, answers)
        await writeSections(trx, scope, id, score)
      })
      await told(scope, userId, 'closed', id, {
        agentId: row.agentId,
        ...(score ? { before: row.score ?? null, score: score.score } : { upheld: true }),
      })
    },
  }

  /** A draft is whose who began it. */
  async function mine(scope: Scope, userId: number, id: string): Promise<EvaluationRow> {
    const row = await existing(scope, id)
    if (row.evaluatorId !== userId) throw new AppError('evaluation.not_yours', 403)
    if (row.state !== 'draft') throw new AppError('evaluation.changed', 409)
    return row
  }
}

function complete(content: Draft, answers: Answers): Score {
  const score = scoreOf(content, answers)
  if (score.missing.length > 0)
    throw new AppError(
      'evaluation.incomplete',
      400,
      { count: score.missing.length },
      Object.fromEntries(score.missing.map((id) => [id, 'evaluation.no_answer'])),
    )
  return score
}

function shortEnough(text: string): string {
  const comment = clean(text)
  if (comment.length > limits.comment)
    throw new AppError('evaluation.invalid', 400, {}, { comment: 'evaluation.long_comment' })
  return comment
}

const hundredths = (points: number | null) => (points === null ? null : Math.round(points * 100))
const scored = ({ score, fatal, passed }: Score) => ({ score: hundredths(score), fatal: fatal.length, passed })
