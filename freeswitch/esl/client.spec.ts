import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, beforeEach, test } from 'node:test'
import { EslClient, type EslClientOptions } from './client.ts'
import type { Timers } from './connection.ts'
import { EventQueue } from './event-queue.ts'
import { ScriptedSwitch } from './scripted-switch.ts'
import type { SwitchEvent } from './types.ts'

let fake: ScriptedSwitch
let clients: EslClient[] = []
let said: string[] = []

beforeEach(async () => {
  fake = await new ScriptedSwitch().listen()
  clients = []
  said = []
})
afterEach(async () => {
  for (const client of clients) await client.stop()
  await fake.close()
})

/** A clock that stands still until the test moves it. */
function handClock(): Timers & { pass(ms: number): void } {
  let now = 0
  const set = new Set<{ at: number; run: () => void }>()
  return {
    now: () => now,
    set(run, ms) {
      const timer = { at: now + ms, run }
      set.add(timer)
      return timer
    },
    clear: (timer) => void set.delete(timer as { at: number; run: () => void }),
    pass(ms) {
      now += ms
      for (const timer of [...set].sort((a, b) => a.at - b.at)) {
        if (timer.at > now || !set.delete(timer)) continue
        timer.run()
      }
    },
  }
}

function clientOf(options: Partial<EslClientOptions> = {}): EslClient {
  const say = (message: string) => void said.push(message)
  const client = new EslClient({
    address: { host: '127.0.0.1', port: fake.port, password: 'secreto-largo' },
    events: ['DTMF', 'CUSTOM a::b', 'CHANNEL_ANSWER'],
    log: { info: say, warn: say, error: say },
    reconnect: { firstMs: 1, maxMs: 5, refusedMs: 5 },
    ...options,
  })
  clients.push(client)
  return client
}

const told = <T>(client: EslClient, name: 'up' | 'down') =>
  new Promise<T>((resolve) => client.on(name as 'up', resolve as never))

async function connected(options: Partial<EslClientOptions> = {}) {
  const client = clientOf(options)
  const up = told<boolean>(client, 'up')
  client.start()
  const both = await fake.welcome('core-1')
  assert.equal(await up, false)
  return { client, ...both }
}

test('logs in twice, subscribes plain names before CUSTOM, and knows the switch', async () => {
  const { client, subscribed } = await connected()
  assert.equal(subscribed, 'event json DTMF CHANNEL_ANSWER BACKGROUND_JOB HEARTBEAT CUSTOM a::b')
  assert.equal(client.state, 'up')
  assert.equal(client.coreUuid, 'core-1')
})

test('answers of both kinds go to the commands in their order; a denied api is one of them', async () => {
  const { client, commands } = await connected()
  const asked = [
    client.api('status'),
    client.api('shutdown'),
    client.execute('u1', 'answer'),
    client.api('empty'),
    client.api('x'),
  ]
  const results = Promise.allSettled(asked)
  for (let i = 0; i < 5; i++) await commands.read()
  commands.api('UP\n')
  commands.reply('-ERR permission denied')
  commands.reply('+OK')
  commands.api('-ERR no reply\n')
  commands.api('-ERR x Command not found!\n')
  const [a, b, c, d, e] = await results
  assert.deepEqual(a, { status: 'fulfilled', value: 'UP' })
  assert.equal(b?.status === 'rejected' && b.reason.code, 'switch.refused')
  assert.equal(c?.status, 'fulfilled')
  assert.deepEqual(d, { status: 'fulfilled', value: '' })
  assert.equal(e?.status === 'rejected' && e.reason.message, 'x Command not found!')
})

