// What a file of a report holds, without saying which library writes it. Instants are UTC ms, durations ms, ratios 0..1.
import { explainHref } from '../explain/figure.ts'
import type { Seal } from '../health/seal.ts'
import { catalogue, wallClock } from '../metrics/index.ts'
import { type Language, wordsIn } from './words.ts'

export type CellValue = string | number | null

/** How a value is written and shown; `interval` is an instant to the minute, `day` its date alone. */
export type CellKind = 'text' | 'instant' | 'interval' | 'day' | 'count' | 'duration' | 'ratio' | 'decimal'

/** How a column's total follows from the rows: the file carries it as a formula that obeys the reader's filter. */
export type Total =
  | { kind: 'sum' }
  | { kind: 'max' }
  /** (Σ over) / (Σ under − Σ less), by column id. */
  | { kind: 'quotient'; over: string[]; under: string[]; less?: string[] }

export type Column = {
  id: string
  title: string
  kind: CellKind
  width?: number
  total?: Total
  /** From where on a ratio is good, and below what it is bad: the file colours and marks it. */
  thresholds?: { good: number; warning: number }
}

export type Table = {
  id: string
  title: string
  columns: Column[]
  rows: CellValue[][]
  /** Values of the totals' row, as the catalogue gives them for the whole; without them the table has no such row. */
  totals?: CellValue[]
  /** Where a row's figures come from: one address a row, for the screen. */
  links?: string[]
  /** Whose figures a row holds, as `figureQuery` writes it; `cellExplained` makes the address of each of its metrics. */
  explain?: (string | null)[]
  explainTotal?: string
  /** Addresses of cells that are explained otherwise than by their row and their column's metric. */
  hrefs?: (string | null)[][]
  hrefsTotal?: (string | null)[]
}

/** A picture of columns of one table: `category` along the axis, one series a column. */
export type Chart = {
  id: string
  title: string
  kind: 'column' | 'stacked' | 'line' | 'bar'
  table: string
  category: string
  series: string[]
}

export type Highlight = { label: string; kind: CellKind; value: CellValue; explain?: string }
export type Definition = { label: string; definition: string; unit: string; version: number }

export type Book = {
  title: string
  agency: string
  /** Said under the title: the period in words. */
  subtitle: string
  parameters: { label: string; value: string }[]
  /** What must be known to read the figures. */
  note?: string
  highlights: Highlight[]
  tables: Table[]
  charts: Chart[]
  definitions: Definition[]
  /** What the data of the period are worth; none: not asked. */
  seal?: Seal
  /** Of what it says itself; Spanish where it is not told. Titles and cells come in it already. */
  language?: Language
  /** Zone in which instants are written: a cell of Excel has none of its own. */
  timeZone: string
  generatedAt: number
  /** Where Vera answers, without a slash at the end: makes the addresses of cells absolute. Without it no cell is a link. */
  publicUrl?: string
  /** Of this report on the screen. */
  address?: string
}

export const maxSheetRows = 1_048_576
const longestText = 32_767

/** Days since 1900 as Excel counts them, on the wall clock of `timeZone`. */
export function serialDate(instant: number, timeZone: string): number {
  return Math.round(wallClock(instant, timeZone) / 10) / 8_640_000 + 25_569
}

/** `serialDate` for many instants near each other: a zone's clock changes at a quarter of an hour, so most share the answer. */
export function serialDates(timeZone: string): (instant: number) => number {
  let quarter = Number.NaN
  let offset = 0
  return (instant) => {
    const now = Math.floor(instant / 900_000)
    if (now !== quarter) {
      quarter = now
      offset = wallClock(instant, timeZone) - instant
    }
    return Math.round((instant + offset) / 10) / 8_640_000 + 25_569
  }
}

/** Text as a cell can hold it: no control characters (XML forbids them), no half surrogates, not over Excel's limit. */
export function cellText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .slice(0, longestText)
    .toWellFormed()
}

/** What the cell of a sheet stores: text, or a number in Excel's units (days for instants and durations). */
export function storedValue(value: CellValue, kind: CellKind, timeZone: string): string | number | null {
  if (value === null) return null
  if (typeof value === 'string') return cellText(value)
  if (!Number.isFinite(value)) return null
  if (kind === 'instant' || kind === 'interval' || kind === 'day') return serialDate(value, timeZone)
  if (kind === 'duration') return Math.round(value) / 86_400_000
  return value
}

