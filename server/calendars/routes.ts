import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Calendars } from './calendars.ts'
import { isOpen, localTime, nextOpening } from './opening.ts'

const admin = { roles: ['administrator', 'agency_administrator'] } as const
const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' })
const Time = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$' })
const Body = Type.Object({
  name: Name,
  hours: Type.Array(Type.Object({ weekday: Type.Integer({ minimum: 1, maximum: 7 }), opens: Time, closes: Time }), {
    maxItems: 28,
  }),
})
const Day = Type.Object({
  day: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }),
  name: Type.String({ minLength: 1, maxLength: 120, pattern: '\\S' }),
  opens: Type.Optional(Time),
  closes: Type.Optional(Time),
})
const National = Type.Object({
  year: Type.Integer({ minimum: 2020, maximum: 2100 }),
  nonWorking: Type.Optional(Type.Boolean()),
})
// One line of the week's form: up to two stretches a weekday, in the order of the fields.
const Week = Type.Object({
  name: Name,
  opens: Type.Array(Type.String({ maxLength: 5 }), { maxItems: 14 }),
  closes: Type.Array(Type.String({ maxLength: 5 }), { maxItems: 14 }),
})
// The page has a form for the calendar's name too: this one must not share the field.
const DayForm = Type.Object({
  day: Day.properties.day,
  reason: Day.properties.name,
  opens: Day.properties.opens,
  closes: Day.properties.closes,
})
const tags = ['calendars']

export const calendarRoutes: FastifyPluginAsyncTypebox<{ calendars: Calendars; now?: () => number }> = async (
  app,
  { calendars, now = Date.now },
) => {
  app.get('/api/calendars', { schema: { tags } }, async (request) => ({
    calendars: await calendars.list(request.scope),
  }))
  app.post('/api/calendars', { config: admin, schema: { tags, body: Body } }, async (request, reply) => {
    const id = await calendars.create(request.scope, request.session.userId, request.body)
    return reply.code(201).send({ calendar: await calendars.get(request.scope, id) })
  })
  app.get('/api/calendars/:id', { schema: { tags, params: Id } }, async (request) => ({
    calendar: await calendars.get(request.scope, request.params.id),
  }))
  app.put('/api/calendars/:id', { config: admin, schema: { tags, params: Id, body: Body } }, async (request) => {
    await calendars.update(request.scope, request.session.userId, request.params.id, request.body)
    return { calendar: await calendars.get(request.scope, request.params.id) }
  })
  app.delete('/api/calendars/:id', { config: admin, schema: { tags, params: Id } }, async (request, reply) => {
    await calendars.remove(request.scope, request.session.userId, request.params.id)
    return reply.code(204).send()
  })
  app.put('/api/calendars/:id/days', { config: admin, schema: { tags, params: Id, body: Day } }, async (request) => {
    await calendars.putDay(request.scope, request.session.userId, request.params.id, request.body)
    return { calendar: await calendars.get(request.scope, request.params.id) }
  })

  app.get('/admin/calendars', { config: admin }, async (request, reply) => {
    const zone = request.session.timeZone
    const rows = (await calendars.list(request.scope)).map((calendar) => {
      const open = isOpen(calendar, now(), zone)
      return {
        ...calendar,
        open,
        next: open ? undefined : nextOpening(calendar, now(), zone),
        holidays: calendar.days.length,
      }
    })
    return reply.page('calendars/list', { rows }, { title: 'calendars.title', nav: 'admin' })
  })
  app.get('/admin/calendars/new', { config: admin }, async (_request, reply) =>
    reply.page(
      'calendars/edit',
      { name: '', week: weekOf(workingWeek), days: [] },
      { title: 'calendars.new', nav: 'admin' },
    ),
  )
  app.post('/admin/calendars/new', { config: admin, schema: { body: Week } }, async (request, reply) => {
    const id = await calendars.create(request.scope, request.session.userId, readWeek(request.body))
    return reply.redirect(`/admin/calendars/${id}?done=created`, 303)
  })
  app.get('/admin/calendars/:id', { config: admin, schema: { params: Id } }, async (request, reply) => {
    const calendar = await calendars.get(request.scope, request.params.id)
    const today = localTime(now(), request.session.timeZone).day
    const year = Number(today.slice(0, 4))
    return reply.page(
      'calendars/edit',
      {
        ...calendar,
        week: weekOf(calendar.hours),
        days: calendar.days.map((day) => ({
          ...day,
          shown: day.day.split('-').reverse().join('/'),
          past: day.day < today,
        })),
        years: [year, year + 1, year + 2],
      },
      { title: calendar.name, nav: 'admin' },
    )
  })
  app.post('/admin/calendars/:id', { config: admin, schema: { params: Id, body: Week } }, async (request, reply) => {
    await calendars.update(request.scope, request.session.userId, request.params.id, readWeek(request.body))
    return reply.redirect(`/admin/calendars/${request.params.id}?done=saved`, 303)
  })
  const back = (id: number, done: string) => `/admin/calendars/${id}?done=${done}#days`
  app.post(
    '/admin/calendars/:id/days',
    { config: admin, schema: { params: Id, body: DayForm } },
    async (request, reply) => {
      const { reason, ...day } = request.body
      await calendars.putDay(request.scope, request.session.userId, request.params.id, { ...day, name: reason })
      return reply.redirect(back(request.params.id, 'saved'), 303)
    },
  )
  app.post(
    '/admin/calendars/:id/days/delete',
    { config: admin, schema: { params: Id, body: Type.Object({ day: Type.String({ maxLength: 10 }) }) } },
    async (request, reply) => {
      await calendars.removeDay(request.scope, request.session.userId, request.params.id, request.body.day)
      return reply.redirect(back(request.params.id, 'deleted'), 303)
    },
  )
  app.post(
    '/admin/calendars/:id/national',
    { config: admin, schema: { params: Id, body: National } },
    async (request, reply) => {
      const { year, nonWorking } = request.body
      await calendars.addNational(request.scope, request.session.userId, request.params.id, year, nonWorking ?? false)
      return reply.redirect(back(request.params.id, 'saved'), 303)
    },
  )
  app.post('/admin/calendars/:id/delete', { config: admin, schema: { params: Id } }, async (request, reply) => {
    await calendars.remove(request.scope, request.session.userId, request.params.id)
    return reply.redirect('/admin/calendars?done=deleted', 303)
  })
}

type Stretch = { weekday: number; opens: string; closes: string }
const workingWeek: Stretch[] = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '08:00', closes: '18:00' }))

/** Two stretches for each weekday, as the form shows them. */
function weekOf(hours: readonly Stretch[]) {
  return [1, 2, 3, 4, 5, 6, 7].map((weekday) => {
    const mine = hours.filter((stretch) => stretch.weekday === weekday)
    return { weekday, first: mine[0], second: mine[1] }
  })
}

function readWeek({ name, opens, closes }: { name: string; opens: string[]; closes: string[] }) {
  const hours: Stretch[] = []
  for (let n = 0; n < Math.max(opens.length, closes.length); n++) {
    const from = opens[n]?.trim() ?? ''
    const to = closes[n]?.trim() ?? ''
    // Midnight as an end is the end of the day. A half-filled stretch goes on, to be refused beside its day.
    if (from !== '' || to !== '')
      hours.push({ weekday: Math.floor(n / 2) + 1, opens: from, closes: to === '00:00' ? '24:00' : to })
  }
  return { name: name.trim(), hours }
}
