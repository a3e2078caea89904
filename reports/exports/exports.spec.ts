import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { createExports, keptDays } from './exports.ts'
import type { Job, Progress } from './thread.ts'

const minute = 60_000
const wanted = { report: 'calls', format: 'xlsx' as const, query: { from: '2026-03-02', to: '2026-03-02' } }

/** Runs that end when the test says so. */
function byHand() {
  const jobs: { job: Job & { path: string }; progress: Progress; finish(): Promise<void>; fail(error: Error): void }[] =
    []
  const run = (job: Job & { path: string }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Progress>()
    const progress: Progress = { name: 'vera-calls.xlsx', type: 'x/y', rowsDone: 10, rowsTotal: 100 }
    jobs.push({
      job,
      progress,
      async finish() {
        await writeFile(job.path, 'the file')
        resolve(Object.assign(progress, { rowsDone: 100 }))
      },
      fail: reject,
    })
    return { done: promise, progress: () => progress, cancel: async () => reject(new Error('cancelled')) }
  }
  return { jobs, run }
}

onEachDatabase('exports', (db) => {
  async function start(t: TestContext, more: { server?: string; folder?: string; freeBytes?: number } = {}) {
    const folder = more.folder ?? (await mkdtemp(join(tmpdir(), 'vera-exports-')))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const clock = { at: Date.parse('2026-03-03T12:00:00Z') }
    const hand = byHand()
    const make = (server: string, run = hand.run) =>
      createExports({
        db: db(),
        databaseUrl: 'sqlite::memory:',
        folder,
        server,
        now: () => clock.at,
        log: () => {},
        run,
        freeBytes: async () => more.freeBytes ?? 1e12,
      })
    await db().knex('exports').delete()
    return { exports: make(more.server ?? 'one'), make, clock, folder, ...hand }
  }
  async function person(database: Database): Promise<[Scope, number]> {
    const scope = await makeAgency(database)
    const username = `u${scope.agencyId}`
    const [id] = await database
      .knex('users')
      .insert({ agency_id: scope.agencyId, username, name: username, role: 'supervisor', created_at: 0 })
    return [scope, id as number]
  }
  const until = async (condition: () => boolean) => {
    for (const end = Date.now() + 5_000; !condition(); await new Promise(setImmediate))
      assert.ok(Date.now() < end, 'in time')
  }
  const refused = async (work: Promise<unknown>) =>
    work.then(
      () => assert.fail('was taken'),
      (error) => (error instanceof AppError ? error.code : String(error)),
    )

  it('are made one at a time, tell how far they are, and are their owner’s alone', async (t) => {
    const { exports, jobs, clock } = await start(t)
    const me = await person(db())
    const first = await exports.ask(...me, wanted)
    clock.at += 1
    const second = await exports.ask(...me, { ...wanted, format: 'csv' })
    assert.equal(first.state, 'waiting')
    await exports.tick()
    await until(() => jobs.length === 1)
    clock.at += 1000
    await exports.tick()
    const { state, rowsDone, rowsTotal } = await exports.get(...me, first.id)
    assert.deepEqual([state, rowsDone, rowsTotal], ['running', 10, 100])
    assert.equal((await exports.get(...me, second.id)).state, 'waiting')
    assert.equal(await refused(exports.file(...me, first.id)), 'export.not_ready')
    await jobs[0]!.finish()
    await exports.idle()
    const file = await exports.file(...me, first.id)
    const text = (await file.content.toArray()).join('')
    assert.deepEqual([text, file.name, file.bytes], ['the file', 'vera-calls.xlsx', 8])
    const colleague = (
      await db()
        .knex('users')
        .insert({ agency_id: me[0].agencyId, username: `v${me[1]}`, name: 'v', role: 'supervisor', created_at: 0 })
    )[0] as number
    for (const other of [await person(db()), [me[0], colleague] as const]) {
      assert.equal(await refused(exports.file(...other, first.id)), 'export.not_found')
      assert.equal(await refused(exports.cancel(...other, second.id)), 'export.not_found')
      assert.equal(await refused(exports.remove(...other, first.id)), 'export.not_found')
      assert.deepEqual(await exports.list(...other), [])
    }
    await exports.tick()
    await until(() => jobs.length === 2)
    assert.equal(jobs[1]!.job.now, second.createdAt, 'the period is that of when it was asked')
    await jobs[1]!.finish()
    await exports.idle()
  })

  it('are cancelled whether they wait or run, and leave nothing behind', async (t) => {
    const { exports, jobs, folder, clock } = await start(t)
    const me = await person(db())
    const runs = await exports.ask(...me, wanted)
    clock.at += 1
    const waits = await exports.ask(...me, wanted)
    await exports.tick()
    await until(() => jobs.length === 1)
    await writeFile(jobs[0]!.job.path, 'half')
    assert.equal((await exports.cancel(...me, runs.id)).state, 'cancelled')
    assert.equal((await exports.cancel(...me, waits.id)).state, 'cancelled')
    await exports.idle()
    await exports.tick()
    assert.equal(jobs.length, 1)
    assert.deepEqual(await readdir(folder), [])
    await exports.remove(...me, runs.id)
    assert.equal((await exports.list(...me)).length, 1)
  })

  it('begin again by themselves after a restart, once', async (t) => {
    const { make, jobs } = await start(t)
    const me = await person(db())
    const { id } = await make('one').ask(...me, wanted)
    for (const life of [1, 2]) {
      // Each of these is killed: it never stops.
      const exports = make('one')
      await exports.start()
      await exports.tick()
      await until(() => jobs.length === life)
      assert.equal((await exports.get(...me, id)).state, 'running')
      t.after(() => exports.stop())
    }
    const third = make('one')
    await third.start()
    t.after(() => third.stop())
    const { state, error } = await third.get(...me, id)
    assert.deepEqual([state, error], ['failed', 'export.cut_short'])
    assert.deepEqual(jobs[0]!.job.query, jobs[1]!.job.query)
  })

  it('of two servers one takes each; a silent one’s run goes to the other, and what it still does is not kept', async (t) => {
    const { make, jobs, clock, folder } = await start(t)
    const me = await person(db())
    const [one, two] = [make('one'), make('two')]
    const { id } = await one.ask(...me, wanted)
    await Promise.all([one.tick(), two.tick()])
    await until(() => jobs.length === 1)
    clock.at += 2 * minute
    await two.tick()
    await until(() => jobs.length === 2)
    assert.equal((await two.get(...me, id)).server, 'two')
    // The first wakes up and finds it taken.
    await one.tick()
    await one.idle()
    assert.equal((await two.get(...me, id)).state, 'running')
    await jobs[1]!.finish()
    await two.idle()
    assert.equal((await two.get(...me, id)).state, 'done')
    assert.deepEqual(await readdir(folder), [id])
  })

  it('are kept some days', async (t) => {
    const { exports, jobs, clock, folder } = await start(t)
    const me = await person(db())
    const { id } = await exports.ask(...me, wanted)
    await exports.tick()
    await until(() => jobs.length === 1)
    await jobs[0]!.finish()
    await exports.idle()
    await writeFile(join(folder, '00000000-0000-4000-8000-000000000000.part'), 'of a life before')
    clock.at += (keptDays - 1) * 24 * 60 * minute
    await exports.tick()
    assert.deepEqual(await readdir(folder), [id])
    clock.at += 25 * 60 * minute
    await exports.tick()
    assert.deepEqual(await readdir(folder), [])
    assert.equal(await refused(exports.file(...me, id)), 'export.not_found')
  })

  it('say what went wrong: too many rows, a full disk, a thread that ran out of memory', async (t) => {
    const { exports, jobs } = await start(t)
    const me = await person(db())
    const coded = (code: string) => Object.assign(new Error(code), { code })
    const faults = [
      [new AppError('report.too_many_rows', 400, { rows: 2e6, most: 1e6 }), 'report.too_many_rows'],
      [coded('ENOSPC'), 'export.disk_full'],
      [coded('ERR_WORKER_OUT_OF_MEMORY'), 'export.too_big'],
      [new Error('else'), 'export.failed'],
    ] as const
    for (const [at, [error, told]] of faults.entries()) {
      const { id } = await exports.ask(...me, wanted)
      await exports.tick()
      await until(() => jobs.length === at + 1)
      jobs[at]!.fail(error)
      await exports.idle()
      const one = await exports.get(...me, id)
      assert.deepEqual([one.state, one.error], ['failed', told])
      if (at === 0) assert.deepEqual(one.errorValues, { rows: 2e6, most: 1e6 })
    }
    const full = await start(t, { freeBytes: 1e6 })
    const { id } = await full.exports.ask(...me, wanted)
    await full.exports.tick()
    await full.exports.idle()
    assert.equal((await full.exports.get(...me, id)).error, 'export.disk_full')
    assert.equal(full.jobs.length, 0)
  })

  it('are refused when the parameters are wrong or five wait already', async (t) => {
    const { exports } = await start(t)
    const me = await person(db())
    assert.equal(await refused(exports.ask(...me, { ...wanted, report: 'none' })), 'report.not_found')
    assert.equal(await refused(exports.ask(...me, { ...wanted, query: { from: 'x' } })), 'report.bad_parameters')
    for (let n = 0; n < 5; n++) await exports.ask(...me, wanted)
    assert.equal(await refused(exports.ask(...me, wanted)), 'export.too_many')
  })
})
