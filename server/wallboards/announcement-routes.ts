// `/wallboards/announcements`: what supervisors have to say on their boards.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { instantOf, localTime } from '../calendars/index.ts'
import type { Scope } from '../database/index.ts'
import { AppError, type Role, type Session } from '../http/types.ts'
import {
  type Announcement,
  announce,
  announcementById,
  changeAnnouncement,
  deleteAnnouncement,
  endAnnouncement,
  listAnnouncements,
  type NewAnnouncement,
} from './announcements.ts'
import type { WallboardOptions } from './routes.ts'
import { listBoards } from './store.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 36 }) })
/** As browsers send a local date and time. */
const Local = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2})?$' })
const Body = Type.Object({
  text: Type.String({ minLength: 1, maxLength: 280, pattern: '\\S' }),
  // Absent: from now on.
  from: Type.Optional(Local),
  until: Local,
  urgent: Type.Optional(Type.Literal('true')),
  boards: Type.Optional(Type.Enum(['all', 'some'])),
  boardIds: Type.Optional(Type.Array(Type.String({ maxLength: 36 }), { maxItems: 200 })),
})
const Change = Type.Intersect([Body, Type.Object({ version: Type.Integer({ minimum: 1 }) })])
const dayMs = 86_400_000
/** Longer than this it is forgotten, not announced. */
const longestMs = 366 * dayMs

export function announcementRoutes(
  options: WallboardOptions,
  editors: readonly Role[],
  changed: (scope: Scope) => void,
): FastifyPluginAsyncTypebox {
  const { db, ports } = options
  const now = ports.now ?? Date.now
  const record = (scope: Scope, userId: number, action: string, subjectId: string, detail?: object) =>
    ports.audit.record(scope, { userId, action, subjectType: 'announcement', subjectId, ...(detail ? { detail } : {}) })

  /** What was typed, as it is kept. @throws AppError beside the field that is wrong */
  const wanted = async (
    { scope, timeZone }: Pick<Session, 'scope' | 'timeZone'>,
    body: Static<typeof Body>,
    before?: Announcement,
  ): Promise<Omit<NewAnnouncement, 'madeBy'>> => {
    const wrong = (field: string, code: string) => {
      throw new AppError('request.invalid', 400, {}, { [field]: `wallboard.announcement.${code}` })
    }
    const at = now()
    const from = body.from === undefined ? at : instant(body.from, timeZone)
    const until = instant(body.until, timeZone)
    if (from === undefined) return wrong('from', 'time') as never
    if (until === undefined) return wrong('until', 'time') as never
    if (until <= from) wrong('until', 'order')
    // One that is over may be put right without being shown again.
    if (until <= at && until !== before?.until) wrong('until', 'past')
    if (until - from > longestMs) wrong('until', 'long')
    const boardIds = body.boards === 'some' ? [...new Set(body.boardIds ?? [])] : []
    if (body.boards === 'some') {
      const known = new Set((await listBoards(db, scope)).map(({ id }) => id))
      if (boardIds.length === 0) wrong('boardIds', 'none')
      if (boardIds.some((id) => !known.has(id))) wrong('boardIds', 'gone')
    }
    return { text: body.text.trim(), urgent: body.urgent === 'true', from, until, boardIds }
  }
  const known = async (scope: Scope, id: string): Promise<Announcement> => {
    const found = await announcementById(db, scope, id)
    if (!found) throw new AppError('wallboard.announcement_not_found', 404)
    return found
  }

  return async (app) => {
    app.get('/wallboards/announcements', { config: { roles: editors } }, async (request, reply) => {
      const { scope, session } = request
      const [all, boards] = await Promise.all([listAnnouncements(db, scope), listBoards(db, scope)])
      const at = now()
      const model = {
        announcements: all.map((one) => ({
          ...one,
          state: one.until <= at ? 'over' : one.from > at ? 'later' : 'now',
          boards: one.boardIds.map((id) => boards.find((board) => board.id === id)?.name).filter(Boolean),
        })),
        boards: boards.map(({ id, name }) => ({ id, name })),
        ...{ where: 'all', chosen: [] },
        until: local(at + 8 * 3_600_000, session.timeZone),
      }
      return reply.page('wallboards/announcements', model, {
        title: 'wallboards.announcements.title',
        nav: 'wallboards',
      })
    })
    app.post(
      '/wallboards/announcements',
      { config: { roles: editors }, schema: { body: Body } },
      async (request, reply) => {
        const { scope, session, body } = request
        const { userId } = session
        const one = await wanted(session, body)
        const id = await announce(db, scope, { ...one, madeBy: userId }, now())
        await record(scope, userId, 'announcement.created', id, { text: one.text, urgent: one.urgent })
        changed(scope)
        return reply.redirect('/wallboards/announcements?done=saved', 303)
      },
    )
    app.get(
      '/wallboards/announcements/:id',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        const [one, boards] = [await known(scope, params.id), await listBoards(db, scope)]
        const model = {
          ...{ id: one.id, version: one.version, text: one.text, urgent: one.urgent, chosen: one.boardIds },
          where: one.boardIds.length > 0 ? 'some' : 'all',
          ...{ from: local(one.from, session.timeZone), until: local(one.until, session.timeZone) },
          boards: boards.map(({ id, name }) => ({ id, name })),
        }
        return reply.page('wallboards/announcement', model, {
          title: 'wallboards.announcements.edit',
          nav: 'wallboards',
        })
      },
    )
    app.post(
      '/wallboards/announcements/:id',
      { config: { roles: editors }, schema: { params: Params, body: Change } },
      async (request, reply) => {
        const { scope, session, params, body } = request
        const one = await wanted(session, body, await known(scope, params.id))
        if (!(await changeAnnouncement(db, scope, params.id, { ...one, version: body.version }))) {
          await known(scope, params.id)
          throw new AppError('wallboard.announcement_changed', 409)
        }
        await record(scope, session.userId, 'announcement.changed', params.id, { text: one.text, urgent: one.urgent })
        changed(scope)
        return reply.redirect('/wallboards/announcements?done=saved', 303)
      },
    )
    app.post(
      '/wallboards/announcements/:id/end',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        await known(scope, params.id)
        // Over already: that is what was wanted.
        if (await endAnnouncement(db, scope, params.id, now()))
          await record(scope, session.userId, 'announcement.ended', params.id)
        changed(scope)
        return reply.redirect('/wallboards/announcements?done=saved', 303)
      },
    )
    app.post(
      '/wallboards/announcements/:id/delete',
      { config: { roles: editors }, schema: { params: Params } },
      async (request, reply) => {
        const { scope, session, params } = request
        if (!(await deleteAnnouncement(db, scope, params.id)))
          throw new AppError('wallboard.announcement_not_found', 404)
        await record(scope, session.userId, 'announcement.deleted', params.id)
        changed(scope)
        return reply.redirect('/wallboards/announcements?done=deleted', 303)
      },
    )
  }
}

/** UTC ms; undefined: there is no such day or hour. */
function instant(typed: string, timeZone: string): number | undefined {
  const [day, time] = [typed.slice(0, 10), typed.slice(11, 16)]
  const exists = new Date(`${day}T${time}:00Z`)
  if (Number.isNaN(exists.getTime()) || exists.toISOString().slice(0, 16) !== `${day}T${time}`) return undefined
  return instantOf(day, time, timeZone)
}

function local(at: number, timeZone: string): string {
  const { day, time } = localTime(at, timeZone)
  return `${day}T${time}`
}
