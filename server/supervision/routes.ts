import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { AppError, type Role } from '../http/types.ts'
import type { Live } from '../live/types.ts'
import { RoutingError, type SupervisionNow } from '../routing/index.ts'
import { type AheadRow, aheadOf } from './ahead.ts'
import type { Now, NowModel } from './now.ts'
import { orderRoutes } from './order-routes.ts'
import type { Orders } from './orders.ts'
import type { Alarm, NowPorts, Seal } from './ports.ts'

export const supervisorRoles: readonly Role[] = ['administrator', 'agency_administrator', 'supervisor']
const style = readFileSync(join(import.meta.dirname, 'pages/now.css'))

/** A supervisor on a call, with names. */
export type SupervisionRow = Pick<SupervisionNow, 'supervisionId' | 'supervisorId' | 'agentId' | 'mode' | 'state'> & {
  supervisor: string
  agent: string
}
export type SupervisorModel = NowModel & {
  alarms: Alarm[]
  supervisions: SupervisionRow[]
  failures: { supervisorId: number; why: string }[]
  /** Whether supervisors can listen and order here. */
  orders: boolean
  /** Of all queues together first; empty until it was read for the first time. */
  ahead: AheadRow[]
  seal: Seal | undefined
}

/** `/supervisor`, its API and its live topic `supervisor.now`. */
export function supervisionRoutes(options: {
  now: Now
  ports: NowPorts
  live: Live
  /** Without them the page only shows. */
  orders?: Orders
}): FastifyPluginAsyncTypebox {
  const { now, ports, live, orders } = options
  /** Alarms that nobody has marked as seen; none while the database is away, which is said by itself. */
  const unseen = async (scope: Scope): Promise<Alarm[]> => {
    const list = await ports.alarms.list(scope, 50).catch(() => [])
    return list.filter(({ seenAt }) => seenAt === undefined).slice(0, 20)
  }
  /** Names of those who gave an order since our start: no others are ever on a call. */
  const supervisors = new Map<number, string>()
  const model = async (scope: Scope): Promise<SupervisorModel> => {
    const [centre, alarms] = await Promise.all([now.model(scope), unseen(scope)])
    const names = new Map(centre.agents.map(({ id, name }) => [id, name]))
    const supervisions = (orders?.supervisions(scope) ?? []).map(
      ({ supervisionId, supervisorId, agentId, mode, state }): SupervisionRow => ({
        ...{ supervisionId, supervisorId, agentId, mode, state },
        supervisor: supervisors.get(supervisorId) ?? '',
        agent: names.get(agentId) ?? '',
      }),
    )
    const failures = orders?.failures(scope) ?? []
    const queues = centre.queues.map((queue) => ({ ...queue, door: orders?.doors.now(queue.id) }))
    const { prospects, seal } = ports.lookingAhead?.of(scope) ?? { prospects: [], seal: undefined }
    const ahead = aheadOf(prospects, centre.agents)
    return { ...centre, queues, alarms, supervisions, failures, orders: orders !== undefined, ahead, seal }
  }
  const topic = live.define({ name: 'supervisor.now', roles: supervisorRoles, snapshot: ({ scope }) => model(scope) })
  const stops = [
    now.onChange(() => topic.changed()),
    orders?.onChange((agencyId) => topic.changed(agencyId === 0 ? undefined : { agencyId })),
  ]
  const config = { roles: supervisorRoles }

  return async (app) => {
    app.addHook('preClose', async () => {
      for (const stop of stops) stop?.()
    })
    if (orders) {
      app.addHook('preHandler', async ({ session }) => {
        if (session) supervisors.set(session.userId, session.name)
      })
      await app.register(orderRoutes({ orders, lists: ports.lists, roles: supervisorRoles }))
    }
    app.get('/supervisor/now.css', { config: { public: true } }, async (_request, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style),
    )
    app.get('/supervisor', { config }, async (request, reply) => {
      const reasons = await ports.lists.breakReasons(request.scope).catch(() => [])
      return reply.page(
        'supervision/now',
        { now: await model(request.scope), reasons, me: request.session.userId, phoneModule: ports.phoneModule },
        { title: 'supervision.title', nav: 'supervisor', script: 'supervision/now' },
      )
    })
    app.get('/api/supervisor/now', { config }, (request) => model(request.scope))
    app.post(
      '/api/supervisor/agents/:id/state',
      {
        config,
        schema: {
          params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
          body: Type.Object({
            state: Type.Union([Type.Literal('available'), Type.Literal('break'), Type.Literal('offline')]),
            reasonId: Type.Optional(Type.Integer({ minimum: 1 })),
          }),
        },
      },
      async (request) => {
        const { scope, session, params, body } = request
        if (orders) {
          const by = { scope, userId: session.userId, timeZone: session.timeZone }
          await orders.agentState(by, params.id, body.state, body.reasonId)
          topic.changed({ agencyId: scope.agencyId })
          const after = ports.routing.agents.work(params.id)?.now
          return { state: after?.state ?? 'offline', next: after?.next ?? null }
        }
        const agents = await ports.lists.agents(scope)
        if (!agents.some(({ id }) => id === params.id)) throw new AppError('supervision.agent_not_found', 404)
        const reasons = await ports.lists.breakReasons(scope)
        if (body.reasonId !== undefined && !reasons.some(({ id }) => id === body.reasonId)) {
          throw new AppError('supervision.reason_not_found', 404)
        }
        const before = ports.routing.agents.work(params.id)?.now.state ?? 'offline'
        try {
          if (body.state === 'break') ports.routing.agents.takeBreak(params.id, body.reasonId)
          else if (body.state === 'offline') ports.routing.agents.signOut(params.id)
          else ports.routing.agents.ready(params.id)
        } catch (error) {
          if (error instanceof RoutingError) throw new AppError(error.code, 409)
          throw error
        }
        await ports.audit.record(scope, {
          userId: session.userId,
          action: 'agent.state_forced',
          subjectType: 'user',
          subjectId: params.id,
          detail: { from: before, to: body.state, reasonId: body.reasonId ?? null },
        })
        topic.changed({ agencyId: scope.agencyId })
        const after = ports.routing.agents.work(params.id)?.now
        return { state: after?.state ?? 'offline', next: after?.next ?? null }
      },
    )
    app.post('/api/supervisor/alarms/seen', { config }, async (request) => {
      const { scope, session } = request
      const list = await unseen(scope)
      for (const { id } of list) await ports.alarms.seen(scope, id, session.userId)
      const seen = list.length
      topic.changed({ agencyId: request.scope.agencyId })
      return { seen }
    })
    app.post(
      '/api/supervisor/alarms/:id/seen',
      { config, schema: { params: Type.Object({ id: Type.String({ maxLength: 36 }) }) } },
      async (request) => {
        const { scope, session, params } = request
        // Seen before by somebody else is as good.
        const seen = await ports.alarms.seen(scope, params.id, session.userId)
        topic.changed({ agencyId: scope.agencyId })
        return { seen }
      },
    )
  }
}
