import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { writeXlsx } from 'hucre/xlsx'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { makeAnswer } from '../answer.ts'
import { metricOf } from '../metrics/index.ts'
import { reports } from '../reports.ts'
import { prepare } from '../run.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { convert, hasLibreOffice } from '../testing/libreoffice.ts'
import { xlsxFaults } from '../testing/xlsx-rules.ts'
import type { CellValue, Column } from '../workbook/index.ts'
import { type Parts, readParts, writeParts } from './archive.ts'
import { type Answers, fillWorkbook } from './fill.ts'
import { nearest, readName, slug } from './names.ts'
import { WorkbookRefused } from './refused.ts'
import { sampleWorkbook } from './sample.ts'
import { readArea, readSheet, setCell, writeSheet } from './sheet.ts'
import { answersOf } from './values.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = monday + 2 * 86_400_000
const day = { from: '2026-03-02', to: '2026-03-02' }
const text = (parts: Parts, path: string) => parts.get(path)!.toString('utf8')

/** Ten rows of invented queues, or as many as asked. */
function answers(rows: CellValue[][], columns?: Column[]): Answers {
  const kinds: Column[] = columns ?? [
    { id: 'queue', title: 'Cola', kind: 'text' },
    { id: 'answered', title: 'Contestadas', kind: 'count' },
    { id: 'asa', title: 'Tiempo promedio de espera', kind: 'duration' },
  ]
  return {
    known: { reports, queues: new Map([[7, 'Mesa de Entrada']]) },
    timeZone: 'America/Argentina/Buenos_Aires',
    cell: async (wanted) => ({
      value: wanted.kind === 'figure' ? (wanted.queueId ?? 5) : 'x',
      kind: wanted.kind === 'figure' ? 'count' : 'text',
      label: 'l',
    }),
    table: async () => ({ title: 'Por cola', columns: kinds, rows }),
  }
}
const rowsOf = (n: number) => Array.from({ length: n }, (_, at): CellValue[] => [`Cola ${at}`, at, at * 1000])

const head = ['Cola', 'Contestadas', 'Mi nota', 'asa']
type Made = { below?: boolean; rows?: number; name?: string; cells?: [string, object][]; merges?: object[] }
/** One sheet with a table of `rows` rows at A3, something right of it, a formula, a chart, a picture, a bar. */
async function workbook({ below = false, rows = 3, name = 'vera_queues', cells = [], merges = [] }: Made = {}) {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const last = 3 + rows
  const data = Array.from({ length: rows }, (_, at) => [`vieja ${at}`, 900 + at, `nota ${at}`, 1])
  const sheet = {
    name: 'Mi hoja',
    rows: [['Título', null, null, null, 'al lado'], [], head, ...data, ...(below ? [[], ['debajo']] : [])],
    cells: new Map<string, object>([['0,1', { formula: 'SUM(B4:B6)' }], ...cells]),
    merges,
    tables: [{ name, displayName: name, range: `A3:D${last}`, columns: head.map((column) => ({ name: column })) }],
    images: [{ data: png, type: 'png', anchor: { from: { row: 1, col: 8 } } }],
    conditionalRules: [
      {
        type: 'cellIs',
        operator: 'greaterThan',
        formula: '10',
        priority: 1,
        range: 'B4:B60',
        style: { font: { bold: true } },
      },
    ],
    charts: [
      {
        type: 'column',
        anchor: { from: { row: 20, col: 6 } },
        series: [{ name: 'c', values: `B4:B${last}`, categories: `A4:A${last}` }],
      },
    ],
  }
  const bytes = await writeXlsx({
    sheets: [sheet, { name: 'Otra', rows: [['intacta', 1]] }] as never,
    namedRanges: [{ name: 'vera.answered', range: "'Mi hoja'!$F$1" }],
  })
  return readParts(Buffer.from(bytes))
}
/** exceljs tells a duration as an instant of 1899. */
const plain = (value: unknown) =>
  value instanceof Date ? Math.round((value.getTime() + 2_209_161_600_000) / 1000) / 86_400 : value
const values = async (parts: Parts) => {
  const book = new exceljs.Workbook()
  await book.xlsx.load((await writeParts(parts)) as never)
  const sheet = book.getWorksheet('Mi hoja')!
  return (area: string) => {
    const { top, bottom, left, right } = readArea(area)!
    const found: unknown[][] = []
    for (let row = top; row <= bottom; row++)
      found.push(Array.from({ length: right - left + 1 }, (_, at) => plain(sheet.getCell(row, left + at + 1).value)))
    return found
  }
}

