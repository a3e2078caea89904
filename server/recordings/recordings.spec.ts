import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { insertId, type Scope } from '../database/index.ts'
import { AppError } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { recordingsCompanion } from './companion.ts'
import { createRecordings, type Recordings } from './recordings.ts'
import { DAY_MS } from './rules.ts'
import { talkOf } from './testing.ts'

const NOW = Date.UTC(2026, 10, 23, 15)

onEachDatabase('recordings as evidence', (db) => {
  let root: string
  let folder: string
  let now = NOW
  const audited: string[] = []
  const alarms: { code: string; message: string }[] = []
  const audit = { record: async (_: Scope, { action }: { action: string }) => void audited.push(action) }
  const made: Recordings[] = []
  const create = (more: Partial<Parameters<typeof createRecordings>[0]> = {}) => {
    const recordings = createRecordings({
      db: db(),
      audit,
      alarms: { raise: (_, alarm) => alarms.push(alarm) },
      recordingsDir: folder,
      cacheDir: join(root, 'cache'),
      serverName: 'one',
      now: () => now,
      ...more,
    })
    made.push(recordings)
    return recordings
  }
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'vera-evidence-'))
    folder = join(root, 'recordings')
    await mkdir(folder)
  })
  after(async () => {
    for (const one of made) await one.stop()
    await rm(root, { recursive: true, force: true })
  })
  let serial = 0
  async function recording(
    scope: Scope,
    more: Record<string, unknown> & { sound?: Buffer | string; days?: number } = {},
  ): Promise<string> {
    const { sound = 'sound', days = 1, ...columns } = more
    const id = `rec-${String(++serial).padStart(4, '0')}`
    const path = join(folder, String(scope.agencyId), `${id}.wav`)
    if (sound !== '') {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, sound)
    }
    await db()
      .knex('recordings')
      .insert({
        id,
        agency_id: scope.agencyId,
        interaction_id: `call-${id}`,
        kind: 'call',
        path,
        state: 'present',
        started_at: now - days * DAY_MS,
        closed_at: now - days * DAY_MS,
        bytes: Buffer.byteLength(sound),
        sha256: createHash('sha256').update(sound).digest('hex'),
        ...columns,
      })
    return id
  }
  const rowOf = (id: string) => db().knex('recordings').where({ id }).first()
  const codeOf = (code: string) => (error: unknown) => error instanceof AppError && error.code === code

  test('the night tells what is changed, missing, never closed, and keeps the rest as verified', async () => {
    const scope = await makeAgency(db())
    const good = await recording(scope)
    const changed = await recording(scope, { sha256: 'f'.repeat(64) })
    const gone = await recording(scope, { sound: '' })
    const outside = await recording(scope, { path: '/etc/passwd', sound: '' })
    const silent = await recording(scope, { state: 'missing', sound: '' })
    const open = await recording(scope, { state: 'expected', closed_at: null })
    await recording(scope, { state: 'expected', closed_at: null, days: 0 })
    const recordings = create()
    alarms.length = 0
    await recordings.tick()
    const runs = await recordings.runs.list(scope)
    const verify = runs.find(({ kind }) => kind === 'verify')!
    assert.deepEqual(
      [verify.state, verify.key, verify.total, verify.done, verify.faults],
      ['done', '2026-11-23', 6, 6, 5],
    )
    assert.deepEqual(
      (await recordings.runs.faults(scope, verify.id)).map(({ recordingId, state }) => [recordingId, state]),
      [
        [changed, 'changed'],
        [gone, 'missing'],
        [outside, 'unreadable'],
        [silent, 'no_audio'],
        [open, 'unclosed'],
      ],
    )
    assert.equal((await rowOf(good)).verified_state, 'ok')
    assert.equal(Number((await rowOf(good)).verified_at), now)
    assert.equal(alarms.filter(({ code }) => code === 'recordings.broken').length, 1)
    // The same night is not verified twice, not even by another server.
    await create({ serverName: 'two' }).tick()
    assert.equal((await recordings.runs.list(scope)).filter(({ kind }) => kind === 'verify').length, 1)
  })

  test('a share that is not mounted is one fault, not a list of all', async () => {
    const scope = await makeAgency(db())
    await recording(scope)
    const recordings = create({ recordingsDir: join(root, 'away') })
    const id = await recordings.runNow(scope, 'verify', 1)
    await recordings.tick()
    const run = await recordings.runs.byId(scope, id!)
    assert.deepEqual([run?.state, run?.error, run?.faults], ['failed', 'folder', 0])
    assert.equal(recordings.diskState().state, 'away')
  })

  test('a run goes on where it was after its server died, and is cancelled from the page', async () => {
    const scope = await makeAgency(db())
    const ids = [await recording(scope), await recording(scope), await recording(scope)]
    const insert = (row: object) =>
      insertId(
        db()
          .knex('recording_runs')
          .insert({
            agency_id: scope.agencyId,
            kind: 'verify',
            state: 'running',
            owner: 'dead#1',
            started_at: now,
            ...row,
          }),
      )
    const half = await insert({ run_key: 'a', beat_at: now - 60_000, position: ids[0], done: 1, total: 3 })
    const recordings = create()
    await recordings.tick()
    assert.equal((await recordings.runs.byId(scope, half))?.state, 'running', 'its server may still be alive')
    now += 120_000
    await recordings.tick()
    const run = await recordings.runs.byId(scope, half)
    assert.deepEqual([run?.state, run?.done, run?.total, run?.position], ['done', 3, 3, ids[2]])
    const cancelled = await insert({ run_key: 'b', beat_at: now - 500_000 })
    assert.equal(await recordings.runs.cancel(scope, cancelled), true)
    await recordings.tick()
    assert.equal((await recordings.runs.byId(scope, cancelled))?.state, 'cancelled')
    assert.equal(await recordings.runs.cancel(await makeAgency(db()), half), false)
    now = NOW
  })

  test('retention removes the file and keeps the row; a hold, another agency and what lies outside stay', async () => {
    const scope = await makeAgency(db())
    const other = await makeAgency(db())
    const queueId = await insertId(db().knex('queues').insert({ agency_id: scope.agencyId, code: 'q', name: 'Q' }))
    const old = await recording(scope, { days: 31 })
    const young = await recording(scope, { days: 29 })
    const held = await recording(scope, { days: 400 })
    const kept = await recording(scope, { days: 400, queue_id: queueId })
    const theirs = await recording(other, { days: 400 })
    const outside = await recording(scope, { days: 400, path: join(root, 'precious.wav'), sound: '' })
    await writeFile(join(root, 'precious.wav'), 'keep me')
    const recordings = create()
    await recordings.holds.place(scope, 9, held, 'Oficio judicial 123/26')
    const change = { record: true, samplePercent: 100, retentionDays: 30 }
    await recordings.rules.save(scope, { ...change, queueId, retentionDays: 3_650 })
    const price = await recordings.preview(scope, change)
    assert.deepEqual([price.count, price.held], [2, 1])
    assert.equal(price.newest, Number((await rowOf(old)).started_at))
    await recordings.rules.save(scope, change)
    await recordings.runNow(scope, 'expire', 9)
    await recordings.tick()
    const states = await Promise.all(
      [old, young, held, kept, theirs, outside].map(async (id) => (await rowOf(id)).state),
    )
    assert.deepEqual(states, ['expired', 'present', 'present', 'present', 'present', 'present'])
    const row = await rowOf(old)
    assert.deepEqual([row.expired_days, row.sha256.length], [30, 64])
    assert.deepEqual(
      await readdir(join(folder, String(scope.agencyId))),
      [young, held, kept].map((id) => `${id}.wav`),
    )
    assert.equal(await readFile(join(root, 'precious.wav'), 'utf8'), 'keep me')
    const run = (await recordings.runs.list(scope)).find(({ kind }) => kind === 'expire')!
    assert.deepEqual(
      (await recordings.runs.faults(scope, run.id)).map(({ recordingId, state }) => [recordingId, state]),
      [[outside, 'not_removed']],
    )
    // What is gone can no longer be held; a hold is lifted once, with its reason.
    await assert.rejects(recordings.holds.place(scope, 9, old, 'tarde'), codeOf('recording.gone'))
    await assert.rejects(recordings.holds.place(scope, 9, held, 'otra vez'), codeOf('recording.held'))
    await assert.rejects(recordings.holds.place(other, 9, held, 'ajena'), codeOf('recording.not_found'))
    await assert.rejects(recordings.holds.lift(scope, 9, held, ' '), codeOf('recording.reason_needed'))
    await recordings.holds.lift(scope, 9, held, 'Causa cerrada')
    now += 1
    await assert.rejects(recordings.holds.lift(scope, 9, held, 'otra vez'), codeOf('recording.not_held'))
    assert.deepEqual(
      (await recordings.holds.of(scope, held)).map(({ reason, liftedReason }) => [reason, liftedReason]),
      [['Oficio judicial 123/26', 'Causa cerrada']],
    )
    assert.ok(audited.includes('recording.held') && audited.includes('recording.hold_lifted'))
    await recordings.runNow(scope, 'expire', 9)
    await recordings.tick()
    assert.equal((await rowOf(held)).state, 'expired')
  })

  test('the rule that routing asks, from memory', async () => {
    const scope = await makeAgency(db())
    const queueId = await insertId(db().knex('queues').insert({ agency_id: scope.agencyId, code: 'q', name: 'Q' }))
    const recordings = create()
    const about = { agencyId: scope.agencyId, queueId }
    assert.deepEqual(recordings.rules.of({ ...about, fallback: false }), { record: false })
    await recordings.rules.save(scope, {
      queueId,
      record: true,
      samplePercent: 100,
      announce: 'aviso',
      compressAfterDays: 7,
    })
    assert.deepEqual(recordings.rules.of({ ...about, fallback: false }), {
      record: true,
      announce: 'aviso',
      compress: 7,
    })
    assert.equal(recordings.announcementFor(scope.agencyId, queueId), 'aviso')
    await recordings.rules.save(scope, { queueId, record: false, samplePercent: 100, announce: 'aviso' })
    assert.equal(recordings.announcementFor(scope.agencyId, queueId), undefined)
    assert.equal((await recordings.rules.list(scope)).length, 1)
    assert.equal(await recordings.rules.remove(scope, { queueId }), true)
  })

  test('compressing keeps the original hash and length; a changed file and a held one stay as they are', async (t) => {
    const recordings = create()
    if (!(await recordings.opusAvailable())) return t.skip('opusenc is not on this machine')
    const scope = await makeAgency(db())
    const sound = talkOf(4)
    const id = await recording(scope, { sound, days: 2, duration_ms: 4_000 })
    const changed = await recording(scope, { sound, days: 2, sha256: 'e'.repeat(64) })
    const held = await recording(scope, { sound, days: 2, held: true })
    const broken = await recording(scope, { sound: 'no sound', days: 2 })
    const hash = (await rowOf(id)).sha256
    const before = await recordings.waveforms.of(id, hash, (await rowOf(id)).path)
    await recordings.rules.save(scope, { record: true, samplePercent: 100, compressAfterDays: 1 })
    await recordings.runNow(scope, 'compress', 1)
    await recordings.tick()
    const row = await rowOf(id)
    assert.deepEqual([row.original_sha256, Number(row.original_bytes), row.leftover], [hash, sound.length, null])
    assert.match(row.path, /\.opus$/)
    assert.equal(row.verified_state, 'ok', 'the night that followed read the new file')
    assert.equal(
      createHash('sha256')
        .update(await readFile(row.path))
        .digest('hex'),
      row.sha256,
    )
    assert.ok(Number(row.bytes) < sound.length / 2)
    const after = await recordings.waveforms.of(id, row.sha256, row.path)
    assert.ok(Math.abs(after.durationMs - before.durationMs) < 50, `${after.durationMs} ms`)
    // The voices are still apart: where one speaks the other is silent.
    const middle = (list: number[], second: number) => list[Math.floor((second / 4) * list.length)] as number
    assert.ok(middle(after.peaks[0]!, 0.5) > 20 && middle(after.peaks[1]!, 0.5) < 5)
    assert.ok(middle(after.peaks[0]!, 1.5) < 5 && middle(after.peaks[1]!, 1.5) > 20)
    for (const other of [changed, held, broken]) assert.match((await rowOf(other)).path, /\.wav$/)
    const files = await readdir(join(folder, String(scope.agencyId)))
    assert.deepEqual(files.sort(), [`${id}.opus`, ...[changed, held, broken].map((one) => `${one}.wav`)].sort())
    const run = (await recordings.runs.list(scope)).find(({ kind }) => kind === 'compress')!
    assert.deepEqual(
      (await recordings.runs.faults(scope, run.id)).map(({ recordingId, state }) => [recordingId, state]),
      [
        [changed, 'changed'],
        [broken, 'not_packed'],
      ],
    )
    now += 1
    // Killed between the new row and the old file: the next run removes what was left.
    await writeFile(row.path.replace('.opus', '.wav'), 'left')
    await db()
      .knex('recordings')
      .where({ id })
      .update({ leftover: row.path.replace('.opus', '.wav') })
    await recordings.runNow(scope, 'compress', 1)
    await recordings.tick()
    assert.equal((await rowOf(id)).leftover, null)
    assert.ok(!(await readdir(join(folder, String(scope.agencyId)))).includes(`${id}.wav`))
  })

  test('without opusenc the run says so', async () => {
    const scope = await makeAgency(db())
    await recording(scope, { days: 3 })
    const recordings = create({ opus: { encoder: 'no-such-program' } })
    await recordings.rules.save(scope, { record: true, samplePercent: 100, compressAfterDays: 1 })
    const id = await recordings.runNow(scope, 'compress', 1)
    await recordings.tick()
    assert.deepEqual((await recordings.runs.byId(scope, id!))?.error, 'no_opus')
  })

  test('fetched from another switch: with patience, in pieces, checked; the page knows why not', async () => {
    const scope = await makeAgency(db())
    const far = join(root, `far-${scope.agencyId}`)
    await mkdir(far)
    let behave: (companion: RequestListener) => RequestListener = (companion) => companion
    const companion = recordingsCompanion({ folder: far, secret: 'the secret' }) as RequestListener
    const server = createServer((request, response) => behave(companion)(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    server.unref()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const sources = (secret: string) => ({
      norte: { kind: 'http' as const, url, secret },
      centro: { kind: 'shared' as const },
    })
    const sound = talkOf(2)
    const id = await recording(scope, { sound: '', state: 'missing', sha256: null, bytes: null })
    const call = (row: object) => ({
      agency_id: scope.agencyId,
      channel: 'voice',
      direction: 'inbound',
      created_at: now,
      switch_node: 'norte',
      ...row,
    })
    await db()
      .knex('interactions')
      .insert(call({ id: `call-${id}` }))
    const near = await recording(scope, { sound: '', state: 'missing' })
    await db()
      .knex('interactions')
      .insert(call({ id: `call-${near}`, switch_node: 'centro' }))
    const said = async (recordings: Recordings) => (await recordings.store.byId(scope, id))!

    const stranger = create({ sources: sources('wrong') })
    await stranger.fetchNow()
    assert.deepEqual([(await said(stranger)).fetchState, (await said(stranger)).fetchFault], ['waiting', 'refused'])
    const night = await stranger.runNow(scope, 'verify', 1)
    await stranger.tick()
    assert.deepEqual((await stranger.runs.faults(scope, night!))[0], {
      recordingId: id,
      state: 'far',
      detail: 'norte: refused',
    })
    const recordings = create({ sources: sources('the secret') })
    assert.equal(await recordings.fetchNow(), 0, 'not before its time')
    now += 60_000
    await recordings.fetchNow()
    assert.equal((await said(recordings)).fetchFault, 'not_there')
    await mkdir(join(far, String(scope.agencyId)), { recursive: true })
    await writeFile(join(far, String(scope.agencyId), `${id}.wav`), sound)

    // The line dies in the middle; the next attempt asks only for the rest.
    behave = (whole) => (request, response) => {
      const write = response.write.bind(response)
      response.write = ((chunk: Buffer) => {
        write(chunk.subarray(0, 10_000))
        return false
      }) as never
      response.end = (() => response) as never
      whole(request, response)
    }
    now += 3_600_000
    const impatient = create({ sources: sources('the secret'), remote: { idleMs: 250 } })
    await impatient.fetchNow()
    assert.equal((await said(recordings)).fetchFault, 'unreachable')
    const ranges: unknown[] = []
    behave = (whole) => (request, response) => {
      ranges.push(request.headers.range)
      whole(request, response)
    }
    now += 3_600_000
    assert.equal(await recordings.fetchNow(), 1)
    assert.equal(ranges[0], 'bytes=10000-')
    const row = await said(recordings)
    assert.deepEqual([row.state, row.fetchState, row.bytes, row.durationMs], ['present', 'done', sound.length, 2_000])
    assert.equal(row.sha256, createHash('sha256').update(sound).digest('hex'))
    assert.deepEqual(await readFile(row.path), sound)
    assert.deepEqual(
      (await readdir(dirname(row.path))).filter((name) => name.includes('.part')),
      [],
    )

    // A file that is not what the switch says it is never becomes evidence; a switch that is away is named.
    const second = await recording(scope, { sound: '', state: 'missing', sha256: null })
    await db()
      .knex('interactions')
      .insert(call({ id: `call-${second}` }))
    behave = () => (_request, response) =>
      void response.writeHead(200, { 'x-vera-sha256': '0'.repeat(64) }).end('forged')
    await recordings.fetchNow()
    assert.equal((await recordings.store.byId(scope, second))?.fetchFault, 'broken')
    const small = create({ sources: sources('the secret'), remote: { maxBytes: 3 } })
    now += 3_600_000
    await small.fetchNow()
    assert.deepEqual((await recordings.store.byId(scope, second))?.fetchState, 'failed')
    assert.equal(await recordings.fetchAgain(scope, second), true)
    await new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
    now += 3_600_000
    await recordings.fetchNow()
    assert.equal((await recordings.store.byId(scope, second))?.fetchFault, 'unreachable')
    assert.equal(
      (await recordings.store.byId(scope, near))?.fetchState,
      undefined,
      'a shared folder has nothing to fetch',
    )
    now = NOW
  })

  test('the list: filters, hostile text, another agency', async () => {
    const scope = await makeAgency(db())
    const id = await recording(scope, { duration_ms: 5_000 })
    await recording(scope, { duration_ms: 500, state: 'expired' })
    await db()
      .knex('facts')
      .insert({
        id: `fact-${id}`,
        agency_id: scope.agencyId,
        interaction_id: `call-${id}`,
        kind: 'recording.masked',
        at: now,
        body: JSON.stringify({ recordingId: id, masked: true }),
      })
    const { store } = create()
    const ids = async (filter: Parameters<typeof store.list>[1], whose = scope) =>
      (await store.list(whose, filter, { size: 10, offset: 0 })).rows.map((row) => row.id)
    assert.deepEqual(await ids({ masked: true }), [id])
    assert.deepEqual((await ids({})).length, 2)
    assert.deepEqual(await ids({ minMs: 1_000, maxMs: 6_000, state: 'present', held: false }), [id])
    assert.deepEqual(await ids({ state: 'broken' }), [])
    for (const text of ["' or 1=1 --", '%', '!', '\\', '_'.repeat(50)]) assert.deepEqual(await ids({ text }), [])
    assert.deepEqual(await ids({}, await makeAgency(db())), [])
    assert.equal(await store.byId(await makeAgency(db()), id), undefined)
  })
})
