import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '../database/index.ts'
import { failedAttempts } from './attempts.ts'
import { adminCards, homeOf } from './navigation.ts'
import { ownPath } from './origin.ts'
import { agencyCookie, type Sessions, sessionCookie } from './sessions.ts'
import { AppError, type Audit, type Session } from './types.ts'

const credentials = Type.Object({
  username: Type.String({ minLength: 1, maxLength: 60 }),
  password: Type.String({ minLength: 1, maxLength: 200 }),
  next: Type.Optional(Type.String({ maxLength: 500 })),
})

type Options = {
  db: Database
  sessions: Sessions
  audit: Audit
  secure: boolean
  demo: boolean
  demoPassword: string
  exists(path: string): boolean
  sessionOf(request: FastifyRequest): Session | undefined
  now(): number
}

/** Signing in and out, `/` by role, an administrator's choice of agency, the language. */
export const sessionRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  const { db, sessions, audit, secure, exists, sessionOf } = options
  const attempts = failedAttempts()
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const

  const signIn = async (request: FastifyRequest, reply: FastifyReply, username: string, password: string) => {
    const wait = attempts.waitMs(request.ip, username, options.now())
    if (wait > 0) {
      reply.header('retry-after', Math.ceil(wait / 1000))
      throw new AppError('session.too_many_attempts', 429, { minutes: Math.ceil(wait / 60_000) })
    }
    const old = sessionOf(request)
    const made = await sessions.signIn(username, password).catch((error) => {
      if (error instanceof AppError) attempts.failed(request.ip, username, options.now())
      throw error
    })
    if (old) await sessions.revoke(old.id)
    reply.setCookie(sessionCookie, made.token, { ...cookie, maxAge: 12 * 3600 })
    reply.clearCookie(agencyCookie, cookie)
    const { session } = made
    await audit.record(session.scope, {
      userId: session.userId,
      action: 'session.began',
      subjectType: 'user',
      subjectId: session.userId,
    })
    return made
  }

  const signOut = async (request: FastifyRequest, reply: FastifyReply) => {
    const session = sessionOf(request)
    if (session) await sessions.revoke(session.id)
    reply.clearCookie(sessionCookie, cookie)
    reply.clearCookie(agencyCookie, cookie)
  }

  app.post(
    '/api/session',
    { config: { public: true }, schema: { body: credentials, summary: 'Sign in', tags: ['session'] } },
    async (request, reply) => {
      const { session } = await signIn(request, reply, request.body.username, request.body.password)
      return { user: publicSession(session), home: homeOf(session.role, exists) }
    },
  )
  app.get('/api/session', { schema: { summary: 'Who is signed in', tags: ['session'] } }, async (request) => ({
    user: publicSession(request.session),
  }))
  app.delete(
    '/api/session',
    { config: { public: true }, schema: { summary: 'Sign out', tags: ['session'] } },
    async (request, reply) => {
      await signOut(request, reply)
      return reply.code(204).send()
    },
  )

  app.get(
    '/login',
    {
      config: { public: true },
      schema: { querystring: Type.Object({ next: Type.Optional(Type.String({ maxLength: 500 })) }) },
    },
    async (request, reply) => {
      const session = sessionOf(request)
      if (session) return reply.redirect(homeOf(session.role, exists))
      return reply.page(
        'http/login',
        {
          next: ownPath(request.query.next),
          users: options.demo ? await exampleUsers(db) : [],
          password: options.demoPassword,
        },
        { title: 'http.login.title', layout: 'bare' },
      )
    },
  )
  app.post('/login', { config: { public: true }, schema: { body: credentials } }, async (request, reply) => {
    const { session } = await signIn(request, reply, request.body.username, request.body.password)
    const next = ownPath(request.body.next)
    return reply.redirect(next === '/' ? homeOf(session.role, exists) : next, 303)
  })
  app.post('/logout', { config: { public: true } }, async (request, reply) => {
    await signOut(request, reply)
    return reply.redirect('/login', 303)
  })

  app.get('/', { config: { public: true } }, async (request, reply) => {
    const session = sessionOf(request)
    return reply.redirect(session ? homeOf(session.role, exists) : '/login')
  })
  app.get('/welcome', { config: { public: true } }, async (request, reply) =>
    sessionOf(request)
      ? reply.page('http/welcome', { name: request.session.name }, { title: 'http.welcome.title' })
      : reply.redirect('/login'),
  )

  app.get('/admin', { config: { roles: ['administrator', 'agency_administrator'] } }, async (request, reply) =>
    reply.page(
      'http/admin',
      { cards: adminCards.filter(({ href, roles }) => exists(href) && roles.includes(request.session.role)) },
      { title: 'http.nav.admin', nav: 'admin' },
    ),
  )
  const back = Type.Optional(Type.String({ maxLength: 500 }))
  app.post(
    '/session/agency',
    {
      config: { roles: ['administrator'] },
      schema: { body: Type.Object({ agency: Type.Integer({ minimum: 1 }), back }) },
    },
    async (request, reply) => {
      reply.setCookie(agencyCookie, String(request.body.agency), { ...cookie, maxAge: 12 * 3600 })
      return reply.redirect(ownPath(request.body.back), 303)
    },
  )
  app.post(
    '/session/language',
    { schema: { body: Type.Object({ language: Type.Union([Type.Literal('es'), Type.Literal('en-US')]), back }) } },
    async (request, reply) => {
      await db.knex('users').where({ id: request.session.userId }).update({ language: request.body.language })
      return reply.redirect(ownPath(request.body.back), 303)
    },
  )
}

const publicSession = ({
  userId,
  username,
  name,
  role,
  agencyId,
  agencyName,
  timeZone,
  language,
  extension,
}: Session) => ({
  id: userId,
  username,
  name,
  role,
  agencyId,
  agencyName,
  timeZone,
  language,
  extension,
})

/** In the try-out the sign-in page offers one person of each role. */
async function exampleUsers(db: Database): Promise<{ username: string; name: string; role: string }[]> {
  const rows: { username: string; name: string; role: string }[] = await db
    .knex('users')
    .where({ active: true })
    .whereNot({ role: 'integration' })
    .whereNotNull('password_hash')
    .orderBy('id')
    .select('username', 'name', 'role')
    .limit(60)
  const shown = new Map<string, number>()
  return rows.filter((row) => {
    const already = shown.get(row.role) ?? 0
    shown.set(row.role, already + 1)
    return already < (row.role === 'agent' ? 2 : 1)
  })
}

export type { FastifyInstance }
