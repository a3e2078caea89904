// One sheet's XML, changed cell by cell: whatever is not touched stays as the text it was.
import { XMLValidator } from 'fast-xml-parser'
import { cellText, columnName } from '../workbook/index.ts'
import { WorkbookRefused } from './refused.ts'

/** 1-based rows, 0-based columns, both ends included. */
export type Area = { top: number; left: number; bottom: number; right: number }
/** What a cell is given: a number in Excel's units, a text, nothing, or a formula without its `=`. */
export type Content = number | string | null | { formula: string }
type Cell = { column: number; open: string; inside: string }
type Row = { at: number; open: string; text: string; cells?: Cell[] }

export type Sheet = { before: string; rows: Row[]; after: string; prefix: string; changed: boolean }

const maxSheetBytes = 48 * 1_048_576
export const lastRow = 1_048_576
export const lastColumn = 16_383

/** @throws WorkbookRefused when it is no sheet that can be read */
export function readSheet(xml: string, part: string): Sheet {
  const broken = () => new WorkbookRefused('workbook.broken', { part })
  if (xml.length > maxSheetBytes) throw new WorkbookRefused('workbook.sheet_too_big', { part })
  if (XMLValidator.validate(xml) !== true) throw broken()
  const prefix = /<(\w+:)?worksheet[\s>]/.exec(xml)?.[1] ?? ''
  const open = new RegExp(`<${prefix}sheetData\\s*(/>|>)`).exec(xml)
  if (!open) throw broken()
  const start = open.index + open[0].length
  const end = open[1] === '/>' ? start : xml.indexOf(`</${prefix}sheetData>`, start)
  if (end < 0) throw broken()
  // Comments and CDATA could hide a row's end; nobody writes them, and without them the text means the same.
  const inside = xml
    .slice(start, end)
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->/g, (_all, text: string | undefined) =>
      text ? escaped(text) : '',
    )
  const rows: Row[] = []
  let at = 0
  for (const [text, attributes] of inside.matchAll(elements(prefix, 'row'))) {
    at = Number(/\sr="(\d+)"/.exec(attributes ?? '')?.[1] ?? at + 1)
    if (at > lastRow || (rows.at(-1)?.at ?? 0) >= at) throw broken()
    rows.push({ at, open: attributes ?? '', text })
  }
  return {
    before: `${xml.slice(0, open.index)}<${prefix}sheetData>`,
    rows,
    after: `</${prefix}sheetData>${open[1] === '/>' ? xml.slice(start) : xml.slice(end + `</${prefix}sheetData>`.length)}`,
    prefix,
    changed: false,
  }
}

/** An element with its attributes and its inside; attributes may hold `>` only within quotes. */
const elements = (prefix: string, name: string) =>
  new RegExp(
    `<${prefix}${name}((?:\\s+[\\w:.-]+\\s*=\\s*(?:"[^"]*"|'[^']*'))*)\\s*(?:/>|>([\\s\\S]*?)</${prefix}${name}>)`,
    'g',
  )

export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function cellsOf(sheet: Sheet, row: Row): Cell[] {
  if (row.cells) return row.cells
  const cells: Cell[] = []
  let column = -1
  const inside = row.text.slice(row.text.indexOf('>', sheet.prefix.length + 4 + row.open.length) + 1)
  for (const [, attributes = '', content = ''] of inside.matchAll(elements(sheet.prefix, 'c'))) {
    const letters = /\sr="([A-Z]{1,3})\d+"/.exec(attributes)?.[1]
    column = letters ? columnNumber(letters) : column + 1
    cells.push({ column, open: attributes, inside: content })
  }
  row.cells = cells
  return cells
}

/** Index of the row, or of where it would stand. */
function placeOf(sheet: Sheet, at: number): number {
  let low = 0
  let high = sheet.rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sheet.rows[middle]!.at < at) low = middle + 1
    else high = middle
  }
  return low
}

function cellAt(sheet: Sheet, row: number, column: number): Cell | undefined {
  const found = sheet.rows[placeOf(sheet, row)]
  return found?.at === row ? cellsOf(sheet, found).find((cell) => cell.column === column) : undefined
}

export const isFormula = (sheet: Sheet, row: number, column: number): boolean =>
  new RegExp(`<${sheet.prefix}f[\\s/>]`).test(cellAt(sheet, row, column)?.inside ?? '')

/** Whether anything stands in the cell: a value or a formula; a format alone does not count. */
export const isFilled = (sheet: Sheet, row: number, column: number): boolean =>
  (cellAt(sheet, row, column)?.inside ?? '').trim() !== ''

/** The cell's number of its format; undefined: it has none of its own. */
export const styleAt = (sheet: Sheet, row: number, column: number): number | undefined => {
  const style = /\ss="(\d+)"/.exec(cellAt(sheet, row, column)?.open ?? '')?.[1]
  return style === undefined ? undefined : Number(style)
}

/** The text of a cell, as it reads; `shared` are the workbook's shared texts. */
export function textAt(sheet: Sheet, row: number, column: number, shared: () => readonly string[]): string {
  const cell = cellAt(sheet, row, column)
  if (!cell) return ''
  const { prefix } = sheet
  const type = /\st="(\w+)"/.exec(cell.open)?.[1]
  if (type === 'inlineStr') return textsIn(cell.inside, prefix)
  const value = new RegExp(`<${prefix}v[^>]*>([^<]*)<`).exec(cell.inside)?.[1] ?? ''
  return type === 's' ? (shared()[Number(value)] ?? '') : unescaped(value)
}

