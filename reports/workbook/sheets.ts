import type { Cell, ConditionalRule, WriteSheet } from 'hucre/xlsx'
import {
  type Book,
  type CellKind,
  type CellValue,
  cellExplained,
  cellLink,
  cellText,
  columnName,
  maxSheetRows,
  sheetNames,
  storedValue,
  type Table,
  totalFormula,
} from './book.ts'
import {
  barColor,
  bodyStyle,
  definitionStyle,
  headerStyle,
  kindWidth,
  linkStyle,
  numberFormat,
  thresholdStyle,
  totalStyle,
} from './style.ts'
import { wordsIn } from './words.ts'

/** Excel takes 65,530 links in a sheet and calls a file with more damaged. */
const mostLinks = 65_000

/** Header and footer text: `&` begins a code there, so a name may not smuggle one in. */
const plainHeader = (text: string) => cellText(text).replaceAll('&', '&&').slice(0, 100)

/** `across`: on how many pages beside each other its columns stand. */
export function page(book: Book, title: string, across = 1): Pick<WriteSheet, 'pageSetup' | 'headerFooter'> {
  return {
    pageSetup: {
      paperSize: 'a4',
      orientation: 'landscape',
      fitToPage: true,
      fitToWidth: across,
      fitToHeight: 0,
      margins: { left: 0.4, right: 0.4, top: 0.7, bottom: 0.6, header: 0.3, footer: 0.3 },
    },
    headerFooter: {
      oddHeader: `&L${plainHeader(book.title)} · ${plainHeader(title)}&R${plainHeader(book.agency)}`,
      oddFooter: `&L${plainHeader(book.subtitle)}&R${wordsIn(book.language).page}`,
    },
  }
}

/** What a lying A4 page holds at full size, in characters, and how small its letters may get: 10 points become 7. */
const pageWidth = 150
const leastScale = 0.7

/** On how many pages beside each other a table is printed, so that it can be read; each has the names of its rows. */
export function pagesAcross(table: Table): number {
  const sum = (widths: number[]) => widths.reduce((sum, width) => sum + width, 0)
  const front = freezeColumns(table)
  const names = sum(widthsOf(table).slice(0, front))
  return Math.max(1, Math.ceil(sum(widthsOf(table).slice(front)) / (pageWidth / leastScale - names)))
}

const widths = new WeakMap<Table, number[]>()
/** Of its columns, in characters. */
function widthsOf(table: Table): number[] {
  const found = widths.get(table) ?? table.columns.map((_, index) => widthOf(table, index))
  widths.set(table, found)
  return found
}

function widthOf({ columns, rows, totals = [] }: Table, index: number): number {
  const { kind, title, width } = columns[index]!
  if (width) return width
  if (kind === 'text') {
    let longest = 10
    for (const row of rows.slice(0, 500)) longest = Math.max(longest, String(row[index] ?? '').length + 2)
    return Math.min(longest, 44)
  }
  if (kind === 'instant' || kind === 'interval' || kind === 'day') return kindWidth[kind]
  // No wider than its figures and the words of its title: paper is narrow. What is not known yet may be anything.
  const length = (value: CellValue | undefined) => (typeof value === 'number' ? shownLength(value, kind) : 0)
  const longest = rows.reduce((longest, row) => Math.max(longest, length(row[index])), length(totals[index]))
  if (longest === 0) return kindWidth[kind]
  return Math.max(9, longest + 2.5, ...title.split(' ').map((word) => word.length * 1.05 + 1.5))
}

/** Characters of a value as its format writes it. */
function shownLength(value: number, kind: 'count' | 'duration' | 'ratio' | 'decimal'): number {
  const digits = (whole: number) => String(Math.round(Math.abs(whole))).length
  const grouped = (whole: number) => digits(whole) + Math.floor((digits(whole) - 1) / 3)
  const sign = value < 0 ? 1 : 0
  if (kind === 'duration') return sign + digits(value / 3_600_000) + 6
  if (kind === 'ratio') return sign + digits(value * 100) + 3
  return sign + grouped(value) + (kind === 'decimal' ? 3 : 0)
}

/** Titles are bold and wrap at words: room for the tallest of them, in points. */
function headHeight(table: Table): number {
  const lines = table.columns.map((column, index) => {
    const width = widthsOf(table)[index]! - 2
    let left = -1
    let count = 0
    for (const word of column.title.split(' ')) {
      if (word.length <= left) left -= word.length + 1
      else {
        count++
        left = width - word.length - 1
      }
    }
    return count
  })
  return Math.max(44, 14 * Math.max(...lines) + 4)
}

