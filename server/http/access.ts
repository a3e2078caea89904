import type { FastifyRequest } from 'fastify'
import { type Database, type Scope, scopeOf } from '../database/index.ts'
import type { App } from './build.ts'
import type { Sessions } from './sessions.ts'
import { AppError, type Role, type Session } from './types.ts'

type Options = {
  db: Database
  sessions: Sessions
  sameOrigin(headers: FastifyRequest['headers']): boolean
  tryOut: boolean
}

/** Machines and boards on a wall are let in only where a route names them. */
const people: readonly Role[] = [
  'administrator',
  'agency_administrator',
  'supervisor',
  'agent',
  'flow_designer',
  'back_office',
]
const localHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/** Who asks, from where, and whether they may: the same for every route, and closed unless the route opens it. */
export function guard(app: App, { db, sessions, sameOrigin, tryOut }: Options) {
  const known = new WeakMap<FastifyRequest, Session>()
  const scopes = new WeakMap<FastifyRequest, Scope>()
  const sessionOf = (request: FastifyRequest) => known.get(request)
  const required = (request: FastifyRequest): Session => {
    const session = known.get(request)
    if (!session) throw new AppError('session.required', 401)
    return session
  }

  app.decorateRequest('session', {
    getter(this: FastifyRequest) {
      return required(this)
    },
  } as never)
  app.decorateRequest('scope', {
    getter(this: FastifyRequest) {
      return scopes.get(this) ?? required(this).scope
    },
  } as never)

  return {
    sessionOf,
    /** To be called after cookies are parsed and before routes are added. */
    attach() {
      app.addHook('onRequest', async (request) => {
        // Another site's name that leads to 127.0.0.1 (DNS rebinding) must not reach the try-out.
        if (tryOut && !localHost.test(request.headers.host ?? '')) throw new AppError('request.foreign_host', 403)
        const bearer = request.headers.authorization !== undefined
        const safe = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
        if (!bearer && (!safe || request.ws) && !sameOrigin(request.headers)) {
          throw new AppError('request.foreign_origin', 403)
        }
        if (request.url.startsWith('/assets/') || /^\/(healthz|readyz|metrics)$/.test(request.url)) return
        const session = await sessions.byHeaders(request.headers)
        if (session) known.set(request, session)
        const { roles, public: open } = request.routeOptions.config
        if (open || request.is404) return
        if (!session) throw new AppError('session.required', 401)
        if (!(roles ?? people).includes(session.role)) throw new AppError('session.forbidden', 403)
        const wanted = (request.query as { agency?: unknown } | undefined)?.agency
        // Pages are drawn for the agency that was chosen: their forms would write to it, whatever their own address said.
        const here = /^\/(api|reports\/explain)\b/.test(request.url)
        if (here && session.role === 'administrator' && typeof wanted === 'string' && /^\d{1,9}$/.test(wanted)) {
          const agency = await db
            .knex('agencies')
            .where({ id: Number(wanted) })
            .first('id')
          if (!agency) throw new AppError('agency.not_found', 404)
          scopes.set(request, scopeOf(agency.id))
        }
      })
    },
  }
}
