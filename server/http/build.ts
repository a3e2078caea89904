import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import multipart from '@fastify/multipart'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import websocket from '@fastify/websocket'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { Database } from '../database/index.ts'
import { guard } from './access.ts'
import { createAudit } from './audit.ts'
import { type Assets, buildAssets } from './drawing/assets.ts'
import type { Translate } from './drawing/translate.ts'
import { answerOf, wantsPage } from './errors.ts'
import { formPage, readForm } from './form-body.ts'
import { addMonitoring, type Probe } from './monitoring.ts'
import { isSameOrigin } from './origin.ts'
import { createPages, type Form, type Pages } from './page.ts'
import { type Editor, splitServer } from './server-split.ts'
import { sessionRoutes } from './session-routes.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { AppError, type Audit, type Session } from './types.ts'

export type App = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export type HttpOptions = {
  /** What is used of the configuration; a whole `Config` fits. */
  config?: { publicUrl?: string; tryOut?: boolean; demo?: boolean; demoPassword?: string }
  db: Database
  log?: FastifyBaseLogger
  now?: () => number
}

export type Http = {
  /** Register routes here, before `app.ready()` or `app.listen()`. */
  app: App
  sessions: Sessions
  audit: Audit
  editor: Editor
  metrics: Registry
  /** The probe fails by throwing or by returning false. */
  readiness(name: string, probe: Probe): void
  translate(language: string): Translate
  pages: Pages
  /** Whoever asks, or undefined; never throws. */
  sessionOf(request: FastifyRequest): Session | undefined
  isSameOrigin(headers: FastifyRequest['headers']): boolean
  close(): Promise<void>
}

const maxBody = 1_048_576

