import { figureQuery, type Where } from '../explain/figure.ts'
import { addRead, cutPeriod, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import type { Table } from '../workbook/index.ts'
import { eachRecording } from './source.ts'

const columns = [
  metricColumn('recordings', summed),
  metricColumn('recordings_present', summed),
  metricColumn('recordings_missing', summed),
  metricColumn('recordings_expected', summed),
  metricColumn('recordings_expired', summed),
  metricColumn('recordings_changed', summed),
  metricColumn('recordings_held', summed),
  metricColumn('recordings_length', summed),
  metricColumn('recordings_megabytes', summed),
]

/** What was recorded, what is missing, and what it takes. */
export const recordingsReport: Report = {
  id: 'recordings',
  kind: 'summary',
  title: { es: 'Grabaciones', en: 'Recordings' },
  description: {
    es: 'Cuántas hay, cuáles faltan, cuáles no pasaron la verificación y cuánto ocupan, por cola y por intervalo.',
    en: 'How many there are, which are missing or failed their verification, and how much they take, by queue and interval.',
  },
  parameters: ['from', 'to', 'interval', 'queue'],
  async run({ db, scope, asked, names, timeZone }) {
    const { period, interval, queueId } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const whole = noTotals()
    const times = cut.map(() => noTotals())
    const queues = new Map<number, Totals>()
    let place = 0
    for await (const recording of eachRecording(db, scope, { period, queueId })) {
      while (place + 1 < cut.length && cut[place]!.to <= recording.startedAt) place++
      const queue = queues.get(recording.queueId ?? 0) ?? noTotals()
      queues.set(recording.queueId ?? 0, queue)
      for (const into of [whole, queue, times[place]!]) addRead(into, 'recordings', recording)
    }
    const queryOf = (when: Interval, of: number | undefined = queueId) => {
      const where: Where = of === undefined ? {} : { queueId: of }
      return figureQuery({ family: 'recording', where, period: when })
    }
    const named = [...queues]
      .map(([id, totals]) => ({ id, name: id === 0 ? 'Sin cola' : (names.queues.get(id) ?? `Cola ${id}`), totals }))
      .sort((a, b) => a.name.localeCompare(b.name, 'es'))
    const totals = [null, ...metricCells(columns, whole)]
    const tables: Table[] = [
      {
        id: 'by_queue',
        title: 'Por cola',
        columns: [{ id: 'queue', title: 'Cola', kind: 'text', width: 28 }, ...columns],
        rows: named.map((one) => [one.name, ...metricCells(columns, one.totals)]),
        totals,
        explain: named.map(({ id }) => queryOf(period, id)),
        explainTotal: queryOf(period),
      },
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...columns],
        rows: cut.map(({ from }, at) => [from, ...metricCells(columns, times[at]!)]),
        totals,
        explain: cut.map((one) => queryOf(one)),
        explainTotal: queryOf(period),
      },
    ]
    return {
      highlights: columns
        .filter(({ id }) => id !== 'recordings_held')
        .map(({ id }) => highlight(id, whole, queryOf(period))),
      tables,
      charts: [
        {
          id: 'recordings',
          title: 'Disponibles y faltantes',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['recordings_present', 'recordings_missing'],
        },
      ],
      metrics: columns.map(({ id }) => id),
    }
  },
}
