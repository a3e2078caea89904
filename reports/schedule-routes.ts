import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../server/http/types.ts'
import { type ReportRoutesOptions, reportRoles } from './access.ts'
import { reports } from './reports.ts'
import { intervalWords } from './run.ts'
import { checkSchedule, nextDue } from './schedule.ts'
import {
  createSchedule,
  listSchedules,
  type NewSchedule,
  type Period,
  readSchedule,
  type Schedule,
  setActive,
} from './schedule-store.ts'
import { readAgency, readNames } from './store.ts'

const text = { type: 'string', maxLength: 2000 } as const
const roles = reportRoles.filter((role) => role !== 'integration')

const whens = [
  { cron: '0 7 * * *', name: 'Todos los días a las 7:00' },
  { cron: '0 7 * * 1-5', name: 'De lunes a viernes a las 7:00' },
  { cron: '0 7 * * 1', name: 'Los lunes a las 7:00' },
  { cron: '0 7 1 * *', name: 'El primer día de cada mes a las 7:00' },
]
const periodNames: Record<Period, string> = {
  yesterday: 'El día anterior',
  today: 'El mismo día',
  last_week: 'La semana anterior (lunes a domingo)',
  last_month: 'El mes anterior',
}
const stateNames = { running: 'Enviando', sent: 'Enviado', failed: 'Falló' }

/** /reports/schedules and /api/reports/schedules: create, list, switch on and off, send now. */
export const scheduleRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (
  app,
  { db, scheduler, audit, now = Date.now },
) => {
  const config = { roles }
  const params = { type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] } as const
  type Id = { Params: { id: number } }

  const view = (one: Schedule & { owner: string; last: { state: keyof typeof stateNames } | undefined }) => ({
    ...one,
    reportTitle: reports.find((report) => report.id === one.report)?.title.es ?? one.report,
    when: whens.find((when) => when.cron === one.cron)?.name ?? one.cron,
    periodName: periodNames[one.parameters.period],
    next: one.active ? nextDue(one.cron, one.timeZone, now()) : undefined,
    lastState: one.last && stateNames[one.last.state],
  })

  app.get('/api/reports/schedules', { config, schema: { tags: ['reports'] } }, async (request) => ({
    schedules: (await listSchedules(db, request.scope)).map(view),
  }))

  app.get('/reports/schedules', { config, schema: { hide: true } as object }, async (request, reply) => {
    const names = await readNames(db, request.scope)
    return reply.page(
      'reports/schedules',
      {
        schedules: (await listSchedules(db, request.scope)).map(view),
        reports: reports.map(({ id, title }) => ({ id, title: title.es })),
        queues: [...names.queues].map(([id, name]) => ({ id, name })),
        whens,
        intervals: Object.entries(intervalWords).map(([id, name]) => ({ id, name })),
        periods: Object.entries(periodNames).map(([id, name]) => ({ id, name })),
      },
      { title: 'Informes programados', nav: 'reports', script: 'reports/schedules' },
    )
  })

  app.post<{ Body: Record<string, string | string[] | undefined> }>(
    '/api/reports/schedules',
    {
      config,
      schema: {
        tags: ['reports'],
        body: {
          type: 'object',
          properties: {
            name: text,
            report: text,
            period: text,
            interval: text,
            queue: text,
            cron: text,
            format: text,
            recipients: { description: 'addresses, a list or separated by commas' },
          },
        },
      },
    },
    async (request, reply) => {
      const { body, scope } = request
      const word = (name: string) => (typeof body[name] === 'string' ? (body[name] as string).trim() : '')
      const addresses = Array.isArray(body.recipients)
        ? body.recipients.map(String)
        : word('recipients').split(/[\s,;]+/)
      const { timeZone } = await readAgency(db, scope)
      const extra = Object.fromEntries(
        ['interval', 'queue'].map((name) => [name, word(name)]).filter((pair) => pair[1]),
      )
      const schedule: NewSchedule = {
        name: word('name'),
        report: word('report'),
        parameters: { ...extra, period: word('period') as Period },
        cron: word('cron'),
        timeZone,
        format: (word('format') || 'xlsx') as 'xlsx' | 'csv',
        recipients: [...new Set(addresses.filter((one) => one !== ''))],
      }
      checkSchedule(schedule, now())
      const { queues } = await readNames(db, scope)
      if (extra.queue && !queues.has(Number(extra.queue)))
        throw new AppError('schedule.invalid', 400, {}, { queue: 'reports.invalid.queue' })
      const id = await createSchedule(db, scope, request.session.userId, schedule, now())
      await record(request, 'schedule.created', id, { recipients: schedule.recipients })
      return reply.code(201).send({ id })
    },
  )

  const switched = (active: boolean) => async (request: import('fastify').FastifyRequest<Id>) => {
    const { id } = request.params
    if (!(await setActive(db, request.scope, id, active, now()))) throw new AppError('schedule.not_found', 404)
    await record(request, active ? 'schedule.enabled' : 'schedule.disabled', id)
    return { id, active }
  }
  app.post<Id>('/api/reports/schedules/:id/enable', { config, schema: { params } }, switched(true))
  app.post<Id>('/api/reports/schedules/:id/disable', { config, schema: { params } }, switched(false))

  app.post<Id>('/api/reports/schedules/:id/run', { config, schema: { params } }, async (request) => {
    const { id } = request.params
    const schedule = await readSchedule(db, request.scope, id)
    if (!schedule) throw new AppError('schedule.not_found', 404)
    await record(request, 'schedule.sent', id)
    const state = await scheduler.runNow(request.scope, schedule)
    const last = (await listSchedules(db, request.scope)).find((one) => one.id === id)?.last
    return { id, state, error: last?.error ?? null }
  })

  async function record(request: import('fastify').FastifyRequest, action: string, id: number, detail?: object) {
    await audit?.record(request.scope, {
      userId: request.session.userId,
      action,
      subjectType: 'schedule',
      subjectId: id,
      detail,
    })
  }
}
