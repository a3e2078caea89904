import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError, type Audit, type Role } from '../http/types.ts'
import type { FlowProblem } from './check.ts'
import type { DeployUser, FlowNodes, FlowStorage } from './storage.ts'

export type FlowsRoutesOptions = {
  storage: FlowStorage
  audit: Audit
  /** Puts these flows to work; NodeRedHost.deploy. */
  deploy(flows: FlowNodes, credentials: object, user: DeployUser): Promise<void>
  /** checkFlow with everything it needs. */
  check(flows: FlowNodes): Promise<FlowProblem[]>
}

const roles: readonly Role[] = ['administrator', 'flow_designer']

/** The history of deploys, and going back to one. */
export const flowsRoutes: FastifyPluginAsyncTypebox<FlowsRoutesOptions> = async (app, options) => {
  const { storage, audit } = options

  app.get('/admin/flows', { config: { roles }, schema: { hide: true } as object }, async (_request, reply) => {
    const [deploys, flows] = await Promise.all([storage.deploys(), storage.current()])
    const problems = await options.check(flows)
    return reply.page(
      'flows/flows',
      { deploys: deploys.map((deploy, at) => ({ ...deploy, current: at === 0 })), problems },
      { title: 'flows.title', nav: 'admin' },
    )
  })

  app.get(
    '/api/flows/deploys',
    {
      config: { roles },
      schema: {
        tags: ['flows'],
        response: {
          200: Type.Object({
            deploys: Type.Array(
              Type.Object({ id: Type.Integer(), username: Type.String(), at: Type.Number(), nodes: Type.Integer() }),
            ),
          }),
        },
      },
    },
    async () => ({ deploys: await storage.deploys() }),
  )

  app.post(
    '/api/flows/deploys/:id/restore',
    { config: { roles }, schema: { tags: ['flows'], params: Type.Object({ id: Type.Integer({ minimum: 1 }) }) } },
    async (request, reply) => {
      const { id } = request.params
      const found = await storage.flowsOf(id)
      if (!found) throw new AppError('flows.deploy_not_found', 404)
      const { userId, username } = request.session
      await options.deploy(found.flows, found.credentials, { userId, username })
      const entry = { userId, action: 'flows.restored', subjectType: 'flow_deploy', subjectId: id }
      await audit.record(request.scope, entry)
      if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect('/admin/flows', 303)
      return reply.status(204).send()
    },
  )
}
