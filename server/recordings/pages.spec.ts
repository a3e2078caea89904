import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Database, insertId, type Scope, scopeOf } from '../database/index.ts'
import { buildHttp, type Http, type Role } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createRecordings, type Recordings, recordingRoutes } from './index.ts'
import { talkOf } from './testing.ts'

let db: Database
let http: Http
let folder: string
let ours: Scope
let recordings: Recordings
const NOW = Date.UTC(2026, 10, 23, 15)
const tokens: Record<string, string> = {}
const sound = talkOf(2)

before(async () => {
  db = await freshDatabase()
  folder = await mkdtemp(join(tmpdir(), 'vera-pages-'))
  await mkdir(join(folder, 'in'))
  await writeFile(join(folder, 'in/a.wav'), sound)
  http = await buildHttp({ db, now: () => NOW })
  recordings = createRecordings({
    db,
    audit: http.audit,
    alarms: { raise() {} },
    recordingsDir: join(folder, 'in'),
    cacheDir: join(folder, 'cache'),
    serverName: 'test',
    now: () => NOW,
    statfs: async () => ({ bsize: 1, blocks: 100, bavail: 4 }),
  })
  await http.app.register(recordingRoutes({ db, audit: http.audit, recordings }))
  ours = await makeAgency(db)
  const theirs = await makeAgency(db)
  const person = async (name: string, role: Role, agencyId: number) => {
    const row = { agency_id: agencyId, username: name, name, role, created_at: 0 }
    const userId = await insertId(db.knex('users').insert(row))
    tokens[name] = (await http.sessions.issue(scopeOf(agencyId), { userId, kind: 'token' })).token
    return userId
  }
  const agentId = await person('agent', 'agent', ours.agencyId)
  await person('supervisor', 'supervisor', ours.agencyId)
  await person('head', 'agency_administrator', ours.agencyId)
  await person('stranger', 'agency_administrator', theirs.agencyId)
  await person('clerk', 'back_office', ours.agencyId)
  await db.knex('interactions').insert({
    id: 'call',
    agency_id: ours.agencyId,
    channel: 'voice',
    direction: 'inbound',
    created_at: 1,
    from_address: '<img src=x>',
  })
  const row = (more: object) => ({
    agency_id: ours.agencyId,
    interaction_id: 'call',
    agent_id: agentId,
    kind: 'call',
    path: 'a.wav',
    started_at: NOW - 40 * 86_400_000,
    duration_ms: 2_000,
    bytes: sound.length,
    sha256: createHash('sha256').update(sound).digest('hex'),
    ...more,
  })
  await db.knex('recordings').insert(row({ id: 'own', state: 'present' }))
  await db.knex('recordings').insert(row({ id: 'other', state: 'missing', agent_id: null, sha256: null }))
  await db.knex('recordings').insert(row({ id: 'lost', state: 'present', path: 'lost.wav' }))
  await db.knex('recordings').insert(row({ id: 'gone', state: 'expired', expired_at: NOW, expired_days: 30 }))
})
after(async () => {
  await recordings?.stop()
  await http?.close()
  await db?.close()
  await rm(folder, { recursive: true, force: true })
})
const get = (url: string, who: string) =>
  http.app.inject({ url, headers: { authorization: `Bearer ${tokens[who]}`, accept: 'text/html' } })
