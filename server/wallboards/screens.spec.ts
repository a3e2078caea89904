import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertId, scopeOf } from '../database/index.ts'
import { buildHttp } from '../http/index.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../testing/database.ts'
import { wallboardRoutes } from './routes.ts'
import {
  approveScreen,
  askForScreen,
  boardOfSession,
  claimScreen,
  codeMs,
  listScreens,
  revokeScreens,
} from './screens.ts'
import { createBoard } from './store.ts'
import { templates } from './templates.ts'

onEachDatabase('screens', (db) => {
  const ended: number[] = []
  const revoke = async (id: number) => void ended.push(id)
  let next = 100
  const issue = async () => ({ id: next++, token: 'a token' })

  test('a screen waits, is approved once, gets one session at a time and loses it when revoked', async () => {
    const ours = await makeAgency(db())
    const theirs = await makeAgency(db())
    const asked = await askForScreen(db(), 1_000)
    assert.ok(asked)
    const { secret, code } = asked
    assert.match(code, /^[B-Y346789]{6}$/)
    assert.deepEqual(await claimScreen(db(), secret, 2_000, issue, revoke), { state: 'waiting', code })
    const wanted = { code, boardId: 'b1', name: 'Sala', userId: 1, at: 3_000 }
    assert.ok(await approveScreen(db(), ours, wanted))
    assert.equal(await approveScreen(db(), theirs, wanted), undefined, 'a code is good once')
    const first = await claimScreen(db(), secret, 4_000, issue, revoke)
    assert.deepEqual(first, { state: 'approved', boardId: 'b1', token: 'a token' })
    assert.equal(await boardOfSession(db(), ours, 100), 'b1')
    assert.equal(await boardOfSession(db(), theirs, 100), undefined)
    await claimScreen(db(), secret, 5_000, issue, revoke)
    assert.deepEqual(ended, [100], 'the session before it ends')
    const [screen] = await listScreens(db(), ours)
    assert.equal(screen?.name, 'Sala')
    assert.deepEqual(await listScreens(db(), theirs), [])
    assert.equal(await revokeScreens(db(), theirs, { id: screen?.id ?? '' }, revoke), 0)
    assert.equal(await revokeScreens(db(), ours, { id: screen?.id ?? '' }, revoke), 1)
    assert.deepEqual(ended, [100, 101])
    assert.deepEqual(await claimScreen(db(), secret, 6_000, issue, revoke), { state: 'unknown' })
  })

  test('a code that nobody approved in time is worth nothing, and no more than 500 wait', async () => {
    const scope = await makeAgency(db())
    const old = await askForScreen(db(), 0)
    assert.ok(old)
    assert.deepEqual(await claimScreen(db(), old.secret, codeMs, issue, revoke), { state: 'expired' })
    const wanted = { code: old.code, boardId: 'b', name: 'x', userId: 1, at: codeMs }
    assert.equal(await approveScreen(db(), scope, wanted), undefined)
    const rows = Array.from({ length: 500 }, (_, n) => ({ id: `w${n}`, secret_hash: `h${n}`, code_until: 9e9 }))
    await db().knex.batchInsert('wallboard_screens', rows, 100)
    assert.equal(await askForScreen(db(), codeMs), undefined)
    await db().knex('wallboard_screens').whereNull('approved_at').delete()
  })
})

test('over HTTP: the screen shows a code, a supervisor approves, it opens its one board until it is revoked', async (t) => {
  const db = await freshDatabase()
  const http = await buildHttp({ db })
  t.after(async () => {
    await http.app.close()
    await db.close()
  })
  const { agencyId } = await makeAgency(db)
  const scope = scopeOf(agencyId)
  const person = async (role: string) =>
    insertId(db.knex('users').insert({ agency_id: agencyId, username: role, name: role, role, created_at: 0 }))
  const wall = await person('wallboard')
  const { token } = await http.sessions.issue(scope, { userId: await person('supervisor') })
  const headers = { authorization: `Bearer ${token}` }
  const total = { level: null, serviceLevel: null, serviceLevelRecent: null, answered: 0, abandoned: 0, asaMs: null }
  const counts = { offline: 0, available: 0, offered: 0, talking: 0, wrap_up: 0, break: 0 }
  const health = { switch: true, database: true, waitingFacts: 0 }
  const model = { figures: true, total, waiting: 0, oldest: null, target: null, counts, health, queues: [], agents: [] }
  await http.app.register(
    wallboardRoutes({
      now: { model: async () => model, onChange: () => () => undefined } as never,
      ports: { audit: http.audit, lists: { queues: async () => [] } as never },
      numbers: { values: async () => [], trend: () => undefined, topics: () => undefined, onRead: () => () => {} },
      live: { define: () => ({ changed() {} }) } as never,
      db,
      sessions: http.sessions,
      wallboardUser: async () => wall,
      publicUrl: 'http://vera.test',
    }),
  )
  const board = await createBoard(db, scope, 'Sala', templates.room())
  const other = await createBoard(db, scope, 'Otro', templates.room())

  const door = await http.app.inject({ url: '/screen' })
  assert.equal(door.statusCode, 200, door.body)
  const code = /id="screen-code">([^<]+)</.exec(door.body)?.[1] as string
  assert.match(door.body, /src="data:image\/svg\+xml;base64,/)
  const secret = door.cookies.find(({ name }) => name === 'vera_screen')
  assert.ok(secret?.httpOnly)
  const cookies: Record<string, string> = { vera_screen: secret.value }
  const again = await http.app.inject({ url: '/screen', cookies })
  assert.ok(again.body.includes(code), 'the same code after a reload')
  const approve = (payload: object) => http.app.inject({ method: 'POST', url: '/wallboards/approve', headers, payload })
  assert.equal((await approve({ code: 'ZZZZZZ', boardId: board, name: 'x' })).statusCode, 409)
  assert.equal((await approve({ code, boardId: 'none', name: 'x' })).statusCode, 404)
  assert.equal((await approve({ code: code.toLowerCase(), boardId: board, name: '<b>Tele</b>' })).statusCode, 303)
  const before = (await http.app.inject({ url: '/wallboards', headers })).body
  assert.match(before, /Su pantalla todavía no entró/, 'not yet there is no alarm')
  assert.doesNotMatch(before, /no da señales/)
  const taken = await http.app.inject({ url: '/screen/state', cookies })
  assert.deepEqual(taken.json(), { state: 'approved', board })
  cookies.vera_session = taken.cookies.find(({ name }) => name === 'vera_session')?.value as string
  const get = (url: string) => http.app.inject({ url, cookies })
  assert.equal((await get(`/wallboards/${board}`)).statusCode, 200)
  assert.equal((await get(`/wallboards/${other}`)).statusCode, 404, 'one board only')
  assert.equal((await get('/wallboards')).statusCode, 403)
  assert.deepEqual((await get('/screen/state')).json(), { state: 'alive' })

  const list = await http.app.inject({ url: '/wallboards', headers })
  assert.match(list.body, /&lt;b&gt;Tele/)
  assert.match(list.body, /✓ Encendida/)
  const id = /id="screen-([^"]+)"/.exec(list.body)?.[1]
  const revoked = await http.app.inject({ method: 'POST', url: `/wallboards/screens/${id}/revoke`, headers })
  assert.equal(revoked.statusCode, 303)
  const after = await get(`/wallboards/${board}`)
  assert.equal(after.headers.location, '/screen', 'it asks for a code again')
  assert.deepEqual((await get('/screen/state')).json(), { state: 'unknown' })
})
