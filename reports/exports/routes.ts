import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { AppError } from '../../server/http/types.ts'
import { knownReport, type ReportRoutesOptions, reportRoles } from '../access.ts'
import { reports } from '../reports.ts'
import type { Format } from '../run.ts'
import { sendFile } from '../send-file.ts'
import { type Exports, keptDays } from './exports.ts'
import type { Export } from './store.ts'

const text = { type: 'string', maxLength: 64 } as const
const body = {
  type: 'object',
  required: ['report', 'format'],
  properties: {
    report: text,
    format: { type: 'string', enum: ['xlsx', 'csv'] },
    table: text,
    parameters: { type: 'object', maxProperties: 40, additionalProperties: { type: 'string', maxLength: 200 } },
  },
} as const
const params = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-f-]{36}$' } },
  required: ['id'],
} as const

type Body = { report: string; format: Format; table?: string; parameters?: Record<string, string> }
type Id = { Params: { id: string } }

/** What the owner sees of one. */
const view = (one: Export) => ({
  id: one.id,
  report: one.report,
  format: one.format,
  parameters: one.query,
  state: one.state,
  rowsDone: one.rowsDone,
  rowsTotal: one.rowsTotal,
  bytes: one.bytes,
  fileName: one.fileName,
  error: one.error && { code: one.error, values: one.errorValues },
  createdAt: new Date(one.createdAt).toISOString(),
  endedAt: one.endedAt === null ? null : new Date(one.endedAt).toISOString(),
})

const megabytes = new Intl.NumberFormat('es-AR', { maximumFractionDigits: 1 })
const date = (value: unknown) =>
  /^(\d{4})-(\d\d)-(\d\d)/
    .exec(String(value ?? ''))
    ?.slice(1)
    .reverse()
    .join('/')

/** /api/exports and /reports/downloads: each person's own. */
export const exportRoutes: FastifyPluginAsync<ReportRoutesOptions & { exports: Exports }> = async (app, options) => {
  const { exports, audit } = options
  const config = { roles: reportRoles }
  const page = { config, schema: { hide: true } as object }
  const who = (request: FastifyRequest) => [request.scope, request.session.userId] as const
  const record = (request: FastifyRequest, action: string, one: Export) =>
    audit?.record(request.scope, {
      userId: request.session.userId,
      action,
      subjectType: 'report',
      subjectId: one.report,
      detail: { export: one.id, format: one.format, ...one.query },
    })

  app.post<{ Body: Body }>(
    '/api/exports',
    { config, schema: { tags: ['reports'], summary: 'Ask for a long file, made by itself', body } },
    async (request, reply) => {
      const { report, format, table, parameters: query = {} } = request.body
      const one = await exports.ask(...who(request), { report: knownReport(report).id, format, table, query })
      await record(request, 'report.export_asked', one)
      return reply.code(202).send(view(one))
    },
  )
  app.get('/api/exports', { config, schema: { tags: ['reports'], summary: 'My files' } }, async (request) => ({
    exports: (await exports.list(...who(request))).map(view),
  }))
  app.get<Id>('/api/exports/:id', { config, schema: { tags: ['reports'], params } }, async (request) =>
    view(await exports.get(...who(request), request.params.id)),
  )
  app.post<Id>('/api/exports/:id/cancel', { config, schema: { tags: ['reports'], params } }, async (request) =>
    view(await exports.cancel(...who(request), request.params.id)),
  )
  app.get<Id>(
    '/api/exports/:id/file',
    { config, schema: { tags: ['reports'], summary: 'The file, once it is ready', params } },
    async (request, reply) => {
      const one = await exports.get(...who(request), request.params.id)
      const file = await exports.file(...who(request), one.id)
      await record(request, 'report.exported', one)
      return sendFile(request, reply, file)
    },
  )

  app.get('/reports/downloads', page, async (request, reply) => {
    const list = await exports.list(...who(request))
    const model = list.map((one) => ({
      ...view(one),
      title: reports.find(({ id }) => id === one.report)?.title.es ?? one.report,
      kind: one.format === 'xlsx' ? 'Excel' : 'CSV',
      size: one.bytes === null ? undefined : `${megabytes.format(one.bytes / 1e6)} MB`,
      words: [date(one.query.from), date(one.query.to)].filter(Boolean).join(' a '),
      createdAt: one.createdAt,
      until: one.state === 'done' && one.endedAt !== null ? one.endedAt + keptDays * 86_400_000 : undefined,
      active: one.state === 'waiting' || one.state === 'running',
      error: one.error,
      values: one.errorValues,
    }))
    return reply.page(
      'reports/downloads',
      { exports: model, days: keptDays, busy: model.some(({ active }) => active) },
      { title: 'Mis descargas', nav: 'reports', script: 'reports/downloads' },
    )
  })
  for (const act of ['cancel', 'remove'] as const)
    app.post<Id>(
      `/reports/downloads/:id/${act}`,
      { config, schema: { hide: true, params } as object },
      async (request, reply) => {
        if (!/^[0-9a-f-]{36}$/.test(request.params.id)) throw new AppError('export.not_found', 404)
        await exports[act](...who(request), request.params.id)
        return reply.redirect('/reports/downloads', 303)
      },
    )
}
