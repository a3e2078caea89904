import { cutPeriod, type Facts, pausesByReason, sliceFacts, sliceWhole, tally } from '../metrics/index.ts'
import { callsLink, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { readFacts } from '../store.ts'
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

function ofAgent(facts: Facts, agentId: number): Facts {
  const mine = <T extends { agentId: number | null }>(list: T[]) => list.filter((one) => one.agentId === agentId)
  return {
    interactions: [],
    stays: mine(facts.stays),
    offers: mine(facts.offers),
    talks: mine(facts.talks),
    wrapUps: mine(facts.wrapUps),
    agentStates: mine(facts.agentStates),
  }
}

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
    const read = await readFacts(db, scope, { ...period, agentId: asked.agentId, queueId: asked.queueId })
    // Stays that no agent took say nothing about people.
    const facts: Facts = { ...read, interactions: [], stays: read.stays.filter((stay) => stay.agentId !== null) }
    const whole = sliceWhole(facts, period, now)
    const cut = cutPeriod(period, interval, timeZone)
    const seen = new Set(
      [...facts.talks, ...facts.offers, ...facts.agentStates.filter((one) => one.state !== 'offline')].map(
        (one) => one.agentId,
      ),
    )
    const agentIds = [...names.agents.keys()].filter((id) => seen.has(id))
    for (const id of seen) if (!names.agents.has(id)) agentIds.push(id)
    const totals = metricCells(metrics, whole)

    const byAgent: Table = {
      id: 'by_agent',
      title: 'Por agente',
      columns: [{ id: 'agent', title: 'Agente', kind: 'text' }, ...metrics],
      rows: [],
      totals: [null, ...totals],
      links: [],
    }
    const both: Table = {
      id: 'by_agent_and_interval',
      title: 'Agente e intervalo',
      columns: [{ id: 'agent', title: 'Agente', kind: 'text' }, intervalColumn(interval), ...metrics],
      rows: [],
      totals: [null, null, ...totals],
      links: [],
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
      const mine = ofAgent(facts, id)
      const name = names.agents.get(id) ?? `Agente ${id}`
      const own = sliceWhole(mine, period, now)
      byAgent.rows.push([name, ...metricCells(metrics, own)])
      byAgent.links?.push(callsLink(period, { agent: id }))
      for (const [reason, time] of pausesByReason(tally(own)))
        pauses.rows.push([name, reason === null ? 'Sin motivo' : (names.breakReasons.get(reason) ?? `${reason}`), time])
      for (const slice of sliceFacts(mine, cut, now)) {
        const present = slice.states.some((span) => span.state !== 'offline')
        if (!present && slice.talks.length + slice.offers.length === 0) continue
        both.rows.push([name, slice.from, ...metricCells(metrics, slice)])
        both.links?.push(callsLink(slice, { agent: id }))
      }
    }
    return {
      highlights: ['handled', 'handling_average', 'occupancy', 'utilisation', 'paused', 'agent_rejected'].map((id) =>
        highlight(id, whole),
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
