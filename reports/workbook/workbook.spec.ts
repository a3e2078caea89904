import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { xlsxFaults } from '../testing/xlsx-rules.ts'
import { type Book, type CellValue, cellLink, sheetNames, type Table } from './book.ts'
import { csvText, harmless } from './csv.ts'
import { streamBook } from './detail-xlsx.ts'
import { writeBook } from './xlsx.ts'
import { unzip, zip } from './zip.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const monday = Date.parse('2026-03-02T03:00:00Z')
const hostile = [
  '=1+1',
  '+54 342',
  '-2',
  '@SUM(A1)',
  '\t=cmd',
  '<b>&"\'',
  '_x0041_',
  'a\u0001b',
  '\ud800',
  'ñandú 🦤',
  "O'Brien",
]

/** A book with everything in it: several tables of one title, hostile names, links, seal, charts of each kind. */
function everything(): Book {
  const rows: CellValue[][] = hostile.map((name, at) => [
    name,
    at * 7,
    at * 3,
    at * 61_000,
    at ? (at * 3) / (at * 7) : null,
  ])
  const sum = (index: number) => rows.reduce((all, row) => all + Number(row[index]), 0)
  const table = (id: string, title: string) => ({
    id,
    title,
    columns: [
      { id: 'name', title: 'Cola & <área>', kind: 'text' as const },
      { id: 'offered', title: 'Ofrecidas', kind: 'count' as const, total: { kind: 'sum' as const } },
      { id: 'within', title: 'A tiempo', kind: 'count' as const, total: { kind: 'sum' as const } },
      { id: 'talk', title: 'Conversación', kind: 'duration' as const, total: { kind: 'max' as const } },
      {
        id: 'sl_offered',
        title: 'Nivel de servicio',
        kind: 'ratio' as const,
        thresholds: { good: 0.8, warning: 0.4 },
        total: { kind: 'quotient' as const, over: ['within'], under: ['offered'] },
      },
    ],
    rows,
    totals: [null, sum(1), sum(2), 10 * 61_000, sum(2) / sum(1)],
    links: rows.map((_, at) => `/reports/calls?queue=${at}&x="<`),
    explain: rows.map((_, at) => `family=queue&subject=${at}`),
  })
  const chart = (id: string, kind: 'column' | 'stacked' | 'line' | 'bar') => ({
    id,
    title: `Cuadro & ${kind}`,
    kind,
    table: 'a',
    category: 'name',
    series: kind === 'line' ? ['sl_offered'] : ['offered', 'within'],
  })
  return {
    title: 'Colas & «todo» <1>',
    agency: '=HYPERLINK("http://evil")',
    subtitle: '2 de marzo',
    parameters: [{ label: 'Cola', value: '=1+1' }],
    highlights: [{ label: 'Ofrecidas', kind: 'count', value: 385, explain: '/reports/explain/offered' }],
    tables: [
      table('a', "'Por cola: [día]/*?"),
      table('b', "'Por cola: [día]/*?"),
      table('c', 'Portada'),
      table('d', 'x'.repeat(60)),
    ],
    charts: [chart('1', 'column'), chart('2', 'stacked'), chart('3', 'line'), chart('4', 'bar')],
    definitions: [{ label: 'Ofrecidas', definition: 'Pasos por la cola.', unit: 'cantidad', version: 1 }],
    timeZone: 'America/Argentina/Buenos_Aires',
    generatedAt: monday,
    publicUrl: 'https://vera.example',
    address: '/reports/queues?from=2026-03-02',
    seal: {
      state: 'warning',
      text: '1.204 llamadas, 0 sin explicar, 2 grabaciones faltan',
      checks: [{ id: 'recordings', label: 'Grabaciones', compared: 1204, wrong: 2, href: '/health?check=recordings' }],
      at: monday,
    },
  }
}

async function* once(rows: CellValue[][]): AsyncGenerator<CellValue[][]> {
  yield rows
}
const whole = async (source: AsyncIterable<Uint8Array>) => {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces)
}
async function opened(bytes: Uint8Array) {
  const book = new exceljs.Workbook()
  await book.xlsx.load(Buffer.from(bytes) as unknown as ArrayBuffer)
  return book
}