/** A sheet of typed cells: frozen header with filter, totals as formulas in the last row. */
export function tableSheet(book: Book, table: Table): WriteSheet {
  const { columns, rows, totals } = table
  if (rows.length + 2 > maxSheetRows) throw new RangeError(`a sheet holds ${maxSheetRows} rows`)
  const cells = new Map<string, Partial<Cell>>()
  columns.forEach((column, index) => {
    cells.set(`0,${index}`, { value: cellText(column.title), type: 'string', style: headerStyle(column.kind) })
  })
  let links = 0
  const stored = rows.map((row, at) =>
    columns.map((column, index) => {
      const value = storedValue(row[index] ?? null, column.kind, book.timeZone)
      const target = cellLink(book, cellExplained(table, index, at) ?? (index === 0 ? table.links?.[at] : undefined))
      if (target && value !== null && links++ < mostLinks) {
        const type = typeof value === 'number' ? 'number' : 'string'
        const style = index === 0 ? linkStyle(column.kind) : bodyStyle(column.kind)
        cells.set(`${at + 1},${index}`, { value, type, style, hyperlink: { target } })
        return value
      }
      // Text under a number's column (a dash, say) must not pretend to be one, and empty cells keep the line below.
      if (value === null || (typeof value === 'string' && column.kind !== 'text'))
        cells.set(`${at + 1},${index}`, { value, type: 'string', style: bodyStyle(column.kind) })
      return value
    }),
  )
  const last = Math.max(rows.length + 1, 2)
  const sheetRows = [columns.map((column) => cellText(column.title)), ...stored]
  if (totals && rows.length > 0) {
    sheetRows.push(columns.map(() => null as never))
    columns.forEach((column, index) => {
      const style = totalStyle(column.kind)
      const value = storedValue(totals[index] ?? null, column.kind, book.timeZone)
      // A sum of no values would say nought.
      const formula = value === null && column.total?.kind === 'sum' ? undefined : totalFormula(columns, index, 2, last)
      const cell: Partial<Cell> = formula
        ? { formula, formulaResult: value ?? '', value: value ?? '', type: 'formula', style }
        : { value: index === 0 ? 'Total' : null, type: 'string', style: index === 0 ? totalStyle('text') : style }
      const target = cellLink(book, cellExplained(table, index))
      cells.set(`${last},${index}`, target ? { ...cell, hyperlink: { target } } : cell)
    })
  }
  return {
    name: sheetNames(book)[book.tables.indexOf(table)] as string,
    columns: columns.map((column, index) => ({ width: widthsOf(table)[index]!, style: bodyStyle(column.kind) })),
    rows: sheetRows,
    cells,
    rowDefs: new Map([[0, { height: headHeight(table) }]]),
    freezePane: { rows: 1, columns: freezeColumns(table) },
    autoFilter: { range: `A1:${columnName(columns.length - 1)}${last}` },
    conditionalRules: conditionalRules(table),
    ...page(book, table.title, pagesAcross(table)),
  }
}

/**
 * Bars behind the first count, the first duration and each ratio without thresholds; colours and signs for ratios that have
 * them. The totals' row stays out: it would make every other bar short.
 */
function conditionalRules(table: Table): ConditionalRule[] {
  const { columns, rows } = table
  if (rows.length < 2) return []
  const found: ConditionalRule[] = []
  const barred = new Set<CellKind>()
  columns.forEach((column, index) => {
    const first = `${columnName(index)}2`
    const range = `${first}:${columnName(index)}${rows.length + 1}`
    const add = (rule: Omit<ConditionalRule, 'priority' | 'range'>) =>
      found.push({ ...rule, range, priority: found.length + 1 })
    if (column.thresholds) {
      const { good, warning } = column.thresholds
      const above = (least: number) => `AND(ISNUMBER(${first}),${first}>=${least})`
      const bad = `AND(ISNUMBER(${first}),${first}<${warning})`
      const cfvo = [
        { type: 'percent' as const, value: '0' },
        ...[warning, good].map((value) => ({ type: 'num' as const, value: String(value) })),
      ]
      add({ type: 'iconSet', iconSet: { iconSet: '3Symbols2', cfvo } })
      add({ type: 'expression', formula: bad, style: thresholdStyle.bad, stopIfTrue: true })
      add({ type: 'expression', formula: above(good), style: thresholdStyle.good, stopIfTrue: true })
      add({ type: 'expression', formula: above(warning), style: thresholdStyle.warning })
    } else if (
      column.kind === 'ratio' ||
      ((column.kind === 'count' || column.kind === 'duration') && !barred.has(column.kind))
    ) {
      barred.add(column.kind)
      const most = column.kind === 'ratio' ? { type: 'num' as const, value: '1' } : { type: 'max' as const }
      add({ type: 'dataBar', dataBar: { cfvo: [{ type: 'num', value: '0' }, most], color: barColor } })
    }
  })
  return found
}

/** Names on the left stay in sight when one scrolls to the right. */
export function freezeColumns(table: Table): number {
  const first = table.columns.findIndex(
    (column) => !(['text', 'interval', 'day', 'instant'] as CellKind[]).includes(column.kind),
  )
  return first > 0 && first <= 2 ? first : 1
}

export function definitionsSheet(book: Book): WriteSheet {
  const { heads: titles, definitions } = wordsIn(book.language)
  const cells = new Map<string, Partial<Cell>>()
  titles.forEach((title, index) => {
    cells.set(`0,${index}`, { value: title, type: 'string', style: headerStyle('text') })
  })
  const rows = book.definitions.map((one) => [one.label, one.definition, one.unit, one.version])
  rows.forEach((row, at) => {
    row.forEach((value, index) => {
      cells.set(`${at + 1},${index}`, {
        value: typeof value === 'string' ? cellText(value) : value,
        type: typeof value === 'string' ? 'string' : 'number',
        style: { ...definitionStyle(index === 0), ...(index === 3 ? { numFmt: numberFormat.count } : {}) },
      })
    })
  })
  return {
    name: definitions,
    columns: [{ width: 34 }, { width: 90 }, { width: 14 }, { width: 9 }],
    rows: [titles, ...rows],
    cells,
    rowDefs: new Map([
      [0, { height: 24 }],
      ...rows.map((row, at) => [at + 1, { height: String(row[1]).length > 95 ? 28 : 16 }] as const),
    ]),
    freezePane: { rows: 1 },
    ...page(book, definitions),
  }
}
