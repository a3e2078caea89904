// A report as PDF, A4 lying. What pdfmake lays out blocks the thread: call it in one of its own.
import { createRequire } from 'node:module'
import type { Content, ContentTable, TableCell, TDocumentDefinitions } from 'pdfmake/interfaces.js'
import { chartPicture, fonts } from '../chart/picture.ts'
import type { Outcome } from '../report.ts'
import { type ChartView, chartViews, shown, tableView } from '../view.ts'
import { type Book, type CellKind, csvText, type Table, wordsIn } from '../workbook/index.ts'
import { layColumns, type Part } from './columns.ts'

export const pdfType = 'application/pdf'
/** Of each table; paper with more is not read, the Excel has them all. */
export const mostPdfRows = 1_000

type Maker = {
  addFonts(fonts: object): void
  setUrlAccessPolicy(allowed: (url: string) => boolean): void
  setLocalAccessPolicy(allowed: (path: string) => boolean): void
  createPdf(document: TDocumentDefinitions): { getBuffer(): Promise<Buffer> }
}
let maker: Maker | undefined
function pdfmake(): Maker {
  if (!maker) {
    maker = createRequire(import.meta.url)('pdfmake') as Maker
    maker.addFonts(fonts)
    // Names of queues and topics are people's text: nothing in a document may fetch or read.
    maker.setUrlAccessPolicy(() => false)
    const own = new Set(Object.values(fonts.Roboto))
    maker.setLocalAccessPolicy((path) => own.has(path))
  }
  return maker
}

const ink = { dark: '#0f4c5c', soft: '#5f6c75', line: '#d5dde1', pale: '#eef3f5' }
const pageWidth = 842 - 2 * 28

export async function writePdf(book: Book): Promise<Buffer> {
  const { timeZone, language = 'es' } = book
  const words = wordsIn(language)
  const outcome: Outcome = { ...book, metrics: [] }
  const views = chartViews(outcome, timeZone, language)
  const foot = `${book.agency} · ${words.made} ${csvText(book.generatedAt, 'interval', timeZone, language)}`
  const document: TDocumentDefinitions = {
    pageSize: 'A4',
    pageOrientation: 'landscape',
    pageMargins: [28, 34, 28, 34],
    info: { title: `${book.title} · ${book.subtitle}`, author: book.agency, creator: 'Vera' },
    language: language === 'es' ? 'es-AR' : language,
    defaultStyle: { font: 'Roboto', fontSize: 8, color: '#1f2933' },
    header: (page) =>
      page === 1
        ? { text: '' }
        : {
            text: `${book.title} · ${book.subtitle}`,
            margin: [28, 14, 28, 0] as [number, number, number, number],
            color: ink.soft,
          },
    footer: (page, pages) => ({
      margin: [28, 12, 28, 0] as [number, number, number, number],
      color: ink.soft,
      columns: [{ text: foot }, { text: words.pageOf(page, pages), alignment: 'right' as const }],
    }),
    // A table's title does not stay behind at the foot of a page when its rows go to the next.
    // Those count as being on the page where they would have begun, so that room for a few lines is asked for too.
    pageBreakBefore: (node, nodes) =>
      node.headlineLevel === 1 &&
      (nodes.getFollowingNodesOnPage().length === 0 || (node.startPosition?.verticalRatio ?? 0) > 0.87),
    content: [
      head(book),
      ...(book.seal ? [sealLine(book.seal, book)] : []),
      ...(book.note ? [{ text: book.note, margin: [0, 6, 0, 0] as [number, number, number, number] }] : []),
      ...tiles(book),
      ...charts(views),
      ...book.tables.flatMap((table) => tableOf(table, book)),
      ...definitions(book),
    ],
  }
  return pdfmake().createPdf(document).getBuffer()
}

function head(book: Book): Content {
  const { agency, generated } = wordsIn(book.language)
  const said = book.parameters
    .filter(({ label }) => label !== agency && label !== generated)
    .map(({ label, value }) => `${label}: ${value}`)
  return {
    layout: 'noBorders',
    table: {
      widths: ['*'],
      body: [
        [
          {
            fillColor: ink.dark,
            color: '#ffffff',
            margin: [8, 6, 8, 6],
            stack: [
              { text: book.agency, fontSize: 9 },
              { text: book.title, fontSize: 18, bold: true },
              { text: said.join('  ·  '), fontSize: 9 },
            ],
          },
        ],
      ],
    },
  }
}

const seals = { good: '#2f8f4e', warning: '#b86e00', bad: '#c23b4a' } as const

function sealLine(seal: NonNullable<Book['seal']>, { language }: Book): Content {
  const color = seals[seal.state]
  const word = wordsIn(language).states[seal.state]
  return { margin: [0, 6, 0, 0], text: [{ text: `${word}: `, bold: true, color }, { text: seal.text }] }
}

