import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError, pager, pagingOf, pagingQuery, type Role } from '../http/index.ts'
import { dayStart } from './day.ts'
import type { InteractionFilter, Interactions } from './interactions.ts'

const roles: readonly Role[] = ['agent', 'supervisor', 'agency_administrator', 'administrator', 'back_office']
const listeners: readonly Role[] = ['supervisor', 'agency_administrator', 'administrator']
const id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 36 }) })
const day = Type.Optional(Type.String({ pattern: '^(\\d{4}-\\d{2}-\\d{2})?$' }))
/** Days of the agency, both included. An empty choice of the form is no choice. */
const Query = Type.Object({
  from: day,
  to: day,
  queue: Type.Optional(Type.String({ pattern: '^\\d{0,9}$' })),
  agent: Type.Optional(Type.String({ pattern: '^\\d{0,9}$' })),
  citizen: Type.Optional(Type.String({ pattern: '^\\d{0,9}$' })),
  q: Type.Optional(Type.String({ maxLength: 100 })),
  ...pagingQuery,
})
const NoteBody = Type.Object({ text: Type.String({ minLength: 1, maxLength: 5_000 }) })
const TopicBody = Type.Object({ topicId: id })

export function interactionRoutes(interactions: Interactions): FastifyPluginAsyncTypebox {
  return async (app) => {
    const config = { roles }
    const tags = ['interactions']

    app.get('/api/interactions', { config, schema: { tags, querystring: Query } }, async (request) =>
      interactions.list(request.scope, filterOf(request.query, request.session.timeZone), pagingOf(request.query)),
    )
    app.get('/api/interactions/:id', { config, schema: { tags, params: Params } }, async (request) => {
      const story = await interactions.story(request.scope, request.params.id)
      if (!story) throw new AppError('interaction.not_found', 404)
      return story
    })
    app.post(
      '/api/interactions/:id/notes',
      { config, schema: { tags, params: Params, body: NoteBody } },
      async (request, reply) => {
        await interactions.addNote(request.scope, request.session.userId, request.params.id, request.body.text)
        return reply.code(204).send()
      },
    )
    app.put(
      '/api/interactions/:id/topic',
      { config, schema: { tags, params: Params, body: TopicBody } },
      async (request, reply) => {
        await interactions.setTopic(request.scope, request.params.id, request.body.topicId)
        return reply.code(204).send()
      },
    )

    app.get('/interactions', { config, schema: { querystring: Query } }, async (request, reply) => {
      const paging = pagingOf(request.query)
      const [{ rows, total }, choices] = await Promise.all([
        interactions.list(request.scope, filterOf(request.query, request.session.timeZone), paging),
        interactions.choices(request.scope),
      ])
      const { page: _page, size: _size, ...asked } = request.query
      const model = {
        rows,
        total,
        asked,
        narrowed: Object.values(asked).some(Boolean),
        // The page of another room: linked where it exists and the person may see it.
        reconcile:
          listeners.includes(request.session.role) && app.hasRoute({ method: 'GET', url: '/admin/call-records' }),
        pager: pager(paging, total, request.url),
        ...choices,
      }
      return reply.page('interactions/list', model, { title: 'interactions.title', nav: 'interactions' })
    })
    app.get('/interactions/:id', { config, schema: { params: Params } }, async (request, reply) => {
      const [story, choices] = await Promise.all([
        interactions.story(request.scope, request.params.id),
        interactions.choices(request.scope),
      ])
      if (!story) throw new AppError('interaction.not_found', 404)
      const { role, userId } = request.session
      const mayListen = listeners.includes(role) || (role === 'agent' && story.agentIds.includes(userId))
      const clock = secondsIn(request.session)
      const timed = { ...story, steps: story.steps.map((step) => ({ ...step, shownAt: clock(step.at) })) }
      return reply.page(
        'interactions/story',
        {
          story: timed,
          mayListen,
          // The page of another room: linked where it exists.
          mayEvaluate: listeners.includes(role) && app.hasRoute({ method: 'GET', url: '/evaluations/new' }),
          accents: ['ticket', 'transfer', 'joined', 'supervision'],
          startedAt: clock(story.createdAt),
          topics: choices.topics.map((topic) => ({ value: topic.id, label: topic.name })),
        },
        { title: 'interactions.one', nav: 'interactions' },
      )
    })
    // The journal writes a moment later, and the page that follows shows it.
    app.post(
      '/interactions/:id/notes',
      { config, schema: { params: Params, body: NoteBody } },
      async (request, reply) => {
        await interactions.addNote(request.scope, request.session.userId, request.params.id, request.body.text)
        return reply.redirect(`/interactions/${encodeURIComponent(request.params.id)}?done=saved`, 303)
      },
    )
    app.post(
      '/interactions/:id/topic',
      { config, schema: { params: Params, body: TopicBody } },
      async (request, reply) => {
        await interactions.setTopic(request.scope, request.params.id, request.body.topicId)
        return reply.redirect(`/interactions/${encodeURIComponent(request.params.id)}?done=saved`, 303)
      },
    )
  }
}

/** Times of a call with their seconds; those of another day than today's would be told by the head of the page. */
function secondsIn({ timeZone, language }: { timeZone: string; language: string }): (at: number) => string {
  const format = new Intl.DateTimeFormat(language === 'en-US' ? 'en-US' : 'es-AR', {
    timeZone,
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return (at) => format.format(at)
}

function filterOf(
  query: { from?: string; to?: string; queue?: string; agent?: string; citizen?: string; q?: string },
  timeZone: string,
): InteractionFilter {
  return {
    ...(query.from ? { from: dayStart(query.from, timeZone) } : {}),
    ...(query.to ? { to: dayStart(query.to, timeZone, 1) } : {}),
    ...(query.queue ? { queueId: Number(query.queue) } : {}),
    ...(query.agent ? { agentId: Number(query.agent) } : {}),
    ...(query.citizen ? { citizenId: Number(query.citizen) } : {}),
    ...(query.q ? { text: query.q } : {}),
  }
}
