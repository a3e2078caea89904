// `npm run bench [part of a file's name ...]`: every *.bench.ts beside this file, each in a process of its own so that
// none warms or fills the memory of the next, then one table.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Bench, Row } from './bench.ts'

const MARK = 'bench-rows:'

if (process.argv[2] === '--one') {
  const { bench } = (await import(join(import.meta.dirname, process.argv[3] as string))) as { bench: Bench }
  console.log(`\n${bench.name}`)
  console.log(MARK + JSON.stringify(await bench.run()))
} else {
  const asked = process.argv.slice(2)
  const files = globSync('*.bench.ts', { cwd: import.meta.dirname })
    .filter((file) => asked.length === 0 || asked.some((part) => file.includes(part)))
    .sort()
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`,
  )
  const table: Record<string, string | number>[] = []
  let failed = false
  for (const file of files) {
    const rows = await runOne(file)
    if (!rows) {
      failed = true
      table.push({ figure: file, value: 'failed', goal: '', 'ratio to peer': '', ok: 'no' })
    }
    for (const row of rows ?? []) {
      if (row.ok === false) failed = true
      table.push(shown(row))
    }
  }
  console.log('')
  print(table)
  if (table.length === 0) console.log(`No benchmark matches ${asked.join(' ')}`)
  process.exitCode = failed || table.length === 0 ? 1 : 0
}

async function runOne(file: string): Promise<Row[] | undefined> {
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, '--one', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let rows: Row[] | undefined
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      if (line.startsWith(MARK)) rows = JSON.parse(line.slice(MARK.length))
      else console.log(line)
    }
  })
  const [code] = await once(child, 'close')
  return code === 0 ? rows : undefined
}

function shown(row: Row): Record<string, string | number> {
  const number = (value: number) =>
    Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(value)
  return {
    figure: row.name,
    value: `${number(row.value)} ${row.unit}`,
    goal: row.target === undefined ? '' : `${number(row.target)} ${row.unit}`,
    'ratio to peer': typeof row.ratio !== 'number' ? '' : `${row.ratio.toFixed(2)} x ${row.peer ?? ''}`.trim(),
    ok: row.ok === undefined ? '' : row.ok ? 'yes' : 'NO',
  }
}

function print(rows: Record<string, string | number>[]): void {
  const columns = Object.keys(rows[0] ?? {})
  const width = (column: string) => Math.max(column.length, ...rows.map((row) => String(row[column]).length))
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => String(cell).padEnd(width(columns[i] as string))).join(' | ')
  if (columns.length === 0) return
  console.log(line(columns))
  console.log(columns.map((column) => '-'.repeat(width(column))).join('-|-'))
  for (const row of rows) console.log(line(columns.map((column) => row[column] ?? '')))
}
