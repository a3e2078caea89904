import { type CellStyle, type WriteSheet, writeXlsx } from 'hucre/xlsx'
import { type Book, columnName, quotedSheet, sheetNames, type Table } from './book.ts'
import { coverSheet } from './cover.ts'
import { definitionsSheet, freezeColumns, pagesAcross, tableSheet } from './sheets.ts'
import { wordsIn } from './words.ts'

export const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** The whole book as bytes; for what fits in memory (streamed detail: `detail-xlsx.ts`). */
export async function writeBook(book: Book): Promise<Uint8Array> {
  const sheets = [coverSheet(book), ...book.tables.map((table) => tableSheet(book, table)), definitionsSheet(book)]
  const words = wordsIn(book.language)
  return writeXlsx({
    sheets: book.language === 'en-US' ? sheets.map(monthFirst) : sheets,
    defaultFont: { name: 'Calibri', size: 10 },
    properties: {
      title: book.title,
      subject: book.subtitle,
      description: `${book.title}, ${book.agency}, ${book.subtitle}`,
      category: words.category,
      creator: 'Vera',
      company: book.agency,
      created: new Date(book.generatedAt),
      modified: new Date(book.generatedAt),
    },
    // hucre writes its own Print_Titles without quoting the sheet's name, which Excel calls a damaged file.
    namedRanges: [...sheetNames(book), words.definitions].map((name, at) => ({
      name: '_xlnm.Print_Titles',
      range: printTitles(name, book.tables[at]),
      scope: name,
    })),
  })
}

/** The head on every page, and where a table goes on beside itself the names of its rows. */
function printTitles(name: string, table: Table | undefined): string {
  const sheet = quotedSheet(name)
  const head = `${sheet}!$1:$1`
  return table && pagesAcross(table) > 1 ? `${sheet}!$A:$${columnName(freezeColumns(table) - 1)},${head}` : head
}

/** Days as English writes them, month first, as its texts do. */
function monthFirst(sheet: WriteSheet): WriteSheet {
  const code = (format: string) => format.replace('dd/mm', 'mm/dd')
  const look = (style: CellStyle) => (style.numFmt ? { ...style, numFmt: code(style.numFmt) } : style)
  const { cells, columns, charts } = sheet
  return {
    ...sheet,
    ...(cells
      ? {
          cells: new Map(
            [...cells].map(([at, cell]) => [at, cell.style ? { ...cell, style: look(cell.style) } : cell]),
          ),
        }
      : {}),
    ...(columns ? { columns: columns.map((one) => (one.style ? { ...one, style: look(one.style) } : one)) } : {}),
    ...(charts
      ? {
          charts: charts.map((chart) => {
            const format = chart.axes?.x?.numberFormat
            if (!format) return chart
            const x = { ...chart.axes?.x, numberFormat: { ...format, formatCode: code(format.formatCode) } }
            return { ...chart, axes: { ...chart.axes, x } }
          }),
        }
      : {}),
  }
}
