import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Fleet } from '../../freeswitch/fleet/index.ts'
import { AppError, type Audit } from '../http/index.ts'
import type { Live } from '../live/index.ts'
import { callPath, toldPath } from './bus.ts'
import type { Cluster } from './cluster.ts'
import type { Draining } from './draining.ts'
import { nodesModel } from './nodes-page.ts'

export type ClusterRoutesOptions = {
  cluster: Cluster
  fleet: Pick<Fleet, 'nodes' | 'on'>
  draining: Draining
  audit: Audit
  live: Live
}

const admin = { roles: ['administrator'] } as const

/** `/admin/nodes`, and the ways in for the other servers. */
export const clusterRoutes: FastifyPluginAsyncTypebox<ClusterRoutesOptions> = async (app, options) => {
  const { cluster, fleet, draining, audit, live } = options
  const { bus } = cluster
  if (bus) {
    const own = {
      config: { public: true },
      bodyLimit: 8 * 1024 * 1024,
      logLevel: 'warn' as const,
      schema: { hide: true },
    }
    app.post(toldPath, own, async (request, reply) => {
      if (!bus.told(request.headers.authorization, String(request.body ?? '')))
        throw new AppError('session.forbidden', 403)
      return reply.code(204).send()
    })
    app.post(callPath, own, async (request, reply) => {
      const answer = await bus.asked(request.headers.authorization, String(request.body ?? ''))
      if (!answer) throw new AppError('session.forbidden', 403)
      return reply.code(answer.status).send(answer.body)
    })
  }

  const model = () => nodesModel(fleet.nodes(), cluster)
  const topic = live.define({ name: 'cluster.nodes', roles: ['administrator'], everyMs: 1_000, snapshot: model })
  fleet.on('node', () => topic.changed())
  fleet.on('up', () => topic.changed())
  // Servers are seen or not by the mere passing of time.
  const timer = setInterval(() => topic.changed(), 5_000)
  timer.unref()
  app.addHook('preClose', async () => clearInterval(timer))

  app.get('/admin/nodes', { config: admin }, async (request, reply) =>
    reply.page(
      'cluster/nodes',
      { now: model(), done: (request.query as { done?: string }).done },
      { title: 'cluster.title', nav: 'admin' },
    ),
  )
  app.get('/api/nodes', { config: admin, schema: { tags: ['nodes'] } }, async () => model())
  app.post(
    '/admin/nodes/:name/draining',
    {
      config: admin,
      schema: {
        params: Type.Object({ name: Type.String({ maxLength: 63, pattern: '^[A-Za-z0-9][A-Za-z0-9.:_-]*$' }) }),
        body: Type.Object({ on: Type.Union([Type.Literal('true'), Type.Literal('false')]) }),
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const on = request.body.on === 'true'
      await draining.set(request.session.userId, name, on)
      await audit.record(request.scope, {
        userId: request.session.userId,
        action: on ? 'switch.drained' : 'switch.returned',
        subjectType: 'switch',
        subjectId: name,
      })
      topic.changed()
      return reply.redirect('/admin/nodes?done=saved', 303)
    },
  )
}
