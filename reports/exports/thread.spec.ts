import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { type Database, openDatabase, type Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { emptyMariadb, makeAgency } from '../../server/testing/database.ts'
import { reportOf } from '../reports.ts'
import { makeFile, prepare } from '../run.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { xlsxFaults } from '../testing/xlsx-rules.ts'
import { type Job, runToFile, runToStream } from './thread.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = monday + 2 * 86_400_000

async function centre(t: TestContext, kind: 'sqlite' | 'mysql') {
  const folder = await mkdtemp(join(tmpdir(), 'vera-thread-'))
  const maria = kind === 'mysql' ? await emptyMariadb() : undefined
  const databaseUrl = maria?.url ?? `sqlite:${join(folder, 'v.sqlite')}`
  const db = openDatabase(databaseUrl)
  t.after(async () => {
    await db.close()
    await maria?.drop()
    await rm(folder, { recursive: true, force: true })
  })
  await db.migrate()
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  const query = { from: '2026-03-02', to: '2026-03-02' }
  const job: Job = { databaseUrl, agencyId: scope.agencyId, report: 'calls', query, format: 'xlsx', now }
  return { db, scope, job, folder }
}

async function here(db: Database, scope: Scope, job: Job): Promise<Buffer> {
  const context = await prepare(db, scope, reportOf(job.report)!, job.query, now)
  return Buffer.concat(await (await makeFile(context, job.format)).content.map((piece) => Buffer.from(piece)).toArray())
}

for (const kind of ['sqlite', 'mysql'] as const) {
  const skip = kind === 'mysql' && !process.env.TEST_MARIADB_URL ? 'no MariaDB on this machine' : false
  it(`a thread makes the same files as the platform itself, on ${kind}`, { skip }, async (t) => {
    const { db, scope, job, folder } = await centre(t, kind)
    const path = join(folder, 'file')
    for (const report of ['calls', 'queues'])
      for (const format of ['xlsx', 'csv'] as const) {
        const wanted = { ...job, report, format }
        const run = runToFile({ ...wanted, path })
        const { name, rowsDone, rowsTotal } = await run.done
        assert.equal(name, `vera-${report}-2026-03-02.${format}`)
        if (report === 'calls') assert.deepEqual([rowsDone, rowsTotal], [8, 8])
        assert.deepEqual(await readFile(path), await here(db, scope, wanted))
      }
    const file = await runToStream(job)
    const bytes = Buffer.concat(await file.content.toArray())
    assert.deepEqual(bytes, await here(db, scope, job))
    assert.deepEqual(xlsxFaults(bytes), [])
    const book = new exceljs.Workbook()
    await book.xlsx.load(bytes as unknown as ArrayBuffer)
    assert.equal(book.getWorksheet('Llamadas')?.rowCount, 10)
  })
}

it('a thread tells what was wrong with the parameters, and what it cannot open', async (t) => {
  const { job } = await centre(t, 'sqlite')
  const error = await runToStream({ ...job, query: { from: 'ayer' } }).catch((one) => one)
  assert.ok(error instanceof AppError)
  assert.deepEqual(
    [error.code, error.status, Object.keys(error.fields ?? {})],
    ['report.bad_parameters', 400, ['from']],
  )
  await assert.rejects(runToStream({ ...job, databaseUrl: 'sqlite:/nowhere/at/all' }))
  const run = runToFile({ ...job, path: '/nowhere/at/all' })
  await assert.rejects(run.done, { code: 'ENOENT' })
})

it('a reader that goes away ends the thread; so does whoever cancels', async (t) => {
  const { job, folder } = await centre(t, 'sqlite')
  const { content } = await runToStream(job)
  content.destroy()
  await once(content, 'close')
  const run = runToFile({ ...job, path: join(folder, 'file') })
  const over = assert.rejects(run.done)
  await run.cancel()
  await over
})
