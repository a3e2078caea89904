import { bySubject, queueSubjects } from '../by-subject.ts'
import type { Totals, Waits } from '../metrics/index.ts'
import { highlight, metricColumn, type Report, summed } from '../report.ts'
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
      tables: [distribution(found.whole), found.bySubject, found.byInterval, found.both],
      charts: [
        {
          id: 'distribution',
          title: 'Cuánto esperaron',
          kind: 'stacked',
          table: 'distribution',
          category: 'wait',
          series: ['answered_waits', 'abandoned_waits'],
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
      metrics: metrics.map((column) => column.id),
    }
  },
}

function distribution({ waits }: Totals): Table {
  const within = (counts: Waits, from: number, to: number) => {
    let sum = 0
    for (const [second, count] of counts) if (second >= from && second < to) sum += count
    return sum
  }
  const all = [waits.answered, waits.abandoned, waits.other]
  const total = all.reduce((sum, counts) => sum + within(counts, 0, Number.POSITIVE_INFINITY), 0)
  let from = 0
  let sofar = 0
  const rows = steps.map((to) => {
    const [answered = 0, abandoned = 0, other = 0] = all.map((counts) => within(counts, from, to))
    sofar += answered + abandoned + other
    const title = to === Number.POSITIVE_INFINITY ? `${clock(from)} o más` : `${clock(from)} a ${clock(to)}`
    from = to
    return [title, answered, abandoned, other, total > 0 ? sofar / total : null]
  })
  const sum = (at: number) => rows.reduce((all, row) => all + Number(row[at]), 0)
  return {
    id: 'distribution',
    title: 'Distribución de la espera',
    columns: [
      { id: 'wait', title: 'Espera', kind: 'text', width: 22 },
      { id: 'answered_waits', title: 'Contestadas', kind: 'count', total: summed },
      { id: 'abandoned_waits', title: 'Perdidas', kind: 'count', total: summed },
      { id: 'other_waits', title: 'Otras', kind: 'count', total: summed },
      { id: 'share', title: 'Acumulado', kind: 'ratio' },
    ],
    rows: total > 0 ? rows : [],
    totals: ['Total', sum(1), sum(2), sum(3), null],
  }
}

const clock = (seconds: number) =>
  seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`
