import { bySubject } from '../by-subject.ts'
import { type Context, highlight, metricColumn, type Report, summed } from '../report.ts'
import type { CellValue, Table } from '../workbook/index.ts'

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
    const order = metrics.findIndex((column) => column.id === 'received') + 1
    sortTogether(found.bySubject, (a, b) => Number(b[order]) - Number(a[order]))
    const ended = await dispositions(context)
    return {
      highlights: ['received', 'contained', 'answered', 'handled', 'handling_average'].map((id) =>
        highlight(id, found.whole, found.explainTotal),
      ),
      tables: [found.bySubject, ended, found.byInterval, found.both],
      charts: [
        {
          id: 'topics',
          title: 'Recibidas por temática',
          kind: 'bar',
          table: 'by_topic',
          category: 'topic',
          series: ['received'],
        },
        {
          id: 'dispositions',
          title: 'Cómo terminaron',
          kind: 'bar',
          table: 'dispositions',
          category: 'disposition',
          series: ['interactions'],
        },
      ],
      metrics: metrics.map((column) => column.id),
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

async function dispositions({ db, scope, asked, names }: Context): Promise<Table> {
  const calls = db
    .knex('interactions as i')
    .where('i.agency_id', scope.agencyId)
    .where('i.created_at', '>=', asked.period.from)
    .where('i.created_at', '<', asked.period.to)
    .whereNotNull('i.disposition_id')
  if (asked.topicId) calls.where('i.topic_id', asked.topicId)
  if (asked.queueId) {
    const { queueId } = asked
    calls.whereExists((stay) =>
      stay.select('s.id').from('queue_stays as s').whereRaw('s.interaction_id = i.id').where('s.queue_id', queueId),
    )
  }
  const rows = (await calls
    .groupBy('i.disposition_id')
    .select('i.disposition_id as id')
    .count({ n: '*' })
    .orderBy('n', 'desc')) as { id: number; n: number | string }[]
  const resolved = new Set<number>(
    (await db.knex('dispositions').where({ agency_id: scope.agencyId, resolved: true }).pluck('id')) as number[],
  )
  const all = rows.reduce((sum, row) => sum + Number(row.n), 0)
  return {
    id: 'dispositions',
    title: 'Por tipificación',
    columns: [
      { id: 'disposition', title: 'Tipificación', kind: 'text', width: 30 },
      { id: 'resolved', title: '¿Resuelta?', kind: 'text', width: 12 },
      { id: 'interactions', title: 'Interacciones', kind: 'count', total: summed },
      { id: 'share', title: 'Parte', kind: 'ratio' },
    ],
    rows: rows.map((row) => [
      names.dispositions.get(row.id) ?? `#${row.id}`,
      resolved.has(row.id) ? 'Sí' : 'No',
      Number(row.n),
      all > 0 ? Number(row.n) / all : null,
    ]),
    totals: [null, null, all, null],
  }
}