/** The one HTTP server: sessions, access, errors, pages, documentation and monitoring; capabilities add their routes. */
export async function buildHttp({ config = {}, db, log, now = Date.now }: HttpOptions): Promise<Http> {
  const split = splitServer()
  const app = fastify({
    ...(log ? { loggerInstance: log } : {}),
    logController: new fastify.LogController({ disableRequestLogging: true }) as never,
    bodyLimit: maxBody,
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 30_000,
    genReqId: () => randomUUID(),
    serverFactory: split.factory,
    // A page left open must not hold a stop back.
    forceCloseConnections: true,
    ajv: { customOptions: { allErrors: true, coerceTypes: 'array', removeAdditional: true } },
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App
  const publicUrl = config.publicUrl || 'http://localhost'
  const secure = publicUrl.startsWith('https:')
  const pages = createPages()
  const sessions = createSessions(db, now)
  const audit = createAudit(db, app.log, now)
  const sameOrigin = (headers: FastifyRequest['headers']) => isSameOrigin(headers, publicUrl)
  const { sessionOf, attach } = guard(app, { db, sessions, sameOrigin, tryOut: config.tryOut ?? false })
  const routes = new Set<string>()
  const exists = (path: string) =>
    path === '/editor'
      ? split.editor.attached
      : routes.has(path) || (path === '/wallboards/mine' && routes.has('/wallboards/:id'))

  app.addHook('onRoute', (route) => {
    if (String(route.method).includes('GET')) routes.add(route.url)
    // The documentation says nothing that the open source does not.
    if (/^\/api\/(docs|openapi)/.test(route.url)) route.config = { ...route.config, public: true }
  })
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'"],
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
        upgradeInsecureRequests: secure ? [] : null,
      },
    },
    strictTransportSecurity: secure,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
  })
  await app.register(multipart, { limits: { fileSize: 20 * 1_048_576, files: 5, fields: 100, fieldSize: 100_000 } })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, readForm(body as string)),
  )
  await app.register(websocket, { options: { maxPayload: 32_768, server: split.platform as never } })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Vera', version: '0.1.0', description: 'API del centro de contacto' },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          cookie: { type: 'apiKey', in: 'cookie', name: 'vera_session' },
        },
      },
      security: [{ bearer: [] }, { cookie: [] }],
    },
    transform: ({ schema, url }) => ({ schema: url.startsWith('/api/') ? schema : { ...schema, hide: true }, url }),
  })
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true })
  app.get('/api/openapi.json', { schema: { hide: true } as object }, async () => app.swagger())
  attach()

  const monitoring = addMonitoring(app as unknown as FastifyInstance)
  const forms = new Map<string, { form: Form; status: number }>()
  const redrawn = (request: FastifyRequest) => forms.get(String(request.headers['x-vera-form'] ?? ''))

  app.decorateReply('page', function (this: FastifyReply, template, model, options) {
    const { request } = this
    const session = sessionOf(request)
    const again = redrawn(request)
    if (again) this.code(again.status)
    const query = request.query as { done?: unknown } | undefined
    const draw = (agencies?: { id: number; name: string }[]) =>
      pages.render(template, model, {
        ...options,
        session,
        language: languageOf(request, session),
        timeZone: session?.timeZone ?? 'America/Argentina/Buenos_Aires',
        url: request.url,
        exists,
        ...(again ? { form: again.form } : {}),
        ...(typeof query?.done === 'string' ? { done: query.done } : {}),
        ...(agencies ? { agencies } : {}),
      })
    this.type('text/html; charset=utf-8').header('cache-control', 'no-store')
    if (session?.role !== 'administrator' || options.layout === 'bare') return this.send(draw())
    // The choice of agency is drawn from the table each time: it is short and must be true.
    db.knex('agencies')
      .where({ active: true })
      .orderBy('name')
      .select('id', 'name')
      .then((agencies) => this.send(draw(agencies)))
      .catch((error) => this.send(error))
    return this
  })

  const languageOf = (request: FastifyRequest, session: Session | undefined) =>
    session?.language ??
    (/^\s*en\b/i.test(String((request.query as { lang?: unknown } | undefined)?.lang ?? '')) ? 'en-US' : 'es')

  /** A refused form is drawn again by its own page, with what was typed and what is wrong with it. */
  const redraw = async (request: FastifyRequest, reply: FastifyReply, form: Form, status: number) => {
    const page = formPage(request, routes)
    if (!page) return false
    const id = randomUUID()
    forms.set(id, { form, status })
    try {
      const drawn = await app.inject({
        method: 'GET',
        url: page,
        remoteAddress: request.ip,
        headers: {
          'x-vera-form': id,
          accept: 'text/html',
          cookie: request.headers.cookie ?? '',
          host: request.headers.host ?? '',
          'accept-language': request.headers['accept-language'] ?? '',
        },
      })
      if (!String(drawn.headers['content-type']).startsWith('text/html') || drawn.statusCode !== status) return false
      reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(drawn.body)
      return true
    } finally {
      forms.delete(id)
    }
  }

  app.setErrorHandler(async (error, request, reply) => {
    const session = sessionOf(request)
    const t = pages.translate(languageOf(request, session))
    const answer = answerOf(error, t, db)
    if (answer.id) request.log.error({ err: error, id: answer.id, url: request.url.split('?')[0] }, 'request failed')
    if (answer.status === 503) reply.header('retry-after', '5')
    if (!wantsPage(request)) {
      const { code, message, fields } = answer
      return reply.code(answer.status).send({ error: { code, message, ...(fields ? { fields } : {}) } })
    }
    if (answer.code === 'session.required' && request.method === 'GET') {
      return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`)
    }
    if (
      answer.status < 500 &&
      /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '') &&
      typeof request.body === 'object' &&
      request.body !== null
    ) {
      const { password: _, ...values } = request.body as Record<string, unknown>
      const form = { values, errors: answer.fields ?? {}, message: answer.message }
      if (await redraw(request, reply, form, answer.status)) return reply
    }
    const html = pages.render(
      'http/error',
      { ...answer, home: session ? '/' : '/login' },
      {
        title: answer.message,
        layout: session ? 'app' : 'bare',
        session,
        language: languageOf(request, session),
        timeZone: session?.timeZone ?? 'America/Argentina/Buenos_Aires',
        url: '/',
        exists,
      },
    )
    return reply.code(answer.status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(html)
  })
  app.setNotFoundHandler(() => {
    throw new AppError('request.not_found', 404)
  })

  let assets: Promise<Assets> | undefined
  const bundled = () => {
    assets ??= sharedAssets(pages, (text) => app.log.error(`browser code: ${text}`))
    return assets
  }
  app.addHook('onListen', async () => {
    bundled().catch((error) => app.log.error({ err: error }, 'the browser code could not be bundled'))
  })
  app.get('/assets/*', { config: { public: true } }, async (request, reply) => {
    const asset = (await bundled()).get((request.params as { '*': string })['*'])
    if (!asset) throw new AppError('request.not_found', 404)
    reply.header('etag', asset.etag).header('cache-control', 'no-cache')
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
    return reply.type(asset.type).send(asset.body)
  })
  app.get('/favicon.ico', { config: { public: true } }, (_request, reply) => reply.redirect('/assets/http/vera.svg'))

  await app.register(sessionRoutes, {
    db,
    sessions,
    audit,
    secure,
    demo: config.demo ?? false,
    demoPassword: config.demoPassword ?? '',
    exists,
    sessionOf,
    now,
  })
  monitoring.readiness('database', () => db.ping())

  return {
    app,
    sessions,
    audit,
    editor: split.editor,
    metrics: monitoring.metrics,
    readiness: monitoring.readiness,
    translate: pages.translate,
    pages,
    sessionOf,
    isSameOrigin: sameOrigin,
    close: () => app.close(),
  }
}

let made: Promise<Assets> | undefined
/** Bundled once in a process, however many servers a test builds. */
function sharedAssets(pages: Pages, complain: (text: string) => void): Promise<Assets> {
  made ??= buildAssets(pages.found, pages.draw, complain).catch((error) => {
    made = undefined
    throw error
  })
  return made
}
