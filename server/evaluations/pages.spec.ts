import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Database, scopeOf } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createEvaluations, evaluationRoutes, type Quality } from './index.ts'
import { content, person, recordedCall } from './testing.ts'

const hostile = '<img src=x onerror=alert(1)>'
const good = { saludo: { value: 'yes' }, tono: { value: '5' }, resuelve: { value: 'todo' }, datos: { value: 'yes' } }
let db: Database
let http: Http
let quality: Quality
const tokens: Record<string, string> = {}
const ids: Record<string, number> = {}
let recording: string
let form: number

before(async () => {
  db = await freshDatabase()
  http = await buildHttp({ db })
  quality = createEvaluations({ db, audit: http.audit })
  await http.app.register(evaluationRoutes, { quality, player: async () => undefined })
  const ours = await makeAgency(db)
  const theirs = await makeAgency(db)
  for (const [name, agency, role] of [
    ['sofia', ours, 'supervisor'],
    ['sergio', ours, 'supervisor'],
    ['ana', ours, 'agent'],
    ['beto', ours, 'agent'],
    ['office', ours, 'back_office'],
    ['stranger', theirs, 'supervisor'],
  ] as const) {
    ids[name] = await person(db, agency, role, `${hostile}${name}`)
    tokens[name] = (await http.sessions.issue(scopeOf(agency.agencyId), { userId: ids[name] })).token
  }
  recording = await recordedCall(db, ours, { agentId: ids.ana as number, at: Date.now() })
  const changed = structuredClone(content)
  changed.sections[0]!.questions[0]!.text = hostile
  form = await quality.forms.create(ours, ids.sofia as number, hostile)
  const revision = await quality.forms.saveDraft(ours, form, { revision: 1, name: hostile, content: changed })
  await quality.forms.publish(ours, ids.sofia as number, form, revision)
})
after(async () => {
  await http?.close()
  await db?.close()
})
const ask = (who: string, url: string, body?: object, method: 'POST' | 'PUT' = 'POST') =>
  http.app.inject({
    method: body ? method : 'GET',
    url,
    headers: {
      cookie: `vera_session=${tokens[who]}`,
      ...{ host: 'localhost', origin: 'http://localhost' },
      accept: url.startsWith('/api') ? 'application/json' : 'text/html',
    },
    ...(body ? { payload: body } : {}),
  })
const begin = async () => {
  const talk = await recordedCall(db, scopeOf(1), { agentId: ids.ana as number, at: Date.now() })
  const { headers } = await ask('sofia', '/evaluations/new', { recording: talk, form })
  return String(headers.location)
}

test('a period that is none is refused in words', async () => {
  for (const url of ['/evaluations', '/api/evaluations'])
    for (const from of ['2026-99-99T99:99:99Z', '2026-99-99']) {
      const { statusCode, body } = await ask('sofia', `${url}?from=${from}`)
      assert.equal(statusCode, 400)
      assert.match(body, /Hay datos para corregir/)
    }
})

test('every page shows hostile text as text, and no key of a text', async () => {
  const made = await ask('sofia', '/evaluations/new', { recording, form })
  const address = String(made.headers.location)
  const wrong: string[] = []
  const look = async (who: string, url: string) => {
    const page = await ask(who, url)
    if (page.statusCode !== 200) wrong.push(`${who} ${url}: ${page.statusCode} ${page.body.slice(0, 300)}`)
    if (page.body.includes('<img src=x')) wrong.push(`${who} ${url} runs what was typed`)
    const key = /\b(evaluations|errors|recordings)\.[a-z_.]{3,}</.exec(page.body)
    if (key) wrong.push(`${who} ${url} shows ${key[0]}`)
  }
  await look('sofia', address)
  await look('sofia', `/evaluations/new?recording=${recording}`)
  const work = { revision: 1, answers: { ...good, tono: { value: '2', comment: hostile } }, comment: hostile }
  assert.equal((await ask('sofia', `/api${address}/publish`, work)).statusCode, 200)
  await look('ana', '/evaluations')
  await look('ana', address)
  assert.equal((await ask('ana', `${address}/dispute`, { text: hostile })).statusCode, 303)
  for (const url of [
    ...['/evaluations', '/evaluations?state=disputed&fatal=yes', address, `${address}?correct=true`],
    ...['/evaluations/forms', '/evaluations/forms/new', `/evaluations/forms/${form}`],
  ])
    await look('sofia', url)
  assert.equal((await ask('sofia', `/evaluations/forms/${form}/edit`, {})).statusCode, 303)
  await look('sofia', `/evaluations/forms/${form}/edit`)
  const task = { name: hostile, form, evaluator: ids.sofia, perAgent: 5, due: '2030-01-01', ...period() }
  const { headers, body } = await ask('sofia', '/evaluations/tasks/new', task)
  assert.match(String(headers.location), /^\/evaluations\/tasks\/\d+\?done=created$/, body.slice(0, 300))
  for (const url of ['/evaluations', '/evaluations/tasks', '/evaluations/tasks/new', '/evaluations/tasks/1'])
    await look('sofia', url)
  assert.deepEqual(wrong, [])
})

