// `/wallboards`: the boards and the screens of the agency, and what is done to them beside drawing.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { AppError, type Role } from '../http/types.ts'
import { pictureOf } from './pages/_picture.ts'
import type { WallboardOptions } from './routes.ts'
import { listScreens, moveScreen, revokeScreens } from './screens.ts'
import {
  type Board,
  boardById,
  createBoard,
  deleteBoard,
  keepToken,
  listBoards,
  renameBoard,
  sessionOfLink,
} from './store.ts'
import { templates } from './templates.ts'

/** A screen tells that it lives once a minute, and sessions write it down as often: three missed are silence. */
const silentMs = 3 * 60_000
const Params = Type.Object({ id: Type.String({ maxLength: 36 }) })
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' })
const templateIds = Object.keys(templates) as (keyof typeof templates)[]

export function listRoutes(
  options: WallboardOptions,
  editors: readonly Role[],
  changed: (scope: Scope, boardId: string) => void,
): FastifyPluginAsyncTypebox {
  const { db, ports, sessions } = options
  const now = ports.now ?? Date.now
  const base = options.publicUrl.replace(/\/$/, '')
  const record = (scope: Scope, userId: number, action: string, id: string, subjectType = 'wallboard') =>
    ports.audit.record(scope, { userId, action, subjectType, subjectId: id })
  const boardOf = async (scope: Scope, id: string): Promise<Board> => {
    const board = await boardById(db, scope, id)
    if (!board) throw new AppError('wallboard.not_found', 404)
    return board
  }

  return async (app) => {
    app.get('/wallboards', { config: { roles: editors } }, async (request, reply) => draw(request.scope, reply))
    app.post(
      '/wallboards',
      {
        config: { roles: editors },
        schema: {
          body: Type.Object({
            name: Name,
            template: Type.Optional(Type.Enum(templateIds)),
            queueId: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('')])),
          }),
        },
      },
      async (request, reply) => {
        const { scope, session, body } = request
        const queues = await ports.lists.queues(scope)
        const queueIds = queues.filter(({ id }) => id === Number(body.queueId)).map(({ id }) => id)
        const id = await createBoard(db, scope, body.name.trim(), templates[body.template ?? 'room']({ queueIds }))
        await record(scope, session.userId, 'wallboard.created', id)
        return reply.redirect(`/wallboards/${id}/edit`, 303)
      },
    )
    app.post(
      '/wallboards/:id/copy',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        const board = await boardOf(scope, params.id)
        const id = await createBoard(db, scope, copyName(board.name, await listBoards(db, scope)), board.design)
        await record(scope, session.userId, 'wallboard.created', id)
        return reply.redirect(`/wallboards/${id}/edit`, 303)
      },
    )
    app.post(
      '/wallboards/:id/rename',
      { config: { roles: editors }, schema: { params: Params, body: Type.Object({ name: Name }) } },
      async (request, reply) => {
        const { scope, session, params, body } = request
        const { userId } = session
        if (!(await renameBoard(db, scope, params.id, { name: body.name.trim(), userId, at: now() })))
          throw new AppError('wallboard.not_found', 404)
        await record(scope, userId, 'wallboard.changed', params.id)
        changed(scope, params.id)
        return reply.redirect('/wallboards?done=saved', 303)
      },
    )
    app.post(
      '/wallboards/:id/delete',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        const linked = await sessionOfLink(db, scope, params.id)
        if (!(await deleteBoard(db, scope, params.id))) throw new AppError('wallboard.not_found', 404)
        await revokeScreens(db, scope, { board_id: params.id }, sessions.revoke)
        if (linked !== undefined) await sessions.revoke(linked)
        await record(scope, session.userId, 'wallboard.deleted', params.id)
        changed(scope, params.id)
        return reply.redirect('/wallboards?done=deleted', 303)
      },
    )
    app.post(
      '/wallboards/:id/link',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        const board = await boardOf(scope, params.id)
        const userId = await options.wallboardUser(scope)
        if (userId === undefined) throw new AppError('wallboard.no_user', 409)
        const before = await sessionOfLink(db, scope, board.id)
        const { token } = await sessions.issue(scope, { userId, kind: 'wallboard', name: board.name })
        await keepToken(db, scope, board.id, token)
        if (before !== undefined) await sessions.revoke(before)
        await record(scope, session.userId, 'wallboard.link_made', board.id)
        return draw(scope, reply, `${base}/wallboards/${board.id}?token=${token}`)
      },
    )
    app.post(
      '/wallboards/screens/:id/move',
      {
        config: { roles: editors },
        schema: { params: Params, body: Type.Object({ boardId: Type.String({ minLength: 1, maxLength: 36 }) }) },
      },
      async (request, reply) => {
        const { scope, session, params, body } = request
        const board = await boardOf(scope, body.boardId)
        if (!(await moveScreen(db, scope, params.id, board.id, sessions.revoke)))
          throw new AppError('wallboard.screen_not_found', 404)
        await record(scope, session.userId, 'wallboard.screen_moved', params.id, 'screen')
        return reply.redirect('/wallboards?done=saved', 303)
      },
    )
  }

  async function draw(scope: Scope, reply: FastifyReply, link?: string) {
    const [boards, queues, screens] = await Promise.all([
      listBoards(db, scope),
      ports.lists.queues(scope),
      listScreens(db, scope),
    ])
    const at = now()
    const walls = screens.map((one) => ({
      ...one,
      board: boards.find(({ id }) => id === one.boardId)?.name,
      alive: one.seenAt !== null && at - one.seenAt < silentMs,
      boards: boards.map(({ id, name }) => ({ id, name, chosen: id === one.boardId })),
    }))
    const shown = boards.map(({ id, name, design, hasToken, changedAt }) => {
      const mine = walls.filter(({ boardId }) => boardId === id)
      return {
        ...{ id, name, hasToken, changedAt, picture: pictureOf(design), pages: design.pages.length },
        ...{ screens: mine.length, alive: mine.filter(({ alive }) => alive).length },
        // Approved a moment ago: it comes by itself.
        awaited:
          mine.length > 0 && mine.every(({ seenAt, approvedAt }) => seenAt === null && at - approvedAt < silentMs),
      }
    })
    const model = {
      ...{ boards: shown, queues, link, walls, address: `${base.replace(/^https?:\/\//, '')}/screen` },
      templates: templateIds.map((id) => ({ id, picture: pictureOf(templates[id]()) })),
    }
    return reply.page('wallboards/list', model, { title: 'wallboards.title', nav: 'wallboards' })
  }
}

/** «Sala (2)», «Sala (3)» ... the first that nobody has. */
export function copyName(name: string, boards: readonly { name: string }[]): string {
  const stem = name.replace(/ \(\d+\)$/, '').slice(0, 90)
  const taken = new Set(boards.map((board) => board.name))
  for (let number = 2; ; number++) if (!taken.has(`${stem} (${number})`)) return `${stem} (${number})`
}
