import { cutPeriod, type Facts, sliceFacts, sliceWhole } from '../metrics/index.ts'
import { callsLink, highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { readFacts } from '../store.ts'
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

function ofQueue(facts: Facts, queueId: number): Facts {
  const mine = <T extends { queueId: number | null }>(list: T[]) => list.filter((one) => one.queueId === queueId)
  return {
    ...facts,
    interactions: [],
    agentStates: [],
    stays: mine(facts.stays),
    offers: mine(facts.offers),
    talks: mine(facts.talks),
    wrapUps: mine(facts.wrapUps),
  }
}

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
    const all = await readFacts(db, scope, { ...period, queueId: asked.queueId })
    // Only what belongs to a queue: an outbound call's talk has none and must not enter a queue's handling time.
    const facts: Facts = {
      ...all,
      interactions: [],
      agentStates: [],
      talks: all.talks.filter((talk) => talk.queueId !== null),
      wrapUps: all.wrapUps.filter((wrapUp) => wrapUp.queueId !== null),
    }
    const whole = sliceWhole(facts, period, now)
    const cut = cutPeriod(period, interval, timeZone)
    const seen = new Set([...facts.stays, ...facts.talks].map((one) => one.queueId as number))
    const queueIds = [...names.queues.keys()].filter((id) => seen.has(id) || asked.queueId === id)
    for (const id of seen) if (!names.queues.has(id)) queueIds.push(id)
    const totals = metricCells(metrics, whole)

    const byQueue: Table = {
      id: 'by_queue',
      title: 'Por cola',
      columns: [{ id: 'queue', title: 'Cola', kind: 'text' }, ...metrics],
      rows: [],
      totals: [null, ...totals],
      links: [],
    }
    const both: Table = {
      id: 'by_queue_and_interval',
      title: 'Cola e intervalo',
      columns: [{ id: 'queue', title: 'Cola', kind: 'text' }, intervalColumn(interval), ...metrics],
      rows: [],
      totals: [null, null, ...totals],
      links: [],
    }
    for (const id of queueIds) {
      const mine = ofQueue(facts, id)
      const name = names.queues.get(id) ?? `Cola ${id}`
      byQueue.rows.push([name, ...metricCells(metrics, sliceWhole(mine, period, now))])
      byQueue.links?.push(callsLink(period, { queue: id }))
      for (const slice of sliceFacts(mine, cut, now)) {
        if (slice.stays.length + slice.talks.length === 0) continue
        both.rows.push([name, slice.from, ...metricCells(metrics, slice)])
        both.links?.push(callsLink(slice, { queue: id }))
      }
    }
    const byInterval: Table = {
      id: 'by_interval',
      title: 'Por intervalo',
      columns: [intervalColumn(interval), ...metrics],
      rows: sliceFacts(facts, cut, now).map((slice) => [slice.from, ...metricCells(metrics, slice)]),
      totals: [null, ...totals],
      links: cut.map((one) => callsLink(one, asked.queueId ? { queue: asked.queueId } : {})),
    }
    return {
      highlights: ['offered', 'answered', 'sl_offered', 'asa', 'aht', 'abandon_rate'].map((id) => highlight(id, whole)),
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
