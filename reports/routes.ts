import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../server/http/types.ts'
import { knownReport, type ReportRoutesOptions, reportRoles, reportsFor } from './access.ts'
import { makeAnswer, readCursor } from './answer.ts'
import { explainRoutes } from './explain/routes.ts'
import { exportRoutes } from './exports/index.ts'
import { ownWorkbookRoutes } from './own-workbook/index.ts'
import { pageRoutes } from './page-routes.ts'
import { formats, isFormat, makeFile, prepare } from './run.ts'
import { scheduleChangeRoutes } from './schedule-changes.ts'
import { scheduleRoutes } from './schedule-routes.ts'
import { sendFile } from './send-file.ts'
import { staffingRoutes } from './staffing/routes.ts'

type Query = Record<string, unknown>
const text = { type: 'string', maxLength: 64 } as const
const querystring = {
  type: 'object',
  properties: {
    from: { ...text, description: 'ISO 8601 instant, or a local date; default: the beginning of today' },
    to: {
      ...text,
      description: 'ISO 8601 instant (not included), or a local date (included); default: the end of today',
    },
    interval: { ...text, description: '15m, 30m, 1h or day' },
    queue: text,
    agent: text,
    topic: text,
    channel: { ...text, description: 'voice, chat, email, sms or social' },
    campaign: text,
    form: text,
    agency: { ...text, description: 'for administrators of the platform' },
    format: { ...text, description: 'json (default), xlsx, csv or pdf' },
    table: { ...text, description: 'which table of a csv; default: the finest' },
    after: { ...text, description: 'calls: the `next` of the page before' },
  },
} as const

/** GET /api/reports, GET /api/reports/:id, the pages under /reports, and schedules. */
export const reportRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, options) => {
  const { db, now = Date.now } = options

  app.get(
    '/api/reports',
    { config: { roles: reportRoles }, schema: { tags: ['reports'], summary: 'The reports there are' } },
    async (request) => ({
      reports: reportsFor(request.session?.role).map(({ id, title, description, parameters }) => ({
        id,
        title: title[request.session?.language === 'en-US' ? 'en' : 'es'],
        description: description[request.session?.language === 'en-US' ? 'en' : 'es'],
        parameters,
        formats: ['json', ...formats],
      })),
    }),
  )

  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/api/reports/:id',
    {
      config: { roles: reportRoles },
      schema: {
        tags: ['reports'],
        summary: 'One report as json, xlsx, csv or pdf',
        params: { type: 'object', properties: { id: text }, required: ['id'] },
        querystring,
      },
    },
    async (request, reply) => {
      const report = knownReport(request.params.id, request.session?.role)
      const language = request.session?.language ?? 'es'
      const context = await prepare(db, request.scope, report, request.query, now(), language)
      const format = request.query.format ?? 'json'
      if (format === 'json') return makeAnswer(context, readCursor(request.query.after))
      if (!isFormat(format)) throw new AppError('report.bad_parameters', 400, {}, { format: 'reports.invalid.format' })
      const table = request.query.table as string | undefined
      // A long detail is read and written, and a PDF laid out, in a thread of its own, so that calls never wait for it.
      const file =
        (report.kind === 'detail' || format === 'pdf') && options.exports
          ? await options.exports.stream(request.scope, {
              ...{ report: report.id, query: request.query, format, table, language },
            })
          : await makeFile(context, format, { table, publicUrl: options.publicUrl })
      await options.audit?.record(request.scope, {
        userId: request.session?.userId,
        action: 'report.exported',
        subjectType: 'report',
        subjectId: report.id,
        detail: { format, from: context.asked.period.from, to: context.asked.period.to },
      })
      return sendFile(request, reply, file)
    },
  )

  await app.register(explainRoutes, options)
  await app.register(pageRoutes, options)
  await app.register(ownWorkbookRoutes, options)
  await app.register(scheduleRoutes, options)
  await app.register(scheduleChangeRoutes, options)
  await app.register(staffingRoutes, options)
  if (options.exports) await app.register(exportRoutes, { ...options, exports: options.exports })
}
