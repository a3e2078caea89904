import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Database, Scope } from '../database/index.ts'
import type { Sessions } from '../http/index.ts'
import { AppError, type Role, type Session } from '../http/types.ts'
import type { Live } from '../live/types.ts'
import type { Now, NowPorts } from '../supervision/index.ts'
import { announcementRoutes } from './announcement-routes.ts'
import { readDesign } from './design.ts'
import { designerRoutes } from './designer-routes.ts'
import { listRoutes } from './list-routes.ts'
import { liveBoards } from './live-boards.ts'
import { boardView, isLight } from './pages/_view.ts'
import type { WallNumbers } from './ports.ts'
import { screenCookie, screenRoutes } from './screen-routes.ts'
import { boardOfSession } from './screens.ts'
import { type Board, listBoards, opensBoard } from './store.ts'

export type WallboardOptions = {
  now: Now
  ports: Pick<NowPorts, 'lists' | 'audit' | 'now' | 'log' | 'lookingAhead'>
  numbers: WallNumbers
  live: Live
  db: Database
  sessions: Pick<Sessions, 'issue' | 'byToken' | 'byHeaders' | 'revoke'>
  /** The user of role `wallboard` in whose name televisions of the agency look on; undefined when there is none. */
  wallboardUser(scope: Scope): Promise<number | undefined>
  /** Where people reach us, for the link: PUBLIC_URL. */
  publicUrl: string
  /** What the catalogue says a number is, by its id. */
  definition?(metric: string, language: Session['language']): string | undefined
  /** Changes when the product does; boards then load themselves anew. Default: this start of the process. */
  version?: string
}

const editors: readonly Role[] = ['administrator', 'agency_administrator', 'supervisor']
const viewers: readonly Role[] = [...editors, 'agent', 'wallboard']
const style = readFileSync(join(import.meta.dirname, 'pages/board.css'))
const Params = Type.Object({ id: Type.String({ maxLength: 36 }) })
/** `/wallboards`, `/wallboards/<id>` and the live topic `wallboard.board:<id>`. */
export function wallboardRoutes(options: WallboardOptions): FastifyPluginAsyncTypebox {
  const { now, ports, numbers, live, db, sessions } = options
  const version = options.version ?? String(Date.now())
  const clock = ports.now ?? Date.now
  const boards = liveBoards({ db, live, now, ports, numbers, version, roles: viewers })

  return async (app) => {
    app.addHook('preClose', async () => {
      boards.stop()
    })
    const changed = ({ agencyId }: Scope, key?: string) => boards.changed({ agencyId, ...(key ? { key } : {}) })
    await app.register(screenRoutes(options, editors))
    await app.register(listRoutes(options, editors, changed))
    await app.register(designerRoutes(options, editors, changed))
    await app.register(announcementRoutes(options, editors, changed))
    app.get('/wallboards/board.css', { config: { public: true } }, async (_request, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style),
    )
    app.get('/wallboards/mine', { config: { roles: viewers } }, async (request, reply) => {
      const [first] = await boardsFor(request.session)
      if (!first) throw new AppError('wallboard.not_found', 404)
      return reply.redirect(`/wallboards/${first.id}`)
    })
    // Open to all because a television brings its token in the address; without one the session is asked for below.
    app.get(
      '/wallboards/:id',
      {
        config: { public: true },
        schema: { params: Params, querystring: Type.Object({ token: Type.Optional(Type.String({ maxLength: 100 })) }) },
      },
      async (request, reply) => {
        const { id } = request.params
        const { token } = request.query
        if (token !== undefined) {
          const session = await sessions.byToken(token)
          if (!session || !(await opensBoard(db, session.scope, id, token)))
            throw new AppError('wallboard.bad_link', 403)
          const secure = options.publicUrl.startsWith('https:') ? '; Secure' : ''
          reply.header('set-cookie', `vera_session=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000${secure}`)
          // Out of the address bar, the history and the referrer.
          return reply.redirect(`/wallboards/${id}`)
        }
        // A screen whose session ended asks for a code again; nobody can sign in there.
        if (!(await sessions.byHeaders(request.headers)) && request.cookies[screenCookie])
          return reply.redirect('/screen')
        const { session, scope } = request
        if (!viewers.includes(session.role)) throw new AppError('session.forbidden', 403)
        const only = session.role === 'wallboard' ? await boardOfSession(db, scope, session.id) : undefined
        if (only === '') throw new AppError('wallboard.bad_link', 403)
        if (only !== undefined && only !== id) throw new AppError('wallboard.not_found', 404)
        const model = await boards.model(session, id)
        if (!model) throw new AppError('wallboard.not_found', 404)
        const links = editors.includes(session.role)
        const at = clock()
        return reply.page(
          'wallboards/board',
          {
            ...{ id, links, light: isLight(model.design, at, session.timeZone) },
            view: boardView(model, 0, { links, now: at }),
          },
          { title: model.name, script: 'wallboards/board', layout: 'bare' },
        )
      },
    )
    // What a design that is being drawn would show now, as the live topic sends it.
    app.post(
      '/api/wallboards/preview',
      { config: { roles: editors }, schema: { body: Type.Object({ design: Type.Unknown() }) } },
      async (request) => {
        const { design } = readDesign(request.body.design)
        if (!design) throw new AppError('wallboard.bad_design', 422, { count: '' })
        return boards.preview(request.session, design)
      },
    )
  }

  /** A screen has its one board. */
  async function boardsFor({ scope, id }: Session): Promise<Board[]> {
    const only = await boardOfSession(db, scope, id)
    return (await listBoards(db, scope)).filter((board) => only === undefined || board.id === only)
  }
}
