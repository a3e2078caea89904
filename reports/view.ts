import { englishDay } from './english.ts'
import type { Outcome } from './report.ts'
import {
  busyStretch,
  type CellKind,
  type CellValue,
  type Chart,
  cellExplained,
  clockText,
  csvText,
  figureColumns,
  type Table,
} from './workbook/index.ts'

const digits = (locale: string) =>
  [0, 1, 2].map(
    (count) => new Intl.NumberFormat(locale, { minimumFractionDigits: count, maximumFractionDigits: count }),
  ) as [Intl.NumberFormat, Intl.NumberFormat, Intl.NumberFormat]
const formats: Record<string, ReturnType<typeof digits>> = { es: digits('es-AR'), 'en-US': digits('en-US') }

/** A value as the screen and the mail show it; no value is a dash, and what rounds to nought has no sign. */
export function shown(value: CellValue, kind: CellKind, timeZone: string, language = 'es'): string {
  const text = written(value, kind, timeZone, language)
  return typeof value === 'number' && /^-[0.,:]+( %)?$/.test(text) ? text.slice(1) : text
}

function written(value: CellValue, kind: CellKind, timeZone: string, language: string): string {
  const [whole, tenths, hundredths] = formats[language] ?? formats.es!
  if (value === null) return '—'
  if (typeof value === 'string') return value
  if (kind === 'ratio') return `${tenths.format(value * 100)} %`
  if (kind === 'duration') return clockText(value)
  if (kind === 'count') return whole.format(value)
  if (kind === 'decimal') return hundredths.format(value)
  const text = csvText(value, kind, timeZone)
  return language === 'en-US' ? englishDay(text) : text
}

const screenRows = 500

/** A table for the template: text cells, figures marked to stand right (names and days stand left), a link a row. */
export function tableView(table: Table, timeZone: string, most = screenRows, language = 'es'): object {
  const drawn = figureColumns(table)
  const cell = (value: CellValue, index: number) => {
    const kind = table.columns[index]?.kind ?? 'text'
    return { text: shown(value, kind, timeZone, language), number: drawn.includes(index) }
  }
  const explained = (value: CellValue, index: number, row?: number) => {
    const href = value === null ? undefined : cellExplained(table, index, row)
    return { ...cell(value, index), ...(href ? { href } : {}) }
  }
  // Of a day's intervals those before and behind its work are left out; days are all there, unless nothing happened on any.
  const first = table.columns[0]?.kind
  const busy = first === 'interval' || first === 'day' ? busyStretch(table.rows, drawn) : undefined
  const [from, to] = busy && (first === 'interval' || busy[1] === 0) ? busy : [0, table.rows.length]
  return {
    id: table.id,
    title: table.title,
    columns: table.columns.map((column, at) => ({ title: column.title, number: drawn.includes(at) })),
    rows: table.rows.slice(from, Math.min(to, from + most)).map((row, at) => ({
      link: table.links?.[from + at],
      // Nothing happened: the row stays, in a quieter colour.
      quiet: drawn.every((index) => !row[index]),
      cells: row.map((value, index) => explained(value, index, from + at)),
    })),
    totals: table.totals?.map((value, index) => {
      if (index === 0) return { text: 'Total', number: false }
      if (value === null && !drawn.includes(index)) return { text: '', number: false }
      return explained(value, index)
    }),
    cut: to - from > most ? { shown: most, all: to - from } : undefined,
    trimmed: to > from && to - from < table.rows.length,
    empty: to === from,
  }
}

/** What browser code needs to draw a chart: labels as text, values in the unit shown. */
export type ChartView = {
  id: string
  title: string
  kind: Chart['kind']
  valueKind: CellKind
  /** Names down the side, bars to the right. */
  flat: boolean
  /** Of the drawing, pixels. */
  height: number
  labels: string[]
  series: { title: string; values: (number | null)[] }[]
}

const oneDay = 26 * 3_600_000
/** More names than this one below the other are read by nobody, and fit no sheet of paper. */
const mostNames = 40

/** A picture of nothing but zeros says nothing, and takes the place of one that does. */
export function hasFigures({ table, series }: Chart, tables: readonly Table[]): boolean {
  const found = tables.find((one) => one.id === table)
  const places = series.map((id) => found?.columns.findIndex((column) => column.id === id) ?? -1)
  return found?.rows.some((row) => places.some((place) => typeof row[place] === 'number' && row[place] !== 0)) ?? false
}

