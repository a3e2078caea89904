import { figureQuery } from '../explain/figure.ts'
import { cutPeriod, elapsedOf } from '../metrics/index.ts'
import { highlight, intervalColumn, type Report, summed } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { Table } from '../workbook/index.ts'
import { eachJourney, type Journey } from './journeys.ts'

/** Longer lists say nothing more; what is not in them is told as one row. */
const mostRows = 200
const ended = {
  queued: 'Pasó a una cola',
  contained: 'Resuelta por el IVR',
  left: 'Cortó',
  closed: 'No se atendió',
  open: 'Sigue en el IVR',
} as const

/** Where callers go in the flows, and where they leave. */
export const ivrReport: Report = {
  id: 'ivr',
  kind: 'summary',
  title: { es: 'IVR', en: 'IVR' },
  description: {
    es: 'Por dónde pasa la gente en los flujos, qué elige y dónde se va.',
    en: 'Where people go in the flows, what they choose and where they leave.',
  },
  parameters: ['from', 'to', 'interval', 'topic', 'channel'],
  async run(context) {
    const { db, scope, asked, timeZone, now } = context
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const counts = count()
    const intervals = cut.map(() => ({ calls: 0, queued: 0, contained: 0, left: 0 }))
    let index = 0
    for await (const journey of eachJourney(context)) {
      counts.add(journey)
      while (index + 1 < cut.length && cut[index]!.to <= journey.at) index++
      const into = intervals[index]!
      into.calls++
      if (journey.end === 'queued' || journey.end === 'contained' || journey.end === 'left') into[journey.end]++
    }
    // The catalogue's figures are of whole calls: with a topic asked for they would be of others too.
    const where = asked.channel ? { label: asked.channel } : {}
    const keys = await readTotals(db, scope, { family: 'whole', cut, timeZone, now, where })
    const whole = together(
      keys.flatMap((one) => one.keys),
      elapsedOf({ ...period, now }),
    )
    const query = figureQuery({ family: 'whole', where, period })
    const { ends } = counts
    const tables: Table[] = [
      counts.steps(),
      counts.choices(),
      counts.ways(),
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [
          intervalColumn(interval),
          { id: 'calls', title: 'Pasaron por el IVR', kind: 'count', total: summed },
          { id: 'queued', title: 'A una cola', kind: 'count', total: summed },
          { id: 'contained', title: 'Resueltas por el IVR', kind: 'count', total: summed },
          { id: 'left', title: 'Cortaron en el IVR', kind: 'count', total: summed },
        ],
        rows: cut.map(({ from }, at) => {
          const { calls, queued, contained, left } = intervals[at]!
          return [from, calls, queued, contained, left]
        }),
        totals: [null, counts.calls, ends.queued, ends.contained, ends.left],
      },
    ]
    return {
      highlights: [
        ...(asked.topicId ? [] : [highlight('received', whole, query), highlight('containment', whole, query)]),
        { label: 'Pasaron por el IVR', kind: 'count', value: counts.calls },
        { label: 'A una cola', kind: 'count', value: ends.queued },
        { label: 'Cortaron en el IVR', kind: 'count', value: ends.left },
        {
          label: 'Cortaron, del total',
          kind: 'ratio',
          value: counts.calls > 0 ? ends.left / counts.calls : null,
        },
      ],
      tables,
      charts: [
        {
          id: 'steps',
          title: 'Dónde cortan y dónde se resuelve',
          kind: 'bar',
          table: 'steps',
          category: 'step',
          series: ['left', 'contained'],
        },
        {
          id: 'ends',
          title: 'Cómo salieron del IVR',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['queued', 'contained', 'left'],
        },
      ],
      metrics: ['received', 'contained', 'containment'],
    }
  },
}

type Step = { name: string; calls: number; times: number; on: number; queued: number; contained: number; left: number }

