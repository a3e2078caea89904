// `/screen`: a television becomes a board without anybody typing on it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import QRCode from 'qrcode'
import { Type } from 'typebox'
import { scopeOf } from '../database/index.ts'
import { sessionCookie } from '../http/sessions.ts'
import { AppError, type Role } from '../http/types.ts'
import type { WallboardOptions } from './routes.ts'
import { approveScreen, askForScreen, boardOfSession, claimScreen, codeMs, readCode, revokeScreens } from './screens.ts'
import { boardById, listBoards } from './store.ts'

export const screenCookie = 'vera_screen'
const year = 31_536_000
const secretForm = /^[\w-]{43}$/

export function screenRoutes(options: WallboardOptions, editors: readonly Role[]): FastifyPluginAsyncTypebox {
  const { db, sessions, ports } = options
  const now = ports.now ?? Date.now
  const secure = options.publicUrl.startsWith('https:')
  const base = options.publicUrl.replace(/\/$/, '')
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: year } as const
  const claim = (secret: string | undefined) =>
    claimScreen(
      db,
      secretForm.test(secret ?? '') ? (secret as string) : '',
      now(),
      async (agencyId, name) => {
        const scope = scopeOf(agencyId)
        const userId = await options.wallboardUser(scope)
        if (userId === undefined) throw new AppError('wallboard.no_user', 409)
        return sessions.issue(scope, { userId, kind: 'wallboard', name })
      },
      sessions.revoke,
    )

  return async (app) => {
    app.get('/screen', { config: { public: true } }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const session = await sessions.byHeaders(request.headers)
      const board = session && (await boardOfSession(db, session.scope, session.id))
      if (board) return reply.redirect(`/wallboards/${board}`)
      const held = await claim(request.cookies[screenCookie])
      if (held.state === 'approved') {
        reply.setCookie(sessionCookie, held.token, cookie)
        return reply.redirect(`/wallboards/${held.boardId}`)
      }
      let code = held.state === 'waiting' ? held.code : undefined
      if (code === undefined) {
        const asked = await askForScreen(db, now())
        if (!asked) throw new AppError('wallboard.too_many', 503)
        code = asked.code
        reply.setCookie(screenCookie, asked.secret, cookie)
      }
      const address = `${base}/wallboards/approve`
      const svg = await QRCode.toString(`${address}?code=${code}`, { type: 'svg', margin: 2 })
      return reply.page(
        'wallboards/screen',
        {
          code: `${code.slice(0, 3)} ${code.slice(3)}`,
          address: address.replace(/^https?:\/\//, ''),
          minutes: codeMs / 60_000,
          picture: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
        },
        { title: 'wallboards.screen', script: 'wallboards/screen', layout: 'bare' },
      )
    })
    // Asked by the page of the code until it is approved, and once a minute by the board as its sign of life.
    app.get('/screen/state', { config: { public: true } }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const session = await sessions.byHeaders(request.headers)
      if (session && (await boardOfSession(db, session.scope, session.id))) return { state: 'alive' }
      const held = await claim(request.cookies[screenCookie])
      if (held.state !== 'approved') return { state: held.state }
      reply.setCookie(sessionCookie, held.token, cookie)
      return { state: held.state, board: held.boardId }
    })
    app.get(
      '/wallboards/approve',
      {
        config: { roles: editors },
        schema: { querystring: Type.Object({ code: Type.Optional(Type.String({ maxLength: 20 })) }) },
      },
      async (request, reply) =>
        reply.page(
          'wallboards/approve',
          { code: readCode(request.query.code ?? ''), boards: await listBoards(db, request.scope) },
          { title: 'wallboards.approve', nav: 'wallboards' },
        ),
    )
    app.post(
      '/wallboards/approve',
      {
        config: { roles: editors },
        schema: {
          body: Type.Object({
            code: Type.String({ minLength: 1, maxLength: 20 }),
            boardId: Type.String({ minLength: 1, maxLength: 36 }),
            name: Type.String({ minLength: 1, maxLength: 100 }),
          }),
        },
      },
      async (request, reply) => {
        const { scope, session, body } = request
        if (!(await boardById(db, scope, body.boardId))) throw new AppError('wallboard.not_found', 404)
        if ((await options.wallboardUser(scope)) === undefined) throw new AppError('wallboard.no_user', 409)
        const { userId } = session
        const wanted = { code: readCode(body.code), boardId: body.boardId, name: body.name.trim(), userId, at: now() }
        const subjectId = await approveScreen(db, scope, wanted)
        if (!subjectId) throw new AppError('wallboard.code_unknown', 409)
        await ports.audit.record(scope, {
          userId,
          action: 'wallboard.screen_approved',
          subjectType: 'screen',
          subjectId,
        })
        return reply.redirect('/wallboards?done=saved', 303)
      },
    )
    app.post(
      '/wallboards/screens/:id/revoke',
      { config: { roles: editors }, schema: { params: Type.Object({ id: Type.String({ maxLength: 36 }) }) } },
      async (request, reply) => {
        const { scope, session, params } = request
        if (!(await revokeScreens(db, scope, { id: params.id }, sessions.revoke)))
          throw new AppError('wallboard.screen_not_found', 404)
        const subject = { subjectType: 'screen', subjectId: params.id }
        await ports.audit.record(scope, { userId: session.userId, action: 'wallboard.screen_revoked', ...subject })
        return reply.redirect('/wallboards?done=deleted', 303)
      },
    )
  }
}
