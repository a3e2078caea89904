// `npm test`: every *.spec.ts, each file in a process of its own, over a private MariaDB that this run starts and stops.
// The last line is `N passed, N failed, N skipped`.
import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { startMariadb } from './mariadb.ts'
import { installPrerequisites } from './prerequisites.ts'

const asked = process.argv.slice(2)
const files: string[] = []
for await (const file of glob(asked.length > 0 ? asked : '**/*.spec.ts', {
  exclude: (name) => name === 'node_modules' || name === 'var',
})) {
  files.push(file)
}
// What drives browsers and whole servers takes longest: begun first, none is left running alone in the end.
const journeys = (file: string) => (file.startsWith('test/') ? 0 : 1)
files.sort((a, b) => journeys(a) - journeys(b) || (a < b ? -1 : 1))
if (files.length === 0) {
  console.error(`No test file matches ${asked.join(' ')}`)
  process.exit(2)
}

installPrerequisites()
const mariadb = await startMariadb()
if (mariadb) process.env.TEST_MARIADB_URL = mariadb.url
const totals = { passed: 0, failed: 0, skipped: 0 }
/** Nothing takes so long, also on a machine four times as slow as ours: whatever does hangs. */
const hungMs = 900_000
// Hundreds of processes read the same sources.
process.env.NODE_COMPILE_CACHE ??= resolve('var/compile-cache')
if (asked.length === 0) process.env.VERA_TEST_SEED ??= '1'
const execArgv = ['--import', resolve('test/seed.ts')]
// One more than there are cores: much of their time they wait for each other's timers and browsers.
const stream = run({ files, concurrency: availableParallelism() + 1, timeout: hungMs, execArgv })
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return
  if (event.skip !== undefined || event.todo !== undefined) totals.skipped++
  else totals.passed++
})
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite') totals.failed++
})
const report = stream.compose(new spec())
report.pipe(process.stdout, { end: false })
report.on('end', async () => {
  await mariadb?.stop()
  // The spec reporter's own summary is written behind it; ours must be the last line.
  setImmediate(() => {
    process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`, () =>
      process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0),
    )
  })
})