test('execute asks for event-lock, and nothing unsafe leaves', async () => {
  const { client, commands } = await connected()
  for (const bad of ['a\n\napi shutdown', 'x\0', '${system(id)}', '^^:a']) {
    await assert.rejects(client.execute('u1', 'playback', bad), { code: 'switch.unsafe' })
  }
  await assert.rejects(client.api('status\n\nshutdown'), { code: 'switch.unsafe' })
  await assert.rejects(client.bgapi('reload mod_event_socket'), { code: 'switch.unsafe' })
  const done = client.execute('u1', 'playback', '/a.wav')
  assert.deepEqual(await commands.read(), [
    'sendmsg u1',
    'call-command: execute',
    'execute-app-name: playback',
    'event-lock: true',
    'execute-app-arg: /a.wav',
  ])
  commands.reply('+OK')
  await done
})

test('bgapi resolves with its own job, also when the result comes before the answer', async () => {
  const { client, commands, events } = await connected()
  const job = client.bgapi('originate null/x &park()')
  const bad = client.bgapi('originate null/y &park()')
  bad.catch(() => {})
  const id = (await commands.read())[1]!.slice('Job-UUID: '.length)
  const other = (await commands.read())[1]!.slice('Job-UUID: '.length)
  events.event({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': other, _body: '-ERR USER_BUSY\n' })
  events.event({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': id, _body: '+OK leg\n' })
  await assert.rejects(bad, { code: 'switch.refused', message: 'USER_BUSY' })
  commands.reply(`+OK Job-UUID: ${id}`, `Job-UUID: ${id}\n`)
  assert.equal(await job, '+OK leg')
})

test('a command without an answer ends the connection; nothing is sent again', async () => {
  const { client, commands } = await connected()
  const down = told<string>(client, 'down')
  const late = client.api('originate null/x &park()', 20)
  const behind = client.api('status')
  const both = Promise.allSettled([late, behind])
  const [first, second] = await both
  assert.equal(first.status === 'rejected' && first.reason.code, 'switch.timeout')
  assert.equal(second.status === 'rejected' && second.reason.code, 'switch.down')
  assert.match(await down, /no answer within 20 ms/)
  assert.equal((await commands.read())[0], 'api originate null/x &park()')
  const up = told<boolean>(client, 'up')
  const again = await fake.next()
  await again.login()
  // The first thing asked is who the switch is, not the command that was lost.
  assert.deepEqual(await again.read(), ['api global_getvar core_uuid'])
  again.api('core-1')
  const events = await fake.next()
  await events.login()
  await events.read()
  events.reply('+OK')
  assert.equal(await up, false)
})

test('a lost connection is made again with its subscription; another Core-UUID is a restart', async () => {
  const { client, events, subscribed } = await connected()
  const lostJob = client.bgapi('status')
  lostJob.catch(() => {})
  const down = told<string>(client, 'down')
  const up = told<boolean>(client, 'up')
  events.socket.destroy()
  await down
  await assert.rejects(lostJob, { code: 'switch.down' })
  await assert.rejects(client.api('status'), { code: 'switch.down' })
  const again = await fake.welcome('core-2')
  assert.equal(again.subscribed, subscribed)
  assert.equal(await up, true)
  assert.equal(client.coreUuid, 'core-2')
})

test('a wrong password: refused, one line, without the password, and healed when it is right', async () => {
  const client = clientOf()
  client.start()
  for (let i = 0; i < 3; i++) {
    const line = await fake.next()
    assert.equal(await line.login('-ERR invalid'), 'auth secreto-largo')
    await once(line.socket, 'close')
    assert.equal(client.state, 'refused')
  }
  assert.equal(said.length, 1)
  assert.match(said[0]!, /^switch\.refused .*wrong password.*FREESWITCH_URL/)
  assert.ok(!`${said}${client.reason}`.includes('secreto'))
  const up = told<boolean>(client, 'up')
  await fake.welcome('core-1')
  await up
  assert.equal(client.state, 'up')
})

test('an address that the ACL refuses is said as such', async () => {
  const client = clientOf()
  client.start()
  const line = await fake.next()
  line.socket.write('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n')
  await once(line.socket, 'close')
  assert.equal(client.state, 'refused')
  assert.match(client.reason, /ACL/)
})

test('nobody there: down with what to do, said once', async () => {
  await fake.close()
  const client = clientOf()
  client.start()
  while (client.state !== 'down') await new Promise(setImmediate)
  assert.match(client.reason, /start FreeSWITCH or correct FREESWITCH_URL/)
  const up = told<boolean>(client, 'up')
  await fake.listen()
  await fake.welcome('core-1')
  await up
  assert.equal(said.filter((line) => line.startsWith('switch.down')).length, 1)
})

test('malformed ESL closes with a clear reason', async () => {
  const { client, events } = await connected()
  const down = told<string>(client, 'down')
  events.socket.write('Content-Length: many\n\n')
  assert.match(await down, /malformed ESL: Content-Length is not a number/)
})

test('an answer that nobody asked for closes: later ones would go to the wrong command', async () => {
  const { client, commands } = await connected()
  const down = told<string>(client, 'down')
  commands.reply('+OK')
  assert.match(await down, /nobody asked for/)
})

test('silence past two heartbeats and a half is a dead connection; an event is a sign of life', async () => {
  const clock = handClock()
  const { client, events } = await connected({ timers: clock })
  const heard = new Promise((resolve) => client.on('event', resolve))
  clock.pass(40_000)
  assert.equal(client.state, 'up')
  events.event({ 'Event-Name': 'HEARTBEAT' })
  await heard
  clock.pass(49_000)
  assert.equal(client.state, 'up')
  clock.pass(1_001)
  assert.equal(client.state, 'down')
  assert.match(client.reason, /no heartbeat/)
})

test('a listener that throws stops neither the events behind it nor the client', async () => {
  const { client, events } = await connected()
  const names: string[] = []
  const done = new Promise<void>((resolve) =>
    client.on('event', (event) => {
      names.push(event.name)
      if (event.name === 'DTMF') throw new Error('boom')
      resolve()
    }),
  )
  events.event({ 'Event-Name': 'DTMF' })
  events.socket.write('Content-Length: 3\nContent-Type: text/event-json\n\n{x}')
  events.event({ 'Event-Name': 'CHANNEL_ANSWER' })
  await done
  assert.deepEqual(names, ['DTMF', 'CHANNEL_ANSWER'])
  assert.ok(said.some((line) => line.includes('boom')))
  assert.equal(client.state, 'up')
})

test('slow handlers: the socket is read all the same, what does not fit is dropped and counted', async () => {
  const seen: SwitchEvent[] = []
  const { client, events } = await connected({ buffer: { events: 10, sliceMs: 0 } })
  client.on('event', (event) => {
    seen.push(event)
    const until = performance.now() + 2
    while (performance.now() < until);
  })
  const last = new Promise<void>((resolve) =>
    client.on('event', (event) => event.name === 'CHANNEL_ANSWER' && resolve()),
  )
  for (let i = 0; i < 200; i++) events.event({ 'Event-Name': 'DTMF', n: String(i) })
  while (seen.length + client.dropped < 200) await new Promise(setImmediate)
  events.event({ 'Event-Name': 'CHANNEL_ANSWER' })
  await last
  assert.ok(client.dropped > 0)
  assert.equal(seen.length + client.dropped, 201)
  assert.equal(events.socket.writableLength, 0)
})

test('the buffer is bounded in characters too', async () => {
  const seen: string[] = []
  const queue = new EventQueue((text) => seen.push(text), { characters: 10, sliceMs: 0 })
  for (const text of ['aaaa', 'bbbb', 'cccc', 'dd']) queue.push(Buffer.from(text))
  assert.equal(queue.dropped, 1)
  while (queue.length > 0) await new Promise(setImmediate)
  assert.deepEqual(seen, ['aaaa', 'bbbb', 'dd'])
})

test('stop is quiet and final', async () => {
  const { client, commands } = await connected()
  const pending = client.api('status')
  pending.catch(() => {})
  await client.stop()
  await assert.rejects(pending, { code: 'switch.down' })
  await once(commands.socket, 'close')
  assert.equal(client.state, 'stopped')
})
