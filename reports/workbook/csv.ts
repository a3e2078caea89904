import { stringify } from 'csv-stringify/sync'
import { wallClock } from '../metrics/index.ts'
import { type CellKind, type CellValue, type Column, cellText } from './book.ts'
import type { Language } from './words.ts'

export const csvType = 'text/csv; charset=utf-8'

/**
 * Text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP: CSV injection). Telephone numbers
 * (+54...) too: Excel would else turn them into 5,49E+12.
 */
export function harmless(text: string): string {
  return /^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : text
}

const two = (value: number) => String(value).padStart(2, '0')

/** h:mm:ss, hours beyond a day counted on; Excel takes it for a duration. */
export function clockText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  const text = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return ms < 0 ? `-${text}` : text
}

/**
 * A value as es-AR writes it: decimal comma, dd/mm/yyyy in `timeZone`, ratios as a plain number 0..1. In English with a point and the
 * month first.
 */
export function csvText(value: CellValue, kind: CellKind, timeZone: string, language: Language = 'es'): string {
  if (value === null) return ''
  if (typeof value === 'string') return harmless(cellText(value))
  if (!Number.isFinite(value)) return ''
  if (kind === 'duration') return clockText(value)
  if (kind === 'instant' || kind === 'interval' || kind === 'day') {
    const at = new Date(wallClock(value, timeZone))
    const month = two(at.getUTCMonth() + 1)
    const date = two(at.getUTCDate())
    const day = `${language === 'es' ? `${date}/${month}` : `${month}/${date}`}/${at.getUTCFullYear()}`
    if (kind === 'day') return day
    const minute = `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
    return kind === 'interval' ? minute : `${minute}:${two(at.getUTCSeconds())}`
  }
  const decimals = kind === 'count' ? 0 : 4
  const text = String(Number(value.toFixed(decimals)))
  return language === 'es' ? text.replace('.', ',') : text
}

/** CSV for an Excel set to es-AR: byte-order mark, semicolons, CRLF; in English with commas. Chunks of text at the reader's pace. */
export async function* streamCsv(
  columns: readonly Column[],
  batches: AsyncIterable<CellValue[][]> | Iterable<CellValue[][]>,
  timeZone: string,
  language: Language = 'es',
): AsyncGenerator<string> {
  const write = (rows: string[][]) =>
    stringify(rows, { delimiter: language === 'es' ? ';' : ',', record_delimiter: '\r\n' })
  yield `\uFEFF${write([columns.map((column) => harmless(cellText(column.title)))])}`
  for await (const rows of batches) {
    if (rows.length > 0)
      yield write(
        rows.map((row) => columns.map((column, index) => csvText(row[index] ?? null, column.kind, timeZone, language))),
      )
  }
}
