import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Database, insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http, type Role } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createKnowledge, knowledgeRoutes } from './index.ts'

let db: Database
let http: Http
const tokens: Record<string, string> = {}
const hostile = '<img src=x onerror=alert(1)>'

before(async () => {
  db = await freshDatabase()
  http = await buildHttp({ db })
  await http.app.register(knowledgeRoutes, { knowledge: createKnowledge({ db, audit: http.audit }) })
  const ours = await makeAgency(db)
  const theirs = await makeAgency(db)
  await db.knex('topics').insert({ agency_id: ours.agencyId, name: `${hostile} topic` })
  const people: [string, number, Role][] = [
    ['supervisor', ours.agencyId, 'supervisor'],
    ['agent', ours.agencyId, 'agent'],
    ['back_office', ours.agencyId, 'back_office'],
    ['stranger', theirs.agencyId, 'supervisor'],
  ]
  for (const [username, agencyId, role] of people) {
    const row = { agency_id: agencyId, username, name: hostile, role, created_at: 0 }
    const userId = await insertId(db.knex('users').insert(row))
    tokens[username] = (await http.sessions.issue(scopeOf(agencyId), { userId })).token
  }
})
after(async () => {
  await http?.close()
  await db?.close()
})
const ask = (who: string, url: string, form?: Record<string, string>, method: 'POST' | 'PUT' | 'DELETE' = 'POST') =>
  http.app.inject({
    method: form ? method : 'GET',
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
const form = { title: hostile, body: `${hostile}\r\nsegunda línea`, topicId: '1' }

test('a supervisor writes; every page shows hostile text as text, with its line breaks', async () => {
  const empty = await ask('supervisor', '/knowledge')
  assert.ok(empty.body.includes('Todavía no hay fichas') && empty.body.includes('/knowledge/new'))
  const created = await ask('supervisor', '/knowledge/new', form)
  assert.equal(created.headers.location, '/knowledge/1?done=created', created.body.slice(0, 300))
  const urls = ['/knowledge?q=IMG&topic=', '/knowledge?q=nada', '/knowledge/1', '/knowledge/1/edit', '/knowledge/new']
  for (const url of urls) {
    const page = await ask('supervisor', url)
    assert.equal(page.statusCode, 200, `${url} ${page.body.slice(0, 400)}`)
    assert.ok(!page.body.includes('<img src=x'), url)
    assert.ok(!/\bknowledge\.[a-z_.]{3,}</.test(page.body), `${url} shows the key of a text`)
  }
  assert.match((await ask('supervisor', '/knowledge/1')).body, /alert\(1\)&gt;\nsegunda línea/)
  assert.ok((await ask('supervisor', '/knowledge?q=segunda&topic=1')).body.includes('href="/knowledge/1"'))
})
test('agents and back office read, and can write by no door', async () => {
  for (const who of ['agent', 'back_office']) {
    const page = await ask(who, '/knowledge/1')
    assert.equal(page.statusCode, 200)
    assert.ok(!page.body.includes('/knowledge/1/edit'))
    assert.ok(!(await ask(who, '/knowledge')).body.includes('/knowledge/new'))
    for (const url of ['/knowledge/new', '/knowledge/1/edit']) {
      assert.equal((await ask(who, url)).statusCode, 403, url)
      assert.equal((await ask(who, url, form)).statusCode, 403, url)
    }
    assert.equal((await ask(who, '/knowledge/1/remove', {})).statusCode, 403)
    assert.equal((await ask(who, '/api/knowledge', form)).statusCode, 403)
    assert.equal((await ask(who, '/api/knowledge/1', form, 'PUT')).statusCode, 403)
    assert.equal((await ask(who, '/api/knowledge/1', {}, 'DELETE')).statusCode, 403)
  }
  assert.equal((await ask('agent', '/api/knowledge/1')).json().title, hostile)
})
test('another agency finds nothing', async () => {
  assert.deepEqual((await ask('stranger', '/api/knowledge')).json(), { articles: [] })
  for (const url of ['/knowledge/1', '/knowledge/1/edit', '/api/knowledge/1']) {
    assert.equal((await ask('stranger', url)).statusCode, 404, url)
  }
  assert.equal((await ask('stranger', '/knowledge/1/remove', {})).statusCode, 404)
  assert.equal((await ask('stranger', '/api/knowledge/1', { title: 'x', body: 'x' }, 'PUT')).statusCode, 404)
})
test('what somebody else changed is refused, and the form is drawn again with what was typed', async () => {
  const read = String((await ask('agent', '/api/knowledge/1')).json().updatedAt)
  const saved = await ask('supervisor', '/knowledge/1/edit', { ...form, updatedAt: read })
  assert.equal(saved.headers.location, '/knowledge/1?done=saved', saved.body.slice(0, 300))
  const again = await ask('supervisor', '/knowledge/1/edit', { title: 'mío', body: 'mi texto', updatedAt: read })
  assert.equal(again.statusCode, 409)
  assert.ok(again.body.includes('mi texto') && again.body.includes('Otra persona la cambió'))
  assert.equal((await ask('supervisor', '/knowledge/1/remove', {})).headers.location, '/knowledge?done=deleted')
  assert.equal((await ask('supervisor', '/knowledge/1')).statusCode, 404)
})
