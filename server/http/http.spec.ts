import assert from 'node:assert/strict'
import type { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type Database, openDatabase } from '../database/index.ts'
import { failedAttempts } from './attempts.ts'
import { discover } from './drawing/discover.ts'
import { AppError, buildHttp, type Http, hashPassword } from './index.ts'
import { ownPath } from './origin.ts'

let db: Database
let http: Http
let clock = 1_000_000
const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }

async function person(username: string, role: string, agency: number): Promise<number> {
  const [id] = await db.knex('users').insert({
    agency_id: agency,
    username,
    name: `<b>${username}</b>`,
    role,
    password_hash: await hashPassword('clave-de-prueba'),
    created_at: 0,
  })
  return id as number
}
const signIn = async (username: string, password = 'clave-de-prueba') => {
  const answer = await http.app.inject({ method: 'POST', url: '/api/session', payload: { username, password } })
  return { answer, cookie: String(answer.headers['set-cookie']).split(';')[0] as string }
}
const get = (url: string, headers: Record<string, string> = {}) => http.app.inject({ url, headers })

before(async () => {
  db = openDatabase('sqlite::memory:')
  await db.migrate()
  for (const code of ['one', 'two'])
    await db.knex('agencies').insert({ code, name: code, kind: 'province', created_at: 0 })
  http = await buildHttp({ db, now: () => clock })
  const { app } = http
  app.get('/api/people', async (request) => ({ agency: request.scope.agencyId }))
  app.get('/api/bosses', { config: { roles: ['administrator'] } }, async () => ({}))
  app.get('/api/broken', async () => {
    throw new Error('secret detail')
  })
  app.get('/api/down', async () => {
    throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
  })
  app.post(
    '/api/echo',
    {
      schema: { body: { type: 'object', required: ['name'], properties: { name: { type: 'string', maxLength: 5 } } } },
    },
    async (r) => r.body,
  )
  app.post('/api/refused', async () => {
    throw new AppError('agency.not_found', 404, {}, { agency: 'agency.not_found' })
  })
  await person('admin', 'administrator', 1)
  await person('ana', 'agent', 1)
  await person('board', 'wallboard', 1)
  await app.ready()
})
after(async () => {
  await http.close()
  await db.close()
})

describe('sessions', () => {
  it('sets a cookie that scripts cannot read, and keeps only a hash of it', async () => {
    const { answer, cookie } = await signIn('ana')
    assert.equal(answer.statusCode, 200)
    assert.match(String(answer.headers['set-cookie']), /HttpOnly; SameSite=Lax/)
    const token = cookie.split('=')[1] as string
    assert.equal(await db.knex('sessions').where({ token_hash: token }).first(), undefined)
    assert.equal((await get('/api/people', { cookie })).json().agency, 1)
    assert.equal((await get('/api/people', { authorization: `Bearer ${token}` })).statusCode, 200)
  })
  it('answers a wrong password and an unknown user alike', async () => {
    const wrong = (await signIn('ana', 'x')).answer
    const unknown = (await signIn('nobody', 'x')).answer
    assert.equal(wrong.statusCode, 401)
    assert.equal(wrong.body, unknown.body)
    assert.equal(wrong.json().error.code, 'session.wrong_credentials')
  })
  it('ends by signing out, by expiry and by deactivation', async () => {
    const first = (await signIn('ana')).cookie
    await http.app.inject({ method: 'DELETE', url: '/api/session', headers: { cookie: first } })
    assert.equal((await get('/api/people', { cookie: first })).statusCode, 401)
    const second = (await signIn('ana')).cookie
    clock += 13 * 3_600_000
    assert.equal((await get('/api/people', { cookie: second })).statusCode, 401)
    const third = (await signIn('ana')).cookie
    await db.knex('users').where({ username: 'ana' }).update({ active: false })
    assert.equal((await get('/api/people', { cookie: third })).statusCode, 401)
    await db.knex('users').where({ username: 'ana' }).update({ active: true })
  })
  it('refuses further guesses, but never a right password of another person', () => {
    const attempts = failedAttempts({ perUser: 3, perAddress: 5, windowMs: 1000 })
    for (let n = 0; n < 3; n++) attempts.failed('1.1.1.1', 'Ana', n)
    assert.ok(attempts.waitMs('1.1.1.1', 'ana', 10) > 0)
    assert.equal(attempts.waitMs('1.1.1.1', 'eva', 10), 0)
    assert.equal(attempts.waitMs('1.1.1.1', 'ana', 2000), 0)
  })
  it('lets only an administrator choose another agency', async () => {
    const admin = (await signIn('admin')).cookie
    const ana = (await signIn('ana')).cookie
    assert.equal((await get('/api/people?agency=2', { cookie: admin })).json().agency, 2)
    assert.equal((await get('/api/people', { cookie: `${admin}; vera_agency=2` })).json().agency, 2)
    assert.equal((await get('/api/people?agency=2', { cookie: `${ana}; vera_agency=2` })).json().agency, 1)
    assert.equal((await get('/api/people?agency=99', { cookie: admin })).statusCode, 404)
  })
})

