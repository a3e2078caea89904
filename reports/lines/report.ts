import { figureQuery } from '../explain/figure.ts'
import { cutPeriod, elapsedOf, metricOf } from '../metrics/index.ts'
import { highlight, intervalColumn, metricCells, metricColumn, type Report, summed } from '../report.ts'
import { readFamilies, together } from '../rollups/index.ts'
import type { Table } from '../workbook/index.ts'

const use = [
  metricColumn('received', summed),
  metricColumn('seizures', summed),
  metricColumn('seizures_answered', summed),
  metricColumn('asr', { kind: 'quotient', over: ['seizures_answered'], under: ['seizures'] }),
  metricColumn('line_time', summed),
  metricColumn('lines_peak', { kind: 'max' }),
  metricColumn('lines_erlangs'),
]

/** Lines: how many were busy, how much they carried, and how many calls got through by each route. */
export const linesReport: Report = {
  id: 'lines',
  kind: 'summary',
  title: { es: 'Líneas', en: 'Lines' },
  description: {
    es: 'Líneas ocupadas, picos, Erlangs y ASR, por ruta y por intervalo.',
    en: 'Lines busy, peaks, erlangs and ASR, by route and by interval.',
  },
  parameters: ['from', 'to', 'interval'],
  async run({ db, scope, asked, timeZone, now }) {
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const found = await readFamilies(db, scope, ['line', 'whole'], { cut, timeZone, now })
    const elapsed = elapsedOf({ ...period, now })
    const voice = found.whole.map((one) => ({ ...one, keys: one.keys.filter((key) => key.label === 'voice') }))
    const whole = together(
      voice.flatMap((one) => one.keys),
      elapsed,
    )
    const of = { family: 'whole', where: { label: 'voice' } } as const
    const explainTotal = figureQuery({ ...of, period })
    const routes = Map.groupBy(
      found.line.flatMap((one) => one.keys),
      (one) => `${one.subject} ${one.label}`,
    )
    const byRoute: Table = {
      id: 'by_route',
      title: 'Por ruta',
      columns: [
        { id: 'route', title: 'Línea', kind: 'text', width: 22 },
        { id: 'direction', title: 'Sentido', kind: 'text', width: 12 },
        // The peak of all lines together is not that of one of them, nor does it follow from theirs.
        ...use.map((column) => (column.id === 'lines_peak' ? metricColumn(column.id) : column)),
      ],
      rows: [],
      totals: [null, null, ...metricCells(use, whole)],
      explain: [],
      explainTotal,
    }
    for (const keys of [...routes.values()].sort((a, b) => a[0]!.label.localeCompare(b[0]!.label, 'es'))) {
      const { subject, label } = keys[0]!
      byRoute.rows.push([
        label || 'Sin línea',
        subject === 1 ? 'Entrante' : 'Saliente',
        ...metricCells(use, together(keys, elapsed)),
      ])
      byRoute.explain?.push(figureQuery({ family: 'line', where: { subject, label }, period }))
    }
    const byInterval: Table = {
      id: 'by_interval',
      title: 'Por intervalo',
      columns: [intervalColumn(interval), ...use],
      rows: voice.map((one) => [one.from, ...metricCells(use, together(one.keys, elapsedOf({ ...one, now })))]),
      totals: [null, ...metricCells(use, whole)],
      explain: cut.map((one) => figureQuery({ ...of, period: one })),
      explainTotal,
    }
    return {
      // Of a period that is over, «busy now» would be the nought at its end.
      highlights: [
        ...(period.to > now ? ['lines_busy'] : []),
        'lines_peak',
        'lines_erlangs',
        'received',
        'seizures',
        'asr',
      ].map((id) => highlight(id, whole, explainTotal)),
      tables: [byRoute, byInterval],
      charts: [
        {
          id: 'peak',
          title: 'Líneas ocupadas: pico y promedio (Erlangs)',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['lines_peak', 'lines_erlangs'],
        },
        // Of outgoing calls only: without any there is nothing to draw.
        ...(metricOf('seizures').of(whole)
          ? [
              {
                id: 'asr',
                title: 'ASR por ruta',
                kind: 'bar' as const,
                table: 'by_route',
                category: 'route',
                series: ['asr'],
              },
            ]
          : []),
      ],
      metrics: [...(period.to > now ? ['lines_busy'] : []), ...use.map((column) => column.id)],
    }
  },
}
