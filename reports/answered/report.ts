import { bySubject } from '../by-subject.ts'
import { highlight, metricColumn, type Report, summed } from '../report.ts'

const metrics = [
  metricColumn('received', summed),
  metricColumn('contained', summed),
  metricColumn('containment', { kind: 'quotient', over: ['contained'], under: ['received'] }),
  metricColumn('rejected', summed),
  metricColumn('rejected_closed', summed),
  metricColumn('rejected_blocked', summed),
  metricColumn('rejected_busy', summed),
  metricColumn('offered', summed),
  metricColumn('answered', summed),
  metricColumn('abandoned', summed),
  metricColumn('overflowed', summed),
  metricColumn('callbacks', summed),
  metricColumn('waiting', summed),
  metricColumn('duration'),
]
const channelNames = { voice: 'Voz', chat: 'Chat', email: 'Correo', sms: 'SMS', social: 'Redes' }

/** What came to the centre and what became of it, whatever the queue. */
export const answeredReport: Report = {
  id: 'answered',
  kind: 'summary',
  title: { es: 'Contestadas y rechazadas', en: 'Answered and rejected' },
  description: {
    es: 'Todo lo que llegó al centro: resuelto en el IVR, rechazado y por qué, contestado, perdido o desbordado.',
    en: 'Everything that came in: contained, rejected and why, answered, abandoned or overflowed.',
  },
  parameters: ['from', 'to', 'interval', 'channel'],
  async run(context) {
    const { channel } = context.asked
    const found = await bySubject(context, metrics, {
      family: 'whole',
      where: channel ? { label: channel } : {},
      names: new Map([[0, channel ? channelNames[channel] : 'Todo el centro']]),
      other: String,
      title: 'Centro',
      tables: { bySubject: 'Resumen', byInterval: 'Por intervalo', both: '' },
      callsOf: () => ({}),
    })
    return {
      highlights: ['received', 'answered', 'rejected', 'contained', 'abandoned', 'duration'].map((id) =>
        highlight(id, found.whole, found.explainTotal),
      ),
      tables: [found.bySubject, found.byInterval],
      charts: [
        {
          id: 'came',
          title: 'Qué pasó con lo que llegó',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['answered', 'contained', 'abandoned', 'overflowed', 'rejected'],
        },
        {
          id: 'rejected',
          title: 'Rechazadas por motivo',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['rejected_closed', 'rejected_blocked', 'rejected_busy'],
        },
      ],
      metrics: metrics.map((column) => column.id),
    }
  },
}
