import Fastify, { type FastifyInstance } from 'fastify'
import type { Scope } from '../../server/database/index.ts'
import type { AppError, Session } from '../../server/http/types.ts'

/** For routes alone: who asks and how pages and errors are drawn is server/http's, and stands in here. A page is its template and model. */
export function bareApp(
  scope: () => Scope,
  who: () => Pick<Session, 'userId' | 'role'> & Partial<Pick<Session, 'language'>>,
): FastifyInstance {
  const app = Fastify()
  app.decorateRequest('session')
  app.decorateRequest('scope')
  app.addHook('onRequest', async (request) => {
    request.session = who() as Session
    request.scope = scope()
  })
  app.decorateReply('page', function (template: string, model: object) {
    return this.send({ template, model })
  })
  app.setErrorHandler((error, _request, reply) => {
    const { code, status, fields } = error as AppError
    return reply.code(status ?? 500).send({ error: { code, fields } })
  })
  return app
}