const post = (url: string, who: string, body: Record<string, string>) =>
  http.app.inject({
    method: 'POST',
    url,
    headers: {
      authorization: `Bearer ${tokens[who]}`,
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: new URLSearchParams(body).toString(),
  })
const audited = async (action: string) => (await db.knex('audit').where({ action })).length

test('who sees what: an agent the own ones, another agency and other roles nothing', async () => {
  const list = await get('/recordings', 'supervisor')
  assert.equal(list.statusCode, 200, list.body.slice(0, 500))
  assert.ok(list.body.includes('/recordings/own') && list.body.includes('/recordings/other'))
  assert.ok(list.body.includes('no llegó a grabar') && list.body.includes('&lt;img src'))
  assert.ok(!list.body.includes('<img src=x>'))
  const mine = await get('/recordings?agent=', 'agent')
  assert.ok(mine.body.includes('/recordings/own') && !mine.body.includes('/recordings/other'))
  assert.equal((await get('/recordings/other', 'agent')).statusCode, 403)
  assert.equal((await get('/recordings/own', 'stranger')).statusCode, 404)
  assert.equal((await get('/recordings', 'clerk')).statusCode, 403)
  assert.equal((await get('/recordings/verification', 'agent')).statusCode, 403)
  assert.equal((await get('/admin/recordings', 'supervisor')).statusCode, 403)
})

test('the page always says why there is nothing to hear', async () => {
  assert.ok((await get('/recordings/own', 'supervisor')).body.includes('data-recording-player'))
  for (const [id, words] of [
    ['other', 'no llegó a grabar'],
    ['lost', 'no se encontró donde se guardó'],
    ['gone', 'según la retención de 30 días'],
  ] as const) {
    const page = await get(`/recordings/${id}`, 'supervisor')
    assert.equal(page.statusCode, 200)
    assert.ok(page.body.includes(words), id)
    assert.ok(!page.body.includes('data-recording-player'), id)
  }
  const peaks = await get('/recordings/own/peaks', 'supervisor')
  assert.deepEqual([peaks.json().channels, peaks.json().durationMs], [2, 2_000])
  assert.equal((await get('/recordings/gone/audio', 'supervisor')).statusCode, 404)
})

test('downloading is a right of its own, on the record', async () => {
  const url = '/recordings/own/audio?download=true'
  assert.equal((await get(url, 'supervisor')).statusCode, 403)
  assert.equal((await get(url, 'agent')).statusCode, 403)
  const whole = await get(url, 'head')
  assert.deepEqual([whole.statusCode, whole.rawPayload.length], [200, sound.length])
  assert.match(String(whole.headers['content-disposition']), /^attachment; filename="grabacion-[\w-]+\.wav"$/)
  assert.equal(await audited('recording.downloaded'), 1)
  assert.equal((await get('/recordings/own', 'supervisor')).body.includes('download=true'), false)
  await post('/admin/recordings/settings', 'head', {
    'download[]': 'supervisor',
    'listen[]': 'supervisor',
    verifyHour: '4',
  })
  assert.equal((await get(url, 'supervisor')).statusCode, 200)
  assert.equal((await get(url, 'head')).statusCode, 403)
  assert.equal((await get('/recordings/own/audio', 'agent')).statusCode, 403, 'agents do not hear their own any more')
  assert.equal((await recordings.rules.settings(ours)).verifyHour, 4)
  await db.knex('recording_settings').del()
})

test('a shorter retention shows its price first; more than was seen is asked again', async () => {
  const rule = { appliesTo: 'agency', record: 'true', samplePercent: '100', retentionDays: '30' }
  const asked = await post('/admin/recordings/rules', 'head', rule)
  assert.equal(asked.statusCode, 200, asked.body.slice(0, 300))
  assert.ok(asked.body.includes('name="confirmed" value="2"'), 'own and lost are older than 30 days')
  assert.deepEqual(await recordings.rules.list(ours), [])
  assert.equal((await post('/admin/recordings/rules', 'head', { ...rule, confirmed: '1' })).statusCode, 200)
  assert.equal((await post('/admin/recordings/rules', 'head', { ...rule, confirmed: '2' })).statusCode, 303)
  assert.equal((await recordings.rules.list(ours))[0]?.retentionDays, 30)
  assert.equal((await post('/admin/recordings/rules', 'head', { ...rule, retentionDays: '60' })).statusCode, 303)
  for (const wrong of [
    { ...rule, appliesTo: 'queue:999' },
    { ...rule, appliesTo: 'all' },
    { ...rule, retentionDays: '0' },
    { ...rule, samplePercent: '101' },
  ])
    assert.equal((await post('/admin/recordings/rules', 'head', wrong)).statusCode, 400, JSON.stringify(wrong))
  assert.equal((await post('/admin/recordings/rules', 'supervisor', rule)).statusCode, 403)
  const page = await get('/admin/recordings', 'head')
  assert.ok(page.body.includes('60 días') && page.body.includes('Queda poco lugar'))
})

test('a hold from the page: with a reason; only the administration lifts it', async () => {
  assert.equal((await post('/recordings/own/hold', 'agent', { reason: 'porque sí' })).statusCode, 403)
  assert.equal((await post('/recordings/own/hold', 'supervisor', { reason: 'x' })).statusCode, 400)
  assert.equal((await post('/recordings/own/hold', 'supervisor', { reason: '<b>Oficio</b> 12' })).statusCode, 303)
  const page = await get('/recordings/own', 'supervisor')
  assert.ok(page.body.includes('&lt;b&gt;Oficio&lt;/b&gt; 12') && page.body.includes('La levanta la administración'))
  assert.equal((await post('/recordings/own/lift', 'supervisor', { reason: 'listo' })).statusCode, 403)
  assert.equal((await post('/recordings/own/lift', 'stranger', { reason: 'listo' })).statusCode, 409)
  assert.equal((await post('/recordings/own/lift', 'head', { reason: 'Causa cerrada' })).statusCode, 303)
  assert.deepEqual([await audited('recording.held'), await audited('recording.hold_lifted')], [1, 1])
})

test('the list of the night, on its page and as a file that no sheet takes for formulas', async () => {
  await db.knex('interactions').where({ id: 'call' }).update({ from_address: '=1+1' })
  assert.equal((await post('/recordings/runs', 'supervisor', { kind: 'verify' })).statusCode, 403)
  assert.equal((await post('/recordings/runs', 'head', { kind: 'verify' })).statusCode, 303)
  await recordings.tick()
  const run = (await recordings.runs.list(ours)).find(({ key }) => key.startsWith('manual'))!
  assert.deepEqual([run.state, run.faults], ['done', 1])
  const page = await get(`/recordings/verification?run=${run.id}`, 'supervisor')
  assert.ok(page.body.includes('El archivo falta') && page.body.includes('/recordings/lost'))
  const csv = await get(`/recordings/verification/${run.id}/faults.csv`, 'supervisor')
  assert.match(csv.body, /^\ufeff"id";"inicio".*\r\n"lost";"2026-10-14 .*";"'=1\+1";"missing"/)
  assert.equal((await get(`/recordings/verification/${run.id}/faults.csv`, 'stranger')).statusCode, 404)
  assert.equal((await get(`/recordings/verification?run=${run.id}`, 'stranger')).statusCode, 404)
  assert.equal((await post(`/recordings/runs/${run.id}/cancel`, 'head', {})).statusCode, 404)
})