/** Charts with something in them. */
export function chartViews(outcome: Outcome, timeZone: string, language = 'es'): ChartView[] {
  return outcome.charts.flatMap((chart) => {
    const table = outcome.tables.find((one) => one.id === chart.table)
    if (!table || !hasFigures(chart, outcome.tables)) return []
    const at = (id: string) => table.columns.findIndex((column) => column.id === id)
    const category = at(chart.category)
    const categoryKind = table.columns[category]?.kind ?? 'text'
    // Charts of one table share their ends, so that the same hour stands below the same hour.
    const drawn = outcome.charts.filter((one) => one.table === chart.table).flatMap((one) => one.series.map(at))
    const own = chart.series.map(at)
    const all =
      categoryKind === 'interval'
        ? table.rows.slice(...busyStretch(table.rows, drawn))
        : // A name without any value would be a gap; a day without one is a gap of time.
          table.rows.filter((row) => categoryKind !== 'text' || own.some((index) => typeof row[index] === 'number'))
    const flat = chart.kind === 'bar' || (chart.kind === 'stacked' && categoryKind === 'text')
    const { rows, few } = flat && all.length > mostNames ? fewer(all, table, own, language) : { rows: all, few: '' }
    return [
      {
        id: chart.id,
        title: `${chart.title}${few}`,
        kind: chart.kind,
        valueKind: table.columns[at(chart.series[0] as string)]?.kind ?? 'count',
        flat,
        height: flat
          ? flatHeight(
              rows.map((row) => row[category] ?? null),
              chart.series.map((id) => table.columns[at(id)]?.title ?? id),
            )
          : 260,
        labels: axisLabels(
          rows.map((row) => row[category] ?? null),
          categoryKind,
          (value) => shown(value, categoryKind, timeZone, language),
        ),
        series: chart.series.map((id) => ({
          title: table.columns[at(id)]?.title ?? id,
          values: rows.map((row) => {
            const value = row[at(id)]
            return typeof value === 'number' ? value : null
          }),
        })),
      },
    ]
  })
}

/** Room for each bar with its name, in two lines where a telephone folds it, above the axis and the legend as it wraps there. */
function flatHeight(names: CellValue[], series: string[]): number {
  const folded = names.some((name) => typeof name === 'string' && name.length > phoneLetters)
  const legend = series.length > 1 ? Math.ceil(series.reduce((sum, title) => sum + title.length * 7 + 36, 0) / 300) : 0
  return Math.max(160, names.length * (folded ? 30 : 24) + 40 + legend * 26 + (legend > 0 ? 12 : 0))
}
/** Of a name beside a bar there. */
const phoneLetters = 21

/**
 * Those with most in the columns drawn, in their order, and the words for it. The highest ratios would hide the worst: of these those
 * over most, or the first where the table does not have what they are over.
 */
function fewer(rows: CellValue[][], { columns }: Table, drawn: readonly number[], language: string) {
  const ratio = drawn.map((index) => columns[index]).find((column) => column?.kind === 'ratio')
  const under = ratio?.total?.kind === 'quotient' ? ratio.total.under : []
  const over = columns.filter(({ id }) => under.includes(id))
  const by = ratio ? over.map((column) => columns.indexOf(column)) : drawn
  const size = (row: CellValue[]) => by.reduce((sum, index) => sum + Number(row[index] ?? 0), 0)
  const kept = new Set([...rows].sort((a, b) => size(b) - size(a)).slice(0, mostNames))
  const english = language === 'en-US'
  const names = over.map(({ title }) => title.charAt(0).toLowerCase() + title.slice(1)).join(english ? ' and ' : ' y ')
  const most = english ? `the ${mostNames} with most` : `los ${mostNames} con más`
  const first = english ? `the first ${mostNames}` : `los primeros ${mostNames}`
  return { rows: rows.filter((row) => kept.has(row)), few: `, ${by.length > 0 ? `${most} ${names}`.trimEnd() : first}` }
}

/** Short enough to stand side by side: hours alone within a day, no year. */
function axisLabels(values: CellValue[], kind: CellKind, say: (value: CellValue) => string): string[] {
  const instants = values.filter((value) => typeof value === 'number')
  const short = kind === 'interval' && Math.max(...instants) - Math.min(...instants) < oneDay
  return values.map((value) => {
    const text = say(value)
    if (kind === 'interval') return short ? text.slice(-5) : `${text.slice(0, 5)} ${text.slice(-5)}`
    return kind === 'day' ? text.slice(0, 5) : text
  })
}
