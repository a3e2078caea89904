// The detail export: 1,000,000 rows of 15 columns to a file, beside exceljs, hucre and a thin writer. Each in a process of its
// own, so that the peak of memory is its own; `base` is one that has loaded the same and writes nothing.
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { CellKind, CellValue, Column } from '../reports/workbook/index.ts'
import { streamBook } from '../reports/workbook/index.ts'
import type { Bench, Row } from './bench.ts'
import { peers } from './exports-peers.ts'

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

if (process.argv[2] === '--child') {
  const begin = performance.now()
  const [, , , which, path] = process.argv as string[] as [string, string, string, string, string]
  if (which === 'ours') await ours(path)
  else await peers[which]?.({ path, columns, rows: rowCount, row: oneRow })
  const seconds = (performance.now() - begin) / 1000
  console.log(JSON.stringify({ seconds, mb: process.resourceUsage().maxRSS / 1024 }))
}

async function measure(which: string): Promise<{ seconds: number; mb: number; fileMb: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'vera-bench-'))
  const path = join(folder, 'detail.xlsx')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, '--child', which, path])
    return { ...JSON.parse(stdout), fileMb: which === 'base' ? 0 : (await stat(path)).size / 1e6 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  name: `Detail export, ${rowCount.toLocaleString('en')} x ${columns.length}`,
  async run(): Promise<Row[]> {
    const base = await measure('base')
    const mine = await measure('ours')
    const rows: Row[] = [
      {
        ...{ name: 'xlsx export, peak RSS over the base', value: mine.mb - base.mb, unit: 'MB' },
        ...{ target: 150, ok: mine.mb - base.mb <= 150 },
      },
    ]
    for (const peer of Object.keys(peers)) {
      const theirs = await measure(peer)
      rows.push(
        { name: 'xlsx export', value: mine.seconds, unit: 's', ratio: mine.seconds / theirs.seconds, peer },
        { name: 'xlsx export, peak RSS', value: mine.mb, unit: 'MB', ratio: mine.mb / theirs.mb, peer },
        { name: 'xlsx export, file', value: mine.fileMb, unit: 'MB', ratio: mine.fileMb / theirs.fileMb, peer },
      )
    }
    return rows
  },
}
