import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Database, insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http, type Role } from '../http/index.ts'
import { createInteractions, interactionRoutes } from '../interactions/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { recordingRoutes } from './index.ts'
import { readRange } from './range.ts'

let db: Database
let http: Http
let folder: string
const tokens: Record<string, string> = {}
let agentId = 0

before(async () => {
  db = await freshDatabase()
  folder = await mkdtemp(join(tmpdir(), 'vera-recordings-'))
  await mkdir(join(folder, 'inside'))
  await writeFile(join(folder, 'inside/a.wav'), '0123456789')
  await writeFile(join(folder, 'secret.wav'), 'secret')
  await symlink(join(folder, 'secret.wav'), join(folder, 'inside/link.wav'))
  http = await buildHttp({ db })
  const audit = http.audit
  await http.app.register(recordingRoutes({ db, audit, recordingsDir: join(folder, 'inside') }))
  const facts = { record: () => assert.fail('nothing is to be recorded') }
  await http.app.register(interactionRoutes(createInteractions({ db, facts })))
  const ours = await makeAgency(db)
  const theirs = await makeAgency(db)
  const person = async (name: string, role: Role, agencyId: number) => {
    const row = { agency_id: agencyId, username: name, name, role, created_at: 0 }
    const userId = await insertId(db.knex('users').insert(row))
    tokens[name] = (await http.sessions.issue(scopeOf(agencyId), { userId, kind: 'token' })).token
    return userId
  }
  await person('supervisor', 'supervisor', ours.agencyId)
  agentId = await person('agent', 'agent', ours.agencyId)
  await person('colleague', 'agent', ours.agencyId)
  await person('stranger', 'supervisor', theirs.agencyId)
  const own = { agency_id: ours.agencyId, interaction_id: 'call' }
  await db.knex('interactions').insert({
    id: 'call',
    agency_id: ours.agencyId,
    channel: 'voice',
    direction: 'inbound',
    created_at: 1,
    from_address: '<b>x',
  })
  await db.knex('interaction_notes').insert({ id: 'note', ...own, at: 2, body: '<script>alert(1)</script>' })
  const recording = { ...own, agent_id: agentId, kind: 'call', state: 'present', started_at: 1 }
  for (const [id, path, state] of [
    ['good', 'a.wav', 'present'],
    ['absolute', join(folder, 'inside/a.wav'), 'present'],
    ['outside', '../secret.wav', 'present'],
    ['link', 'link.wav', 'present'],
    ['gone', 'none.wav', 'present'],
    ['open', 'a.wav', 'expected'],
  ]) {
    await db.knex('recordings').insert({ ...recording, id, path, state })
  }
})
after(async () => {
  await http?.close()
  await db?.close()
  await rm(folder, { recursive: true, force: true })
})
const get = (url: string, who: string, headers: Record<string, string> = {}) =>
  http.app.inject({ url, headers: { authorization: `Bearer ${tokens[who]}`, ...headers } })
const audio = (id: string, who: string, range?: string) => get(`/recordings/${id}/audio`, who, range ? { range } : {})

test('ranges', () => {
  assert.deepEqual(readRange('bytes=2-4', 10), { first: 2, last: 4 })
  assert.deepEqual(readRange('bytes=-3', 10), { first: 7, last: 9 })
  assert.deepEqual(readRange('bytes=8-99', 10), { first: 8, last: 9 })
  assert.equal(readRange('bytes=10-', 10), 'unsatisfiable')
  for (const text of ['bytes=4-2', 'bytes=-', 'lines=1-2', 'bytes=1-2,4-5', undefined])
    assert.equal(readRange(text, 10), undefined)
})
test('whole, in part, and audited once', async () => {
  const whole = await audio('good', 'supervisor')
  assert.deepEqual([whole.statusCode, whole.body, whole.headers['content-type']], [200, '0123456789', 'audio/wav'])
  const part = await audio('good', 'supervisor', 'bytes=2-4')
  assert.deepEqual([part.statusCode, part.body, part.headers['content-range']], [206, '234', 'bytes 2-4/10'])
  const beyond = await audio('good', 'supervisor', 'bytes=50-')
  assert.deepEqual([beyond.statusCode, beyond.headers['content-range']], [416, 'bytes */10'])
  assert.equal((await db.knex('audit').where({ action: 'recording.listened', subject_id: 'good' })).length, 1)
  assert.equal((await audio('absolute', 'supervisor')).statusCode, 200)
})
test('nothing outside the folder, and a reason when there is no audio', async () => {
  for (const [id, code] of [
    ['outside', 'recording.missing'],
    ['link', 'recording.missing'],
    ['gone', 'recording.missing'],
    ['open', 'recording.still_open'],
    ['none', 'recording.not_found'],
  ]) {
    const answer = await audio(id!, 'supervisor')
    assert.deepEqual([answer.statusCode, answer.json().error.code], [404, code], id)
  }
})
test('an agent hears the own calls, another agency nothing', async () => {
  assert.equal((await audio('good', 'agent')).statusCode, 200)
  assert.equal((await audio('good', 'colleague')).statusCode, 403)
  assert.equal((await audio('good', 'stranger')).statusCode, 404)
})
test('the page of the interaction: the own agency only, hostile text escaped', async () => {
  const page = await get('/interactions/call', 'supervisor', { accept: 'text/html' })
  assert.equal(page.statusCode, 200, page.body.slice(0, 500))
  assert.ok(page.body.includes('/recordings/good/audio') && page.body.includes('&lt;script&gt;alert(1)'))
  assert.ok(!page.body.includes('<script>alert') && !page.body.includes('<b>x'))
  assert.equal((await get('/interactions/call', 'stranger')).statusCode, 404)
  const list = await get('/interactions?queue=&agent=&from=&q=x', 'supervisor', { accept: 'text/html' })
  assert.ok(list.statusCode === 200 && list.body.includes('/interactions/call'), list.body.slice(0, 500))
  assert.equal((await get('/api/interactions', 'stranger')).json().total, 0)
})
