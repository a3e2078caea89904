import type { Cell, SheetChart, WriteSheet } from 'hucre/xlsx'
import { timeStep } from '../chart/steps.ts'
import {
  type Book,
  busyStretch,
  type Chart,
  cellLink,
  cellText,
  columnName,
  figureColumns,
  quotedSheet,
  sheetNames,
  storedValue,
  type Table,
} from './book.ts'
import { coverStyle, numberFormat, seriesColors } from './style.ts'
import { wordsIn } from './words.ts'

const columns = 12
const chartRows = 17
/** Said by a sign too, not by colour alone. */
const sealMarks = { good: '✔', warning: '▲', bad: '✖' }
const integers = { es: new Intl.NumberFormat('es-AR'), 'en-US': new Intl.NumberFormat('en-US') }

/** The first sheet: what this is, the figures that matter, the parameters, the charts. One A4 page. */
export function coverSheet(book: Book): WriteSheet {
  const words = wordsIn(book.language)
  const whole = integers[book.language ?? 'es']
  const cells = new Map<string, Partial<Cell>>()
  const merges: NonNullable<WriteSheet['merges']> = []
  const heights = new Map<number, { height: number }>()
  const put = (
    row: number,
    from: number,
    to: number,
    value: string | number | null,
    style: Cell['style'],
    address?: string,
  ) => {
    const target = cellLink(book, address)
    for (let column = from; column <= to; column++) {
      const here = column === from ? value : null
      const cell = { value: here, type: typeof here === 'number' ? ('number' as const) : ('string' as const), style }
      cells.set(`${row},${column}`, column === from && target ? { ...cell, hyperlink: { target } } : cell)
    }
    if (to > from) merges.push({ startRow: row, endRow: row, startCol: from, endCol: to })
  }
  put(0, 0, columns - 1, cellText(book.agency), coverStyle.agency)
  put(1, 0, columns - 1, cellText(book.title), coverStyle.title)
  put(2, 0, columns - 1, cellText(book.subtitle), coverStyle.subtitle)
  heights.set(0, { height: 24 }).set(1, { height: 34 }).set(2, { height: 24 }).set(3, { height: 9 })

  let row = 4
  const tiles = book.highlights.slice(0, 6)
  if (tiles.length > 0) {
    const width = columns / 6
    tiles.forEach((tile, index) => {
      const from = index * width
      put(row, from, from + width - 1, cellText(tile.label), coverStyle.tileLabel)
      const value = storedValue(tile.value, tile.kind, book.timeZone)
      put(row + 1, from, from + width - 1, value ?? '—', coverStyle.tileValue(tile.kind), tile.explain)
    })
    heights
      .set(row, { height: 20 })
      .set(row + 1, { height: 36 })
      .set(row + 2, { height: 9 })
    row += 3
  }
  const half = Math.ceil(book.parameters.length / 2)
  book.parameters.forEach((parameter, index) => {
    const line = row + (index % half)
    const from = index < half ? 0 : columns / 2
    put(line, from, from + 1, cellText(parameter.label), coverStyle.label)
    put(line, from + 2, from + columns / 2 - 1, cellText(parameter.value), coverStyle.value)
  })
  row += half + 1
  if (book.note) {
    put(row, 0, columns - 1, cellText(book.note), coverStyle.notice)
    heights.set(row, { height: 30 })
    row += 2
  }
  if (book.seal) {
    const { state, text, checks } = book.seal
    put(row, 0, columns - 1, cellText(`${sealMarks[state]}  ${words.seal}: ${text}`), coverStyle.seal(state))
    heights.set(row++, { height: 22 })
    for (const check of checks.slice(0, 6)) {
      put(row, 0, 6, cellText(check.label), coverStyle.label)
      const said = words.compared(whole.format(check.compared), whole.format(check.wrong))
      put(row++, 7, columns - 1, said, coverStyle.value, check.href)
    }
    row++
  }
  const charts: SheetChart[] = []
  const names = sheetNames(book)
  book.charts.slice(0, 4).forEach((chart, index) => {
    const table = book.tables.find((one) => one.id === chart.table)
    if (!table || table.rows.length === 0) return
    const from = { row: row + Math.floor(index / 2) * (chartRows + 1), col: (index % 2) * (columns / 2) }
    const alone = index % 2 === 0 && index === book.charts.length - 1
    charts.push({
      ...nativeChart(chart, table, names[book.tables.indexOf(table)] as string),
      anchor: { from, to: { row: from.row + chartRows, col: alone ? columns : from.col + columns / 2 } },
    })
  })
  if (charts.length > 0) row += Math.ceil(charts.length / 2) * (chartRows + 1)
  const linked = book.publicUrl ? ` ${words.linked}` : ''
  put(row, 0, columns - 1, `${words.defined}${linked}`, coverStyle.note)
  if (cellLink(book, book.address)) put(++row, 0, columns - 1, words.open, coverStyle.link, book.address)

  return {
    name: words.cover,
    columns: Array.from({ length: columns }, () => ({ width: 11.5 })),
    rows: Array.from({ length: row + 1 }, () => Array.from({ length: columns }, () => null)),
    cells,
    merges,
    rowDefs: heights,
    charts,
    view: { showGridLines: false },
    pageSetup: {
      paperSize: 'a4',
      orientation: 'landscape',
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 1,
      horizontalCentered: true,
      margins: { left: 0.4, right: 0.4, top: 0.5, bottom: 0.5, header: 0.3, footer: 0.3 },
    },
  }
}