/** Column letters: 0 -> A, 26 -> AA. */
export function columnName(index: number): string {
  let name = ''
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1)
    name = String.fromCharCode(65 + (rest % 26)) + name
  return name
}

/** A title as Excel takes it for a sheet: at most 31 characters, none of []:*?/\, no quote at the ends. */
export function sheetName(title: string): string {
  const name = cellText(title)
    .replace(/[[\]:*?/\\]/g, ' ')
    .replace(/^'+|'+$/g, '')
    .slice(0, 31)
    .toWellFormed()
    .trim()
  return name || 'Hoja'
}

/** Names of the tables' sheets, in their order: Excel wants them different whatever their case, and keeps some for itself. */
export function sheetNames(book: Book): string[] {
  const { cover, definitions } = wordsIn(book.language)
  const taken = new Set([cover.toLowerCase(), definitions.toLowerCase(), 'history', 'historial'])
  return book.tables.map((table) => {
    const wanted = sheetName(table.title)
    let name = wanted
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${wanted.slice(0, 27)} (${n})`
    taken.add(name.toLowerCase())
    return name
  })
}

/** A sheet's name as a formula takes it. */
export const quotedSheet = (name: string): string => `'${name.replaceAll("'", "''")}'`

const metrics = new Set(catalogue.map((metric) => metric.id))

/** The address that explains a cell of a row (undefined: of the totals); undefined where the column is no metric or there is no value. */
export function cellExplained(table: Table, column: number, row?: number): string | undefined {
  const value = (row === undefined ? table.totals : table.rows[row])?.[column]
  if (value === null || value === undefined) return undefined
  const own = row === undefined ? table.hrefsTotal?.[column] : table.hrefs?.[row]?.[column]
  if (own) return own
  const query = row === undefined ? table.explainTotal : table.explain?.[row]
  const id = table.columns[column]?.id ?? ''
  return query && metrics.has(id) ? explainHref(id, query) : undefined
}

const longestLink = 2079

/** An address of Vera's as a cell can carry it; undefined where there is none. */
export function cellLink(book: Book, address: string | null | undefined): string | undefined {
  if (!book.publicUrl || !address?.startsWith('/') || address.startsWith('//')) return undefined
  const link = `${book.publicUrl}${address}`
  return link.length <= longestLink && URL.canParse(link) ? link : undefined
}

/** The formula of a column's total over the rows `first`..`last` (1-based); undefined where there is none. */
export function totalFormula(
  columns: readonly Column[],
  index: number,
  first: number,
  last: number,
): string | undefined {
  const total = columns[index]?.total
  if (!total) return undefined
  const over = (id: string) => {
    const at = columns.findIndex((column) => column.id === id)
    if (at < 0) throw new Error(`the total of ${columns[index]?.id} needs the column ${id}`)
    return `SUBTOTAL(109,${columnName(at)}${first}:${columnName(at)}${last})`
  }
  const own = `${columnName(index)}${first}:${columnName(index)}${last}`
  if (total.kind === 'sum') return `SUBTOTAL(109,${own})`
  if (total.kind === 'max') return `SUBTOTAL(104,${own})`
  const under = total.under.map(over).join('+') + (total.less ?? []).map((id) => `-${over(id)}`).join('')
  const above = total.over.map(over).join('+')
  return `IF((${under})>0,(${above})/(${under}),"")`
}

const figures: CellKind[] = ['count', 'duration', 'ratio', 'decimal']

/** The places of the columns that hold figures: neither names nor instants. */
export function figureColumns(table: Table): number[] {
  return table.columns.flatMap((column, index) => (figures.includes(column.kind) ? [index] : []))
}

/** From the first row in which anything of `columns` happened to behind the last: an office's nights are left out. */
export function busyStretch(rows: CellValue[][], columns: number[]): [from: number, to: number] {
  const busy = (row: CellValue[]) => columns.some((index) => Boolean(row[index]))
  const first = rows.findIndex(busy)
  return first < 0 ? [0, 0] : [first, rows.findLastIndex(busy) + 1]
}
