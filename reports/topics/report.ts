import { bySubject } from '../by-subject.ts'
import { firstContactMetrics, firstContactsBy } from '../first-contact/index.ts'
import { metricOf } from '../metrics/index.ts'
import { highlight, metricColumn, type Report, summed } from '../report.ts'
import type { CellValue, Table } from '../workbook/index.ts'
import { dispositions } from './dispositions.ts'

const metrics = [
  metricColumn('received', summed),
  metricColumn('contained', summed),
  metricColumn('answered', summed),
  metricColumn('abandoned', summed),
  metricColumn('handled', summed),
  metricColumn('talk', summed),
  metricColumn('hold', summed),
  metricColumn('wrap', summed),
  metricColumn('handling_average', { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['handled'] }),
]

/** What people called about, and how it ended. */
export const topicsReport: Report = {
  id: 'topics',
  kind: 'summary',
  title: { es: 'Temáticas y tipificaciones', en: 'Topics and dispositions' },
  description: {
    es: 'Por qué llama la gente, cuánto lleva cada temática y con qué tipificación terminó.',
    en: 'Why people call, how long each topic takes and with which disposition it ended.',
  },
  parameters: ['from', 'to', 'interval', 'topic', 'queue'],
  async run(context) {
    const { asked, names } = context
    const found = await bySubject(context, metrics, {
      family: 'topic',
      where: {
        ...(asked.topicId ? { subject: asked.topicId } : {}),
        ...(asked.queueId ? { queueId: asked.queueId } : {}),
      },
      names: new Map([...names.topics, [0, 'Sin temática']]),
      other: (id) => `#${id}`,
      title: 'Temática',
      tables: { bySubject: 'Por temática', byInterval: 'Por intervalo', both: 'Temática e intervalo' },
      callsOf: (id) => (id === 0 ? {} : { topic: id }),
    })
    // A call has no queue yet when it comes in: of a queue, those it answered are known.
    const most = asked.queueId ? 'answered' : 'received'
    const order = metrics.findIndex((column) => column.id === most) + 1
    sortTogether(found.bySubject, (a, b) => Number(b[order]) - Number(a[order]))
    const ended = await dispositions(context)
    const { topicId, queueId } = asked
    const first = await firstContactsBy(
      context,
      { ...(topicId ? { topicId } : {}), ...(queueId ? { queueId } : {}) },
      {
        column: { id: 'topic', title: 'Temática', kind: 'text', width: 28 },
        id: (one) => one.topicId,
        name: (id) => names.topics.get(id) ?? `#${id}`,
        narrow: (id) => ({ topicId: id }),
      },
    )
    const note = [found.note, first.note].filter((one) => one !== undefined).join(' ')
    return {
      ...(note ? { note } : {}),
      highlights: ['received', 'contained', 'answered', 'handled', 'handling_average']
        .map(found.highlight)
        .concat(highlight('fcr', first.whole, first.query), highlight('declared_resolution', ended.whole, ended.query)),
      tables: [found.bySubject, first.bySubject, ended.table, first.byDay, found.byInterval, found.both],
      charts: [
        {
          id: 'topics',
          title: `${metricOf(most).label.es} por temática`,
          kind: 'bar',
          table: 'by_topic',
          category: 'topic',
          series: [most],
        },
        {
          id: 'dispositions',
          title: 'Cómo terminaron',
          kind: 'bar',
          table: 'dispositions',
          category: 'disposition',
          series: ['disposed'],
        },
      ],
      metrics: [...metrics.map((column) => column.id), ...firstContactMetrics, 'disposed', 'declared_resolution'],
    }
  },
}

/** Rows, their links and their explanations in another order. */
function sortTogether(table: Table, by: (a: CellValue[], b: CellValue[]) => number): void {
  const order = table.rows.map((_, at) => at).sort((a, b) => by(table.rows[a]!, table.rows[b]!))
  const moved = <T>(list: T[] | undefined) => list && order.map((at) => list[at] as T)
  table.rows = order.map((at) => table.rows[at]!)
  if (table.links) table.links = moved(table.links)!
  if (table.explain) table.explain = moved(table.explain)!
}
