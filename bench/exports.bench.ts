// The detail export: 1,000,000 rows of 15 columns to a file, beside exceljs' stream writer. Each in a process of its own, so
// that the peak of memory is its own.
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { CellKind, CellValue, Column } from '../reports/workbook/index.ts'
import { streamBook } from '../reports/workbook/index.ts'
import type { Bench, Row } from './bench.ts'

const rowCount = Number(process.env.BENCH_EXPORT_ROWS ?? 1_000_000)
const kinds: CellKind[] = [
  ...(['text', 'instant', 'text', 'text', 'text', 'text', 'text'] as const),
  ...(['duration', 'duration', 'duration', 'duration', 'duration', 'count', 'text', 'ratio'] as const),
]
const columns: Column[] = kinds.map((kind, index) => ({
  id: `c${index}`,
  title: `Columna ${index + 1}`,
  kind,
  total: kind === 'duration' || kind === 'count' ? { kind: 'sum' } : undefined,
}))

function oneRow(n: number): CellValue[] {
  const id = `9f3c2f0e-0000-4000-8000-${String(n).padStart(12, '0')}`
  const phone = `+54342${4_000_000 + (n % 1_000_000)}`
  const words = [`Cola ${n % 5}`, `Agente Ñandú ${n % 15}`, n % 97 ? 'Impuestos & tasas' : '=1+1', 'Contestada']
  const times = [n % 60, n % 400, n % 20, n % 30, n % 600].map((seconds) => seconds * 1000)
  return [id, 1_772_420_400_000 + n * 1000, phone, ...words, ...times, n % 3, null, (n % 10) / 10]
}

async function ours(path: string): Promise<void> {
  async function* batches() {
    for (let n = 0; n < rowCount; n += 1000)
      yield Array.from({ length: Math.min(1000, rowCount - n) }, (_, index) => oneRow(n + index))
  }
  const book = {
    title: 'Llamadas en detalle',
    agency: 'Provincia',
    subtitle: 'Un año',
    parameters: [],
    highlights: [],
    tables: [{ id: 'calls', title: 'Llamadas', columns, rows: [] }],
    charts: [],
    definitions: [],
    timeZone: 'America/Argentina/Buenos_Aires',
    generatedAt: 0,
  }
  await pipeline(Readable.from(streamBook(book, batches()), { objectMode: false }), createWriteStream(path))
}

async function peer(path: string): Promise<void> {
  const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
  const book = new exceljs.stream.xlsx.WorkbookWriter({ filename: path, useStyles: true, useSharedStrings: false })
  const sheet = book.addWorksheet('Llamadas')
  sheet.columns = columns.map((column) => ({
    header: column.title,
    key: column.id,
    style: { numFmt: column.kind === 'duration' ? '[h]:mm:ss' : column.kind === 'ratio' ? '0.0%' : '@' },
  }))
  for (let n = 0; n < rowCount; n++) sheet.addRow(oneRow(n)).commit()
  sheet.commit()
  await book.commit()
}

if (process.argv[2] === '--child') {
  const begin = performance.now()
  await (process.argv[3] === 'ours' ? ours : peer)(process.argv[4] as string)
  const seconds = (performance.now() - begin) / 1000
  console.log(JSON.stringify({ seconds, mb: process.resourceUsage().maxRSS / 1024 }))
}

async function measure(which: string): Promise<{ seconds: number; mb: number; fileMb: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-bench-'))
  const path = join(folder, 'detail.xlsx')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, '--child', which, path])
    return { ...JSON.parse(stdout), fileMb: (await stat(path)).size / 1e6 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  name: `Detail export, ${rowCount.toLocaleString('en')} x ${columns.length}`,
  async run(): Promise<Row[]> {
    const mine = await measure('ours')
    const theirs = await measure('peer')
    const name = 'exceljs stream writer'
    return [
      { name: 'xlsx export', value: mine.seconds, unit: 's', ratio: mine.seconds / theirs.seconds, peer: name },
      { name: 'xlsx export, peak RSS', value: mine.mb, unit: 'MB', ratio: mine.mb / theirs.mb, peer: name },
      { name: 'xlsx export, file', value: mine.fileMb, unit: 'MB', ratio: mine.fileMb / theirs.fileMb, peer: name },
    ]
  },
}
