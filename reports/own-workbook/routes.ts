import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { AppError } from '../../server/http/types.ts'
import { type ReportRoutesOptions, reportRoles } from '../access.ts'
import { reports } from '../reports.ts'
import { sendFile } from '../send-file.ts'
import { readNames } from '../store.ts'
import { xlsxType } from '../workbook/index.ts'
import { maxBytes } from './archive.ts'
import type { Note } from './fill.ts'
import { figures, isByQueue, slug } from './names.ts'
import { type FillJob, fillFor } from './own-workbook.ts'
import { WorkbookRefused } from './refused.ts'
import { sampleWorkbook } from './sample.ts'
import * as store from './store.ts'

type Id = { Params: { id: string } }
type Query = Record<string, string | undefined>
const id = { type: 'string', pattern: '^[0-9a-f-]{36}$' } as const
const params = { type: 'object', properties: { id }, required: ['id'] } as const
const number = { type: 'integer', minimum: 1 } as const
const period = (query: Query): Query =>
  Object.fromEntries(['from', 'to', 'queue', 'channel'].flatMap((name) => (query[name] ? [[name, query[name]]] : [])))
const megabytes = new Intl.NumberFormat('es-AR', { maximumFractionDigits: 1 })

/** /reports/workbooks and /api/workbooks: an agency's own workbooks, filled with its figures. */
export const ownWorkbookRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, options) => {
  const { db, audit, now = Date.now } = options
  const config = { roles: reportRoles }
  const page = { config, schema: { hide: true } as object }
  const tags = ['reports']

  const fill = async (request: FastifyRequest, job: Omit<FillJob, 'now'>) => {
    const { scope } = request
    try {
      return await (options.fillWorkbook ?? ((of, all) => fillFor(db, of, all)))(scope, { ...job, now: now() })
    } catch (error) {
      if (error instanceof WorkbookRefused) throw new AppError(error.code, 400, error.values, { file: error.code })
      throw error
    }
  }
  const known = async (request: FastifyRequest<Id>) => {
    const found = await store.readWorkbook(db, request.scope, request.params.id)
    if (!found) throw new AppError('workbook.not_found', 404)
    return found
  }
  const content = async (request: FastifyRequest<Id>, version: number) => {
    const bytes = await store.readContent(db, request.scope, request.params.id, version)
    if (!bytes) throw new AppError('workbook.not_found', 404)
    return bytes
  }
  const record = (request: FastifyRequest, action: string, subjectId: string, detail: object = {}) =>
    audit?.record(request.scope, {
      userId: request.session?.userId,
      action: `workbook.${action}`,
      subjectType: 'workbook',
      subjectId,
      detail: detail as Record<string, unknown>,
    })

  app.get('/reports/workbooks', page, async (request, reply) => {
    const list = await store.listWorkbooks(db, request.scope)
    const workbooks = list.map((one) => ({ ...one, size: sizeOf(one.bytes), ...countsOf(one.notes) }))
    return reply.page(
      'reports/workbooks',
      { workbooks, most: maxBytes / 1_048_576 },
      { title: 'Mis planillas', nav: 'reports', script: 'reports/workbooks' },
    )
  })

  app.get('/reports/workbooks/names', page, async (request, reply) => {
    const { queues } = await readNames(db, request.scope)
    const model = {
      metrics: figures.map((metric) => ({
        name: `vera.${metric.id}`,
        label: metric.label.es,
        definition: metric.definition.es,
        byQueue: isByQueue(metric),
      })),
      tables: reports.map((report) => ({
        name: `vera.${slug(report.id)}`,
        title: report.title.es,
        description: report.description.es,
        byInterval: report.parameters.includes('interval') && `vera.${slug(report.id)}_by_hour`,
      })),
      queues: [...queues].map(([queueId, name]) => ({
        name,
        own: `vera.answered.${slug(name)}`,
        fixed: `queue_${queueId}`,
      })),
    }
    return reply.page('reports/workbook-names', model, { title: 'Nombres para tus planillas', nav: 'reports' })
  })

  app.get('/reports/workbooks/sample', page, async (request, reply) =>
    sendFile(request, reply, {
      name: 'vera-ejemplo.xlsx',
      type: xlsxType,
      content: Readable.from([Buffer.from(await sampleWorkbook())]),
    }),
  )

  app.get<Id & { Querystring: Query }>(
    '/reports/workbooks/:id',
    { config, schema: { hide: true, params } as object },
    async (request, reply) => {
      const workbook = await known(request)
      const versions = await store.listVersions(db, request.scope, workbook.id)
      const names = await readNames(db, request.scope)
      const asked = period(request.query)
      const current = versions.find(({ version }) => version === workbook.version)
      let notes = current?.notes ?? []
      let fault: { message: string; values: object } | undefined
      if (asked.from || asked.to)
        try {
          notes = (await fill(request, { bytes: await content(request, workbook.version), query: asked })).notes
        } catch (error) {
          if (!(error instanceof AppError) || error.status >= 500) throw error
          reply.code(error.status)
          fault = { message: `errors.${error.code}`, values: error.values }
        }
      const model = {
        workbook,
        fault,
        notes: notes.map((one) => ({ ...one, good: one.state === 'good' })),
        ...countsOf(notes),
        checked: Boolean(asked.from || asked.to),
        form: asked,
        queues: [...names.queues].map(([queueId, name]) => ({
          id: queueId,
          name,
          chosen: String(queueId) === asked.queue,
        })),
        versions: versions.map((one) => ({
          ...one,
          size: sizeOf(one.bytes),
          current: one.version === workbook.version,
        })),
        several: versions.length > 1,
        most: maxBytes / 1_048_576,
      }
      return reply.page('reports/workbook', model, {
        title: workbook.name,
        nav: 'reports',
        script: 'reports/workbooks',
      })
    },
  )

  /** multipart: `file` (xlsx), `name`, and `id` where it takes the place of an earlier one. */
  app.post(
    '/api/workbooks',
    { config, schema: { tags, summary: 'Bring a workbook, or a new version of one' } },
    async (request, reply) => {
      const { file, fileName, fields } = await partsOf(request)
      if (!file) throw new AppError('workbook.no_file', 400, {}, { file: 'workbook.no_file' })
      const name =
        (fields.name ?? '').trim().slice(0, 120) || fileName.replace(/\.xlsx$/i, '').slice(0, 120) || 'Planilla'
      const { notes } = await fill(request, { bytes: file, query: {} })
      const upload = { fileName, content: file, notes, userId: request.session.userId, at: now() }
      let own = fields.id
      if (own !== undefined) {
        if (!new RegExp(id.pattern).test(own) || !(await store.addVersion(db, request.scope, own, upload)))
          throw new AppError('workbook.not_found', 404)
      } else {
        own = await store.addWorkbook(db, request.scope, name, upload)
        if (!own) throw new AppError('workbook.too_many', 400, { most: store.mostWorkbooks })
      }
      await record(request, 'uploaded', own, { fileName, bytes: file.length })
      const address = `/reports/workbooks/${own}`
      if ((request.headers.accept ?? '').includes('text/html')) return reply.redirect(address, 303)
      return reply.code(201).send({ id: own, address, names: notes })
    },
  )

  app.get('/api/workbooks', { config, schema: { tags, summary: 'Workbooks of the agency' } }, async (request) => ({
    workbooks: (await store.listWorkbooks(db, request.scope)).map(({ notes, ...one }) => ({ ...one, names: notes })),
  }))

  app.get<Id & { Querystring: Query }>(
    '/api/workbooks/:id/file',
    { config, schema: { tags, summary: 'The workbook, filled for a period', params } },
    async (request, reply) => {
      const workbook = await known(request)
      const query = period(request.query)
      const { bytes, days } = await fill(request, { bytes: await content(request, workbook.version), query })
      await record(request, 'filled', workbook.id, query)
      const name = `${slug(workbook.name).replaceAll('_', '-') || 'planilla'}-${days}.xlsx`
      return sendFile(request, reply, { name, type: xlsxType, content: Readable.from([Buffer.from(bytes)]) })
    },
  )
  app.get<{ Params: { id: string; version: number } }>(
    '/api/workbooks/:id/versions/:version/file',
    {
      config,
      schema: { tags, summary: 'As it was uploaded', params: { ...params, properties: { id, version: number } } },
    },
    async (request, reply) => {
      const workbook = await known(request)
      const bytes = await content(request, request.params.version)
      const name = `${slug(workbook.name).replaceAll('_', '-') || 'planilla'}-version-${request.params.version}.xlsx`
      return sendFile(request, reply, { name, type: xlsxType, content: Readable.from([bytes]) })
    },
  )
  app.post<Id & { Body: { version: number } }>(
    '/reports/workbooks/:id/restore',
    {
      config,
      schema: {
        hide: true,
        params,
        body: { type: 'object', properties: { version: number }, required: ['version'] },
      } as object,
    },
    async (request, reply) => {
      const { version } = request.body
      if (!(await store.restoreVersion(db, request.scope, request.params.id, version)))
        throw new AppError('workbook.not_found', 404)
      await record(request, 'restored', request.params.id, { version })
      return reply.redirect(`/reports/workbooks/${request.params.id}`, 303)
    },
  )
  app.post<Id>(
    '/reports/workbooks/:id/remove',
    { config, schema: { hide: true, params } as object },
    async (request, reply) => {
      if (!(await store.removeWorkbook(db, request.scope, request.params.id)))
        throw new AppError('workbook.not_found', 404)
      await record(request, 'removed', request.params.id)
      return reply.redirect('/reports/workbooks', 303)
    },
  )
}

const sizeOf = (bytes: number) =>
  bytes < 100_000 ? `${Math.ceil(bytes / 1000)} kB` : `${megabytes.format(bytes / 1e6)} MB`
const countsOf = (notes: readonly Note[]) => ({
  recognised: notes.filter(({ state }) => state === 'good').length,
  wrong: notes.filter(({ state }) => state === 'bad').length,
})

async function partsOf(request: FastifyRequest) {
  const fields: Record<string, string> = {}
  let file: Buffer | undefined
  let fileName = ''
  try {
    for await (const part of request.parts({ limits: { fileSize: maxBytes, files: 1, fields: 4 } })) {
      if (part.type === 'file') {
        const bytes = await part.toBuffer()
        if (bytes.length > 0) file = bytes
        fileName = (part.filename ?? '').replace(/[\p{C}/\\]/gu, '').slice(0, 200)
      } else fields[part.fieldname] = String(part.value)
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error
    throw new AppError('workbook.too_big', 413, { megabytes: maxBytes / 1_048_576 }, { file: 'workbook.too_big' })
  }
  return { file, fileName, fields }
}
