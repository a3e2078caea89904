import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Database } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { type ReportRoutesOptions, reportsFor } from './access.ts'
import { type BouncesState, listBounces, reasonOf } from './bounces/index.ts'
import { type BundleFormat, bundleFormats } from './bundle/index.ts'
import { english, titleOf } from './english.ts'
import { englishFault } from './fault-text.ts'
import { listWorkbooks, ownWorkbookId, scheduledAs } from './own-workbook/index.ts'
import { platformReports, reports } from './reports.ts'
import { intervalWords, prepare } from './run.ts'
import { keptMs } from './schedule.ts'
import {
  type Asking,
  readLiving,
  readSeen,
  recipientsOf,
  recorder,
  scheduleParams,
  scheduleRoles,
} from './schedule-changes.ts'
import { checkSchedule, groups } from './schedule-check.ts'
import { administratorsGroup, checkRecipients, isOfPlatform, maySee } from './schedule-platform.ts'
import { listRuns, readFile } from './schedule-runs.ts'
import {
  createSchedule,
  listDeleted,
  listSchedules,
  type NewSchedule,
  type Period,
  readOwnDays,
  readOwner,
  type Schedule,
} from './schedule-store.ts'
import { nextSending, type OwnDays, periodOf } from './schedule-times.ts'
import { formatNames, groupNames, kindNames, periodNames, stateNames, whens, whenText } from './schedule-words.ts'
import { within } from './slots.ts'
import { readAgency, readNames } from './store.ts'

const text = { type: 'string', maxLength: 2000 } as const
const personWaitsMs = 20_000

const unread: BouncesState = { reads: false, readAt: undefined, fault: undefined }
const groupsFor = ({ session }: Pick<FastifyRequest, 'session'>) =>
  session.role === 'administrator' ? [...groups, administratorsGroup] : groups
/** The words of schedules in the reader's language. */
type Say = (text: string) => string
const same: Say = (text) => text
const sayTo = ({ session }: FastifyRequest): Say => (session.language === 'en-US' ? english : same)
type Bounced = Awaited<ReturnType<typeof readBounced>>

/** Why a sending failed, for whoever reads it. */
const told = ({ session }: Pick<Asking, 'session'>, error: string | null) =>
  error !== null && session.language === 'en-US' ? englishFault(error) : error

function titled(id: string, say: Say): string {
  const report = [...platformReports, ...reports].find((one) => one.id === id)
  return report ? titleOf(report, say === same ? 'es' : 'en-US') : id
}

/** What came back of these runs, by run, in words. */
async function readBounced(db: Database, { scope, session }: Asking, runIds: readonly number[]) {
  const found = await listBounces(db, scope, runIds)
  return (runId: number | undefined) =>
    (found.get(runId ?? 0) ?? []).map((one) => ({
      ...one,
      failed: one.state === 'failed',
      reason: reasonOf(one.status, session.language),
    }))
}

