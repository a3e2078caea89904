import { bySubject, queueSubjects } from '../by-subject.ts'
import { highlight, metricColumn, type Report, summed } from '../report.ts'

const metrics = [
  metricColumn('offered', summed),
  metricColumn('abandoned', summed),
  metricColumn('short_abandoned', summed),
  metricColumn('abandon_rate', { kind: 'quotient', over: ['abandoned'], under: ['offered'] }),
  metricColumn('wait_abandoned_total', summed),
  metricColumn('wait_abandoned', { kind: 'quotient', over: ['wait_abandoned_total'], under: ['abandoned'] }),
  metricColumn('overflowed', summed),
  metricColumn('overflowed_timeout', summed),
  metricColumn('overflowed_full', summed),
  metricColumn('overflowed_no_agents', summed),
  metricColumn('overflowed_diverted', summed),
  metricColumn('callbacks', summed),
]

/** Whom the centre did not serve, and why. */
export const lostReport: Report = {
  id: 'lost',
  kind: 'summary',
  title: { es: 'Perdidas y desbordadas', en: 'Lost and overflowed' },
  description: {
    es: 'Quiénes cortaron antes de que los atiendan, cuánto habían esperado, y qué se desbordó y por qué.',
    en: 'Who hung up before being answered, how long they had waited, and what overflowed and why.',
  },
  parameters: ['from', 'to', 'interval', 'queue', 'channel'],
  async run(context) {
    const found = await bySubject(context, metrics, queueSubjects(context))
    return {
      highlights: ['abandoned', 'abandon_rate', 'wait_abandoned', 'short_abandoned', 'overflowed', 'callbacks'].map(
        (id) => highlight(id, found.whole, found.explainTotal),
      ),
      tables: [found.bySubject, found.byInterval, found.both],
      charts: [
        {
          id: 'lost',
          title: 'Perdidas y desbordadas',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['abandoned', 'overflowed'],
        },
        {
          id: 'reasons',
          title: 'Desbordadas por motivo',
          kind: 'stacked',
          table: 'by_queue',
          category: 'queue',
          series: ['overflowed_timeout', 'overflowed_full', 'overflowed_no_agents', 'overflowed_diverted'],
        },
      ],
      metrics: metrics.map((column) => column.id),
    }
  },
}
