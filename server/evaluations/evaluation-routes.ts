import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from 'typebox'
import { AppError, pager, pagingOf, type Session } from '../http/index.ts'
import { dayStart } from '../interactions/index.ts'
import type { Player } from '../recordings/index.ts'
import type { Quality } from './index.ts'
import { type EvaluationFilter, type EvaluationRow, type State, states } from './rows.ts'
import {
  CloseBody,
  CorrectBody,
  DisputeBody,
  EvaluationId,
  EvaluationQuery,
  evaluators,
  NewBody,
  NewQuery,
  readers,
  WorkBody,
} from './schema.ts'
import { scoreOf } from './score.ts'
import { formView, scoreTone } from './view.ts'

export type EvaluationPorts = {
  quality: Quality
  /** What this person may hear of a recording; undefined: there is none. */
  player(session: Session, recordingId: string): Promise<Player | undefined>
}

const mayEvaluate = ({ role }: Session) => evaluators.includes(role)

export function filterOf(query: Static<typeof EvaluationQuery>, session: Session): EvaluationFilter {
  const at = (text: string, days: number) => {
    const instant = text.includes('T') ? Date.parse(text) : dayStart(text, session.timeZone, days)
    if (Number.isNaN(instant)) throw new AppError('request.invalid', 400)
    return instant
  }
  const filter: EvaluationFilter = {
    ...(query.from ? { from: at(query.from, 0) } : {}),
    ...(query.to ? { to: at(query.to, 1) } : {}),
    ...(query.agent ? { agentId: Number(query.agent) } : {}),
    ...(query.queue ? { queueId: Number(query.queue) } : {}),
    ...(query.form ? { formId: Number(query.form) } : {}),
    ...(query.evaluator ? { evaluatorId: Number(query.evaluator) } : {}),
    ...(query.state ? { state: query.state as State } : {}),
    ...(query.fatal === 'yes' ? { fatal: true } : {}),
    ...(query.disputed === 'yes' ? { disputed: true } : {}),
    ...(query.passed ? { passed: query.passed === 'yes' } : {}),
  }
  // Whatever is asked for: an agent's list is the agent's own, and a draft is its author's.
  if (session.role === 'agent') return { ...filter, agentId: session.userId, published: true }
  return { ...filter, draftsOf: session.userId }
}