function count() {
  const ends = { queued: 0, contained: 0, left: 0, closed: 0, open: 0 }
  const steps = new Map<string, Step>()
  const choices = new Map<string, { name: string; detail: string; times: number }>()
  const ways = new Map<string, { from: string; to: string; times: number }>()
  const way = (from: string, to: string) => {
    const key = `${from}\n${to}`
    const found = ways.get(key) ?? { from, to, times: 0 }
    found.times++
    ways.set(key, found)
  }
  const all = {
    calls: 0,
    ends,
    add({ steps: told, end }: Journey): void {
      all.calls++
      ends[end]++
      const seen = new Set<string>()
      let before = 'Comienzo'
      for (const [place, { node, name, detail }] of told.entries()) {
        const key = `${node}\n${name}`
        const step = steps.get(key) ?? { name, calls: 0, times: 0, on: 0, queued: 0, contained: 0, left: 0 }
        steps.set(key, step)
        step.times++
        if (!seen.has(key)) step.calls++
        seen.add(key)
        if (place < told.length - 1) step.on++
        else if (end === 'queued' || end === 'contained' || end === 'left') step[end]++
        if (detail) {
          const choice = choices.get(`${key}\n${detail}`) ?? { name, detail, times: 0 }
          choice.times++
          // What people say or type can be anything: only so many different answers are kept apart.
          if (choices.size < 20_000 || choice.times > 1) choices.set(`${key}\n${detail}`, choice)
        }
        way(before, name)
        before = name
      }
      way(before, ended[end])
    },
    steps: (): Table => {
      const rows = [...steps.values()].sort((a, b) => b.calls - a.calls || a.name.localeCompare(b.name, 'es'))
      return {
        id: 'steps',
        title: 'Por paso del flujo',
        columns: [
          { id: 'step', title: 'Paso', kind: 'text', width: 30 },
          { id: 'calls', title: 'Llegaron', kind: 'count' },
          { id: 'times', title: 'Veces', kind: 'count', total: summed },
          { id: 'on', title: 'Siguieron', kind: 'count', total: summed },
          { id: 'queued', title: 'De ahí a una cola', kind: 'count', total: summed },
          { id: 'contained', title: 'Resueltas ahí', kind: 'count', total: summed },
          { id: 'left', title: 'Cortaron ahí', kind: 'count', total: summed },
          { id: 'left_share', title: 'Cortaron, de las que llegaron', kind: 'ratio' },
        ],
        rows: rows.map((one) => [
          ...[one.name, one.calls, one.times, one.on, one.queued, one.contained, one.left],
          one.left / one.calls,
        ]),
        totals: [
          null,
          null,
          ...(['times', 'on', 'queued', 'contained', 'left'] as const).map((id) =>
            rows.reduce((sum, row) => sum + row[id], 0),
          ),
          null,
        ],
      }
    },
    choices: (): Table => {
      const rows = [...choices.values()].sort((a, b) => b.times - a.times).slice(0, mostRows)
      return {
        id: 'choices',
        title: 'Qué eligieron o respondieron',
        columns: [
          { id: 'step', title: 'Paso', kind: 'text', width: 30 },
          { id: 'choice', title: 'Respuesta', kind: 'text', width: 30 },
          { id: 'times', title: 'Veces', kind: 'count', total: summed },
          { id: 'share', title: 'De las veces del paso', kind: 'ratio' },
        ],
        rows: rows.map(({ name, detail, times }) => {
          const of = [...steps.values()].reduce((sum, step) => sum + (step.name === name ? step.times : 0), 0)
          return [name, detail, times, times / of]
        }),
        totals: [null, null, rows.reduce((sum, row) => sum + row.times, 0), null],
      }
    },
    ways: (): Table => {
      const rows = [...ways.values()].sort((a, b) => b.times - a.times).slice(0, mostRows)
      return {
        id: 'ways',
        title: 'De dónde a dónde',
        columns: [
          { id: 'from', title: 'De', kind: 'text', width: 30 },
          { id: 'to', title: 'A', kind: 'text', width: 30 },
          { id: 'times', title: 'Veces', kind: 'count', total: summed },
        ],
        rows: rows.map(({ from, to, times }) => [from, to, times]),
        totals: [null, null, rows.reduce((sum, row) => sum + row.times, 0)],
      }
    },
  }
  return all
}
