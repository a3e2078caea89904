import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, it } from 'node:test'
import { WebSocket } from 'ws'
import { type Database, openDatabase, scopeOf } from '../database/index.ts'
import { type Followed, follow, type TopicFrame } from '../http/browser/follow.ts'
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

type Model = { value: number; agencyId: number }
type Frame = TopicFrame & { now?: number; error?: string; came: number }
/**
 * Opens a socket and subscribes, saying what is there; `next` waits for a frame that is no heartbeat and gives what a page then
 * has as `model`, and whether it was sent `whole`.
 */
async function open(userId: number, agencyId = 1, headers: Record<string, string> = {}, has?: Followed) {
  const followed = new Map<string, Followed | undefined>([['test.value', has]])
  const { token, id } = await http.sessions.issue(scopeOf(agencyId), { userId })
  const socket = new WebSocket(`${url}/live`, { headers: { cookie: `vera_session=${token}`, ...headers } })
  const frames: Frame[] = []
  const waiting: ((frame: Frame) => void)[] = []
  let beats = 0
  socket.on('message', (raw) => {
    const frame = { ...JSON.parse(String(raw)), came: performance.now() } as Frame
    if (!frame.topic && !frame.error) return void beats++
    const wake = waiting.shift()
    if (wake) wake(frame)
    else frames.push(frame)
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ subscribe: 'test.value', ...(has ? { epoch: has.epoch, seq: has.seq } : {}) }))
  const drawn = (frame: Frame) => {
    if (frame.error) return { ...frame, model: undefined, whole: false }
    const after = follow(followed.get(frame.topic), frame)
    followed.set(frame.topic, after)
    return { ...frame, model: after?.model as Model | undefined, whole: frame.patches === undefined }
  }
  const raw = () =>
    new Promise<Frame>((resolve) => (frames.length > 0 ? resolve(frames.shift() as Frame) : waiting.push(resolve)))
  return {
    socket,
    id,
    frames,
    beats: () => beats,
    next: async () => drawn(await raw()),
    has: (name = 'test.value') => followed.get(name),
  }
}

it('sends the whole, then only what differs', async () => {
  const one = await open(1)
  assert.deepEqual((await one.next()).model, { agencyId: 1, value: 1 })
  topic.changed() // computed, but equal: no frame
  value = 2
  topic.changed({ agencyId: 1 })
  const { model, whole, patches } = await one.next()
  assert.deepEqual([model?.value, whole, patches], [2, false, [{ value: [2] }]])
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

const gone = async ({ socket }: { socket: WebSocket }) => {
  const closed = once(socket, 'close')
  socket.terminate()
  await closed
}

it('sends who comes back what it missed, to somebody else of the agency too', async () => {
  const one = await open(1)
  await one.next()
  const had = one.has() as Followed
  await gone(one)
  value++
  const again = await open(1, 1, {}, had)
  const missed = await again.next()
  assert.deepEqual([missed.model, missed.whole, missed.from], [{ agencyId: 1, value }, false, had.seq])
  const current = await open(2, 1, {}, again.has())
  assert.deepEqual((await current.next()).patches, [], 'nothing was missed, and that is said')
  for (const other of [again, current]) await gone(other)
})

it('sends the whole to who was told by another server, or by this one before it was started again', async () => {
  const one = await open(1, 1, {}, { model: { agencyId: 1, value: 0 }, at: 0, epoch: 'x.1', seq: 1 })
  const first = await one.next()
  assert.deepEqual([first.model, first.whole], [{ agencyId: 1, value }, true])
  assert.notEqual(first.epoch, 'x.1')
  await gone(one)
})

it('answers who missed a frame and asks again', async () => {
  const one = await open(1)
  const { epoch } = await one.next()
  one.socket.send(JSON.stringify({ subscribe: 'test.value', epoch, seq: 99_999 }))
  assert.equal((await one.next()).whole, true)
  await gone(one)
})

it('sends each browser at most one frame in 250 ms, whatever a topic asks for, and the last picture in the end', async () => {
  const [one, two] = [await open(1), await open(2)]
  const came: number[] = [(await one.next()).came]
  await two.next()
  const last = value + 400
  // Changes, and a browser that keeps asking.
  const changes = setInterval(() => {
    if (value >= last) return clearInterval(changes)
    value++
    topic.changed()
    two.socket.send(JSON.stringify({ subscribe: 'test.value' }))
  }, 2)
  for (let seen = 0; seen !== last; ) {
    const frame = await one.next()
    came.push(frame.came)
    seen = frame.model?.value ?? 0
  }
  const gaps = came.slice(1).map((at, n) => at - (came[n] as number))
  assert.ok(gaps.length >= 2)
  // The way to here takes its time too: a frame may be late, and the next one on time.
  assert.ok(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length >= 238, `${gaps}`)
  const asked: number[] = []
  while (two.frames.length > 0) asked.push((await two.next()).came)
  assert.ok(asked.length <= gaps.length + 2, `${asked.length} frames for hundreds of questions`)
  for (const other of [one, two]) await gone(other)
})

it('piles nothing up behind who reads slowly: it gets the newest when it reads again', async () => {
  let size = 0
  const big = live.define({
    name: 'test.big',
    roles: ['agent'],
    snapshot: () => ({ size, rows: Array.from({ length: 40_000 }, (_, id) => ({ id, text: `row ${id} ${size}` })) }),
  })
  const one = await open(1)
  await one.next()
  one.socket.pause()
  one.socket.send(JSON.stringify({ subscribe: 'test.big' }))
  // Others read on meanwhile, and each change is another megabyte and more.
  const two = await open(2)
  await two.next()
  two.socket.send(JSON.stringify({ subscribe: 'test.big' }))
  await two.next()
  for (let n = 0; n < 8; n++) {
    size++
    big.changed()
    assert.equal((await two.next()).topic, 'test.big')
  }
  one.socket.resume()
  let frames = 0
  for (let seen = -1; seen !== size; frames++) seen = ((await one.next()).model as unknown as { size: number }).size
  assert.ok(frames < 8, `${frames} frames of ${size + 1}`)
  for (const other of [one, two]) await gone(other)
})

it('tries again when a picture could not be made', async () => {
  let faults = 0
  live.define({
    name: 'test.faulty',
    roles: ['agent'],
    snapshot: () => {
      if (faults++ === 0) throw new Error('away')
      return { fine: true }
    },
  })
  const one = await open(1)
  await one.next()
  one.socket.send(JSON.stringify({ subscribe: 'test.faulty' }))
  assert.deepEqual((await one.next()).model, { fine: true })
  await gone(one)
})

it('closes on anything that is no message', async () => {
  for (const text of ['', '[]', '{"subscribe":7}', '{"subscribe":"a b"}', 'null', '{"subscribe":"<x>"}'])
    assert.equal(readMessage(text), undefined)
  assert.deepEqual(readMessage('{"subscribe":"a","epoch":"e.1","seq":3}'), { subscribe: 'a', epoch: 'e.1', seq: 3 })
  for (const seq of ['-1', '0', '1.5', '"1"', '1e99', 'null'])
    assert.deepEqual(readMessage(`{"subscribe":"a","epoch":"e.1","seq":${seq}}`), { subscribe: 'a' })
  const one = await open(1)
  one.socket.send('rubbish')
  assert.equal((await once(one.socket, 'close'))[0], 1008)
})
