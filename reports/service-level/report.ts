import { bySubject, queueSubjects } from '../by-subject.ts'
import { cutPeriod, metricOf } from '../metrics/index.ts'
import { type Context, highlight, levelColumn, metricColumn, type Report, summed } from '../report.ts'
import { readTotals } from '../rollups/index.ts'
import type { CellValue, Table } from '../workbook/index.ts'

const metrics = [
  metricColumn('offered', summed),
  metricColumn('answered', summed),
  metricColumn('answered_within', summed),
  metricColumn('abandoned', summed),
  metricColumn('short_abandoned', summed),
  levelColumn(),
  metricColumn('sl_answered', { kind: 'quotient', over: ['answered_within'], under: ['answered'] }),
  metricColumn('sl_late_abandons'),
  metricColumn('sl_all', { kind: 'quotient', over: ['answered_within'], under: ['offered'] }),
  metricColumn('sl_removed'),
]

/** The service level by every formula, with the targets that were in force. */
export const serviceLevelReport: Report = {
  id: 'service-level',
  kind: 'summary',
  title: { es: 'Nivel de servicio', en: 'Service level' },
  description: {
    es: 'El nivel de servicio con cada una de sus fórmulas, por cola e intervalo, y los objetivos que rigieron.',
    en: 'The service level by each of its formulas, by queue and interval, and the targets that were in force.',
  },
  parameters: ['from', 'to', 'interval', 'queue', 'channel'],
  async run(context) {
    const found = await bySubject(context, metrics, queueSubjects(context))
    return {
      highlights: ['sl_offered', 'sl_answered', 'sl_late_abandons', 'sl_all', 'sl_removed', 'answered_within'].map(
        (id) => highlight(id, found.whole, found.explainTotal),
      ),
      tables: [found.bySubject, found.byInterval, await targets(context), found.both],
      charts: [
        {
          id: 'level',
          title: 'Nivel de servicio, por intervalo',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['sl_offered', 'sl_all', 'sl_removed'],
        },
        {
          id: 'queues',
          title: 'Nivel de servicio, por cola',
          kind: 'bar',
          table: 'by_queue',
          category: 'queue',
          series: ['sl_offered'],
        },
      ],
      metrics: metrics.map((column) => column.id),
    }
  },
}

/** Each target with the days on which stays began under it: kept with the stay, so that changing it never rewrites the past. */
async function targets({ db, scope, asked, names, timeZone, now }: Context): Promise<Table> {
  const rows: CellValue[][] = []
  const cut = cutPeriod(asked.period, 'day', timeZone)
  const where = asked.queueId ? { subject: asked.queueId } : {}
  const days = await readTotals(db, scope, { family: 'target', cut, timeZone, now, where, waits: false })
  for (const { from, keys } of days) {
    for (const { subject, label, totals } of keys) {
      const [seconds, percent, channel] = label.split('/')
      const offered = metricOf('offered').of(totals) ?? 0
      if (offered === 0 || (asked.channel && channel !== asked.channel)) continue
      const name = names.queues.get(subject) ?? `Cola ${subject}`
      const target = [Number(seconds) * 1000, Number(percent) / 100] as const
      const mine = rows.filter((row) => row[0] === name)
      const same = mine.findLast((row) => row[3] === target[0] && row[4] === target[1])
      // Unless another one came in between.
      if (same && !mine.some((row) => row !== same && Number(row[1]) > Number(same[2]))) {
        same[2] = from
        same[5] = Number(same[5]) + offered
      } else rows.push([name, from, from, ...target, offered])
    }
  }
  rows.sort((a, b) => String(a[0]).localeCompare(String(b[0]), 'es') || Number(a[1]) - Number(b[1]))
  return {
    id: 'targets',
    title: 'Objetivos que rigieron',
    columns: [
      { id: 'queue', title: 'Cola', kind: 'text' },
      { id: 'first', title: 'Desde', kind: 'day' },
      { id: 'last', title: 'Hasta', kind: 'day' },
      { id: 'seconds', title: 'Atender en (T)', kind: 'duration' },
      { id: 'percent', title: 'Meta', kind: 'ratio' },
      metricColumn('offered', summed),
    ],
    rows,
    totals: [null, null, null, null, null, rows.reduce((sum, row) => sum + Number(row[5]), 0)],
  }
}
