import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Database, Scope } from '../database/index.ts'
import type { Sessions } from '../http/index.ts'
import { AppError, type Role, type Session } from '../http/types.ts'
import type { Live } from '../live/types.ts'
import type { Now, NowPorts } from '../supervision/index.ts'
import { readDesign } from './design.ts'
import { liveBoards } from './live-boards.ts'
import { boardView, isLight } from './pages/_view.ts'
import type { WallNumbers } from './ports.ts'
import { screenCookie, screenRoutes } from './screen-routes.ts'
import { boardOfSession, listScreens, revokeScreens } from './screens.ts'
import { type Board, boardById, createBoard, deleteBoard, keepToken, listBoards, opensBoard } from './store.ts'
import { room } from './templates.ts'

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
  /** Changes when the product does; boards then load themselves anew. Default: this start of the process. */
  version?: string
}

const editors: readonly Role[] = ['administrator', 'agency_administrator', 'supervisor']
const viewers: readonly Role[] = [...editors, 'agent', 'wallboard']
/** A screen tells that it lives once a minute, and sessions write it down as often: three missed are silence. */
const silentMs = 3 * 60_000
const style = readFileSync(join(import.meta.dirname, 'pages/board.css'))
const Params = Type.Object({ id: Type.String({ maxLength: 36 }) })
/** The queue of a board that is of one. */
const queueOf = ({ design }: Board) =>
  design.pages.flatMap(({ tiles }) => tiles.flatMap((tile) => ('queueIds' in tile ? tile.queueIds : [])))[0]
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
    await app.register(screenRoutes(options, editors))
    app.get('/wallboards/board.css', { config: { public: true } }, async (_request, reply) =>
      reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(style),
    )
    app.get('/wallboards', { config: { roles: editors } }, async (request, reply) => drawList(request.scope, reply))
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
    app.post(
      '/wallboards',
      {
        config: { roles: editors },
        schema: {
          body: Type.Object({
            name: Type.String({ minLength: 1, maxLength: 100 }),
            queueId: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('')])),
          }),
        },
      },
      async (request, reply) => {
        const { scope, session, body } = request
        const queues = await ports.lists.queues(scope)
        const queueIds = queues.filter(({ id }) => id === Number(body.queueId)).map(({ id }) => id)
        const id = await createBoard(db, scope, body.name.trim(), room({ queueIds }))
        await ports.audit.record(scope, {
          userId: session.userId,
          action: 'wallboard.created',
          subjectType: 'wallboard',
          subjectId: id,
        })
        return reply.redirect('/wallboards?done=created', 303)
      },
    )
    app.post(
      '/wallboards/:id/delete',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        if (!(await deleteBoard(db, scope, params.id))) throw new AppError('wallboard.not_found', 404)
        await revokeScreens(db, scope, { board_id: params.id }, sessions.revoke)
        boards.changed({ agencyId: scope.agencyId, key: params.id })
        await ports.audit.record(scope, {
          userId: session.userId,
          action: 'wallboard.deleted',
          subjectType: 'wallboard',
          subjectId: params.id,
        })
        return reply.redirect('/wallboards?done=deleted', 303)
      },
    )
    app.post(
      '/wallboards/:id/link',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        const board = await boardById(db, scope, params.id)
        if (!board) throw new AppError('wallboard.not_found', 404)
        const userId = await options.wallboardUser(scope)
        if (userId === undefined) throw new AppError('wallboard.no_user', 409)
        const { token } = await sessions.issue(scope, { userId, kind: 'wallboard', name: board.name })
        await keepToken(db, scope, board.id, token)
        await ports.audit.record(scope, {
          userId: session.userId,
          action: 'wallboard.link_made',
          subjectType: 'wallboard',
          subjectId: board.id,
        })
        return drawList(scope, reply, `${options.publicUrl.replace(/\/$/, '')}/wallboards/${board.id}?token=${token}`)
      },
    )
  }

  /** A screen has its one board. */
  async function boardsFor({ scope, id }: Session): Promise<Board[]> {
    const only = await boardOfSession(db, scope, id)
    return (await listBoards(db, scope)).filter((board) => only === undefined || board.id === only)
  }
  async function drawList(scope: Scope, reply: { page: import('fastify').FastifyReply['page'] }, link?: string) {
    const [list, queues, screens] = await Promise.all([
      listBoards(db, scope),
      ports.lists.queues(scope),
      listScreens(db, scope),
    ])
    const at = clock()
    const walls = screens.map((one) => ({
      ...one,
      board: list.find(({ id }) => id === one.boardId)?.name,
      alive: one.seenAt !== null && at - one.seenAt < silentMs,
    }))
    const address = `${options.publicUrl.replace(/^https?:\/\//, '').replace(/\/$/, '')}/screen`
    const shown = list.map((board) => ({
      ...board,
      queue: queues.find(({ id }) => id === queueOf(board))?.name,
    }))
    const title = { title: 'wallboards.title', nav: 'wallboards' }
    return reply.page('wallboards/list', { boards: shown, queues, link, walls, address, canEdit: true }, title)
  }
}