/** What `<t>` elements hold, one behind the other. */
export function textsIn(xml: string, prefix: string): string {
  const spoken = xml.replace(new RegExp(`<${prefix}rPh[\\s\\S]*?</${prefix}rPh>`, 'g'), '')
  return unescaped(
    [...spoken.matchAll(new RegExp(`<${prefix}t(?:\\s[^>]*)?>([^<]*)<`, 'g'))].map(([, text]) => text).join(''),
  )
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
export const unescaped = (text: string) =>
  text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w+);/gi, (all, what: string) => {
    if (!what.startsWith('#')) return named[what] ?? all
    const code = what[1] === 'x' ? Number.parseInt(what.slice(2), 16) : Number(what.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })

/** Writes a cell; it keeps its format, or gets `style` where it has none of its own. Text is always text, never a formula. */
export function setCell(
  sheet: Sheet,
  row: number,
  column: number,
  content: Content,
  style?: () => number | undefined,
): void {
  const { prefix: p } = sheet
  const had = styleAt(sheet, row, column)
  const kept = had || (style?.() ?? had)
  const open = ` r="${columnName(column)}${row}"${kept === undefined ? '' : ` s="${kept}"`}`
  const cell: Cell = { column, open, inside: '' }
  if (typeof content === 'number') cell.inside = `<${p}v>${Number.isFinite(content) ? content : 0}</${p}v>`
  else if (typeof content === 'string') {
    cell.open += ' t="inlineStr"'
    cell.inside = `<${p}is><${p}t xml:space="preserve">${escaped(cellText(content))}</${p}t></${p}is>`
  } else if (content) cell.inside = `<${p}f>${escaped(content.formula)}</${p}f>`
  putCell(sheet, row, cell)
}

function putCell(sheet: Sheet, row: number, cell: Cell | { column: number; open?: undefined }): void {
  sheet.changed = true
  const place = placeOf(sheet, row)
  let found = sheet.rows[place]
  if (found?.at !== row) {
    if (cell.open === undefined) return
    found = { at: row, open: ` r="${row}"`, text: '', cells: [] }
    sheet.rows.splice(place, 0, found)
  }
  const cells = cellsOf(sheet, found).filter(({ column }) => column !== cell.column)
  if (cell.open !== undefined) {
    const at = cells.findIndex(({ column }) => column > cell.column)
    cells.splice(at < 0 ? cells.length : at, 0, cell)
  }
  found.cells = cells
  // A hint that the new cell would belie.
  found.open = found.open.replace(/\sspans="[^"]*"/, '')
  found.text = ''
}

/** Takes a cell as it is from one row to another; nothing is left behind. */
export function moveCell(sheet: Sheet, from: number, to: number, column: number): void {
  const cell = cellAt(sheet, from, column)
  putCell(sheet, from, { column })
  if (!cell) putCell(sheet, to, { column })
  else putCell(sheet, to, { ...cell, open: cell.open.replace(/\sr="[^"]*"/, ` r="${columnName(column)}${to}"`) })
}

export function writeSheet(sheet: Sheet): string {
  if (!sheet.changed) return sheet.before + sheet.rows.map(({ text }) => text).join('') + sheet.after
  const { prefix: p } = sheet
  const rows = sheet.rows.map((row) => {
    if (row.text) return row.text
    const cells = (row.cells ?? []).map(({ open, inside }) =>
      inside === '' ? `<${p}c${open}/>` : `<${p}c${open}>${inside}</${p}c>`,
    )
    return `<${p}row${row.open}>${cells.join('')}</${p}row>`
  })
  // The hint of how far the sheet goes no longer holds.
  const before = sheet.before.replace(new RegExp(`<${p}dimension\\s[^>]*/>`), '')
  return before + rows.join('') + sheet.after
}

/** Merged cells of a sheet. */
export function mergesOf(sheet: Sheet): Area[] {
  const merges = sheet.after.matchAll(new RegExp(`<${sheet.prefix}mergeCell\\s[^>]*ref="([^"]*)"`, 'g'))
  return [...merges].flatMap(([, ref]) => readArea(ref as string) ?? [])
}

export function columnNumber(letters: string): number {
  let number = 0
  for (const letter of letters) number = number * 26 + letter.charCodeAt(0) - 64
  return number - 1
}

/** `A1:D9` or `$A$1`; undefined for anything else, whole columns too. */
export function readArea(ref: string): Area | undefined {
  const match = /^\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?$/.exec(ref)
  if (!match) return undefined
  const [, left, top, right = left, bottom = top] = match as unknown as [string, string, string, string?, string?]
  const area = {
    top: Number(top),
    left: columnNumber(left),
    bottom: Number(bottom),
    right: columnNumber(right as string),
  }
  const sound = area.top >= 1 && area.bottom <= lastRow && area.right <= lastColumn
  return sound && area.top <= area.bottom && area.left <= area.right ? area : undefined
}

export const areaText = ({ top, left, bottom, right }: Area, absolute = false): string => {
  const cell = (row: number, column: number) =>
    absolute ? `$${columnName(column)}$${row}` : `${columnName(column)}${row}`
  return top === bottom && left === right ? cell(top, left) : `${cell(top, left)}:${cell(bottom, right)}`
}

export const overlap = (a: Area, b: Area): boolean =>
  a.top <= b.bottom && b.top <= a.bottom && a.left <= b.right && b.left <= a.right
