import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../server/http/types.ts'
import { knownReport, type ReportRoutesOptions, reportRoles } from './access.ts'
import { countCalls } from './calls-store.ts'
import { localDay } from './metrics/index.ts'
import type { Report } from './report.ts'
import { reports } from './reports.ts'
import { definitionsOf, type Prepared, parameterTexts, prepare, readCursor } from './run.ts'
import { readNames } from './store.ts'
import { chartViews, shown, tableView } from './view.ts'

type Query = Record<string, string | undefined>
const pageRows = 200

/** /reports and /reports/:id. */
export const pageRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, { db, now = Date.now }) => {
  const config = { roles: reportRoles }

  app.get('/reports', { config, schema: { hide: true } as object }, async (_request, reply) =>
    reply.page(
      'reports/list',
      { reports: reports.map(({ id, title, description }) => ({ id, title: title.es, description: description.es })) },
      { title: 'Informes', nav: 'reports' },
    ),
  )

  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/reports/:id',
    { config, schema: { hide: true } as object },
    async (request, reply) => {
      const report = knownReport(request.params.id)
      const { query, scope } = request
      const names = await readNames(db, scope)
      const choices = (map: Map<number, string>, chosen: string | undefined) =>
        [...map].map(([id, name]) => ({ id, name, chosen: String(id) === chosen }))
      const wants = (name: Report['parameters'][number]) => report.parameters.includes(name)
      const base = {
        report: { id: report.id, title: report.title.es, description: report.description.es },
        queues: wants('queue') ? choices(names.queues, query.queue) : undefined,
        agents: wants('agent') ? choices(names.agents, query.agent) : undefined,
        topics: wants('topic') ? choices(names.topics, query.topic) : undefined,
      }
      let context: Prepared
      try {
        context = await prepare(db, scope, report, query, now())
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= 500) throw error
        // The form is drawn again with what was typed, and says what is wrong with it.
        const fault = {
          message: `errors.${error.code}`,
          values: error.values,
          fields: Object.values(error.fields ?? {}),
        }
        reply.code(error.status)
        return reply.page(
          'reports/report',
          {
            ...base,
            form: { from: query.from, to: query.to },
            intervals: intervalChoices(report, query.interval),
            fault,
          },
          { title: report.title.es, nav: 'reports' },
        )
      }
      const { asked, timeZone } = context
      const address = new URLSearchParams(
        Object.entries(query).flatMap(([key, value]) => (value && key !== 'after' ? [[key, value]] : [])),
      )
      const model = {
        ...base,
        form: {
          from: localDay(asked.period.from, timeZone),
          to: localDay(asked.period.to - 1, timeZone),
        },
        intervals: intervalChoices(report, asked.interval),
        parameters: parameterTexts(context),
        download: {
          xlsx: `/api/reports/${report.id}?${new URLSearchParams([...address, ['format', 'xlsx']])}`,
          csv: `/api/reports/${report.id}?${new URLSearchParams([...address, ['format', 'csv']])}`,
        },
        ...(await content(context, readCursor(query.after), address)),
      }
      return reply.page('reports/report', model, { title: report.title.es, nav: 'reports', script: 'reports/report' })
    },
  )

  async function content(context: Prepared, after: ReturnType<typeof readCursor>, address: URLSearchParams) {
    const { report, timeZone } = context
    if (report.kind === 'detail') {
      const page = await report.detail.page(context, pageRows, after)
      const total = await countCalls(db, context.scope, {
        ...context.asked.period,
        queueId: context.asked.queueId,
        agentId: context.asked.agentId,
        topicId: context.asked.topicId,
      })
      const table = { id: report.id, title: report.detail.title, columns: report.detail.columns, rows: page.rows }
      const next = page.next && new URLSearchParams([...address, ['after', `${page.next.createdAt}:${page.next.id}`]])
      return {
        highlights: [{ label: 'Interacciones', value: shown(total, 'count', timeZone) }],
        tables: [tableView(table, timeZone)],
        next: next && `/reports/${report.id}?${next}`,
        definitions: definitionsOf(report.detail.metrics),
      }
    }
    const outcome = await report.run(context)
    return {
      highlights: outcome.highlights.map((one) => ({ label: one.label, value: shown(one.value, one.kind, timeZone) })),
      tables: outcome.tables.map((table) => tableView(table, timeZone)),
      charts: chartViews(outcome, timeZone),
      definitions: definitionsOf(outcome.metrics),
    }
  }
}

const intervalNames = { '15m': '15 minutos', '30m': '30 minutos', '1h': '1 hora', day: 'Día' }

function intervalChoices(report: Report, chosen: string | undefined) {
  if (!report.parameters.includes('interval')) return undefined
  return Object.entries(intervalNames).map(([id, name]) => ({ id, name, chosen: id === chosen }))
}