it('a book obeys the rules of Excel: order of elements, ids, relationships, names', async () => {
  const book = everything()
  assert.deepEqual(xlsxFaults(await writeBook(book)), [])
  const bare = { ...book, tables: [], charts: [], highlights: [], parameters: [], definitions: [], seal: undefined }
  assert.deepEqual(xlsxFaults(await writeBook(bare)), [])
  const empty = book.tables.map((table) => ({ ...table, rows: [] }))
  assert.deepEqual(xlsxFaults(await writeBook({ ...book, tables: empty })), [])
  const table = { ...book.tables[0]!, rows: [] }
  const streamed = await whole(streamBook({ ...book, tables: [table] }, once(book.tables[0]!.rows)))
  assert.deepEqual(xlsxFaults(streamed), [])
  assert.deepEqual(xlsxFaults(await whole(streamBook({ ...book, tables: [table] }, once([])))), [])
})

it('the rules do find what is wrong', async () => {
  const parts = unzip(await writeBook(everything()))
  const broken = async (path: string, change: (text: string) => string) => {
    const list = [...parts].map(([name, data]) => ({
      path: name,
      data: name === path ? change(data.toString('utf8')) : data,
    }))
    return xlsxFaults(await whole(zip(list)))
  }
  const sheet = 'xl/worksheets/sheet2.xml'
  assert.match(
    (await broken(sheet, (xml) => xml.replace(/(<autoFilter[^>]*\/>)(.*)(<pageMargins[^>]*\/>)/s, '$2$3$1')))[0]!,
    /autoFilter/,
  )
  assert.match((await broken(sheet, (xml) => xml.replace(/r:id="[^"]+"/, 'r:id="rId999"')))[0]!, /rId999/)
  assert.match(
    (await broken('xl/workbook.xml', (xml) => xml.replace('name="Portada"', `name="${'x'.repeat(32)}"`))).join(),
    /sheet called/,
  )
})

it('every sheet has its filter, bars, signs, frozen header and print set-up, and no name becomes a formula', async () => {
  const book = everything()
  const bytes = await writeBook(book)
  const read = await opened(bytes)
  assert.deepEqual(
    read.worksheets.map((one) => one.name),
    ['Portada', ...sheetNames(book), 'Definiciones'],
  )
  const sheet = read.worksheets[1]!
  for (const at of hostile.keys()) assert.notEqual(sheet.getCell(at + 2, 1).type, exceljs.ValueType.Formula)
  assert.equal(sheet.getCell(2, 1).numFmt, '@')
  const link = sheet.getCell(2, 1).value as { text: string; hyperlink: string }
  assert.deepEqual([link.text, link.hyperlink], ['=1+1', 'https://vera.example/reports/calls?queue=0&x="<'])
  assert.equal(
    sheet.getCell(3, 2).hyperlink,
    'https://vera.example/reports/explain?metric=offered&family=queue&subject=1',
  )
  assert.equal(sheet.getCell(3, 3).hyperlink, undefined)
  for (const evil of ['javascript:alert(1)', '//evil.example', null])
    assert.equal(cellLink(everything(), evil), undefined)
  const rules = (sheet as unknown as { conditionalFormattings: { rules: { type: string }[] }[] }).conditionalFormattings
  assert.deepEqual(rules.flatMap((one) => one.rules.map(({ type }) => type)).sort(), [
    'dataBar',
    'dataBar',
    'expression',
    'expression',
    'expression',
    'iconSet',
  ])
  assert.equal(sheet.pageSetup.paperSize, 9)
  assert.equal(sheet.pageSetup.orientation, 'landscape')
  assert.equal(sheet.pageSetup.fitToWidth, 1)
  assert.match(sheet.headerFooter.oddFooter ?? '', /Página &P de &N/)
  assert.equal(sheet.views[0]?.state, 'frozen')
  assert.equal([...unzip(bytes).keys()].filter((path) => /charts\/chart\d+\.xml$/.test(path)).length, 4)
  const charts = [...unzip(bytes)].filter(([path]) => /charts\/chart\d+\.xml$/.test(path)).map(([, xml]) => String(xml))
  for (const xml of charts) {
    assert.match(xml, /<c:valAx>.*<c:min val="0"\/>/s, 'a column is as long as its value')
    const flat = xml.includes('<c:barDir val="bar"/>')
    assert.equal(/<c:catAx>.*?<c:orientation val="maxMin"\/>/s.test(xml), flat, 'bars stand in the order of the table')
  }
  const names = unzip(bytes).get('xl/workbook.xml')!.toString('utf8')
  assert.equal(names.match(/Print_Titles/g)?.length, book.tables.length + 1)
  const cover = read.worksheets[0]!
  const said = JSON.stringify(cover.getSheetValues())
  assert.match(said, /▲ {2}Salud de los datos: 1\.204 llamadas/)
  assert.match(said, /https:\/\/vera\.example\/health/)
  assert.equal(read.title, book.title)
  assert.equal(read.company, book.agency)
})

it('a wide table is printed on two pages that both name its rows, in letters that can be read', async () => {
  const { columns, rows } = everything().tables[0]!
  const wide: Table = {
    id: 'wide',
    title: 'Ancha',
    columns: [
      columns[0]!,
      ...Array.from({ length: 30 }, (_, at) => ({ id: `c${at}`, title: 'Atendidas', kind: 'count' as const })),
    ],
    rows: [[rows[0]![0]!, ...Array.from({ length: 30 }, () => 1_234_567)]],
  }
  const long: Table = {
    id: 'long',
    title: 'Larga',
    columns: [columns[0]!, { id: 'd', title: 'Tiempo', kind: 'duration' }, { id: 'n', title: 'No', kind: 'count' }],
    rows: [['Una', 123_456 * 3_600_000, 1]],
  }
  const bytes = await writeBook({ ...everything(), tables: [wide, long], charts: [] })
  const [, first, second] = (await opened(bytes)).worksheets
  assert.equal(first!.pageSetup.fitToWidth, 2)
  assert.equal(second!.pageSetup.fitToWidth, 1)
  const names = unzip(bytes).get('xl/workbook.xml')!.toString('utf8')
  assert.ok(names.includes("'Ancha'!$A:$A,'Ancha'!$1:$1") || names.includes('&apos;Ancha&apos;!$A:$A'), names)
  assert.ok(second!.getColumn(2).width! >= '123456:00:00'.length + 2, 'a duration does not become ####')
  assert.ok(second!.getColumn(3).width! < 11, 'a small count takes little paper')
})

it('names of sheets are different and short whatever the titles', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 12 }), (titles) => {
      const names = sheetNames({
        ...everything(),
        tables: titles.map((title) => ({ id: title, title, columns: [], rows: [] })),
      })
      assert.equal(new Set(names.map((name) => name.toLowerCase())).size, titles.length)
      for (const name of names) assert.ok(name.length >= 1 && name.length <= 31 && !/[[\]:*?/\\]/.test(name))
    }),
  )
})

