import { bySubject, queueSubjects } from '../by-subject.ts'
import { figureQuery } from '../explain/figure.ts'
import type { Totals } from '../metrics/index.ts'
import { type Context, highlight, metricColumn, type Report, summed } from '../report.ts'
import type { Table } from '../workbook/index.ts'

const metrics = [
  metricColumn('answered', summed),
  metricColumn('wait_answered', summed),
  metricColumn('asa', { kind: 'quotient', over: ['wait_answered'], under: ['answered'] }),
  metricColumn('wait_p50'),
  metricColumn('wait_p90'),
  metricColumn('wait_max', { kind: 'max' }),
  metricColumn('abandoned', summed),
  metricColumn('wait_abandoned_total', summed),
  metricColumn('wait_abandoned', { kind: 'quotient', over: ['wait_abandoned_total'], under: ['abandoned'] }),
  metricColumn('talk', summed),
  metricColumn('hold', summed),
  metricColumn('wrap', summed),
  metricColumn('aht', { kind: 'quotient', over: ['talk', 'hold', 'wrap'], under: ['answered'] }),
]

/** Up to and including so many seconds. */
const steps = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200, Number.POSITIVE_INFINITY]

/** How long people waited and how long serving them took. */
export const waitsReport: Report = {
  id: 'waits',
  kind: 'summary',
  title: { es: 'Esperas y duraciones', en: 'Waits and durations' },
  description: {
    es: 'Cuánto se esperó, con su distribución, y cuánto llevó cada atención.',
    en: 'How long people waited, with its distribution, and how long serving them took.',
  },
  parameters: ['from', 'to', 'interval', 'queue', 'channel'],
  async run(context) {
    const found = await bySubject(context, metrics, queueSubjects(context))
    return {
      highlights: ['asa', 'wait_p50', 'wait_p90', 'wait_max', 'wait_abandoned', 'aht'].map((id) =>
        highlight(id, found.whole, found.explainTotal),
      ),
      tables: [distribution(context, found.whole), found.bySubject, found.byInterval, found.both],
      charts: [
        {
          id: 'distribution',
          title: 'Cuánto esperaron',
          kind: 'stacked',
          table: 'distribution',
          category: 'wait',
          series: ['answered', 'abandoned'],
        },
        {
          id: 'asa',
          title: 'Espera por intervalo',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['asa', 'wait_p90'],
        },
      ],
      metrics: [...metrics, ...byWait.slice(2)].map((column) => column.id),
    }
  },
}

const byWait = [
  metricColumn('answered', summed),
  metricColumn('abandoned', summed),
  metricColumn('left_otherwise', summed),
]

function distribution(context: Context, { waits }: Totals): Table {
  const { family, where } = queueSubjects(context)
  const { period } = context.asked
  const between = (waitFrom: number, waitTo: number) => {
    const some = waits.within(waitFrom, waitTo)
    return [some.countOf('answered'), some.countOf('abandoned'), some.countOf('other')]
  }
  const all = between(0, Number.POSITIVE_INFINITY)
  const total = all.reduce((sum, count) => sum + count, 0)
  let [from, sofar] = [0, 0]
  const rows = steps.map((to) => {
    const counts = between(from, to)
    sofar += counts.reduce((sum, count) => sum + count, 0)
    const endless = to === Number.POSITIVE_INFINITY
    const row = {
      cells: [
        endless ? `${clock(from)} o más` : `${clock(from)} a ${clock(to)}`,
        ...counts,
        total > 0 ? sofar / total : null,
      ],
      query: figureQuery({ family, where: { ...where, waitFrom: from, ...(endless ? {} : { waitTo: to }) }, period }),
    }
    from = to
    return row
  })
  return {
    id: 'distribution',
    title: 'Distribución de la espera',
    columns: [
      { id: 'wait', title: 'Espera', kind: 'text', width: 22 },
      ...byWait,
      { id: 'share', title: 'Acumulado', kind: 'ratio' },
    ],
    rows: total > 0 ? rows.map(({ cells }) => cells) : [],
    totals: ['Total', ...all, null],
    explain: total > 0 ? rows.map(({ query }) => query) : [],
    explainTotal: figureQuery({ family, where: { ...where, waitFrom: 0 }, period }),
  }
}

const clock = (seconds: number) =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`
