import { bySubject } from '../by-subject.ts'
import { pausesByReason } from '../metrics/index.ts'
import { type Context, highlight, metricCells, metricColumn, type Report, summed } from '../report.ts'
import type { KeyedTotals, Where } from '../rollups/index.ts'
import type { CellValue, Table } from '../workbook/index.ts'

const metrics = [
  metricColumn('handled', summed),
  metricColumn('answered', summed),
  metricColumn('agent_rejected', summed),
  metricColumn('agent_rejected_no_answer', summed),
  metricColumn('talk', summed),
  metricColumn('hold', summed),
  metricColumn('wrap', summed),
  metricColumn('handling_average', { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['handled'] }),
  metricColumn('busy', summed),
  metricColumn('idle', summed),
  metricColumn('paused', summed),
  metricColumn('logged_in', summed),
  metricColumn('occupancy', { kind: 'quotient', over: ['busy'], under: ['busy', 'idle'] }),
  metricColumn('utilisation', { kind: 'quotient', over: ['busy'], under: ['logged_in'] }),
]

/** Stays in no state but offline say that nobody was there. */
const present = ({ totals }: KeyedTotals) =>
  ['logged_in', 'handled', 'answered', 'offers'].some((measure) => (totals.sums[measure] ?? 0) > 0)

/** People: what each agent took and how the time went. */
export const agentsReport: Report = {
  id: 'agents',
  kind: 'summary',
  title: { es: 'Agentes', en: 'Agents' },
  description: {
    es: 'Atenciones, tiempos, ocupación, pausas y ofrecimientos no atendidos de cada agente.',
    en: 'Conversations, times, occupancy, breaks and offers not accepted of each agent.',
  },
  parameters: ['from', 'to', 'interval', 'agent', 'queue'],
  async run(context) {
    const { asked, names } = context
    const where = {
      ...(asked.agentId ? { subject: asked.agentId } : {}),
      ...(asked.queueId ? { queueId: asked.queueId } : {}),
    }
    const found = await bySubject(context, metrics, {
      family: 'agent',
      where,
      names: names.agents,
      other: (id) => `Agente ${id}`,
      title: 'Agente',
      tables: { bySubject: 'Por agente', byInterval: 'Por intervalo', both: 'Agente e intervalo' },
      when: present,
      callsOf: (id) => ({ agent: id, ...(asked.queueId ? { queue: asked.queueId } : {}) }),
    })
    const pauses: Table = {
      id: 'pauses',
      title: 'Pausas por motivo',
      columns: [
        { id: 'agent', title: 'Agente', kind: 'text' },
        { id: 'reason', title: 'Motivo de pausa', kind: 'text' },
        metricColumn('paused', summed),
      ],
      rows: found.subjects.flatMap(({ name, totals }) =>
        [...pausesByReason(totals)].map(([reason, time]) => [
          name,
          reason === null ? 'Sin motivo' : (names.breakReasons.get(reason) ?? `${reason}`),
          time,
        ]),
      ),
      totals: [null, null, metricCells([metricColumn('paused')], found.whole)[0] ?? null],
    }
    const topics = await handledByTopic(context, where)
    return {
      highlights: ['handled', 'handling_average', 'occupancy', 'utilisation', 'paused', 'agent_rejected'].map((id) =>
        highlight(id, found.whole, found.explainTotal),
      ),
      tables: [found.bySubject, pauses, ...topics, found.both],
      charts: [
        {
          id: 'handled',
          title: 'Atenciones por agente',
          kind: 'bar',
          table: 'by_agent',
          category: 'agent',
          series: ['handled'],
        },
        {
          id: 'time',
          title: 'En qué se fue el tiempo',
          kind: 'stacked',
          table: 'by_agent',
          category: 'agent',
          series: ['busy', 'idle', 'paused'],
        },
      ],
      metrics: metrics.map((column) => column.id),
    }
  },
}

/** What each agent's conversations were about. */
async function handledByTopic({ db, scope, asked, names }: Context, where: Where): Promise<Table[]> {
  const talks = db
    .knex('talk_segments as t')
    .join('interactions as i', 'i.id', 't.interaction_id')
    .where('t.agency_id', scope.agencyId)
    .where('t.answered_at', '>=', asked.period.from)
    .where('t.answered_at', '<', asked.period.to)
  if (where.subject) talks.where('t.agent_id', where.subject)
  if (where.queueId) talks.where('t.queue_id', where.queueId)
  const rows = (await talks
    .groupBy('t.agent_id', 'i.topic_id')
    .select('t.agent_id as agent', 'i.topic_id as topic')
    .count({ handled: '*' })
    .orderBy('handled', 'desc')) as { agent: number; topic: number | null; handled: number | string }[]
  const cells = rows.map((row): CellValue[] => [
    names.agents.get(row.agent) ?? `Agente ${row.agent}`,
    row.topic === null ? 'Sin temática' : (names.topics.get(row.topic) ?? `#${row.topic}`),
    Number(row.handled),
  ])
  return [
    {
      id: 'topics',
      title: 'Atenciones por temática',
      columns: [
        { id: 'agent', title: 'Agente', kind: 'text' },
        { id: 'topic', title: 'Temática', kind: 'text' },
        { id: 'conversations', title: 'Atenciones', kind: 'count', total: summed },
      ],
      rows: cells.sort((a, b) => String(a[0]).localeCompare(String(b[0]), 'es')),
      totals: [null, null, cells.reduce((sum, row) => sum + Number(row[2]), 0)],
    },
  ]
}
