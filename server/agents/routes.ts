import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError, type Role, type Session } from '../http/types.ts'
import type { Live } from '../live/types.ts'
import { RoutingError } from '../routing/index.ts'
import type { Agent, Desk } from './desk.ts'
import type { DeskPorts } from './ports.ts'
import { voiceRoutes } from './voice-routes.ts'

const roles: readonly Role[] = ['agent']
const Id = Type.Integer({ minimum: 1 })
const Text = (maxLength: number) => Type.String({ maxLength })
const style = readFileSync(join(import.meta.dirname, 'pages/desk.css'))

const agentOf = ({ userId, name, extension, scope }: Session): Agent => ({ id: userId, name, extension, scope })

/** `/agent`, its API and its live topic `agent.desk` (one model for each agent). */
export function agentRoutes({
  desk,
  ports,
  live,
  newEvaluations = async () => 0,
}: {
  desk: Desk
  ports: DeskPorts
  live: Live
  /** How many evaluations of the agent's calls the agent has not opened yet. */
  newEvaluations?: (scope: Session['scope'], agentId: number) => Promise<number>
}): FastifyPluginAsyncTypebox {
  const topic = live.define({
    name: 'agent.desk',
    roles,
    // Ringing must be seen at once.
    everyMs: 60,
    share: (session) => String(session.userId),
    snapshot: (session) => desk.model(agentOf(session)),
  })
  desk.onChange((userId) => topic.changed({ userId }))
  // Lines grow and shrink all the time; a desk needs that once a second, and its own events at once.
  let due: NodeJS.Timeout | undefined
  const stop = ports.routing.on('changed', () => {
    due ??= setTimeout(() => {
      due = undefined
      topic.changed()
    }, 1_000)
  })

  return async (app) => {
    app.addHook('preClose', async () => {
      stop()
      clearTimeout(due)
    })
    app.get('/agent/desk.css', { config: { public: true } }, async (_request, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style),
    )
    app.get('/agent', { config: { roles } }, async (request, reply) => {
      desk.persons.touch(request.session.userId)
      const { scope, userId } = request.session
      const [model, evaluations] = await Promise.all([
        desk.model(agentOf(request.session)),
        newEvaluations(scope, userId),
      ])
      const softphone = app.hasRoute({ method: 'GET', url: '/api/softphone' })
      return reply.page(
        'agents/desk',
        { desk: model, softphone, evaluations },
        { title: 'agents.title', nav: 'agent', script: 'agents/desk' },
      )
    })

    /** What an agent does at the desk; routing's refusals become 409 with their reason. */
    const act = async <Answer>(request: FastifyRequest, work: (agent: Agent) => Answer | Promise<Answer>) => {
      const agent = agentOf(request.session)
      desk.persons.touch(agent.id)
      try {
        return (await work(agent)) ?? { done: true }
      } catch (error) {
        if (error instanceof RoutingError) throw new AppError(error.code, 409)
        throw error
      } finally {
        topic.changed({ userId: agent.id })
      }
    }
    const config = { roles }
    app.get('/api/agent/desk', { config }, (request) => act(request, (agent) => desk.model(agent)))
    app.post(
      '/api/agent/state',
      {
        config,
        schema: {
          body: Type.Object({
            state: Type.Union([Type.Literal('ready'), Type.Literal('break'), Type.Literal('offline')]),
            reasonId: Type.Optional(Id),
          }),
        },
      },
      (request) =>
        act(request, async (agent) => {
          const { state, reasonId } = request.body
          if (state === 'break') {
            const reasons = await ports.lists.breakReasons(agent.scope)
            if (!reasons.some(({ id }) => id === reasonId)) {
              throw new AppError('agent.break_reason', 400, {}, { reasonId: 'validation.required' })
            }
            desk.takeBreak(agent, reasonId as number)
          } else if (state === 'offline') {
            desk.signOut(agent)
            desk.persons.left(agent.id)
          } else if (desk.work(agent)?.now.state === 'offline' || !desk.work(agent)) desk.signIn(agent)
          else desk.ready(agent)
        }),
    )
    const simple: Record<string, (agent: Agent) => unknown> = {
      answer: (agent) => desk.answer(agent),
      refuse: (agent) => desk.refuse(agent),
      hold: (agent) => desk.hold(agent, true),
      unhold: (agent) => desk.hold(agent, false),
      hangup: (agent) => desk.hangUp(agent),
      finish: (agent) => desk.finish(agent),
      extend: (agent) => desk.extend(agent, 30_000),
      touch: () => undefined,
    }
    for (const [name, work] of Object.entries(simple)) {
      app.post(`/api/agent/${name}`, { config }, (request) => act(request, work))
    }
    voiceRoutes(app as never, { desk, act, roles })
    app.post(
      '/api/agent/draft',
      {
        config,
        schema: {
          body: Type.Object({
            interactionId: Text(36),
            note: Type.Optional(Text(4_000)),
            topicId: Type.Optional(Id),
            dispositionId: Type.Optional(Id),
          }),
        },
      },
      (request) =>
        act(request, async (agent) => {
          const { interactionId, ...draft } = request.body
          const [topics, dispositions] = await Promise.all([
            ports.lists.topics(agent.scope),
            ports.lists.dispositions(agent.scope),
          ])
          const strange = (id: number | undefined, list: { id: number }[]) =>
            id !== undefined && !list.some((one) => one.id === id)
          if (strange(draft.topicId, topics) || strange(draft.dispositionId, dispositions)) {
            throw new AppError('agent.unknown_choice', 404)
          }
          desk.keep(agent, interactionId, draft)
        }),
    )
    app.get('/api/agent/citizens', { config, schema: { querystring: Type.Object({ q: Text(80) }) } }, (request) =>
      act(request, async (agent) => {
        const q = request.query.q.trim()
        return { citizens: q.length < 2 ? [] : await ports.citizens.search(agent.scope, q) }
      }),
    )
    app.post('/api/agent/citizen/link', { config, schema: { body: Type.Object({ citizenId: Id }) } }, (request) =>
      act(request, (agent) => desk.link(agent, request.body.citizenId)),
    )
    app.post(
      '/api/agent/citizen',
      {
        config,
        schema: {
          body: Type.Object({
            name: Type.String({ minLength: 3, maxLength: 160 }),
            dni: Type.Optional(Text(12)),
            phone: Type.Optional(Text(30)),
            locality: Type.Optional(Text(120)),
            email: Type.Optional(Text(200)),
          }),
        },
      },
      (request) =>
        act(request, async (agent) => {
          const given = Object.entries(request.body).filter(([, value]) => value.trim() !== '')
          return { id: await desk.createCitizen(agent, Object.fromEntries(given) as { name: string }) }
        }),
    )
    app.post(
      '/api/agent/ticket',
      {
        config,
        schema: {
          body: Type.Object({
            subject: Type.String({ minLength: 3, maxLength: 200 }),
            description: Type.Optional(Text(4_000)),
            topicId: Type.Optional(Id),
            backOfficeId: Type.Optional(Id),
            priority: Type.Union(['low', 'normal', 'high', 'urgent'].map((one) => Type.Literal(one)) as never),
          }),
        },
      },
      (request) => act(request, (agent) => desk.createTicket(agent, request.body as never)),
    )
  }
}