describe('a workbook brought', () => {
  it('is filled; all other parts stay byte for byte', async () => {
    const before = await workbook()
    const parts = new Map(before)
    parts.set('xl/pivotCache/pivotCacheRecords1.xml', Buffer.from('<pivotCacheRecords xmlns="x"/>'))
    before.set('xl/pivotCache/pivotCacheRecords1.xml', parts.get('xl/pivotCache/pivotCacheRecords1.xml')!)
    const notes = await fillWorkbook(parts, answers(rowsOf(5)))
    assert.deepEqual(
      notes.map(({ name, where, state, code }) => [name, where, state, code]),
      [
        ['vera.answered', 'Mi hoja!F1', 'good', 'cell'],
        ['vera_queues', 'Mi hoja!A3:D6', 'good', 'table_kept'],
      ],
    )
    const touched = [...parts.keys()].filter((path) => !parts.get(path)!.equals(before.get(path)!))
    assert.deepEqual(touched.sort(), [
      'xl/charts/chart1.xml',
      'xl/styles.xml',
      'xl/tables/table1.xml',
      'xl/worksheets/sheet1.xml',
    ])
    assert.match(text(parts, 'xl/tables/table1.xml'), /ref="A3:D8"/)
    // The chart looks at all five rows now, as it did at all three.
    assert.match(text(parts, 'xl/charts/chart1.xml'), /'Mi hoja'!\$B\$4:\$B\$8/)
    assert.match(text(parts, 'xl/workbook.xml'), /fullCalcOnLoad="1"/)
    const at = await values(parts)
    assert.deepEqual(at('A4:D8'), [
      ['Cola 0', 0, 'nota 0', 0],
      ['Cola 1', 1, 'nota 1', 1 / 86_400],
      ['Cola 2', 2, 'nota 2', 2 / 86_400],
      ['Cola 3', 3, null, 3 / 86_400],
      ['Cola 4', 4, null, 4 / 86_400],
    ])
    assert.deepEqual(at('E1:F1'), [['al lado', 5]])
    assert.deepEqual(xlsxFaults(await writeParts(before)), xlsxFaults(await writeParts(await workbook())))
    parts.delete('xl/pivotCache/pivotCacheRecords1.xml')
    assert.deepEqual(xlsxFaults(await writeParts(parts)), [])
  })

  it('filled twice is as filled once, and shorter leaves nothing of longer', async () => {
    const once = await workbook()
    await fillWorkbook(once, answers(rowsOf(2)))
    const twice = await workbook()
    await fillWorkbook(twice, answers(rowsOf(9)))
    await fillWorkbook(twice, answers(rowsOf(2)))
    const [a, b] = [await values(once), await values(twice)]
    assert.deepEqual(b('A1:F20'), a('A1:F20'))
    const again = new Map(once)
    await fillWorkbook(again, answers(rowsOf(2)))
    for (const [path, bytes] of again) assert.ok(bytes.equals(once.get(path)!), path)
  })

  it('leaves all outside its place as it was, however many rows come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 30 }), async (had, come) => {
        const parts = await workbook({ rows: had, below: true })
        const before = await values(parts)
        const outside = (at: Awaited<ReturnType<typeof values>>) => [
          at('A1:E3'),
          at(`E4:H${had + 10}`),
          at(`C4:C${3 + had}`),
          at(`A${4 + had}:D${had + 10}`),
        ]
        const was = outside(before)
        const [, table] = await fillWorkbook(parts, answers(rowsOf(come)))
        const now = outside(await values(parts))
        // One empty row is there before what stands below.
        assert.equal(table!.code, come > had + 1 ? 'no_room' : 'table_kept')
        if (come === had + 1) now[3]![0] = was[3]![0] as unknown[]
        assert.deepEqual(now, was)
      }),
      { numRuns: 40 },
    )
  })

  it('rather leaves a table empty than with old figures, when there is no room', async () => {
    const parts = await workbook({ below: true })
    const [, note] = await fillWorkbook(parts, answers(rowsOf(12)))
    assert.deepEqual([note!.state, note!.code, note!.values.rows, note!.values.fit], ['bad', 'no_room', 12, 4])
    const at = await values(parts)
    assert.deepEqual(at('A4:D6'), [
      [null, null, 'nota 0', null],
      [null, null, 'nota 1', null],
      [null, null, 'nota 2', null],
    ])
    assert.deepEqual(at('A8:A8'), [['debajo']])
  })

  it('writes what came from outside as text, never as a formula', async () => {
    const parts = await workbook()
    const evil = ['=1+1', '+cmd|calc', '<v>&"', '@SUM(A1)', "'=x", 'a\u0000b']
    await fillWorkbook(parts, answers(evil.map((one): CellValue[] => [one, null, null])))
    const at = await values(parts)
    assert.deepEqual(
      at('A4:A9').flat(),
      evil.map((one) => one.replace('\u0000', '')),
    )
    assert.deepEqual(at('B4:B4'), [[null]], 'no value is an empty cell')
    assert.doesNotMatch(text(parts, 'xl/worksheets/sheet1.xml'), /<f>1\+1/)
  })

  it('says what is wrong with a name, and does the others', async () => {
    const bytes = await writeXlsx({
      sheets: [
        {
          name: 'H',
          rows: [
            ['Cola', 'Contestadas'],
            [null, null],
            ['x', 'y'],
          ],
          cells: new Map([['5,0', { formula: '1+1' }]]),
          merges: [{ startRow: 7, startCol: 0, endRow: 8, endCol: 1 }],
        },
      ] as never,
      namedRanges: [
        { name: 'vera.answerd', range: 'H!$D$1' },
        { name: 'vera.zzzzzzzz', range: 'H!$D$2' },
        { name: 'vera.answered', range: 'H!#REF!' },
        { name: 'vera.offered', range: 'H!$A:$A' },
        { name: 'vera.abandoned', range: 'H!$A$6' },
        { name: 'vera.received', range: 'H!$B$9' },
        { name: 'vera.queues', range: 'H!$D$3' },
        { name: 'vera.agents', range: 'H!$E$1:$F$2' },
        { name: 'vera.asa', range: 'H!$D$4:$E$9' },
        { name: 'vera.lost.nothing', range: 'H!$A$1:$B$2' },
        { name: 'vera.asa.mesa_de_entrada', range: 'H!$D$5' },
        { name: 'ventas', range: 'H!$D$6' },
      ],
    })
    const parts = await readParts(Buffer.from(bytes))
    const plain = answers(rowsOf(1))
    const notes = await fillWorkbook(parts, {
      ...plain,
      table: async (wanted) => (wanted.table === 'nothing' ? undefined : plain.table(wanted)),
    })
    assert.deepEqual(Object.fromEntries(notes.map(({ name, code }) => [name, code])), {
      'vera.answerd': 'unknown_like',
      'vera.zzzzzzzz': 'unknown',
      'vera.answered': 'broken_reference',
      'vera.offered': 'whole_column',
      'vera.abandoned': 'formulas',
      'vera.received': 'merged',
      'vera.queues': 'needs_range',
      'vera.agents': 'no_columns',
      'vera.asa': 'needs_cell',
      'vera.lost.nothing': 'no_table',
      'vera.asa.mesa_de_entrada': 'cell',
    })
    assert.equal(notes.find(({ code }) => code === 'unknown_like')?.values.like, 'vera.answered')
  })

  it('fills a named range below its header and grows its name', async () => {
    const bytes = await writeXlsx({
      sheets: [
        {
          name: 'Mi hoja',
          rows: [
            ['Contestadas', 'Cola'],
            [1, 'a'],
          ],
        },
      ] as never,
      namedRanges: [
        { name: 'vera.queues', range: "'Mi hoja'!$A$1:$B$2" },
        { name: 'datos', range: "'Mi hoja'!$A$2:$A$2" },
      ],
    })
    const parts = await readParts(Buffer.from(bytes))
    const [note] = await fillWorkbook(parts, answers(rowsOf(3)))
    assert.equal(note!.code, 'table')
    assert.deepEqual((await values(parts))('A1:B4'), [
      ['Contestadas', 'Cola'],
      [0, 'Cola 0'],
      [1, 'Cola 1'],
      [2, 'Cola 2'],
    ])
    assert.match(text(parts, 'xl/workbook.xml'), /'Mi hoja'!\$A\$1:\$B\$4/)
  })

  it('moves a row of totals below what comes, and fills formulas of the table down', async () => {
    const parts = await workbook({
      rows: 3,
      cells: [
        ['6,0', { value: 'Total' }],
        ['6,1', { formula: 'SUBTOTAL(109,vera_queues[Contestadas])' }],
      ],
    })
    const table = text(parts, 'xl/tables/table1.xml')
      .replace('ref="A3:D6"', 'ref="A3:D7" totalsRowCount="1"')
      .replace(
        /<tableColumn ([^>]*name="Mi nota"[^>]*)\/>/,
        '<tableColumn $1><calculatedColumnFormula>vera_queues[[#This Row],[Contestadas]]*2</calculatedColumnFormula></tableColumn>',
      )
    parts.set('xl/tables/table1.xml', Buffer.from(table))
    const [, note] = await fillWorkbook(parts, answers(rowsOf(5)))
    assert.equal(note!.code, 'table_kept')
    assert.match(text(parts, 'xl/tables/table1.xml'), /ref="A3:D9"/)
    assert.match(text(parts, 'xl/tables/table1.xml'), /<autoFilter ref="A3:D8"/)
    const at = await values(parts)
    assert.deepEqual(at('A9:A9'), [['Total']])
    assert.match(JSON.stringify(at('B9:B9')), /SUBTOTAL/)
    assert.match(JSON.stringify(at('C8:C8')), /This Row/)
    await fillWorkbook(parts, answers(rowsOf(1)))
    const less = await values(parts)
    assert.deepEqual(less('A4:A6'), [['Cola 0'], ['Total'], [null]])
    assert.match(text(parts, 'xl/tables/table1.xml'), /ref="A3:D5"/)
  })

  it('gives the figures of the API, also to LibreOffice', async () => {
    const db = await freshDatabase()
    const scope = await makeAgency(db)
    await fillCentre(db, scope)
    const parts = await readParts(Buffer.from(await sampleWorkbook()))
    const notes = await fillWorkbook(parts, await answersOf(db, scope, day, now))
    assert.deepEqual([...new Set(notes.map(({ state }) => state))], ['good'])
    const report = reports.find(({ id }) => id === 'queues')!
    type Told = {
      highlights: { label: string; value: number }[]
      tables: { id: string; columns: { id: string }[]; rows: CellValue[][] }[]
    }
    const told = (await makeAnswer(await prepare(db, scope, report, { ...day, interval: '1h' }, now))) as Told
    await db.close()
    const file = await writeParts(parts)
    assert.deepEqual(xlsxFaults(file), [])
    const folder = await mkdtemp(join(tmpdir(), 'vera-own-'))
    const books = [file]
    try {
      if (hasLibreOffice) {
        await writeFile(join(folder, 'mine.xlsx'), file)
        books.push(await readFile(join(await convert([join(folder, 'mine.xlsx')], 'xlsx', folder), 'mine.xlsx')))
      }
      for (const bytes of books) {
        const book = new exceljs.Workbook()
        await book.xlsx.load(bytes as never)
        const summary = book.getWorksheet('Resumen')!
        for (const { label, value } of told.highlights) {
          const row = [...Array(20).keys()].find((at) => summary.getCell(at + 1, 1).text === label)
          if (row === undefined) continue
          const cell = summary.getCell(row + 1, 2).value as number | Date
          const held = cell instanceof Date ? (cell.getTime() + 2_209_161_600_000) / 86_400_000 : cell
          const unit = [...'sl_offered asa aht offered answered'.split(' ')]
            .map(metricOf)
            .find((one) => one.label.es === label)?.unit
          assert.ok(Math.abs(held * (unit === 'ms' ? 86_400_000 : 1) - value) < 1, `${label}: ${held}, ${value}`)
        }
        const queues = book.getWorksheet('Por cola')!
        const byQueue = told.tables.find(({ id }) => id === 'by_queue')!
        const answered = byQueue.columns.findIndex(({ id }) => id === 'answered')
        for (const [at, row] of byQueue.rows.entries()) {
          assert.equal(queues.getCell(at + 2, 1).value, row[0])
          assert.equal(queues.getCell(at + 2, 3).value, row[answered])
        }
      }
      if (books[1]) {
        const book = new exceljs.Workbook()
        await book.xlsx.load(books[1] as never)
        const share = book.getWorksheet('Resumen')!.getCell('B13').value as { result: number }
        assert.ok(Math.abs(share.result - 2 / 6) < 1e-9, 'its own formula is worked out with the new figures')
        const kept = await readParts(books[1])
        assert.ok(
          [...kept.keys()].some((path) => path.startsWith('xl/charts/')),
          'the chart is there',
        )
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('what is no workbook', () => {
  const refused = async (bytes: Buffer | Promise<Buffer>, code: string) => {
    const whole = async () => fillWorkbook(await readParts(await bytes), answers([]))
    await assert.rejects(whole(), (error) => error instanceof WorkbookRefused && error.code === code)
  }
  const changed = async (change: (parts: Parts) => void) => {
    const parts = await workbook()
    change(parts)
    return writeParts(parts)
  }

  it('is refused by name', async () => {
    await refused(Buffer.from('Cola;Contestadas\n'), 'workbook.not_one')
    await refused(Buffer.alloc(0), 'workbook.not_one')
    await refused(Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 'workbook.old_or_locked')
    const file = await writeParts(await workbook())
    await refused(file.subarray(0, file.length >> 1), 'workbook.not_one')
    await refused(writeParts(new Map([['hola.txt', Buffer.from('hola')]])), 'workbook.not_one')
    await refused(Buffer.alloc(8 * 1_048_576), 'workbook.too_big')
    await refused(
      changed((parts) => parts.delete('xl/workbook.xml')),
      'workbook.not_one',
    )
    await refused(
      changed((parts) => parts.set('xl/worksheets/sheet1.xml', Buffer.from('<worksheet><sheetData>'))),
      'workbook.broken',
    )
  })

  it('is refused with macros, ways out and path tricks', async () => {
    await refused(
      changed((parts) => parts.set('xl/vbaProject.bin', Buffer.from('x'))),
      'workbook.macros',
    )
    await refused(
      changed((parts) => parts.set('xl/externalLinks/externalLink1.xml', Buffer.from('<x/>'))),
      'workbook.outside',
    )
    await refused(
      changed((parts) => parts.set('../../etc/passwd', Buffer.from('x'))),
      'workbook.not_one',
    )
  })

  it('neither grows without end nor reads entities', async () => {
    const bomb = new Map([['a', Buffer.alloc(170 * 1_048_576)]])
    await refused(writeParts(bomb), 'workbook.too_much')
    const laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    await refused(
      changed((parts) => parts.set('xl/workbook.xml', Buffer.from(laughs + text(parts, 'xl/workbook.xml')))),
      'workbook.broken',
    )
    const names = Array.from({ length: 1_000_000 }, (_, at) => `<definedName name="n${at}">A!$A$1</definedName>`).join(
      '',
    )
    await refused(
      changed((parts) =>
        parts.set(
          'xl/workbook.xml',
          Buffer.from(text(parts, 'xl/workbook.xml').replace('<definedNames>', `<definedNames>${names}`)),
        ),
      ),
      'workbook.too_many_names',
    )
  })
})

it('reads names: figures, queues, tables, intervals', () => {
  const known = { reports, queues: new Map([[7, 'Mesa de Entrada']]) }
  assert.equal(slug('  Atención: Niñez & Salud '), 'atencion_ninez_salud')
  assert.deepEqual(readName('service_level', true, known), { kind: 'figure', metric: 'sl_offered' })
  assert.deepEqual(readName('asa.mesa_de_entrada', true, known), { kind: 'figure', metric: 'asa', queueId: 7 })
  assert.deepEqual(readName('asa.queue_7', true, known), { kind: 'figure', metric: 'asa', queueId: 7 })
  assert.equal(readName('asa.otra', true, known), undefined)
  assert.deepEqual(readName('queues_by_hour', false, known), { kind: 'table', report: 'queues', interval: '1h' })
  assert.deepEqual(readName('service_level', false, known), { kind: 'table', report: 'service-level' })
  assert.deepEqual(readName('agents.pauses', false, known), { kind: 'table', report: 'agents', table: 'pauses' })
  assert.equal(readName('calls_by_hour', false, known), undefined)
  assert.equal(nearest('anwsered', ['answered', 'offered']), 'answered')
  assert.equal(nearest('qqqqqqqq', ['answered', 'offered']), undefined)
})

it('reads sheets of other writers: prefixes, cells without addresses, comments, quoted >', () => {
  const xml =
    '<x:worksheet xmlns:x="u"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c t="str" foo="a>b"><x:v>h</x:v></x:c></x:row><!-- <x:row r="2"> --><x:row r="3" spans="1:1"><x:c r="A3" s="4"/></x:row></x:sheetData></x:worksheet>'
  const sheet = readSheet(xml, 's')
  assert.deepEqual(
    sheet.rows.map(({ at }) => at),
    [1, 3],
  )
  setCell(sheet, 1, 1, 7)
  setCell(sheet, 3, 0, 'á<')
  setCell(sheet, 2, 2, null)
  const written = writeSheet(sheet)
  assert.match(written, /<x:row><x:c><x:v>1<\/x:v><\/x:c><x:c r="B1"><x:v>7<\/x:v><\/x:c><\/x:row>/)
  assert.match(written, /<x:row r="2"><x:c r="C2"\/><\/x:row><x:row r="3"><x:c r="A3" s="4" t="inlineStr">/)
  assert.match(written, />á&lt;</)
})
