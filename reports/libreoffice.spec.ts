// Every report's book read by LibreOffice: each figure is the API's, and each total that it works out by the formula too.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { it } from 'node:test'
import { scopeOf } from '../server/database/index.ts'
import { seedExample } from '../server/example/index.ts'
import { freshDatabase } from '../server/testing/database.ts'
import { makeAnswer } from './answer.ts'
import { wallClock } from './metrics/index.ts'
import { reports } from './reports.ts'
import { makeFile, prepare } from './run.ts'
import { convert, hasLibreOffice } from './testing/libreoffice.ts'
import type { CellKind } from './workbook/index.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
type Cell = string | number | null
type Told = {
  tables: {
    title: string
    columns: { id: string; title: string; kind: CellKind; total?: object }[]
    rows: Cell[][]
    totals: Cell[] | null
  }[]
}
/** 2026-03-04 in Buenos Aires: a Wednesday of the example's four weeks. */
const now = Date.parse('2026-03-06T15:00:00Z')
const query = { from: '2026-03-04', to: '2026-03-04', interval: '1h' }

const plain = (value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  if ('result' in value) return value.result
  if ('error' in value) return value.error
  // exceljs gives no result where it is 0 or nothing at all.
  if ('formula' in value || 'sharedFormula' in value) return null
  if ('text' in value) return plain(value.text)
  if ('richText' in value) return (value.richText as { text: string }[]).map(({ text }) => text).join('')
  return value
}

/** What a cell of the kind should hold, in the API's units. */
function read(raw: unknown, kind: CellKind): Cell {
  const value = plain(raw)
  if (value === null || value === undefined || value === '') return null
  if (kind === 'text') return String(value)
  if (kind === 'interval' || kind === 'instant' || kind === 'day')
    return value instanceof Date ? value.getTime() : String(value)
  // exceljs takes [h]:mm:ss for a date.
  const number = value instanceof Date ? value.getTime() / 86_400_000 + 25_569 : Number(value)
  return kind === 'duration' ? number * 86_400_000 : number
}

it('each book says in LibreOffice what the API says', {
  skip: hasLibreOffice ? false : 'no LibreOffice',
  timeout: 300_000,
}, async (t) => {
  const db = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'vera-libreoffice-'))
  t.after(async () => {
    await db.close()
    await rm(folder, { recursive: true, force: true })
  })
  const example = await seedExample({ db, clock: { now: () => now }, seed: 'libreoffice', password: 'x' })
  await example.history
  const scope = scopeOf(example.agencyId)
  const told = new Map<string, { told: Told; timeZone: string }>()
  const files: string[] = []
  for (const report of reports) {
    const context = await prepare(db, scope, report, query, now)
    told.set(report.id, { told: (await makeAnswer(context)) as Told, timeZone: context.timeZone })
    const { content } = await makeFile(context, 'xlsx')
    const path = join(folder, `${report.id}.xlsx`)
    await writeFile(path, content)
    files.push(path)
  }
  const out = await convert(files, 'xlsx', folder)
  let figures = 0
  let totals = 0
  for (const file of files) {
    const id = basename(file, '.xlsx')
    const { told: answer, timeZone } = told.get(id)!
    const book = new exceljs.Workbook()
    await book.xlsx.load((await readFile(join(out, `${id}.xlsx`))) as never)
    if (!('tables' in answer)) continue
    for (const [at, table] of answer.tables.entries()) {
      if (table.rows.length === 0) continue
      // Behind the cover.
      const sheet = book.worksheets[at + 1]!
      assert.equal(sheet.name.slice(0, 8), table.title.slice(0, 8), id)
      const same = (row: number, values: Cell[], only: (place: number) => boolean) => {
        for (const [place, column] of table.columns.entries()) {
          if (!only(place)) continue
          const where = `${id}/${table.title}!${sheet.getRow(row).getCell(place + 1).address} ${column.id}`
          const held = read(sheet.getRow(row).getCell(place + 1).value, column.kind)
          const clock = ['interval', 'instant', 'day'].includes(column.kind)
          const value = values[place] ?? null
          const said = clock && typeof value === 'string' ? Date.parse(value) : value
          if (said === null || typeof said === 'string') {
            assert.equal(held ?? '', said ?? '', where)
            continue
          }
          if (said === 0 && held === null && 'formula' in Object(sheet.getRow(row).getCell(place + 1).value)) {
            figures++
            continue
          }
          let wanted = clock ? wallClock(said, timeZone) : said
          if (column.kind === 'day') wanted = Math.floor(wanted / 86_400_000) * 86_400_000
          const slack = clock ? 1_000 : column.kind === 'duration' ? 1 : 1e-6
          assert.ok(typeof held === 'number', `${where}: ${held}, the API says ${said}`)
          const day = column.kind === 'day' ? Math.floor(held / 86_400_000) * 86_400_000 : held
          assert.ok(Math.abs(day - wanted) <= slack, `${where}: ${held}, the API says ${said}`)
          figures++
        }
      }
      for (const [row, values] of table.rows.entries()) same(row + 2, values, () => true)
      const last = table.rows.length + 2
      if (!table.totals) continue
      const before = figures
      same(last, table.totals, (place) => 'formula' in Object(sheet.getRow(last).getCell(place + 1).value))
      totals += figures - before
    }
  }
  // A reader that found nothing would agree with everything.
  assert.ok(figures > 2_000 && totals > 100, `${figures} figures, ${totals} totals by formula`)
  t.diagnostic(`${figures} figures, ${totals} totals by formula`)
})
