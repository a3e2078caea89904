import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Database, insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http, type Role } from '../http/index.ts'
import { createFactJournal, createInteractions, interactionRoutes } from '../interactions/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { type CallRecords, callRecordRoutes, createCallRecords } from './index.ts'
import { callerRecord } from './sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'vera-call-records-'))
const hostile = '<img src=x onerror=alert(1)>'
const start = Date.now() - 3_600_000
let db: Database
let http: Http
let records: CallRecords
let stop: () => Promise<void>
const tokens: Record<string, string> = {}

before(async () => {
  db = await freshDatabase()
  http = await buildHttp({ db })
  const ours = await makeAgency(db)
  const theirs = await makeAgency(db)
  const people: [string, number, Role][] = [
    ['administrator', ours.agencyId, 'administrator'],
    ['agency', ours.agencyId, 'agency_administrator'],
    ['supervisor', ours.agencyId, 'supervisor'],
    ['agent', ours.agencyId, 'agent'],
    ['stranger', theirs.agencyId, 'supervisor'],
  ]
  for (const [username, agencyId, role] of people) {
    const row = { agency_id: agencyId, username, name: username, role, created_at: 0 }
    tokens[username] = (
      await http.sessions.issue(scopeOf(agencyId), { userId: await insertId(db.knex('users').insert(row)) })
    ).token
  }
  const facts = createFactJournal({ db, folder: join(folder, 'journal') })
  const cdrDir = join(folder, 'cdr')
  mkdirSync(join(cdrDir, 'broken'), { recursive: true })
  const agencyOf = async () => ({ id: ours.agencyId, known: true })
  records = createCallRecords({ db, facts, cdrDir, agencyOf, graceMs: 0 })
  const file = callerRecord({ uuid: 'missed', start, end: start + 5_000, from: hostile })
  writeFileSync(join(cdrDir, 'missed.cdr.json'), JSON.stringify(file))
  writeFileSync(join(cdrDir, 'broken', 'torn.cdr.json'), '{')
  writeFileSync(join(cdrDir, 'broken', 'torn.cdr.json.why.json'), `{"reason":"not_json","detail":"${hostile}","at":1}`)
  await records.pass()
  await http.app.register(callRecordRoutes, { records, audit: http.audit })
  await http.app.register(interactionRoutes(createInteractions({ db, facts })))
  stop = () => facts.stop()
})
after(async () => {
  await stop?.()
  await http?.close()
  await db?.close()
  rmSync(folder, { recursive: true, force: true })
})
const ask = (who: string, url: string, form?: Record<string, string>) =>
  http.app.inject({
    method: form ? 'POST' : 'GET',
    url,
    headers: {
      cookie: `vera_session=${tokens[who]}`,
      host: 'localhost',
      origin: 'http://localhost',
      accept: 'text/html',
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
  })

test('the page shows what was filled in to who may see it, and hostile text as text', async () => {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Argentina/Buenos_Aires' }).format(start)
  const page = await ask('supervisor', `/admin/call-records?day=${day}`)
  assert.equal(page.statusCode, 200, page.body.slice(0, 500))
  assert.ok(page.body.includes('/interactions/missed') && page.body.includes('Completadas con los registros'))
  assert.ok(page.body.includes('Archivos apartados (1)'))
  assert.ok(!page.body.includes('torn.cdr.json'), 'files are the administrators’')
  const whole = await ask('administrator', `/admin/call-records?day=${day}`)
  assert.ok(whole.body.includes('torn.cdr.json') && whole.body.includes('Reintentar'))
  assert.ok(!whole.body.includes('<img src=x'))
  const other = await ask('stranger', `/admin/call-records?day=${day}`)
  assert.ok(!other.body.includes('/interactions/missed'))
  assert.equal((await ask('agent', '/admin/call-records')).statusCode, 403)
  assert.equal((await ask('supervisor', '/admin/call-records?day=2026-99-99')).statusCode, 400)
})

test('the story marks what was completed from the records, with its seconds', async () => {
  const page = await ask('supervisor', '/interactions/missed')
  assert.equal(page.statusCode, 200, page.body.slice(0, 500))
  assert.ok(page.body.includes('registro del conmutador') && !page.body.includes('<img src=x'))
  assert.match(page.body, /class="story-time">\d\d:\d\d:\d\d</)
  assert.equal((await ask('stranger', '/interactions/missed')).statusCode, 404)
})

test('the interface gives the reconciliation of a period', async () => {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Argentina/Buenos_Aires' }).format(start)
  const url = `/api/call-records/reconciliation?from=${day}&to=${day}`
  const { records: inSwitch, facts, both, filled } = (await ask('supervisor', url)).json()
  assert.deepEqual({ inSwitch, facts, both, filled }, { inSwitch: 1, facts: 1, both: 1, filled: 1 })
  assert.equal((await ask('supervisor', `/api/call-records/reconciliation?from=${day}&to=2020-01-01`)).statusCode, 400)
})

test('only who keeps the switch tries a file again, and the audit knows', async () => {
  const key = '/torn.cdr.json'
  for (const who of ['supervisor', 'agency'])
    assert.equal((await ask(who, '/admin/call-records/retry', { key })).statusCode, 403)
  assert.equal((await ask('administrator', '/admin/call-records/retry', { key: '/../x' })).statusCode, 404)
  const done = await ask('administrator', '/admin/call-records/retry', { key })
  assert.equal(done.statusCode, 303, done.body.slice(0, 300))
  assert.deepEqual(await records.broken(), [])
  assert.equal((await db.knex('audit').where({ action: 'call_records.retried' })).length, 1)
})