/** Three weeks around today. */
function period(): { from: string; to: string } {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  return { from: day(-10), to: day(10) }
}

test('agents see their own, published; nobody else evaluates, nobody reads another one’s draft', async () => {
  const address = await begin()
  const work = { revision: 1, answers: good, comment: '' }
  for (const [who, status] of [
    ['ana', 404],
    ['beto', 404],
    ['sergio', 403],
    ['office', 403],
    ['stranger', 404],
  ] as const)
    assert.equal((await ask(who, address)).statusCode, status, who)
  for (const who of ['ana', 'office', 'sergio', 'stranger']) {
    const { statusCode } = await ask(who, `/api${address}/draft`, work, 'PUT')
    assert.ok(statusCode === 403 || statusCode === 404, `${who} ${statusCode}`)
  }
  assert.equal((await ask('sofia', `/api${address}/draft`, work, 'PUT')).json().revision, 2)
  assert.equal((await ask('sofia', `/api${address}/draft`, work, 'PUT')).statusCode, 409)
  assert.equal((await ask('sofia', `/api${address}/publish`, { ...work, revision: 2 })).json().score, 100)
  assert.equal((await ask('ana', address)).statusCode, 200)
  assert.equal((await ask('beto', address)).statusCode, 404)
  assert.equal((await ask('sergio', address)).statusCode, 200)
  // Whatever an agent asks for, it is the agent's own list.
  const listed = await ask('beto', `/api/evaluations?agent=${ids.ana}`)
  assert.deepEqual(listed.json(), { rows: [], total: 0 })
  for (const url of [
    '/evaluations/forms',
    '/evaluations/tasks',
    '/evaluations/tasks/1',
    `/evaluations/new?recording=${recording}`,
  ])
    for (const who of ['ana', 'office']) assert.equal((await ask(who, url)).statusCode, 403, url)
  assert.equal((await ask('sofia', `${address}/acknowledge`, {})).statusCode, 403)
  assert.equal((await ask('beto', `${address}/acknowledge`, {})).statusCode, 404)
  assert.equal((await ask('ana', `${address}/acknowledge`, {})).statusCode, 303)
  assert.equal((await ask('ana', `${address}/dispute`, { text: 'tarde' })).statusCode, 409)
})

test('what is wrong in a question or a body is said, and a text that is missing keeps the page', async () => {
  const address = await begin()
  for (const url of ['/api/evaluations?from=ayer', '/api/evaluations?agent=x', '/api/evaluations?state=otro'])
    assert.equal((await ask('sofia', url)).statusCode, 400, url)
  const { error } = (await ask('sofia', `/api${address}/publish`, { revision: 1, answers: {}, comment: '' })).json()
  assert.equal(error.code, 'evaluation.incomplete')
  assert.equal(error.fields.saludo, 'Falta responder.')
  await ask('sofia', `/api${address}/publish`, { revision: 1, answers: good, comment: '' })
  const page = await ask('ana', `${address}/dispute`, { text: '  ' })
  assert.equal(page.statusCode, 400)
})