it('no text of a csv begins as a formula', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/^[=+\-@\t\r]/.test(csvText(text, 'text', 'UTC'))))
  assert.equal(harmless('+54 342'), "'+54 342")
})

const office = (() => {
  try {
    execFileSync('soffice', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

it('LibreOffice counts the same totals', { skip: office ? false : 'soffice is not installed' }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vera-office-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const book = everything()
  // Without the results that we wrote, it has to count by itself.
  const parts = [...unzip(await writeBook(book))].map(([path, data]) => ({
    path,
    data: path.startsWith('xl/worksheets/sheet') ? data.toString('utf8').replace(/(<\/f>)<v>[^<]*<\/v>/g, '$1') : data,
  }))
  await writeFile(join(folder, 'book.xlsx'), await whole(zip(parts)))
  const to = join(folder, 'out')
  const profile = `-env:UserInstallation=file://${join(folder, 'profile')}`
  await promisify(execFile)(
    'soffice',
    [profile, '--headless', '--convert-to', 'xlsx', '--outdir', to, join(folder, 'book.xlsx')],
    { timeout: 90_000 },
  )
  const sheet = (await opened(await readFile(join(to, 'book.xlsx')))).worksheets[1]!
  const last = hostile.length + 2
  const totals = [2, 3, 5].map((column) => Number(sheet.getCell(last, column).result))
  assert.deepEqual(totals.slice(0, 2), [385, 165])
  assert.ok(Math.abs((totals[2] as number) - 165 / 385) < 1e-12)
  const longest = sheet.getCell(last, 4).result as unknown as Date | number
  const days = longest instanceof Date ? (longest.getTime() - Date.UTC(1899, 11, 30)) / 86_400_000 : longest
  assert.ok(Math.abs(days * 86_400_000 - 610_000) < 1)
})