function nativeChart(chart: Chart, table: Table, name: string): Omit<SheetChart, 'anchor'> {
  const sheet = quotedSheet(name)
  const at = table.columns.findIndex((column) => column.id === chart.category)
  const [from, to] =
    table.columns[at]?.kind === 'interval' ? busyStretch(table.rows, figureColumns(table)) : [0, table.rows.length]
  const range = (id: string) => {
    const letters = columnName(table.columns.findIndex((column) => column.id === id))
    // A sheet begins with row 1, its figures with row 2; a chart of nothing at all still needs a row.
    return `${sheet}!$${letters}$${from + 2}:$${letters}$${Math.max(to, from + 1) + 1}`
  }
  const places = chart.series.map((id) => table.columns.findIndex((column) => column.id === id))
  const drawn = table.rows.slice(from, to).map((row) => places.map((place) => Number(row[place] ?? 0)))
  const least = drawn.flat().reduce((least, value) => Math.min(least, value), 0)
  const most = drawn
    .map((values) => (chart.kind === 'stacked' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)))
    .reduce((most, value) => Math.max(most, value), 0)
  const kindOf = (id: string) => table.columns.find((column) => column.id === id)?.kind ?? 'count'
  const line = chart.kind === 'line'
  const valueKind = kindOf(chart.series[0] as string)
  const step = valueKind === 'duration' ? timeStep(most) : undefined
  const [first, last] = [table.rows[from]?.[at], table.rows[to - 1]?.[at]]
  const oneDay = typeof first === 'number' && typeof last === 'number' && last - first < 90_000_000
  return {
    type: line ? 'line' : chart.kind === 'bar' ? 'bar' : 'column',
    title: chart.title,
    titleFontSize: 12,
    titleBold: true,
    titleColor: '1F2933',
    ...(chart.kind === 'stacked' ? { barGrouping: 'stacked' as const } : {}),
    ...(line ? { showLineMarkers: false } : { gapWidth: 60 }),
    series: chart.series.map((id, index) => {
      const color = seriesColors[index % seriesColors.length] as string
      return {
        name: table.columns.find((column) => column.id === id)?.title ?? id,
        values: range(id),
        categories: range(chart.category),
        color,
        ...(line ? { stroke: { color, width: 2 }, smooth: false, marker: { symbol: 'circle' as const, size: 4 } } : {}),
      }
    }),
    legend: chart.series.length > 1 ? 'bottom' : false,
    roundedCorners: false,
    chartSpaceBorderColor: 'D5DDE1',
    dispBlanksAs: 'gap',
    altText: chart.title,
    axes: {
      x: {
        // Else dates become a time axis in days, and all intervals of a day one point.
        auto: false,
        majorTickMark: 'none',
        // As in the table, the first on top.
        ...(chart.kind === 'bar' ? { reverse: true, ...(to - from <= 20 ? { tickLblSkip: 1 } : {}) } : {}),
        numberFormat: {
          formatCode:
            kindOf(chart.category) === 'interval'
              ? oneDay
                ? 'hh:mm'
                : 'dd/mm hh:mm'
              : numberFormat[kindOf(chart.category)],
        },
      },
      y: {
        numberFormat: {
          formatCode: valueKind === 'ratio' ? '0%' : numberFormat[valueKind],
        },
        // Half a column says what is not so.
        scale: {
          ...(least < 0 ? {} : { min: 0 }),
          ...(valueKind === 'ratio' ? { max: 1 } : {}),
          ...(step === undefined ? {} : { majorUnit: step / 86_400_000 }),
        },
        // Below the bars also where these begin at the top.
        ...(chart.kind === 'bar' ? { crosses: 'max' as const } : {}),
        gridlines: { major: true },
        majorTickMark: 'none',
        minorTickMark: 'none',
      },
    },
  }
}
