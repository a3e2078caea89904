// A book whose one long table is written row by row. The library makes the book with two rows of that table (a body row and
// a totals row): its look is taken from there, and the long sheet is written in their place in bounded memory.
import {
  type Book,
  type CellValue,
  type Column,
  cellText,
  columnName,
  maxSheetRows,
  serialDates,
  storedValue,
  totalFormula,
} from './book.ts'
import { writeBook } from './xlsx.ts'
import { unzip, zip } from './zip.ts'

const chunkLength = 65_536

function escapeXml(text: string): string {
  return /[&<>_]/.test(text)
    ? text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        // Excel reads _x0041_ as an escape of its own.
        .replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')
    : text
}

function stylesOf(sheet: string, row: number): string[] {
  const found = new RegExp(`<row r="${row}"[^>]*>(.*?)</row>`, 's').exec(sheet)?.[1] ?? ''
  return [...found.matchAll(/<c r="[A-Z]+\d+"([^>]*)>?/g)].map((cell) => /s="(\d+)"/.exec(cell[1] ?? '')?.[1] ?? '0')
}

/** Text that XML and Excel take as it is, which nearly all is: one look instead of six. */
const plain = /^[ -%'-;=?-^`-~\u00a0-\ud7ff]*$/
const keptDurations = 50_000

type Writer = { row(values: readonly CellValue[], at: number): string; sums: Float64Array }

/** One function a column, made for its kind: a million rows of fifteen columns are fifteen million cells. */
function rowWriter(columns: readonly Column[], styles: readonly string[], timeZone: string): Writer {
  const sums = new Float64Array(columns.length)
  const serial = serialDates(timeZone)
  const durations = new Map<number, string>()
  const duration = (ms: number): string => {
    let text = durations.get(ms)
    if (text === undefined) {
      if (durations.size >= keptDurations) durations.clear()
      text = String(Math.round(ms) / 86_400_000)
      durations.set(ms, text)
    }
    return text
  }
  const numbers: Partial<Record<Column['kind'], (value: number) => string>> = {
    instant: (value) => String(serial(value)),
    interval: (value) => String(serial(value)),
    day: (value) => String(serial(value)),
    duration,
  }
  const cells = columns.map(({ kind }, index) => {
    const open = `<c r="${columnName(index)}`
    const style = `" s="${styles[index] ?? 0}"`
    const number = numbers[kind] ?? String
    return (value: CellValue | undefined, at: number): string => {
      if (typeof value === 'number' && Number.isFinite(value)) {
        sums[index]! += value
        return `${open}${at}${style}><v>${number(value)}</v></c>`
      }
      if (typeof value !== 'string' || value === '') return `${open}${at}${style}/>`
      const told = plain.test(value) && value.length < 32_767 ? value : escapeXml(cellText(value))
      const kept = told.charCodeAt(0) <= 32 || told.charCodeAt(told.length - 1) <= 32 ? ' xml:space="preserve"' : ''
      return `${open}${at}${style} t="inlineStr"><is><t${kept}>${told}</t></is></c>`
    }
  })
  return {
    sums,
    row(values, at) {
      let xml = `<row r="${at}">`
      for (let index = 0; index < cells.length; index++) xml += cells[index]!(values[index], at)
      return `${xml}</row>`
    },
  }
}

/**
 * The book's bytes, pulled at the reader's pace. `book.tables` has one table without rows: `rows` are its rows, in batches.
 * Throws a RangeError when the rows do not fit a sheet; ask for the count first, for by then bytes have been sent.
 */
export async function* streamBook(book: Book, rows: AsyncIterable<CellValue[][]>): AsyncGenerator<Buffer> {
  const [table, ...others] = book.tables
  if (!table || others.length > 0) throw new Error('a streamed book has one table')
  const { columns } = table
  const sample = { ...table, rows: [columns.map(() => null)], totals: columns.map(() => null) }
  const parts = unzip(await writeBook({ ...book, tables: [sample], charts: [] }))
  const path = 'xl/worksheets/sheet2.xml'
  const sheet = parts.get(path)?.toString('utf8')
  if (!sheet) throw new Error('the table is not the second sheet')
  parts.delete(path)
  const body = stylesOf(sheet, 2)
  const totals = stylesOf(sheet, 3)
  const head = sheet.slice(0, sheet.indexOf('<row r="2"')).replace(/<dimension [^>]*\/>/, '')
  const tail = sheet.slice(sheet.indexOf('</sheetData>'))
  const writer = rowWriter(columns, body, book.timeZone)

  async function* xml(): AsyncGenerator<string> {
    let text = head
    let at = 1
    for await (const batch of rows) {
      for (const row of batch) {
        if (++at >= maxSheetRows) throw new RangeError(`a sheet holds ${maxSheetRows} rows`)
        text += writer.row(row, at)
        if (text.length >= chunkLength) {
          yield text
          text = ''
        }
      }
    }
    if (at > 1) text += totalsRow(book, columns, totals, writer.sums, at)
    const last = Math.max(at, 2)
    yield text +
      tail.replace(/<autoFilter ref="[^"]*"/, `<autoFilter ref="A1:${columnName(columns.length - 1)}${last}"`)
  }

  yield* zip(
    (function* () {
      for (const [name, data] of parts) yield { path: name, data }
      yield { path, data: xml() }
    })(),
  )
}

function totalsRow(
  book: Book,
  columns: readonly Column[],
  styles: readonly string[],
  sums: Float64Array,
  last: number,
): string {
  const cells = columns.map((column, index) => {
    const cell = `<c r="${columnName(index)}${last + 1}" s="${styles[index] ?? 0}"`
    const formula = column.total?.kind === 'sum' ? totalFormula(columns, index, 2, last) : undefined
    if (formula)
      return `${cell}><f>${formula}</f><v>${storedValue(sums[index] ?? 0, column.kind, book.timeZone)}</v></c>`
    return index === 0 ? `${cell} t="inlineStr"><is><t>${cellText('Total')}</t></is></c>` : `${cell}/>`
  })
  return `<row r="${last + 1}">${cells.join('')}</row>`
}
