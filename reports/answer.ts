// A report as the API answers it.
import { AppError } from '../server/http/types.ts'
import type { CallCursor } from './calls-store.ts'
import { said, saidTable, titleOf } from './english.ts'
import { definitionsOf, type Prepared } from './run.ts'
import type { CellValue, Column, Table } from './workbook/index.ts'

const pageRows = 500

/** What the API answers: instants in ISO 8601, durations in ms, ratios 0..1, no value = null. */
export async function makeAnswer(context: Prepared, after?: CallCursor): Promise<object> {
  const { report, asked, agency, timeZone, language } = context
  const head = {
    report: { id: report.id, title: titleOf(report, language) },
    agency,
    timeZone,
    generatedAt: iso(context.now),
    parameters: {
      from: iso(asked.period.from),
      to: iso(asked.period.to),
      interval: asked.interval,
      queue: asked.queueId ?? null,
      agent: asked.agentId ?? null,
      topic: asked.topicId ?? null,
      channel: asked.channel ?? null,
      campaign: asked.campaignId ?? null,
      form: asked.formId ?? null,
    },
  }
  if (report.kind === 'detail') {
    const { detail } = report
    const page = await detail.page(context, pageRows, after)
    const table = saidTable({ id: report.id, title: detail.title, columns: detail.columns, rows: page.rows }, language)
    return {
      ...head,
      total: await detail.count(context),
      next: page.next ? `${page.next.createdAt}:${page.next.id}` : null,
      note: null,
      highlights: [],
      tables: [plainTable(table)],
      charts: [],
      definitions: definitionsOf(detail.metrics, language),
    }
  }
  const outcome = said(await report.run(context), language)
  return {
    ...head,
    // A count over the period's calls: whoever wants it asks.
    health: healthAddress(context),
    note: outcome.note ?? null,
    highlights: outcome.highlights,
    tables: outcome.tables.map(plainTable),
    charts: outcome.charts,
    definitions: definitionsOf(outcome.metrics, language),
  }
}

/** Where the data-health seal of a period is answered. */
export const healthAddress = ({ asked: { period }, report }: Prepared): string =>
  `/api/reports/health?${new URLSearchParams({ from: iso(period.from), to: iso(period.to), ...(report.platform ? { over: 'agencies' } : {}) })}`

const iso = (instant: number) => new Date(instant).toISOString()

const instantKinds = new Set<Column['kind']>(['instant', 'interval', 'day'])

function plainTable(table: Table): object {
  const instants = table.columns.flatMap(({ kind }, at) => (instantKinds.has(kind) ? [at] : []))
  const told = (row: readonly CellValue[]) => {
    const cells = row.slice()
    for (const at of instants) if (typeof cells[at] === 'number') cells[at] = iso(cells[at])
    return cells
  }
  return {
    id: table.id,
    title: table.title,
    columns: table.columns.map(({ id, title, kind }) => ({ id, title, kind })),
    rows: table.rows.map(told),
    totals: table.totals ?? null,
    links: table.links ?? null,
    explain: table.explain ?? null,
    explainTotal: table.explainTotal ?? null,
    hrefs: table.hrefs ?? null,
    hrefsTotal: table.hrefsTotal ?? null,
  }
}

/** The place behind which a detail goes on, as `next` gave it. */
export function readCursor(text: unknown): CallCursor | undefined {
  if (text === undefined || text === '') return undefined
  const match = typeof text === 'string' ? /^(\d{1,16}):([\w-]{1,36})$/.exec(text) : null
  if (!match) throw new AppError('report.bad_parameters', 400, {}, { after: 'reports.invalid.after' })
  return { createdAt: Number(match[1]), id: match[2] as string }
}
