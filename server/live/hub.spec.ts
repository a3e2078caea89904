import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, it } from 'node:test'
import { WebSocket } from 'ws'
import { type Database, openDatabase, scopeOf } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import { attachLive, type LiveHub, readMessage } from './hub.ts'
import type { Topic } from './types.ts'

let db: Database
let http: Http
let live: LiveHub
let topic: Topic
let url: string
let value = 1
let computed = 0

before(async () => {
  db = openDatabase('sqlite::memory:')
  await db.migrate()
  for (const code of ['one', 'two']) await db.knex('agencies').insert({ code, name: code, kind: 'body', created_at: 0 })
  for (const [username, role, agency_id] of [
    ['a', 'agent', 1],
    ['b', 'agent', 1],
    ['c', 'agent', 2],
    ['s', 'supervisor', 1],
  ])
    await db.knex('users').insert({ username, name: username, role, agency_id, created_at: 0 })
  http = await buildHttp({ db })
  live = attachLive(http, { heartbeatMs: 50 })
  topic = live.define({
    name: 'test.value',
    roles: ['agent'],
    everyMs: 20,
    snapshot: ({ agencyId }) => {
      computed++
      return { agencyId, value }
    },
  })
  url = (await http.app.listen({ host: '127.0.0.1', port: 0 })).replace('http', 'ws')
})
after(async () => {
  await http.close()
  await db.close()
})

type Frame = { topic?: string; model?: { value: number; agencyId: number }; now?: number; error?: string }
/** Opens a socket and subscribes; `next` waits for a frame that is no heartbeat. */
async function open(userId: number, agencyId = 1, headers: Record<string, string> = {}) {
  const { token, id } = await http.sessions.issue(scopeOf(agencyId), { userId })
  const socket = new WebSocket(`${url}/live`, { headers: { cookie: `vera_session=${token}`, ...headers } })
  const frames: Frame[] = []
  const waiting: ((frame: Frame) => void)[] = []
  let beats = 0
  socket.on('message', (raw) => {
    const frame = JSON.parse(String(raw)) as Frame
    if (!frame.topic && !frame.error) return void beats++
    const wake = waiting.shift()
    if (wake) wake(frame)
    else frames.push(frame)
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ subscribe: 'test.value' }))
  return {
    socket,
    id,
    frames,
    beats: () => beats,
    next: () =>
      new Promise<Frame>((resolve) => (frames.length > 0 ? resolve(frames.shift() as Frame) : waiting.push(resolve))),
  }
}

it('sends a snapshot, then another one only when it differs', async () => {
  const one = await open(1)
  assert.deepEqual((await one.next()).model, { agencyId: 1, value: 1 })
  topic.changed() // computed, but equal: no frame
  value = 2
  topic.changed({ agencyId: 1 })
  assert.equal((await one.next()).model?.value, 2)
  assert.equal(one.frames.length, 0)
  one.socket.close()
})

it('shares one computation in an agency and keeps agencies apart', async () => {
  const [one, two, other] = [await open(1), await open(2), await open(3, 2)]
  assert.equal((await other.next()).model?.agencyId, 2)
  await Promise.all([one.next(), two.next()])
  const before = computed
  value = 3
  for (let n = 0; n < 100; n++) topic.changed({ agencyId: 1 })
  assert.deepEqual(
    (await Promise.all([one.next(), two.next()])).map((frame) => frame.model?.value),
    [3, 3],
  )
  assert.ok(computed - before <= 2, `${computed - before} computations for 100 changes`)
  assert.equal(other.frames.length, 0)
  for (const { socket } of [one, two, other]) socket.close()
})

it('refuses other origins, strangers and other roles', async () => {
  const refused = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`${url}/live`, { headers })
    const [error] = await once(socket, 'error')
    return (error as Error).message
  }
  assert.match(await refused({}), /401/)
  const { token } = await http.sessions.issue(scopeOf(1), { userId: 1 })
  assert.match(await refused({ cookie: `vera_session=${token}`, origin: 'https://evil.example' }), /403/)
  const supervisor = await open(4)
  assert.equal((await supervisor.next()).error, 'live.forbidden')
  supervisor.socket.close()
})

it('closes the sockets of a revoked session', async () => {
  const one = await open(1)
  await one.next()
  const closed = once(one.socket, 'close')
  await http.sessions.revoke(one.id)
  assert.equal((await closed)[0], 4401)
})

it('sees a session that another process ended', async () => {
  const one = await open(2)
  await one.next()
  await db.knex('sessions').where({ id: one.id }).del()
  assert.equal((await once(one.socket, 'close'))[0], 4401)
  assert.ok(one.beats() > 0)
})

it('gives a topic with keys to those whom it admits, one picture for each key', async () => {
  const seen: string[] = []
  let count = 0
  const keyed = live.define({
    name: 'test.keyed',
    roles: ['agent'],
    everyMs: 20,
    admits: ({ userId }, key) => key === `of-${userId}` || key === 'all',
    snapshot: (_, key) => {
      seen.push(key)
      return { key, count }
    },
  })
  const [one, two] = [await open(1), await open(2)]
  await Promise.all([one.next(), two.next()])
  const ask = (of: typeof one, name: string) => of.socket.send(JSON.stringify({ subscribe: name }))
  ask(one, 'test.keyed:of-1')
  const frame = await one.next()
  assert.deepEqual([frame.topic, frame.model], ['test.keyed:of-1', { key: 'of-1', count: 0 }])
  ask(two, 'test.keyed:of-1')
  assert.equal((await two.next()).error, 'live.forbidden')
  for (const name of ['test.keyed', 'test.keyed:', 'test.value:x']) {
    ask(two, name)
    assert.equal((await two.next()).error, 'live.unknown_topic', name)
  }
  ask(two, 'test.keyed:all')
  assert.equal((await two.next()).topic, 'test.keyed:all')
  seen.length = 0
  count++
  keyed.changed({ key: 'all' })
  assert.equal((await two.next()).topic, 'test.keyed:all')
  assert.deepEqual(seen, ['all'], 'nobody else is looked at')
  for (const { socket } of [one, two]) socket.close()
})

it('closes on anything that is no message', async () => {
  for (const text of ['', '[]', '{"subscribe":7}', '{"subscribe":"a b"}', 'null', '{"subscribe":"<x>"}'])
    assert.equal(readMessage(text), undefined)
  const one = await open(1)
  one.socket.send('rubbish')
  assert.equal((await once(one.socket, 'close'))[0], 1008)
})