describe('access', () => {
  it('is closed unless a route opens it', async () => {
    assert.equal((await get('/api/people')).statusCode, 401)
    const ana = (await signIn('ana')).cookie
    assert.equal((await get('/api/bosses', { cookie: ana })).statusCode, 403)
    assert.equal((await get('/api/people', { cookie: (await signIn('board')).cookie })).statusCode, 403)
  })
  it('refuses what other sites send', async () => {
    const { cookie } = await signIn('ana')
    const send = (headers: Record<string, string>) =>
      http.app.inject({ method: 'POST', url: '/api/echo', headers: { cookie, ...headers }, payload: { name: 'x' } })
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await send(headers as unknown as Record<string, string>)
      assert.equal(answer.json().error?.code, 'request.foreign_origin')
    }
    assert.equal((await send({ origin: 'http://localhost:80', host: 'localhost:80' })).statusCode, 200)
  })
  it('never redirects to another site', () => {
    for (const path of ['//evil', '/\\evil', 'https://evil', '/a b', 7, undefined]) assert.equal(ownPath(path), '/')
    assert.equal(ownPath('/tickets/3?x=1'), '/tickets/3?x=1')
  })
  it('sends people to the sign-in page and back', async () => {
    const answer = await get('/welcome', { accept: 'text/html' })
    assert.equal(answer.headers.location, '/login')
    const page = await get('/admin?x=1', { accept: 'text/html' })
    assert.equal(page.headers.location, '/login?next=%2Fadmin%3Fx%3D1')
  })
})

describe('errors', () => {
  it('says what is wrong in Spanish, and nothing of the inside', async () => {
    const { cookie } = await signIn('ana')
    const invalid = await http.app.inject({
      method: 'POST',
      url: '/api/echo',
      headers: { cookie },
      payload: { name: 'too long' },
    })
    assert.deepEqual(
      [invalid.statusCode, invalid.json().error.fields.name],
      [400, 'Es demasiado largo: hasta 5 caracteres.'],
    )
    const broken = await get('/api/broken', { cookie })
    assert.equal(broken.statusCode, 500)
    assert.doesNotMatch(broken.body, /secret detail|stack|\.ts/)
    const down = await get('/api/down', { cookie })
    assert.deepEqual([down.statusCode, down.json().error.code], [503, 'database.unavailable'])
    const refused = await http.app.inject({ method: 'POST', url: '/api/refused', headers: { cookie } })
    assert.deepEqual(refused.json().error, {
      code: 'agency.not_found',
      message: 'Ese organismo no existe.',
      fields: { agency: 'Ese organismo no existe.' },
    })
    assert.equal((await get('/api/none', { cookie })).json().error.code, 'request.not_found')
  })
  it('draws a refused form again with what was typed, escaped, without the password', async () => {
    const answer = await http.app.inject({
      method: 'POST',
      url: '/login',
      headers: form,
      payload: 'username=%22%3E%3Cscript%3Ex&password=hunter2',
    })
    assert.equal(answer.statusCode, 401)
    assert.match(answer.body, /value="&quot;&gt;&lt;script&gt;x"/)
    assert.match(answer.body, /no son correctos/)
    assert.doesNotMatch(answer.body, /hunter2|<script>x/)
  })
  it('refuses large bodies and broken JSON', async () => {
    const { cookie } = await signIn('ana')
    const send = (payload: string) =>
      http.app.inject({
        method: 'POST',
        url: '/api/echo',
        headers: { cookie, 'content-type': 'application/json' },
        payload,
      })
    assert.equal((await send(`{"name":"${'x'.repeat(2_000_000)}"}`)).statusCode, 413)
    assert.equal((await send('{"name":')).json().error.code, 'request.malformed')
    assert.equal((await send('{"__proto__":{"x":1},"name":"a"}')).statusCode, 400)
  })
})

describe('pages and monitoring', () => {
  it('shows names as text', async () => {
    const page = await get('/welcome', { cookie: (await signIn('ana')).cookie, accept: 'text/html' })
    assert.match(page.body, /&lt;b&gt;ana&lt;\/b&gt;/)
    assert.doesNotMatch(page.body, /<b>ana/)
    assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
  })
  it('has the same keys in both languages', () => {
    const { texts } = discover()
    const missing = Object.keys(texts.es).filter((key) => !(key in texts['en-US']) && !/_(many)$/.test(key))
    assert.deepEqual(missing, [])
  })
  it('is not ready while a probe fails', async () => {
    assert.equal((await get('/readyz')).json().checks.database, 'ok')
    let up = false
    http.readiness('switch', () => up)
    assert.deepEqual([(await get('/readyz')).statusCode, (await get('/healthz')).statusCode], [503, 200])
    up = true
    assert.equal((await get('/readyz')).statusCode, 200)
    assert.match((await get('/metrics')).body, /vera_http_request_seconds/)
  })
})

it('gives the editor its own requests and upgrades, and refuses headers of 10 MB', async () => {
  const server = await buildHttp({ db })
  const address = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
  const raw = async (text: string) => {
    const socket = connect(Number(address.port), '127.0.0.1')
    socket.on('error', () => {})
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk))
    socket.write(text)
    await new Promise((resolve) => socket.on('close', resolve))
    return heard
  }
  try {
    assert.equal((await fetch(new URL('/editor', address))).status, 503)
    server.editor.attach((request, response) => void response.end(`editor ${request.url}`))
    assert.equal(await (await fetch(new URL('/editor/x', address))).text(), 'editor /editor/x')
    assert.equal((await fetch(new URL('/editorial', address))).status, 404)
    const upgraded: string[] = []
    ;(server.editor.server as unknown as EventEmitter).on('upgrade', (request, socket) => {
      upgraded.push(request.url)
      socket.end('HTTP/1.1 101 ok\r\n\r\n')
    })
    const upgrade = 'Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
    assert.match(await raw(`GET /editor/comms HTTP/1.1\r\n${upgrade}`), /^HTTP\/1.1 101/)
    assert.deepEqual(upgraded, ['/editor/comms'])
    assert.match(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`), /^HTTP\/1.1 431/)
  } finally {
    await server.close()
  }
})
