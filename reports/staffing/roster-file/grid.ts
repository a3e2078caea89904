// The cells of what was uploaded, whatever kind of file it is. The file is a stranger's.
import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import { readParts } from '../../own-workbook/archive.ts'
import { WorkbookRefused } from '../../own-workbook/refused.ts'

export type Cell = string | number | Date | null
/** `rows[0]` is the file's row 1. `sheet`: its name, of an xlsx. `unread`: cells that hold a formula and no value, as `C5`. */
export type Grid = { rows: Cell[][]; sheet: string | undefined; otherSheets: string[]; unread: string[] }

export const maxFileBytes = 1_048_576
/** A roster of five hundred agents unpacks to less than a tenth of this. */
const maxUnpacked = 24 * 1_048_576
const mostRows = 5_000
const mostColumns = 60

/** @throws WorkbookRefused for what is no table, holds programs, or is out of all measure */
export async function readGrid(bytes: Buffer): Promise<Grid> {
  if (bytes.length > maxFileBytes) throw new WorkbookRefused('workbook.too_big', { megabytes: 1 })
  const zipped = bytes.subarray(0, 2).toString('latin1') === 'PK' || bytes[0] === 0xd0
  const grid = zipped ? await readWorkbook(bytes) : readText(bytes)
  if (grid.rows.length > mostRows) throw new WorkbookRefused('roster_file.too_many_rows', { most: mostRows })
  return { ...grid, rows: grid.rows.map((row) => row.slice(0, mostColumns)) }
}

async function readWorkbook(bytes: Buffer): Promise<Grid> {
  // Counted, and free of programs, before anybody parses it.
  await readParts(bytes, maxUnpacked)
  const options = { maxRows: mostRows + 1, range: `A1:BH${mostRows + 1}` }
  const { sheets } = await readXlsx(bytes, options).catch(() => {
    throw new WorkbookRefused('workbook.broken', { part: 'xl/worksheets' })
  })
  const filled = sheets.filter(({ rows }) => rows.some((row) => row.some((cell) => cell !== null && cell !== '')))
  const sheet = filled[0]
  if (!sheet) throw new WorkbookRefused('roster_file.empty')
  const unread = [...(sheet.cells ?? [])].flatMap(([at, cell]) => {
    const [row = 0, column = 0] = at.split(',').map(Number)
    return cell.formula && (cell.formulaResult ?? null) === null ? [cellName(row, column)] : []
  })
  return {
    rows: sheet.rows.map((row) => row.map(cellOf)),
    sheet: sheet.name,
    otherSheets: filled.slice(1).map(({ name }) => name),
    unread: unread.slice(0, 100),
  }
}

function readText(bytes: Buffer): Grid {
  if (bytes.includes(0)) throw new WorkbookRefused('roster_file.not_a_table')
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    // As Excel saves a csv on Windows.
    text = new TextDecoder('windows-1252').decode(bytes)
  }
  const head = text.split('\n', 10).join('\n')
  const [delimiter] = [';', '\t', ','].sort((a, b) => head.split(b).length - head.split(a).length)
  try {
    const rows: string[][] = parse(text, {
      ...{
        delimiter,
        bom: true,
        relax_column_count: true,
        skip_empty_lines: false,
        trim: true,
        max_record_size: 100_000,
      },
      to: mostRows + 1,
    })
    if (!rows.some((row) => row.some((cell) => cell !== ''))) throw new WorkbookRefused('roster_file.empty')
    return { rows: rows.map((row) => row.map(cellOf)), sheet: undefined, otherSheets: [], unread: [] }
  } catch (error) {
    if (error instanceof WorkbookRefused) throw error
    throw new WorkbookRefused('roster_file.not_a_table')
  }
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value
  if (typeof value !== 'string') return null
  // A plain text of any length is shown beside its fault.
  const text = value
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
  return text === '' ? null : text
}

/** `C5` for row 4, column 2. */
export function cellName(row: number, column: number): string {
  const letter = (n: number): string =>
    (n < 26 ? '' : letter(Math.floor(n / 26) - 1)) + String.fromCharCode(65 + (n % 26))
  return `${letter(column)}${row + 1}`
}
