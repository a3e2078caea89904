import { figureQuery } from '../explain/figure.ts'
import { cutPeriod, elapsedOf, type Interval, pausesByReason } from '../metrics/index.ts'
import { callsLink, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { type KeyedTotals, readTotals, together } from '../rollups/index.ts'
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
  async run({ db, scope, asked, names, timeZone, now }) {
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const where = {
      ...(asked.agentId ? { subject: asked.agentId } : {}),
      ...(asked.queueId ? { queueId: asked.queueId } : {}),
    }
    const found = await readTotals(db, scope, { family: 'agent', cut, timeZone, now, bySubject: true, where })
    const elapsed = elapsedOf({ ...period, now })
    const all = found.flatMap((one) => one.keys).filter(present)
    const byId = Map.groupBy(all, (one) => one.subject)
    const whole = together(all, elapsed)
    const agentIds = [...names.agents.keys()].filter((id) => byId.has(id))
    for (const id of byId.keys()) if (!names.agents.has(id)) agentIds.push(id)
    const totals = metricCells(metrics, whole)
    const explainOf = (one: Interval, subject?: number) =>
      figureQuery({
        family: 'agent',
        where: subject === undefined ? where : { ...where, subject },
        period: { from: one.from, to: one.to },
      })
    const explainTotal = explainOf(period)

    const byAgent: Table = {
      id: 'by_agent',
      title: 'Por agente',
      columns: [{ id: 'agent', title: 'Agente', kind: 'text' }, ...metrics],
      rows: [],
      totals: [null, ...totals],
      links: [],
      explain: [],
      explainTotal,
    }
    const both: Table = {
      id: 'by_agent_and_interval',
      title: 'Agente e intervalo',
      columns: [{ id: 'agent', title: 'Agente', kind: 'text' }, intervalColumn(interval), ...metrics],
      rows: [],
      totals: [null, null, ...totals],
      links: [],
      explain: [],
      explainTotal,
    }
    const pauses: Table = {
      id: 'pauses',
      title: 'Pausas por motivo',
      columns: [
        { id: 'agent', title: 'Agente', kind: 'text' },
        { id: 'reason', title: 'Motivo de pausa', kind: 'text' },
        metricColumn('paused', summed),
      ],
      rows: [],
      totals: [null, null, totals[metrics.findIndex((column) => column.id === 'paused')] ?? null],
    }
    for (const id of agentIds) {
      const name = names.agents.get(id) ?? `Agente ${id}`
      const own = together(byId.get(id) ?? [], elapsed)
      byAgent.rows.push([name, ...metricCells(metrics, own)])
      byAgent.links?.push(callsLink(period, { agent: id }))
      byAgent.explain?.push(explainOf(period, id))
      for (const [reason, time] of pausesByReason(own))
        pauses.rows.push([name, reason === null ? 'Sin motivo' : (names.breakReasons.get(reason) ?? `${reason}`), time])
      for (const one of found) {
        const mine = one.keys.filter((key) => key.subject === id && present(key))
        if (mine.length === 0) continue
        both.rows.push([name, one.from, ...metricCells(metrics, together(mine, elapsedOf({ ...one, now })))])
        both.links?.push(callsLink(one, { agent: id }))
        both.explain?.push(explainOf(one, id))
      }
    }
    return {
      highlights: ['handled', 'handling_average', 'occupancy', 'utilisation', 'paused', 'agent_rejected'].map((id) =>
        highlight(id, whole, explainTotal),
      ),
      tables: [byAgent, pauses, both],
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
