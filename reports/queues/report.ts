import { figureQuery } from '../explain/figure.ts'
import { cutPeriod, elapsedOf, type Interval } from '../metrics/index.ts'
import { callsLink, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { Table } from '../workbook/index.ts'

const metrics = [
  metricColumn('offered', summed),
  metricColumn('answered', summed),
  metricColumn('abandoned', summed),
  metricColumn('short_abandoned', summed),
  metricColumn('overflowed', summed),
  metricColumn('callbacks', summed),
  metricColumn('waiting', summed),
  metricColumn('answered_within', summed),
  metricColumn('sl_offered', {
    kind: 'quotient',
    over: ['answered_within'],
    under: ['answered', 'abandoned'],
    less: ['short_abandoned'],
  }),
  metricColumn('abandon_rate', { kind: 'quotient', over: ['abandoned'], under: ['offered'] }),
  metricColumn('wait_answered', summed),
  metricColumn('asa', { kind: 'quotient', over: ['wait_answered'], under: ['answered'] }),
  metricColumn('wait_max', { kind: 'max' }),
  metricColumn('wait_p90'),
  metricColumn('talk', summed),
  metricColumn('hold', summed),
  metricColumn('wrap', summed),
  metricColumn('aht', { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['answered'] }),
]

/** Queues by interval: what came, what became of it, how long it took. */
export const queuesReport: Report = {
  id: 'queues',
  kind: 'summary',
  title: { es: 'Colas por intervalo', en: 'Queues by interval' },
  description: {
    es: 'Ofrecidas, contestadas, perdidas, nivel de servicio y tiempos de cada cola, en intervalos.',
    en: 'Offered, answered, abandoned, service level and times of each queue, by interval.',
  },
  parameters: ['from', 'to', 'interval', 'queue'],
  async run({ db, scope, asked, names, timeZone, now }) {
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const ofAll = asked.queueId ? { subject: asked.queueId } : {}
    const found = await readTotals(db, scope, { family: 'queue', cut, timeZone, now, bySubject: true, where: ofAll })
    const elapsed = elapsedOf({ ...period, now })
    const all = found.flatMap((one) => one.keys)
    const bySubject = Map.groupBy(all, (one) => one.subject)
    const whole = together(all, elapsed)
    const queueIds = [...names.queues.keys()].filter((id) => bySubject.has(id) || asked.queueId === id)
    for (const id of bySubject.keys()) if (!names.queues.has(id)) queueIds.push(id)
    const totals = metricCells(metrics, whole)
    const explainOf = (one: Interval, subject?: number) =>
      figureQuery({
        family: 'queue',
        where: subject === undefined ? ofAll : { subject },
        period: { from: one.from, to: one.to },
      })
    const explainTotal = explainOf(period)

    const byQueue: Table = {
      id: 'by_queue',
      title: 'Por cola',
      columns: [{ id: 'queue', title: 'Cola', kind: 'text' }, ...metrics],
      rows: [],
      totals: [null, ...totals],
      links: [],
      explain: [],
      explainTotal,
    }
    const both: Table = {
      id: 'by_queue_and_interval',
      title: 'Cola e intervalo',
      columns: [{ id: 'queue', title: 'Cola', kind: 'text' }, intervalColumn(interval), ...metrics],
      rows: [],
      totals: [null, null, ...totals],
      links: [],
      explain: [],
      explainTotal,
    }
    for (const id of queueIds) {
      const name = names.queues.get(id) ?? `Cola ${id}`
      byQueue.rows.push([name, ...metricCells(metrics, together(bySubject.get(id) ?? [], elapsed))])
      byQueue.links?.push(callsLink(period, { queue: id }))
      byQueue.explain?.push(explainOf(period, id))
      for (const one of found) {
        const mine = one.keys.filter((key) => key.subject === id)
        if (mine.length === 0) continue
        both.rows.push([name, one.from, ...metricCells(metrics, together(mine, elapsedOf({ ...one, now })))])
        both.links?.push(callsLink(one, { queue: id }))
        both.explain?.push(explainOf(one, id))
      }
    }
    const byInterval: Table = {
      id: 'by_interval',
      title: 'Por intervalo',
      columns: [intervalColumn(interval), ...metrics],
      rows: found.map((one) => [one.from, ...metricCells(metrics, together(one.keys, elapsedOf({ ...one, now })))]),
      totals: [null, ...totals],
      links: cut.map((one) => callsLink(one, asked.queueId ? { queue: asked.queueId } : {})),
      explain: cut.map((one) => explainOf(one)),
      explainTotal,
    }
    return {
      highlights: ['offered', 'answered', 'sl_offered', 'asa', 'aht', 'abandon_rate'].map((id) =>
        highlight(id, whole, explainTotal),
      ),
      tables: [byQueue, byInterval, both],
      charts: [
        {
          id: 'calls',
          title: 'Qué pasó con las ofrecidas',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['answered', 'abandoned', 'overflowed', 'callbacks'],
        },
        {
          id: 'level',
          title: 'Nivel de servicio',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['sl_offered'],
        },
      ],
      metrics: metrics.map((column) => column.id),
    }
  },
}
