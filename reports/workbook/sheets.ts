import type { Cell, WriteSheet } from 'hucre/xlsx'
import {
  type Book,
  type CellKind,
  cellText,
  columnName,
  maxSheetRows,
  sheetName,
  storedValue,
  type Table,
  totalFormula,
} from './book.ts'
import { bodyStyle, definitionStyle, headerStyle, kindWidth, numberFormat, totalStyle } from './style.ts'

/** Header and footer text: `&` begins a code there, so a name may not smuggle one in. */
const plainHeader = (text: string) => cellText(text).replaceAll('&', '&&').slice(0, 100)

export function page(book: Book, title: string): Pick<WriteSheet, 'pageSetup' | 'headerFooter'> {
  return {
    pageSetup: {
      paperSize: 'a4',
      orientation: 'landscape',
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      margins: { left: 0.4, right: 0.4, top: 0.7, bottom: 0.6, header: 0.3, footer: 0.3 },
    },
    headerFooter: {
      oddHeader: `&L${plainHeader(book.title)} · ${plainHeader(title)}&R${plainHeader(book.agency)}`,
      oddFooter: `&L${plainHeader(book.subtitle)}&RPágina &P de &N`,
    },
  }
}

function widthOf(table: Table, index: number): number {
  const column = table.columns[index]!
  if (column.width) return column.width
  if (column.kind !== 'text') return kindWidth[column.kind]
  let longest = 10
  for (const row of table.rows.slice(0, 500)) longest = Math.max(longest, String(row[index] ?? '').length + 2)
  return Math.min(longest, 44)
}

/** A sheet of typed cells: frozen header with filter, totals as formulas in the last row. */
export function tableSheet(book: Book, table: Table): WriteSheet {
  const { columns, rows, totals } = table
  if (rows.length + 2 > maxSheetRows) throw new RangeError(`a sheet holds ${maxSheetRows} rows`)
  const cells = new Map<string, Partial<Cell>>()
  columns.forEach((column, index) => {
    cells.set(`0,${index}`, { value: cellText(column.title), type: 'string', style: headerStyle(column.kind) })
  })
  const stored = rows.map((row, at) =>
    columns.map((column, index) => {
      const value = storedValue(row[index] ?? null, column.kind, book.timeZone)
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
      const formula = totalFormula(columns, index, 2, last)
      const value = storedValue(totals[index] ?? null, column.kind, book.timeZone)
      const cell: Partial<Cell> = formula
        ? { formula, formulaResult: value ?? '', value: value ?? '', type: 'formula', style }
        : { value: index === 0 ? 'Total' : null, type: 'string', style: index === 0 ? totalStyle('text') : style }
      cells.set(`${last},${index}`, cell)
    })
  }
  return {
    name: sheetName(table.title),
    columns: columns.map((column, index) => ({ width: widthOf(table, index), style: bodyStyle(column.kind) })),
    rows: sheetRows,
    cells,
    rowDefs: new Map([[0, { height: 44 }]]),
    freezePane: { rows: 1, columns: freezeColumns(table) },
    autoFilter: { range: `A1:${columnName(columns.length - 1)}${last}` },
    ...page(book, table.title),
  }
}

/** Names on the left stay in sight when one scrolls to the right. */
export function freezeColumns(table: Table): number {
  const first = table.columns.findIndex(
    (column) => !(['text', 'interval', 'day', 'instant'] as CellKind[]).includes(column.kind),
  )
  return first > 0 && first <= 2 ? first : 1
}

export function definitionsSheet(book: Book): WriteSheet {
  const titles = ['Medida', 'Definición', 'Unidad', 'Versión']
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
    name: 'Definiciones',
    columns: [{ width: 34 }, { width: 90 }, { width: 14 }, { width: 9 }],
    rows: [titles, ...rows],
    cells,
    rowDefs: new Map([
      [0, { height: 24 }],
      ...rows.map((row, at) => [at + 1, { height: String(row[1]).length > 95 ? 28 : 16 }] as const),
    ]),
    freezePane: { rows: 1 },
    ...page(book, 'Definiciones'),
  }
}