/** `/evaluations`: the list, one to be answered or read, and what agent and supervisor say to it. */
export const evaluationPages: FastifyPluginAsyncTypebox<EvaluationPorts> = async (app, { quality, player }) => {
  const read = { config: { roles: readers } }
  const write = { config: { roles: evaluators } }
  const agent = { config: { roles: ['agent'] as const } }
  const nav = 'evaluations'
  const tags = ['evaluations']
  const toned = (row: EvaluationRow) => ({ ...row, tone: scoreTone(row) })
  const done = (id: string) => `/evaluations/${encodeURIComponent(id)}?done=saved`

  app.get(
    '/api/evaluations',
    { ...read, schema: { tags, querystring: EvaluationQuery } },
    async ({ scope, session, query }) => quality.list(scope, filterOf(query, session), pagingOf(query)),
  )
  app.get('/evaluations', { ...read, schema: { querystring: EvaluationQuery } }, async (request, reply) => {
    const { scope, session, query } = request
    const filter = filterOf(query, session)
    const own = session.role === 'agent'
    const paging = pagingOf(query)
    const [{ rows, total }, summary, names, forms, drafts, disputed, due] = await Promise.all([
      quality.list(scope, query.state ? filter : { ...filter, published: true }, paging),
      quality.summary(scope, filter),
      quality.names(scope),
      quality.forms.list(scope),
      quality.list(scope, { state: 'draft', evaluatorId: session.userId }, { size: 20, offset: 0 }),
      quality.summary(scope, { state: 'disputed' }),
      own ? undefined : quality.tasks.due(scope, session.userId, 6),
    ])
    const { page: _page, size: _size, ...asked } = query
    return reply.page(
      'evaluations/list',
      {
        rows: rows.map(toned),
        summary,
        asked: { ...asked, from: asked.from?.slice(0, 10), to: asked.to?.includes('T') ? '' : asked.to },
        period: asked.from?.includes('T') || asked.to?.includes('T') ? { from: asked.from, to: asked.to } : undefined,
        narrowed: Object.values(asked).some(Boolean),
        own,
        drafts: own ? [] : drafts.rows,
        disputed: own ? 0 : disputed.all,
        due: due && { ...due, more: due.total - due.rows.length },
        states: own ? states.filter((state) => state !== 'draft') : states,
        forms: forms.filter(({ published }) => published),
        ...names,
        pager: pager(paging, total, request.url),
      },
      { title: 'evaluations.title', nav },
    )
  })

  app.get(
    '/evaluations/new',
    { ...write, schema: { querystring: NewQuery } },
    async ({ scope, session, query }, reply) => {
      const talk = await quality.talkOf(scope, query.recording)
      const [forms, others] = await Promise.all([
        quality.forms.list(scope),
        quality.ofInteraction(scope, talk.interactionId, { draftsOf: session.userId }),
      ])
      return reply.page(
        'evaluations/new',
        {
          talk,
          own: talk.agentId === session.userId,
          forms: forms.filter(({ active, published }) => active && published),
          others: others.map(toned),
        },
        { title: 'evaluations.new', nav },
      )
    },
  )
  app.post('/evaluations/new', { ...write, schema: { body: NewBody } }, async ({ scope, session, body }, reply) => {
    const talk = await quality.talkOf(scope, body.recording)
    return reply.redirect(`/evaluations/${await quality.begin(scope, session.userId, talk, body.form)}`, 303)
  })

  app.get('/evaluations/:id', { ...read, schema: { params: EvaluationId } }, async (request, reply) => {
    const { scope, session } = request
    const { id } = request.params
    const own = session.role === 'agent'
    const row = own ? await quality.ofAgent(scope, session.userId, id) : await quality.existing(scope, id)
    const mine = row.evaluatorId === session.userId
    // Another person's draft is not read: it may still change.
    if (row.state === 'draft' && !mine) throw new AppError('evaluation.not_yours', 403)
    if (own) await quality.seen(scope, session.userId, id)
    const [content, answers, sound] = await Promise.all([
      quality.contentOf(scope, row),
      quality.answers(scope, id),
      row.recordingId ? player(session, row.recordingId) : undefined,
    ])
    const score = scoreOf(content, answers)
    const correcting = row.state === 'disputed' && (request.query as Record<string, unknown>).correct === 'true'
    const mayJudge = mayEvaluate(session) && row.agentId !== session.userId
    const answering = row.state === 'draft' || (correcting && mayJudge)
    return reply.page(
      answering ? 'evaluations/evaluate' : 'evaluations/evaluation',
      {
        row: toned(row),
        view: formView(content, answers, score),
        player: sound,
        work: { revision: row.revision, answers, comment: row.comment },
        content,
        correcting,
        mayAnswer: own && row.state === 'published',
        mayClose: mayJudge && row.state === 'disputed',
      },
      { title: 'evaluations.one', nav, ...(answering ? { script: 'evaluations/evaluate' } : {}) },
    )
  })

  const params = EvaluationId
  app.get('/api/evaluations/:id/draft', { ...write, schema: { tags, params } }, async ({ scope, session, params }) => {
    const { revision } = await quality.draft(scope, session.userId, params.id)
    return { revision }
  })
  app.put(
    '/api/evaluations/:id/draft',
    { ...write, schema: { tags, params, body: WorkBody } },
    async ({ scope, session, params: { id }, body }) => quality.save(scope, session.userId, id, body),
  )
  app.post(
    '/api/evaluations/:id/publish',
    { ...write, schema: { tags, params, body: WorkBody } },
    async ({ scope, session, params: { id }, body }) => quality.publish(scope, session.userId, id, body),
  )
  app.post(
    '/api/evaluations/:id/correct',
    { ...write, schema: { tags, params, body: CorrectBody } },
    async ({ scope, session, params: { id }, body }, reply) => {
      const { revision, text, answers } = body
      await quality.close(scope, session.userId, id, { text, revision, corrected: answers })
      return reply.code(204).send()
    },
  )
  app.post('/evaluations/:id/discard', { ...write, schema: { params } }, async ({ scope, session, params }, reply) => {
    await quality.discard(scope, session.userId, params.id)
    return reply.redirect('/evaluations?done=deleted', 303)
  })
  app.post(
    '/evaluations/:id/close',
    { ...write, schema: { params, body: CloseBody } },
    async ({ scope, session, params: { id }, body }, reply) => {
      await quality.close(scope, session.userId, id, { text: body.text ?? '', revision: body.revision })
      return reply.redirect(done(id), 303)
    },
  )
  app.post(
    '/evaluations/:id/acknowledge',
    { ...agent, schema: { params } },
    async ({ scope, session, params }, reply) => {
      await quality.acknowledge(scope, session.userId, params.id)
      return reply.redirect(done(params.id), 303)
    },
  )
  app.post(
    '/evaluations/:id/dispute',
    { ...agent, schema: { params, body: DisputeBody } },
    async ({ scope, session, params: { id }, body }, reply) => {
      await quality.dispute(scope, session.userId, id, body.text ?? '')
      return reply.redirect(done(id), 303)
    },
  )
}