/** /reports/schedules and /api/reports/schedules: create, list, send now, what was sent. */
export const scheduleRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (
  app,
  { db, scheduler, bounces, audit, now = Date.now },
) => {
  const config = { roles: scheduleRoles }
  const record = recorder(audit)
  const params = scheduleParams
  type Id = { Params: { id: number } }

  const view =
    (own: OwnDays, bounced: Bounced, say: Say) =>
    (one: Schedule & { owner: string; last: { id: number; state: keyof typeof stateNames } | undefined }) => ({
      ...one,
      /** Of the latest run. */
      bounces: bounced(one.last?.id),
      reportTitle: ownWorkbookId(one.report) ? say('Mi planilla') : titled(one.report, say),
      when: say(whenText(one)),
      periodName: say(periodNames[one.parameters.period]),
      next: one.active ? nextSending(one, now(), own) : undefined,
      formatName: say(formatNames[one.format]),
      to: one.recipients.map((recipient) =>
        recipient in groupNames ? say((groupNames as Record<string, string>)[recipient]!) : recipient,
      ),
      lastState: one.last && say(stateNames[one.last.state]),
    })

  const views = async (request: FastifyRequest) => {
    const say = sayTo(request)
    const { scope } = request
    const list = (await listSchedules(db, scope)).filter((one) => maySee(request, one))
    const bounced = await readBounced(
      db,
      request,
      list.flatMap(({ last }) => last?.id ?? []),
    )
    return list
      .map((one) => (one.last ? { ...one, last: { ...one.last, error: told(request, one.last.error) } } : one))
      .map(view(await readOwnDays(db, scope), bounced, say))
  }

  app.get('/api/reports/schedules', { config, schema: { tags: ['reports'] } }, async (request) => ({
    schedules: await views(request),
    bounces: bounces?.state() ?? unread,
  }))

  app.get('/reports/schedules', { config, schema: { hide: true } as object }, async (request, reply) => {
    const names = await readNames(db, request.scope)
    const say = sayTo(request)
    const named = (words: Record<string, string>) =>
      Object.entries(words).map(([id, name]) => ({ id, name: say(name) }))
    return reply.page(
      'reports/schedules',
      {
        schedules: await views(request),
        deleted: (await listDeleted(db, request.scope, now() - keptMs)).filter((one) => maySee(request, one)),
        mailbox: bounces?.state() ?? unread,
        reports: [
          ...reportsFor(request.session.role).map((one) => ({
            id: one.id,
            title: titleOf(one, request.session.language),
          })),
          ...(await listWorkbooks(db, request.scope)).map(({ id, name }) => ({
            id: scheduledAs(id),
            title: say(`Mi planilla: ${name}`),
          })),
        ],
        queues: [...names.queues].map(([id, name]) => ({ id, name })),
        whens: whens.map((one) => ({ ...one, name: say(one.name) })),
        formats: Object.keys(bundleFormats)
          .map((id) => ({ id, name: say(formatNames[id as BundleFormat]) }))
          .reverse(),
        groups: groupsFor(request).map((id) => ({ id, name: say(groupNames[id]) })),
        intervals: named(intervalWords),
        periods: named(periodNames),
      },
      { title: say('Informes programados'), nav: 'reports', script: 'reports/schedules' },
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
            cron: { ...text, description: 'five fields, `|habiles` behind them for working days only' },
            days: { ...text, description: 'the last three fields of `cron`, with `time` for the first two' },
            time: { ...text, description: 'HH:MM' },
            format: text,
            groups: {
              description:
                'role:supervisor, role:agency_administrator, role:back_office; role:administrator for reports over every agency',
            },
            recipients: { description: 'addresses, a list or separated by commas' },
          },
        },
      },
    },
    async (request, reply) => {
      const { body, scope } = request
      const word = (name: string) => (typeof body[name] === 'string' ? (body[name] as string).trim() : '')
      const [hour = '', minute = ''] = word('time').split(':')
      const [cron = '', habiles] = (word('cron') || `${Number(minute)} ${Number(hour)} ${word('days')}`).split('|')
      const { timeZone } = await readAgency(db, scope)
      const extra = Object.fromEntries(
        ['interval', 'queue'].map((name) => [name, word(name)]).filter((pair) => pair[1]),
      )
      const schedule: NewSchedule = {
        name: word('name'),
        report: word('report'),
        parameters: { ...extra, ...(habiles ? { workingDays: '1' } : {}), period: word('period') as Period },
        cron,
        timeZone,
        format: (word('format') || 'xlsx') as BundleFormat,
        recipients: recipientsOf(body),
      }
      const { role } = request.session
      checkSchedule(schedule, now(), role)
      await checkRecipients(db, schedule)
      const known = reportsFor(role).find(({ id }) => id === schedule.report)
      // What the report would refuse each morning is refused now.
      if (known)
        await prepare(db, scope, known, { ...extra, ...periodOf(schedule.parameters.period, now(), timeZone) }, now())
      const own = ownWorkbookId(schedule.report)
      if (own) {
        if (!(await listWorkbooks(db, scope)).some(({ id }) => id === own))
          throw new AppError('schedule.invalid', 400, {}, { report: 'reports.invalid.report' })
        // A workbook is sent as what it is.
        schedule.format = 'xlsx'
      }
      const { queues } = await readNames(db, scope)
      if (extra.queue && !queues.has(Number(extra.queue)))
        throw new AppError('schedule.invalid', 400, {}, { queue: 'reports.invalid.queue' })
      const id = await createSchedule(db, scope, request.session.userId, schedule, now())
      await record(request, 'schedule.created', id, { recipients: schedule.recipients })
      return reply.code(201).send({ id })
    },
  )

  /** A mail server may hang for minutes: whoever pressed is told that it goes on. */
  const answered = <State>(run: Promise<State>) =>
    within<State | 'running'>(personWaitsMs, run, () => new Error('goes on')).catch((error: Error) => {
      if (error.message === 'goes on') return 'running' as const
      throw error
    })

  app.post<Id>('/api/reports/schedules/:id/run', { config, schema: { params } }, async (request) => {
    const { id } = request.params
    const schedule = await readLiving(db, request, id)
    await record(request, 'schedule.sent', id)
    const state = await answered(scheduler.runNow(request.scope, schedule))
    const [last] = state === 'running' ? [] : await listRuns(db, request.scope, id, 1)
    return { id, state, error: told(request, last?.error ?? null) }
  })

  app.post<Id>('/api/reports/schedules/:id/sample', { config, schema: { params } }, async (request) => {
    const { id } = request.params
    const schedule = await readLiving(db, request, id)
    const me = await readOwner(db, request.session.userId)
    if (!me?.email) throw new AppError('schedule.no_address', 400)
    await record(request, 'schedule.sample_sent', id)
    const state = await answered(scheduler.runNow(request.scope, schedule, me.email))
    const [last] = state === 'running' ? [] : await listRuns(db, request.scope, id, 1)
    return { id, state, error: told(request, last?.error ?? null), to: me.email }
  })

  app.get<Id>(
    '/reports/schedules/:id',
    { config, schema: { hide: true, params } as object },
    async (request, reply) => {
      const { id } = request.params
      const say = sayTo(request)
      const schedule = await readSeen(db, request, id)
      const runs = await listRuns(db, request.scope, id)
      const bounced = await readBounced(
        db,
        request,
        runs.map((run) => run.id),
      )
      return reply.page(
        'reports/schedule',
        {
          schedule,
          when: say(whenText(schedule)),
          addresses: schedule.recipients.filter((one) => !one.startsWith('role:')).join(', '),
          groups: (isOfPlatform(schedule) ? [administratorsGroup] : groups).map((one) => ({
            ...{ id: one, name: say(groupNames[one]), chosen: schedule.recipients.includes(one) },
          })),
          mailbox: bounces?.state() ?? unread,
          runs: runs.map((run) => ({
            ...run,
            error: told(request, run.error),
            stateName: say(stateNames[run.state]),
            kindName: say(kindNames[run.kind]),
            bounces: bounced(run.id),
          })),
        },
        { title: schedule.name, nav: 'reports', script: 'reports/schedules' },
      )
    },
  )

  app.get<{ Params: { id: number; file: number } }>(
    '/api/reports/schedules/:id/files/:file',
    {
      config,
      schema: {
        tags: ['reports'],
        params: { ...params, properties: { ...params.properties, file: { type: 'integer', minimum: 1 } } },
      },
    },
    async (request, reply) => {
      const { id, file } = request.params
      await readSeen(db, request, id)
      const found = await readFile(db, request.scope, id, file)
      if (!found) throw new AppError('schedule.not_found', 404)
      await record(request, 'schedule.file_taken', id, { file: found.name })
      return reply
        .header('content-disposition', `attachment; filename="${found.name}"`)
        .header('cache-control', 'no-store')
        .type(found.type)
        .send(found.bytes)
    },
  )
}
