import { writeXlsx } from 'hucre/xlsx'
import { type Book, quotedSheet, sheetNames } from './book.ts'
import { coverSheet } from './cover.ts'
import { definitionsSheet, tableSheet } from './sheets.ts'

export const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** The whole book as bytes; for what fits in memory (streamed detail: `detail-xlsx.ts`). */
export async function writeBook(book: Book): Promise<Uint8Array> {
  const sheets = [coverSheet(book), ...book.tables.map((table) => tableSheet(book, table)), definitionsSheet(book)]
  return writeXlsx({
    sheets,
    defaultFont: { name: 'Calibri', size: 10 },
    properties: {
      title: book.title,
      subject: book.subtitle,
      description: `${book.title}, ${book.agency}, ${book.subtitle}`,
      category: 'Informe',
      creator: 'Vera',
      company: book.agency,
      created: new Date(book.generatedAt),
      modified: new Date(book.generatedAt),
    },
    // hucre writes its own Print_Titles without quoting the sheet's name, which Excel calls a damaged file.
    namedRanges: [...sheetNames(book), 'Definiciones'].map((name) => ({
      name: '_xlnm.Print_Titles',
      range: `${quotedSheet(name)}!$1:$1`,
      scope: name,
    })),
  })
}
