import type { Outcome } from './report.ts'
import { type CellKind, type CellValue, clockText, csvText, type Table } from './workbook/index.ts'

const es = (digits: number) =>
  new Intl.NumberFormat('es-AR', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const whole = es(0)
const tenths = es(1)
const hundredths = es(2)

/** A value as the screen and the mail show it; no value is a dash. */
export function shown(value: CellValue, kind: CellKind, timeZone: string): string {
  if (value === null) return '—'
  if (typeof value === 'string') return value
  if (kind === 'ratio') return `${tenths.format(value * 100)} %`
  if (kind === 'duration') return clockText(value)
  if (kind === 'count') return whole.format(value)
  if (kind === 'decimal') return hundredths.format(value)
  return csvText(value, kind, timeZone)
}

const screenRows = 500

/** A table for the template: text cells, figures marked to stand right, a link a row. */
export function tableView(table: Table, timeZone: string): object {
  const cell = (value: CellValue, index: number) => {
    const kind = table.columns[index]?.kind ?? 'text'
    return { text: shown(value, kind, timeZone), number: kind !== 'text' }
  }
  return {
    id: table.id,
    title: table.title,
    columns: table.columns.map((column) => ({ title: column.title, number: column.kind !== 'text' })),
    rows: table.rows
      .slice(0, screenRows)
      .map((row, at) => ({ link: table.links?.[at], cells: row.map((value, index) => cell(value, index)) })),
    totals: table.totals?.map((value, index) => (index === 0 ? { text: 'Total', number: false } : cell(value, index))),
    cut: table.rows.length > screenRows ? { shown: screenRows, all: table.rows.length } : undefined,
    empty: table.rows.length === 0,
  }
}

/** What browser code needs to draw each chart: labels as text, values in the unit shown. */
export function chartViews(outcome: Outcome, timeZone: string): object[] {
  return outcome.charts.flatMap((chart) => {
    const table = outcome.tables.find((one) => one.id === chart.table)
    if (!table || table.rows.length === 0) return []
    const at = (id: string) => table.columns.findIndex((column) => column.id === id)
    const category = at(chart.category)
    const kind = table.columns[at(chart.series[0] as string)]?.kind ?? 'count'
    return [
      {
        id: chart.id,
        title: chart.title,
        kind: chart.kind,
        valueKind: kind,
        labels: table.rows.map((row) =>
          shown(row[category] ?? null, table.columns[category]?.kind ?? 'text', timeZone),
        ),
        series: chart.series.map((id) => ({
          title: table.columns[at(id)]?.title ?? id,
          values: table.rows.map((row) => row[at(id)] ?? null),
        })),
      },
    ]
  })
}
