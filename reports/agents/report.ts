import { type BySubject, bySubject } from '../by-subject.ts'
import { explainHref, figureQuery } from '../explain/figure.ts'
import { firstContactMetrics, firstContactsBy } from '../first-contact/index.ts'
import { type Interval, metricOf, pausesByReason } from '../metrics/index.ts'
import { type Context, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { type KeyedTotals, type Where as RolledUpWhere, readTotals } from '../rollups/index.ts'
import { shiftMetrics, shiftTable } from '../staffing/shift-table.ts'
import type { Table } from '../workbook/index.ts'

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
      callsOf: (id) => ({ agent: id }),
    })
    const topics = await topicsTable(context, where)
    const first = await firstContactsBy(context, where, {
      column: { id: 'agent', title: 'Agente', kind: 'text' },
      id: (one) => one.agentId,
      name: (id) => (id === 0 ? 'Sin agente' : (names.agents.get(id) ?? `Agente ${id}`)),
      narrow: (subject) => ({ subject }),
    })
    const note = [found.note, first.note].filter((one) => one !== undefined).join(' ')
    // The roster says how many, not who: of one agent it says nothing.
    const shifts = asked.agentId ? undefined : await shiftTable(context)
    return {
      ...(note ? { note } : {}),
      highlights: ['handled', 'handling_average', 'occupancy', 'utilisation', 'paused', 'agent_rejected']
        .map(found.highlight)
        .concat(shifts ? highlight('adherence', shifts.shifts.whole, shifts.shifts.queryOf(asked.period)) : []),
      tables: [
        found.bySubject,
        // Breaks belong to no queue.
        ...(asked.queueId ? [] : [pausesTable(context, found, where), pausesByInterval(context, found, where)]),
        ...(shifts ? [shifts.table] : []),
        topics,
        first.bySubject,
        found.both,
      ],
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
      metrics: [...metrics.map((column) => column.id), ...firstContactMetrics, ...shiftMetrics],
    }
  },
}

/** Time in each break reason, by agent. */
function pausesTable({ asked, names }: Context, { subjects, whole }: BySubject, where: RolledUpWhere): Table {
  const { period } = asked
  const rows = subjects.flatMap(({ id, name, totals }) =>
    [...pausesByReason(totals)].map(([reason, time]) => ({
      cells: [name, reason === null ? 'Sin motivo' : (names.breakReasons.get(reason) ?? `${reason}`), time],
      query: figureQuery({ family: 'agent', where: { ...where, subject: id, reasonId: reason ?? 0 }, period }),
    })),
  )
  return {
    id: 'pauses',
    title: 'Pausas por motivo',
    columns: [
      { id: 'agent', title: 'Agente', kind: 'text' },
      { id: 'reason', title: 'Motivo de pausa', kind: 'text' },
      metricColumn('paused', summed),
    ],
    rows: rows.map(({ cells }) => cells),
    totals: [null, null, metricCells([metricColumn('paused')], whole)[0] ?? null],
    explain: rows.map(({ query }) => query),
    explainTotal: figureQuery({ family: 'agent', where, period }),
  }
}

/** Time in each break reason, by interval: a column a reason. */
function pausesByInterval({ asked, names }: Context, { intervals, whole }: BySubject, where: RolledUpWhere): Table {
  const { period, interval } = asked
  const paused = metricColumn('paused', summed)
  const reasons = [...pausesByReason(whole).keys()].sort((a, b) => (a ?? 0) - (b ?? 0))
  const cells = (totals: BySubject['whole']) => {
    const times = pausesByReason(totals)
    return [...reasons.map((reason) => times.get(reason) ?? 0), ...metricCells([paused], totals)]
  }
  const hrefs = (when: Interval) => [
    null,
    ...reasons.map((reason) =>
      explainHref('paused', figureQuery({ family: 'agent', where: { ...where, reasonId: reason ?? 0 }, period: when })),
    ),
  ]
  const queryOf = (when: Interval) => figureQuery({ family: 'agent', where, period: when })
  return {
    id: 'pauses_by_interval',
    title: 'Pausas por motivo e intervalo',
    columns: [
      intervalColumn(interval),
      ...reasons.map((reason) => ({
        id: `paused_${reason ?? 0}`,
        title: reason === null ? 'Sin motivo' : (names.breakReasons.get(reason) ?? `${reason}`),
        kind: 'duration' as const,
        total: summed,
      })),
      paused,
    ],
    rows: reasons.length > 0 ? intervals.map((one) => [one.from, ...cells(one.totals)]) : [],
    totals: [null, ...cells(whole)],
    explain: reasons.length > 0 ? intervals.map(queryOf) : [],
    explainTotal: queryOf(period),
    hrefs: intervals.map(hrefs),
    hrefsTotal: hrefs(period),
  }
}

/** What each agent's conversations were about. */
async function topicsTable({ db, scope, asked, names, timeZone, now }: Context, where: RolledUpWhere): Promise<Table> {
  const { period } = asked
  const read = await readTotals(db, scope, { family: 'agent_topic', cut: [period], timeZone, now, where, waits: false })
  const handled = new Map<string, { agent: number; topic: string; times: number }>()
  for (const { subject: agent, label: topic, totals } of read[0]?.keys ?? []) {
    const one = handled.get(`${agent} ${topic}`) ?? { agent, topic, times: 0 }
    one.times += metricOf('handled').of(totals) ?? 0
    handled.set(`${agent} ${topic}`, one)
  }
  const found = [...handled.values()].map(({ agent, topic, times }) => ({
    cells: [
      names.agents.get(agent) ?? `Agente ${agent}`,
      topic === '0' ? 'Sin temática' : (names.topics.get(Number(topic)) ?? `#${topic}`),
      times,
    ],
    query: figureQuery({ family: 'agent_topic', where: { ...where, subject: agent, label: topic }, period }),
  }))
  found.sort(
    (a, b) => String(a.cells[0]).localeCompare(String(b.cells[0]), 'es') || Number(b.cells[2]) - Number(a.cells[2]),
  )
  return {
    id: 'topics',
    title: 'Atenciones por temática',
    columns: [
      { id: 'agent', title: 'Agente', kind: 'text' },
      { id: 'topic', title: 'Temática', kind: 'text' },
      metricColumn('handled', summed),
    ],
    rows: found.map(({ cells }) => cells),
    totals: [null, null, found.reduce((sum, { cells }) => sum + Number(cells[2]), 0)],
    explain: found.map(({ query }) => query),
    explainTotal: figureQuery({ family: 'agent', where, period }),
  }
}