function tiles({ highlights, timeZone, language }: Book): Content[] {
  if (highlights.length === 0) return []
  const cells: TableCell[] = highlights.map((one) => ({
    fillColor: ink.pale,
    margin: [6, 5, 6, 5],
    stack: [
      { text: one.label, color: ink.soft, fontSize: 8 },
      { text: shown(one.value, one.kind, timeZone, language), fontSize: 15, bold: true, color: ink.dark },
    ],
  }))
  return [
    {
      margin: [0, 8, 0, 4],
      layout: { hLineWidth: () => 0, vLineWidth: () => 4, vLineColor: () => '#ffffff' },
      table: { widths: cells.map(() => '*'), body: [cells] },
    },
  ]
}

function charts(views: readonly ChartView[]): Content[] {
  const half = (pageWidth - 16) / 2
  const figures = views.map((view, place) => {
    const picture = chartPicture(view)
    // The last one of an odd number has the row for itself, and half a page of height.
    const width = place % 2 === 0 && place === views.length - 1 ? pageWidth : half
    return {
      width,
      unbreakable: true,
      stack: [
        { text: view.title, bold: true, fontSize: 9, margin: [0, 6, 0, 3] },
        // A picture higher than a page could not be placed.
        { image: `data:image/png;base64,${picture.toString('base64')}`, fit: [width, width === half ? 420 : 250] },
      ],
    }
  })
  const rows: Content[] = []
  for (let at = 0; at < figures.length; at += 2)
    rows.push({ columnGap: 16, columns: figures.slice(at, at + 2), unbreakable: true } as Content)
  return rows
}

type View = {
  columns: { title: string; number: boolean }[]
  rows: { cells: { text: string }[] }[]
  totals?: { text: string }[]
  cut?: { shown: number; all: number }
}
const leading = new Set<CellKind>(['text', 'instant', 'interval', 'day'])

/** A table wider than the page goes on in further tables, each with the names of its rows. */
function tableOf(table: Table, { timeZone, language }: Book): Content[] {
  const words = wordsIn(language)
  const count = (value: number) => shown(value, 'count', timeZone, language)
  const view = tableView(table, timeZone, mostPdfRows, language) as View
  // The name of a row and its time; in a list of calls, when each began.
  const named = table.columns.findIndex(({ kind }) => !leading.has(kind))
  const front = named === 2 ? 2 : 1
  if (view.rows.length === 0)
    return [
      { text: table.title, style: {}, bold: true, fontSize: 11, margin: [0, 12, 0, 3] },
      { text: words.empty, color: ink.soft },
    ]
  const parts = layColumns(
    view.columns.map(({ title }) => title),
    [...view.rows.map(({ cells }) => cells), ...(view.totals ? [view.totals] : [])].map((row) =>
      row.map(({ text }) => text),
    ),
    { front, pageWidth },
  )
  return parts.flatMap((one, part): Content[] => [
    {
      text: parts.length > 1 ? `${table.title} (${words.part(part + 1, parts.length)})` : table.title,
      bold: true,
      fontSize: 11,
      margin: [0, 12, 0, 3],
      headlineLevel: 1,
    },
    drawn(
      view,
      table.columns.map(({ kind }) => kind),
      one,
    ),
    ...(view.cut
      ? [
          {
            text: words.cut(count(view.cut.shown), count(view.cut.all)),
            color: ink.soft,
            margin: [0, 3, 0, 0] as [number, number, number, number],
          },
        ]
      : []),
  ])
}

function drawn(view: View, kinds: readonly CellKind[], { columns, widths, fontSize }: Part): ContentTable {
  const isNumber = (index: number) => !leading.has(kinds[index] ?? 'text')
  const cell = (text: string, index: number, more: object = {}): TableCell => ({
    text,
    alignment: isNumber(index) ? 'right' : 'left',
    ...more,
  })
  const { totals } = view
  return {
    fontSize,
    layout: {
      hLineWidth: (line: number) => (line <= 1 ? 0.8 : 0.4),
      vLineWidth: () => 0,
      hLineColor: (line: number) => (line <= 1 ? ink.dark : ink.line),
    },
    table: {
      headerRows: 1,
      keepWithHeaderRows: 1,
      dontBreakRows: true,
      widths,
      body: [
        columns.map((index) => cell(view.columns[index]?.title ?? '', index, { bold: true, fillColor: ink.pale })),
        ...view.rows.map((row) => columns.map((index) => cell(row.cells[index]?.text ?? '', index))),
        ...(totals ? [columns.map((index) => cell(totals[index]?.text ?? '', index, { bold: true }))] : []),
      ],
    },
  }
}

function definitions({ definitions: all, language }: Book): Content[] {
  if (all.length === 0) return []
  return [
    { text: wordsIn(language).how, bold: true, fontSize: 11, margin: [0, 14, 0, 3] },
    ...all.map(
      (one): Content => ({ text: [{ text: `${one.label}: `, bold: true }, one.definition], margin: [0, 0, 0, 2] }),
    ),
  ]
}
