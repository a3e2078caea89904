import { bySubject, queueSubjects } from '../by-subject.ts'
import { highlight, levelColumn, metricColumn, type Report, summed } from '../report.ts'

const metrics = [
  metricColumn('offered', summed),
  metricColumn('answered', summed),
  metricColumn('abandoned', summed),
  metricColumn('short_abandoned', summed),
  metricColumn('overflowed', summed),
  metricColumn('callbacks', summed),
  metricColumn('waiting', summed),
  metricColumn('answered_within', summed),
  levelColumn(),
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
  parameters: ['from', 'to', 'interval', 'queue', 'channel'],
  async run(context) {
    const found = await bySubject(context, metrics, queueSubjects(context))
    return {
      highlights: ['offered', 'answered', 'sl_offered', 'asa', 'aht', 'abandon_rate'].map((id) =>
        highlight(id, found.whole, found.explainTotal),
      ),
      tables: [found.bySubject, found.byInterval, found.both],
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
