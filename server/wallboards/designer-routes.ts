// Where boards are drawn: `/wallboards/<id>/edit` and what its page asks.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { AppError, type Role } from '../http/types.ts'
import { readDesign } from './design.ts'
import type { WallboardOptions } from './routes.ts'
import type { Design } from './schema.ts'
import { shown } from './shown.ts'
import { type Board, boardById, createBoard, saveBoard } from './store.ts'
import { kinds, templates } from './templates.ts'

const sheetOfGrid = createRequire(import.meta.url).resolve('gridstack/dist/gridstack.min.css')
const Params = Type.Object({ id: Type.String({ maxLength: 36 }) })
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' })
/** More are not told at once: who sends that many did not draw them here. */
const mostFaults = 50

export function designerRoutes(
  options: WallboardOptions,
  editors: readonly Role[],
  changed: (scope: Scope, boardId: string) => void,
): FastifyPluginAsyncTypebox {
  const { db, ports } = options
  const now = ports.now ?? Date.now
  const record = (scope: Scope, userId: number, action: string, subjectId: string) =>
    ports.audit.record(scope, { userId, action, subjectType: 'wallboard', subjectId })
  const boardOf = async (scope: Scope, id: string): Promise<Board> => {
    const board = await boardById(db, scope, id)
    if (!board) throw new AppError('wallboard.not_found', 404)
    return board
  }
  /** @throws AppError with what is wrong, by its place in the design */
  const checked = async (scope: Scope, value: unknown): Promise<Design> => {
    const { design, faults } = readDesign(value)
    if (!design) throw refused(faults)
    const queues = new Set((await ports.lists.queues(scope)).map(({ id }) => id))
    const gone: Record<string, string> = {}
    for (const [number, { tiles }] of design.pages.entries())
      for (const [at, tile] of tiles.entries())
        if ('queueIds' in tile && tile.queueIds.some((id) => !queues.has(id)))
          gone[`pages/${number}/tiles/${at}/queueIds`] = 'queue_gone'
    if (Object.keys(gone).length > 0) throw refused(gone)
    return design
  }
  const changedBy = async (scope: Scope, { changedBy }: Board): Promise<string | null> => {
    if (changedBy === null) return null
    const user = await db.knex('users').where({ agency_id: scope.agencyId, id: changedBy }).first('name')
    return user?.name ?? null
  }

  return async (app) => {
    app.get('/wallboards/gridstack.css', { config: { public: true } }, async (_request, reply) =>
      reply
        .type('text/css; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(await readFile(sheetOfGrid)),
    )
    app.get(
      '/wallboards/:id/edit',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session } = request
        const board = await boardOf(scope, request.params.id)
        const queues = await ports.lists.queues(scope)
        const setup = {
          ...{ id: board.id, name: board.name, version: board.version, design: board.design },
          ...{ agency: session.agencyName, userId: session.userId },
          queues: queues.map(({ id, name }) => ({ id, name })),
          definitions: Object.fromEntries(
            shown.map(({ id }) => [id, options.definition?.(id, session.language) ?? '']),
          ),
        }
        return reply.page(
          'wallboards/designer',
          { setup, kinds: Object.keys(kinds) },
          { title: board.name, nav: 'wallboards', script: 'wallboards/designer' },
        )
      },
    )
    app.get('/api/wallboards/:id', { config: { roles: editors }, schema: { params: Params } }, async (request) => {
      const { scope } = request
      const board = await boardOf(scope, request.params.id)
      const { id, name, version, design, changedAt } = board
      return { id, name, version, design, changedAt, changedBy: await changedBy(scope, board) }
    })
    app.post(
      '/api/wallboards',
      {
        config: { roles: editors },
        schema: {
          body: Type.Object({
            name: Name,
            // Looked at below: what is wrong is told by its place.
            design: Type.Optional(Type.Unknown()),
            template: Type.Optional(Type.Enum(Object.keys(templates) as (keyof typeof templates)[])),
          }),
        },
      },
      async (request, reply) => {
        const { scope, session, body } = request
        const design =
          body.design === undefined ? templates[body.template ?? 'empty']() : await checked(scope, body.design)
        const id = await createBoard(db, scope, body.name.trim(), design)
        await record(scope, session.userId, 'wallboard.created', id)
        return reply.code(201).send({ id, version: 1 })
      },
    )
    app.put(
      '/api/wallboards/:id',
      {
        config: { roles: editors },
        schema: {
          params: Params,
          body: Type.Object({ name: Name, version: Type.Integer({ minimum: 1 }), design: Type.Unknown() }),
        },
      },
      async (request) => {
        const { scope, session, params, body } = request
        await boardOf(scope, params.id)
        const design = await checked(scope, body.design)
        const { userId } = session
        const wanted = { version: body.version, name: body.name.trim(), design, userId, at: now() }
        const version = await saveBoard(db, scope, params.id, wanted)
        if (version === undefined) {
          // Deleted since, or saved by somebody else.
          await boardOf(scope, params.id)
          throw new AppError('wallboard.changed', 409)
        }
        await record(scope, userId, 'wallboard.changed', params.id)
        changed(scope, params.id)
        return { id: params.id, version }
      },
    )
  }
}

function refused(faults: Record<string, string>): AppError {
  const fields = Object.entries(faults).slice(0, mostFaults)
  return new AppError(
    'wallboard.bad_design',
    422,
    { count: Object.keys(faults).length },
    Object.fromEntries(fields.map(([path, code]) => [path || 'design', `wallboards.fault.${code}`])),
  )
}
