import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { pager, pagingOf, pagingQuery } from '../http/index.ts'
import { dayStart } from '../interactions/index.ts'
import type { Quality } from './index.ts'
import { monthStart, nextMonth } from './months.ts'
import { evaluators, FormId, ReplaceBody, TaskBody } from './schema.ts'

/** `/evaluations/tasks`: who evaluates how many calls of whom until when. */
export const taskRoutes: FastifyPluginAsyncTypebox<{ quality: Quality; now?: () => number }> = async (app, options) => {
  const { quality, now = Date.now } = options
  const { tasks, forms } = quality
  const config = { roles: evaluators }
  const nav = 'evaluations'

  app.get(
    '/evaluations/tasks',
    { config, schema: { querystring: Type.Object(pagingQuery) } },
    async (request, reply) => {
      const paging = pagingOf(request.query)
      const { rows, total } = await tasks.list(request.scope, paging)
      return reply.page(
        'evaluations/tasks',
        { rows: rows.map(shown), pager: pager(paging, total, request.url) },
        { title: 'evaluations.tasks.title', nav },
      )
    },
  )
  app.get('/evaluations/tasks/new', { config }, async ({ scope, session }, reply) => {
    const [names, all] = await Promise.all([quality.names(scope), forms.list(scope)])
    const { timeZone, userId } = session
    const at = now()
    const day = (instant: number) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(instant)
    const end = nextMonth(at, timeZone)
    const options = (list: { id: number; name: string; active?: boolean }[]) =>
      list.filter(({ active }) => active !== false).map(({ id, name }) => ({ value: id, label: name }))
    return reply.page(
      'evaluations/new-task',
      {
        forms: options(all.filter(({ active, published }) => active && published)),
        evaluators: options(names.evaluators),
        queues: options(names.queues),
        agents: names.agents.filter(({ active }) => active !== false),
        start: {
          ...{ evaluator: userId, perAgent: 5, minSeconds: 60 },
          ...{ from: day(monthStart(at, timeZone)), to: day(end - 1), due: day(end + 7 * 86_400_000) },
        },
      },
      { title: 'evaluations.tasks.new', nav },
    )
  })
  app.post(
    '/evaluations/tasks/new',
    { config, schema: { body: TaskBody } },
    async ({ scope, session, body }, reply) => {
      const { timeZone, userId } = session
      const id = await tasks.create(scope, userId, {
        ...{ name: body.name, formId: body.form, evaluatorId: body.evaluator, agentIds: body.agents ?? [] },
        ...(body.queue === undefined ? {} : { queueId: body.queue }),
        ...{ perAgent: body.perAgent, minSeconds: body.minSeconds ?? 0, monthly: body.monthly ?? false },
        ...{ from: dayStart(body.from, timeZone), to: dayStart(body.to, timeZone, 1) },
        dueAt: dayStart(body.due, timeZone, 1),
      })
      return reply.redirect(`/evaluations/tasks/${id}?done=created`, 303)
    },
  )
  app.get('/evaluations/tasks/:id', { config, schema: { params: FormId } }, async ({ scope, params }, reply) => {
    const task = await tasks.existing(scope, params.id)
    const [progress, agents, items] = await Promise.all([
      tasks.progress(scope, task.id),
      tasks.agents(scope, task),
      tasks.items(scope, task.id),
    ])
    const over = now() >= task.to
    return reply.page(
      'evaluations/task',
      {
        task: progress && shown(progress),
        agents: agents.map((one) => ({ ...one, wanted: task.perAgent })),
        short: agents.filter(({ short }) => short > 0).length,
        over,
        items: items.filter(({ replacedAt }) => replacedAt === undefined),
        replaced: items.filter(({ replacedAt }) => replacedAt !== undefined),
      },
      { title: task.name, nav },
    )
  })
  app.post(
    '/evaluations/tasks/:id/replace',
    { config, schema: { params: FormId, body: ReplaceBody } },
    async ({ scope, session, params, body }, reply) => {
      await tasks.replace(scope, session.userId, params.id, body.recording, body.why ?? '')
      return reply.redirect(`/evaluations/tasks/${params.id}?done=saved`, 303)
    },
  )
  app.post('/evaluations/tasks/:id/cancel', { config, schema: { params: FormId } }, async (request, reply) => {
    const { scope, session, params } = request
    await tasks.cancel(scope, session.userId, params.id)
    return reply.redirect('/evaluations/tasks?done=saved', 303)
  })
}

/** The last day of a period, and of what is due by it, is the one before the instant at which it ends. */
const shown = <One extends { to: number; dueAt: number; done: number; drawn: number }>(one: One) => ({
  ...one,
  lastDay: one.to - 1,
  dueDay: one.dueAt - 1,
  share: one.drawn > 0 ? one.done / one.drawn : 0,
})
