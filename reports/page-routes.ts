import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { AppError } from '../server/http/types.ts'
import { knownReport, type ReportRoutesOptions, reportRoles, reportsFor } from './access.ts'
import { healthAddress, readCursor } from './answer.ts'
import { english, englishTable, said } from './english.ts'
import { catalogue, localDay, startOfDay, type Text } from './metrics/index.ts'
import { channelWords, type Report } from './report.ts'
import { definitionsOf, intervalWords, type Prepared, periodText, prepare } from './run.ts'
import { readAgency, readNames } from './store.ts'
import { chartViews, shown, tableView } from './view.ts'

type Query = Record<string, string | undefined>
const pageRows = 200
/** From so many rows on a file is made by itself, with progress. */
const longRows = 20_000

/** /reports and /reports/:id. */
export const pageRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, { db, now = Date.now }) => {
  const config = { roles: reportRoles }

  const readerOf = (request: FastifyRequest) => {
    const language = request.session?.language ?? 'es'
    return { language, text: (text: Text) => text[language === 'en-US' ? 'en' : 'es'] }
  }

  app.get('/reports', { config, schema: { hide: true } as object }, async (request, reply) => {
    const { text } = readerOf(request)
    const listed = reportsFor(request.session?.role).map((one) => ({
      id: one.id,
      title: text(one.title),
      description: text(one.description),
    }))
    const title = text({ es: 'Informes', en: 'Reports' })
    return reply.page('reports/list', { reports: listed }, { title, nav: 'reports' })
  })

  app.get('/reports/definitions', { config, schema: { hide: true } as object }, async (request, reply) => {
    const { language, text } = readerOf(request)
    const metrics = catalogue.map(({ id }) => ({ id, ...definitionsOf([id], language)[0] }))
    const title = text({ es: 'Cómo se calcula cada medida', en: 'How each measure is computed' })
    return reply.page('reports/definitions', { metrics }, { title, nav: 'reports' })
  })

  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/reports/:id',
    { config, schema: { hide: true } as object },
    async (request, reply) => {
      const report = knownReport(request.params.id, request.session?.role)
      const { query, scope } = request
      const { language, text } = readerOf(request)
      const title = text(report.title)
      const names = await readNames(db, scope)
      const choices = (map: Map<number, string>, chosen: string | undefined) =>
        [...map].map(([id, name]) => ({ id, name, chosen: String(id) === chosen }))
      // Who was chosen stays so, though they take no calls any more.
      const desks = [...names.agents].filter(([id]) => names.desks.has(id) || String(id) === query.agent)
      const wants = (name: Report['parameters'][number]) => report.parameters.includes(name)
      const base = {
        report: { id: report.id, title, description: text(report.description) },
        queues: wants('queue') ? choices(names.queues, query.queue) : undefined,
        agents: wants('agent') ? choices(new Map(desks), query.agent) : undefined,
        topics: wants('topic') ? choices(names.topics, query.topic) : undefined,
        forms: wants('form') ? choices(names.forms, query.form) : undefined,
        campaigns: wants('campaign') ? choices(names.campaigns, query.campaign) : undefined,
        channels: wants('channel')
          ? Object.entries(channelWords).map(([id, name]) => ({
              id,
              name: language === 'en-US' ? english(name) : name,
              chosen: id === query.channel,
            }))
          : undefined,
      }
      const { timeZone } = await readAgency(db, scope)
      const address = new URLSearchParams(
        Object.entries(query).flatMap(([key, value]) =>
          typeof value === 'string' && value && key !== 'after' ? [[key, value]] : [],
        ),
      )
      const presets = presetPeriods(now(), timeZone).map((one) => {
        const others = new URLSearchParams(address)
        others.delete('interval')
        others.set('from', one.from)
        others.set('to', one.to)
        return { ...one, href: `/reports/${report.id}?${others}` }
      })
      let context: Prepared
      try {
        context = await prepare(db, scope, report, query, now())
      } catch (error) {
        if (!(error instanceof AppError) || error.status >= 500) throw error
        // The form is drawn again with what was typed, and says what is wrong with it.
        const today = localDay(now(), timeZone)
        const { from = today, to = today } = query
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
            presets,
            form: { from, to },
            // What it would have been without the fault, and not the first of the list.
            intervals: intervalChoices(report, query.interval ?? (from === to ? '30m' : 'day'), language),
            fault,
          },
          { title, nav: 'reports' },
        )
      }
      const { asked } = context
      const form = { from: localDay(asked.period.from, timeZone), to: localDay(asked.period.to - 1, timeZone) }
      const whole =
        asked.period.from === startOfDay(form.from, timeZone) &&
        asked.period.to === startOfDay(localDay(asked.period.to, timeZone), timeZone)
      const model = {
        ...base,
        presets: presets.map((one) => ({ ...one, chosen: whole && one.from === form.from && one.to === form.to })),
        form,
        intervals: intervalChoices(report, asked.interval, language),
        period: periodText(context, language),
        health: healthAddress(context),
        download: {
          xlsx: `/api/reports/${report.id}?${new URLSearchParams([...address, ['format', 'xlsx']])}`,
          csv: `/api/reports/${report.id}?${new URLSearchParams([...address, ['format', 'csv']])}`,
          pdf: `/api/reports/${report.id}?${new URLSearchParams([...address, ['format', 'pdf']])}`,
        },
        ...(await content(context, readCursor(query.after), { address, language })),
      }
      return reply.page('reports/report', model, { title, nav: 'reports', script: 'reports/report' })
    },
  )

  async function content(
    context: Prepared,
    after: ReturnType<typeof readCursor>,
    { address, language }: { address: URLSearchParams; language: string },
  ) {
    const { report, timeZone } = context
    if (report.kind === 'detail') {
      const page = await report.detail.page(context, pageRows, after)
      const total = await report.detail.count(context)
      const { title, columns } = report.detail
      const table = { id: report.id, title, columns, rows: page.rows, links: page.links }
      const next = page.next && new URLSearchParams([...address, ['after', `${page.next.createdAt}:${page.next.id}`]])
      return {
        highlights: [
          {
            label: language === 'en-US' ? 'Interactions' : 'Interacciones',
            value: shown(total, 'count', timeZone, language),
          },
        ],
        tables: [tableView(language === 'en-US' ? englishTable(table) : table, timeZone, undefined, language)],
        long: total > longRows,
        next: next && `/reports/${report.id}?${next}`,
        definitions: definitionsOf(report.detail.metrics, language),
      }
    }
    const outcome = said(await report.run(context), language)
    return {
      note: outcome.note,
      highlights: outcome.highlights.map((one) => ({
        label: one.label,
        value: shown(one.value, one.kind, timeZone, language),
        ...(one.explain && one.value !== null ? { href: one.explain } : {}),
      })),
      tables: outcome.tables.map((table) => tableView(table, timeZone, undefined, language)),
      charts: chartViews(outcome, timeZone, language),
      definitions: definitionsOf(outcome.metrics, language),
    }
  }
}

function intervalChoices(report: Report, chosen: string | undefined, language: string) {
  if (!report.parameters.includes('interval')) return undefined
  return Object.entries(intervalWords).map(([id, name]) => ({
    id,
    name: language === 'en-US' ? english(name) : name,
    chosen: id === chosen,
  }))
}

const dayMs = 86_400_000

/** The periods that are asked for most, as local days, both included. */
function presetPeriods(now: number, timeZone: string): { id: string; from: string; to: string }[] {
  const today = localDay(now, timeZone)
  const lastOfMonthBefore = new Date(Date.parse(`${today.slice(0, 8)}01T00:00:00Z`) - dayMs).toISOString().slice(0, 10)
  const before = (days: number) => new Date(Date.parse(`${today}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10)
  return [
    { id: 'today', from: today, to: today },
    { id: 'yesterday', from: before(1), to: before(1) },
    { id: 'week', from: before(6), to: today },
    { id: 'four_weeks', from: before(27), to: today },
    { id: 'month', from: `${today.slice(0, 8)}01`, to: today },
    { id: 'last_month', from: `${lastOfMonthBefore.slice(0, 8)}01`, to: lastOfMonthBefore },
  ]
}
