import { figureQuery, type Where } from '../explain/figure.ts'
import { addTotals, cutPeriod, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import type { Column, Table } from '../workbook/index.ts'
import { countFlows, countTickets } from './count.ts'

const flows: Column[] = [
  metricColumn('tickets_opened', summed),
  metricColumn('tickets_solved', summed),
  metricColumn('tickets_in_time', summed),
  metricColumn('tickets_in_time_share', { kind: 'quotient', over: ['tickets_in_time'], under: ['tickets_solved'] }),
  metricColumn('tickets_to_solve', summed),
  metricColumn('tickets_to_solve_average', { kind: 'quotient', over: ['tickets_to_solve'], under: ['tickets_solved'] }),
]
/** With what is owed: that stands at the end of a period and does not add up over intervals. */
export const figures: Column[] = [
  ...flows,
  metricColumn('tickets_pending', summed),
  metricColumn('tickets_overdue', summed),
]

/** What was promised to citizens: opened, solved, owed and late. */
export const ticketsReport: Report = {
  id: 'tickets',
  kind: 'summary',
  title: { es: 'Tickets', en: 'Tickets' },
  description: {
    es: 'Abiertos, resueltos en término, pendientes y vencidos, por temática y por área.',
    en: 'Opened, solved in time, pending and overdue, by topic and by back office.',
  },
  parameters: ['from', 'to', 'interval', 'topic'],
  async run(context) {
    const { db, scope, asked, names, timeZone, now } = context
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const where: Where = asked.topicId ? { topicId: asked.topicId } : {}
    const whole = noTotals()
    const topics = new Map<number, Totals>()
    const offices = new Map<number, Totals>()
    const of = (map: Map<number, Totals>, id: number | null) => {
      const found = map.get(id ?? 0) ?? noTotals()
      map.set(id ?? 0, found)
      return found
    }
    const counted = { agencyIds: [scope.agencyId], period, now, where }
    for (const { topicId, officeId, totals } of await countTickets(db, counted))
      for (const into of [whole, of(topics, topicId), of(offices, officeId)]) addTotals(into, totals)
    const times = await countFlows(db, counted, cut)
    const queryOf = (when: Interval, more: Where = {}) =>
      figureQuery({ family: 'ticket', where: { ...where, ...more }, period: when })
    const table = (
      id: string,
      title: string,
      first: Column,
      map: Map<number, Totals>,
      { name, narrow }: { name(id: number): string; narrow(id: number): Where },
    ): Table => {
      const rows = [...map]
        .map(([id, totals]) => ({ id, name: name(id), totals }))
        .sort(
          (a, b) =>
            (b.totals.sums.tickets_opened ?? 0) - (a.totals.sums.tickets_opened ?? 0) ||
            a.name.localeCompare(b.name, 'es'),
        )
      return {
        id,
        title,
        columns: [first, ...figures],
        rows: rows.map((one) => [one.name, ...metricCells(figures, one.totals)]),
        totals: [null, ...metricCells(figures, whole)],
        explain: rows.map((one) => queryOf(period, narrow(one.id))),
        explainTotal: queryOf(period),
      }
    }
    const tables: Table[] = [
      table('by_topic', 'Por temática', { id: 'topic', title: 'Temática', kind: 'text', width: 28 }, topics, {
        name: (id) => (id === 0 ? 'Sin temática' : (names.topics.get(id) ?? `#${id}`)),
        narrow: (topicId) => ({ topicId }),
      }),
      table('by_office', 'Por área', { id: 'office', title: 'Área', kind: 'text', width: 28 }, offices, {
        name: (id) => (id === 0 ? 'Sin área' : (names.offices.get(id) ?? `#${id}`)),
        narrow: (officeId) => ({ officeId }),
      }),
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...flows],
        rows: cut.map(({ from }, at) => [from, ...metricCells(flows, times[at]!)]),
        totals: [null, ...metricCells(flows, whole)],
        explain: cut.map((one) => queryOf(one)),
        explainTotal: queryOf(period),
      },
    ]
    const shown = ['opened', 'solved', 'in_time_share', 'to_solve_average', 'pending', 'overdue']
    return {
      highlights: shown.map((id) => highlight(`tickets_${id}`, whole, queryOf(period))),
      tables,
      charts: [
        {
          id: 'flow',
          title: 'Abiertos y resueltos',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['tickets_opened', 'tickets_solved'],
        },
        {
          id: 'topics',
          title: 'Pendientes y vencidos por temática',
          kind: 'bar',
          table: 'by_topic',
          category: 'topic',
          series: ['tickets_pending', 'tickets_overdue'],
        },
      ],
      metrics: figures.map(({ id }) => id),
    }
  },
}
