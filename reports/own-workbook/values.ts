// The figures that a workbook asks for: those of the reports, asked the same way.
import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { readTotalsOf } from '../explain/explain.ts'
import { type Figure, familyOf, isReadFamily, tells, type Where } from '../explain/figure.ts'
import { sealOf } from '../health/health.ts'
import { elapsedOf, metricOf, type Totals } from '../metrics/index.ts'
import { type Context, kindOfUnit, type Report } from '../report.ts'
import { reports } from '../reports.ts'
import { type Family, readTotals, together } from '../rollups/index.ts'
import { prepare } from '../run.ts'
import type { CellValue } from '../workbook/index.ts'
import type { Answers } from './fill.ts'
import { slug, type Wanted } from './names.ts'

/** More rows than this do not fit a workbook that people open every day. */
const mostRows = 20_000

/** Of any period, in the name of an agency. `query`: from, to, queue, channel, as reports take them. @throws AppError 400 */
export async function answersOf(
  db: Database,
  scope: Scope,
  query: Record<string, unknown>,
  now: number,
): Promise<Answers & { period: Context['asked']['period'] }> {
  const figures = reports.find(({ id }) => id === 'queues') as Report
  const context = await prepare(db, scope, figures, query, now)
  const { asked, names, timeZone } = context
  const { period } = asked
  const totals = new Map<string, Promise<Totals>>()
  /** Each family is read once, however many of its figures stand in the workbook. */
  const totalsOf = (family: Figure['family'], where: Where) => {
    const read = async () => {
      if (isReadFamily(family)) return readTotalsOf(db, scope, { family, where, period, timeZone, now })
      const [found] = await readTotals(db, scope, { family: family as Family, where, cut: [period], timeZone, now })
      return together(found?.keys ?? [], elapsedOf({ ...period, now }))
    }
    const key = JSON.stringify([family, where])
    const known = totals.get(key) ?? read()
    totals.set(key, known)
    return known
  }
  const about: Record<string, () => Promise<{ value: CellValue; kind: 'text' | 'interval'; label: string }>> = {
    from: async () => ({ value: period.from, kind: 'interval', label: 'Desde' }),
    to: async () => ({ value: period.to, kind: 'interval', label: 'Hasta' }),
    agency: async () => ({ value: context.agency, kind: 'text', label: 'Organismo' }),
    generated: async () => ({ value: now, kind: 'interval', label: 'Generado' }),
    health: async () => ({
      value: (await sealOf(db, scope, period, { timeZone, now })).text,
      kind: 'text',
      label: 'Salud de los datos',
    }),
  }
  const runs = new Map<string, ReturnType<typeof run>>()
  async function run({ report: id, interval }: Extract<Wanted, { kind: 'table' }>) {
    const report = reports.find((one) => one.id === id) as Report
    const own = await prepare(db, scope, report, { ...narrowed(report, query), ...(interval ? { interval } : {}) }, now)
    if (report.kind === 'summary') return (await report.run(own)).tables
    const { detail } = report
    const { rows } = await detail.page(own, mostRows)
    return [{ id: report.id, title: detail.title, columns: detail.columns, rows }]
  }
  return {
    period,
    timeZone,
    known: { reports, queues: names.queues },
    async cell(wanted) {
      if (wanted.kind === 'about') return about[wanted.what]!()
      const metric = metricOf(wanted.metric)
      const queueId = wanted.queueId ?? asked.queueId
      const queue = queueId === undefined ? '' : (names.queues.get(queueId) ?? `${queueId}`)
      const kind = kindOfUnit(metric.unit)
      const told = { kind, label: queue ? `${metric.label.es} · ${queue}` : metric.label.es }
      const family = familyOf(metric)
      const ofQueue = queueId === undefined ? {} : family === 'queue' ? { subject: queueId } : { queueId }
      const where = { ...ofQueue, ...(asked.channel ? { label: asked.channel } : {}) }
      if (family && tells(family, metric, where)) {
        const found = await totalsOf(family, where).catch((error: Error) => {
          if (error instanceof AppError && error.code === 'report.too_many_contacts') return undefined
          throw error
        })
        return found ? { ...told, value: metric.of(found) } : { ...told, value: null, fault: 'too_many_contacts' }
      }
      // Of everybody would be as wrong as nought.
      if (family && tells(family, metric, ofQueue)) return { ...told, value: null, fault: 'not_by_channel' }
      const instead = wanted.metric === 'received' ? `offered.${slug(queue)}` : wanted.metric
      const fault = wanted.queueId === undefined ? 'not_of_queue' : 'not_by_queue'
      return { ...told, value: null, fault, instead: `vera.${instead}` }
    },
    async table(wanted) {
      const key = `${wanted.report} ${wanted.interval ?? ''}`
      const known = runs.get(key) ?? run(wanted)
      runs.set(key, known)
      const tables = await known
      const byTime = (table: (typeof tables)[number]) => table.columns.some(({ id }) => id === 'interval')
      if (wanted.table) return tables.find(({ id }) => id === wanted.table)
      return wanted.interval ? tables.findLast(byTime) : tables[0]
    },
  }
}

/** Only what this report takes: a queue chosen for the workbook is not asked of a report without queues. */
function narrowed(report: Report, query: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => (report.parameters as string[]).includes(name)))
}
