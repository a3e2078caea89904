import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SwitchError } from '../../../freeswitch/esl/types.ts'
import { agentOf, queueOf } from '../engine/history.ts'
import { type Callback, createRouting, type RoutingOptions } from '../index.ts'
import type { QueueSettings } from '../types.ts'
import { FactList, FakeClock, FakeSwitch, settle, until } from './fake-switch.ts'

const recordingsDir = await mkdtemp(join(tmpdir(), 'vera-routing-'))

function centre(
  queue: Partial<QueueSettings> = {},
  more: Partial<RoutingOptions> = {},
  known?: { fake: FakeSwitch; clock: FakeClock },
) {
  const fake = known?.fake ?? new FakeSwitch()
  const clock = known?.clock ?? new FakeClock()
  const facts = new FactList()
  const log: string[] = []
  const heard: [string, unknown][] = []
  const routing = createRouting({
    client: fake.client(),
    facts,
    clock,
    dialString: (extension) => `user/${extension}@vera`,
    dialNumber: (number) => `loopback/${number}/public`,
    promptFile: async (text) => `/prompts/${text.replace(/[^a-z0-9]+/gi, '-')}.wav`,
    recordingsDir,
    log: (line) => log.push(line),
    ...more,
  })
  routing.setQueues([queueOf(1, { wrapUpMs: 20_000, ...queue }), queueOf(2), queueOf(9, { agencyId: 2 })])
  routing.setAgents([agentOf(1), agentOf(2)])
  for (const name of ['offered', 'connected', 'ended', 'left', 'gone', 'held'] as const)
    routing.on(name, (event) => heard.push([name, event]))
  const enqueue = (uuid: string, request: Partial<Parameters<typeof routing.calls.enqueue>[1]> = {}) =>
    routing.calls.enqueue(fake.call(uuid), {
      queueId: 1,
      interactionId: uuid,
      agencyId: 1,
      flowNode: 'n1',
      msg: { topic: 'tasas' },
      ...request,
    })
  const ringing = () => [...fake.ringing.keys()]
  return { routing, fake, clock, facts, heard, log, enqueue, ringing }
}
const names = (heard: [string, unknown][]) => heard.map(([name]) => name)

test('who hung up before the switch told so enters no queue: no stay, and nobody rings', async () => {
  const { routing, fake, facts, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  const call = fake.call('c1')
  fake.legs.delete('c1')
  const answer = await routing.calls.enqueue(call, {
    ...{ queueId: 1, interactionId: 'c1', agencyId: 1, flowNode: 'n1', msg: {} },
  })
  await settle()
  assert.equal(answer.gone, true)
  assert.deepEqual([facts.kinds(), ringing(), routing.now().waiting], [[], [], []])
})

test('a caller waits, an agent rings, they talk, wrap-up; every fact once and in order', async () => {
  const { routing, fake, clock, facts, heard, enqueue, ringing } = centre()
  await routing.start()
  const { stayId, exit } = await enqueue('c1')
  assert.equal(exit, undefined)
  assert.deepEqual([fake.legs.get('c1')!.destination, fake.legs.get('c1')!.variables.vera_stay], ['vera_wait', stayId])
  assert.equal(routing.now().waiting.length, 1)
  await clock.pass(4_000)
  routing.agents.signIn(1)
  await settle()
  assert.equal(routing.agents.work(1)?.offered?.interactionId, 'c1')
  const [leg] = ringing()
  assert.ok(
    fake.said.some((command) => command.startsWith('originate {') && command.includes('}user/1001@vera &park()')),
  )
  await routing.agents.answer(1)
  await settle()
  assert.equal(fake.legs.get('c1')!.bond, leg)
  assert.equal(routing.agents.work(1)?.connected?.talkId, leg)
  await clock.pass(10_000)
  await routing.agents.hold(1)
  await clock.pass(3_000)
  await routing.agents.unhold(1)
  await clock.pass(1_000)
  routing.agents.hangUp(1)
  await settle()
  assert.equal(fake.legs.get('c1')!.destination, 'vera_resume')
  assert.equal(fake.legs.get('c1')!.variables.vera_exit, 'answered')
  assert.equal(routing.agents.work(1)?.now.state, 'wrap_up')
  await clock.pass(1_000)
  routing.agents.finishWrapUp(1, { dispositionId: 7, topicId: 3 })
  assert.deepEqual(facts.kinds(), [
    'stay.began',
    'offer.made',
    'offer.ended:accepted',
    'stay.left:answered',
    'talk.began',
    'talk.hold',
    'talk.ended',
    'wrap_up.began',
    'wrap_up.ended',
  ])
  assert.equal(facts.of('talk.hold')[0]!.holdMs, 3_000)
  const [began, ended] = [facts.of('talk.began')[0]!, facts.of('talk.ended')[0]!]
  assert.equal(ended.at - began.at, 14_000)
  assert.deepEqual([facts.of('wrap_up.ended')[0]!.dispositionId, facts.of('wrap_up.ended')[0]!.topicId], [7, 3])
  const states = facts.of('agent.state').map(({ state }) => state)
  assert.deepEqual(states, ['offered', 'talking', 'wrap_up', 'available'])
  assert.deepEqual(names(heard), ['offered', 'left', 'connected', 'held', 'held', 'ended'])
  routing.stop()
})

test('wrap-up ends by itself, unless it was extended', async () => {
  const { routing, fake, clock, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  fake.answer(ringing()[0]!)
  await settle()
  fake.hangUp('c1')
  await settle()
  assert.equal(fake.legs.size, 0, "the agent's phone is not left in an empty call")
  routing.agents.extendWrapUp(1, 10_000)
  await clock.pass(29_000)
  assert.equal(routing.agents.work(1)?.now.state, 'wrap_up')
  await clock.pass(1_000)
  assert.equal(routing.agents.work(1)?.now.state, 'available')
  routing.stop()
})

test('unanswered ring: the caller keeps the place, the agent is set on break after two', async () => {
  const { routing, clock, facts, fake, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  const [first] = ringing()
  await clock.pass(15_000)
  assert.equal(fake.legs.has(first!), false, 'the phone stopped ringing')
  assert.equal(routing.agents.work(1)?.now.state, 'available')
  await clock.pass(2_000)
  assert.equal(ringing().length, 1)
  await clock.pass(15_000)
  assert.deepEqual(
    facts.of('offer.ended').map(({ outcome }) => outcome),
    ['no_answer', 'no_answer'],
  )
  const { state, unavailable } = routing.agents.work(1)!.now
  assert.deepEqual([state, unavailable], ['break', 'no_answer'])
  assert.equal(routing.now().waiting[0]!.state, 'waiting')
  routing.agents.signIn(2)
  await settle()
  assert.equal(ringing().length, 1)
  routing.stop()
})

test('a phone not registered and a busy one fail; a refusal is the agent’s', async () => {
  for (const [cause, outcome] of [
    ['USER_NOT_REGISTERED', 'failed'],
    ['USER_BUSY', 'failed'],
    ['CALL_REJECTED', 'refused'],
    ['NO_ANSWER', 'no_answer'],
  ] as const) {
    const { routing, facts, fake, enqueue } = centre()
    fake.failing.set('user/1001@vera', cause)
    await routing.start()
    routing.agents.signIn(1)
    await enqueue('c1')
    await settle()
    assert.deepEqual(
      facts.of('offer.ended').map((fact) => fact.outcome),
      [outcome],
      cause,
    )
    routing.stop()
  }
  const { routing, facts, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  routing.agents.refuse(1)
  await settle()
  assert.deepEqual([facts.of('offer.ended')[0]!.outcome, ringing().length], ['refused', 0])
  routing.stop()
})

test('a caller gone in the middle of the ring: the phone stops, the agent keeps the place', async () => {
  const { routing, facts, fake, heard, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  const idleSince = routing.agents.work(1)!.now.idleSince
  fake.hangUp('c1', 'ORIGINATOR_CANCEL')
  await settle()
  assert.deepEqual([ringing().length, fake.legs.size], [0, 0])
  assert.deepEqual(facts.kinds(), ['stay.began', 'offer.made', 'offer.ended:caller_gone', 'stay.left:abandoned'])
  const { state, idleSince: after } = routing.agents.work(1)!.now
  assert.deepEqual([state, after], ['available', idleSince])
  assert.ok(names(heard).includes('gone'))
  routing.stop()
})

test('a caller gone at the very moment of the answer is abandoned, not talked to', async () => {
  const { routing, facts, fake, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  const [leg] = ringing()
  // The bridge finds nobody; the news of the hang-up comes after it.
  fake.legs.delete('c1')
  fake.answer(leg!)
  await settle()
  fake.tell('CHANNEL_HANGUP', 'c1', { 'Hangup-Cause': 'NORMAL_CLEARING' })
  await settle()
  assert.deepEqual(facts.kinds(), ['stay.began', 'offer.made', 'offer.ended:caller_gone', 'stay.left:abandoned'])
  assert.equal(fake.legs.has(leg!), false)
  routing.stop()
})

test('a caller gone between the order to join and the joining is abandoned too', async () => {
  const { routing, facts, fake, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  const [leg] = ringing()
  fake.joins = false
  fake.answer(leg!)
  await settle()
  fake.hangUp('c1')
  await settle()
  assert.deepEqual(facts.kinds(), ['stay.began', 'offer.made', 'offer.ended:caller_gone', 'stay.left:abandoned'])
  assert.equal(fake.legs.has(leg!), false)
  routing.stop()
})

for (const [when, answer] of [
  ['in the same breath as the joining', '+OK'],
  ['before the joining', '+OK'],
  ['while it is ordered', '+OK'],
  ['and cannot be joined', '-ERR'],
] as const)
  test(`an agent whose phone is gone ${when}: nobody else gets a caller whom the switch sends on`, async () => {
    const { routing, facts, fake, enqueue, ringing } = centre()
    await routing.start()
    routing.agents.signIn(1)
    routing.agents.signIn(2)
    await enqueue('c1')
    await settle()
    const [leg] = ringing()
    fake.joins = false
    const api = fake.api.bind(fake)
    fake.api = async (command) => {
      const said = await api(command)
      if (!command.startsWith('uuid_bridge')) return said
      if (when === 'in the same breath as the joining') fake.tell('CHANNEL_BRIDGE', 'c1')
      if (when !== 'before the joining') fake.hangUp(leg!)
      if (answer === '-ERR') throw new SwitchError('switch.refused', 'Invalid uuid')
      return said
    }
    fake.answer(leg!)
    await settle()
    fake.hangUp(leg!)
    await settle()
    const talked = ['offer.ended:accepted', 'stay.left:answered', 'talk.began', 'talk.ended', 'wrap_up.began']
    assert.deepEqual(facts.kinds(), [
      ...['stay.began', 'offer.made'],
      ...(answer === '+OK' ? talked : ['offer.ended:failed', 'offer.made']),
    ])
    assert.equal(routing.now().waiting.length, answer === '+OK' ? 0 : 1)
    routing.stop()
  })

test('exits: full and closed at once, time and key through vera_resume', async () => {
  const { routing, clock, facts, fake, enqueue } = centre({ maxSize: 1, maxWaitMs: 60_000 })
  await routing.start()
  await enqueue('c1', { keys: '*' })
  assert.deepEqual((await enqueue('c2')).exit, { exit: 'overflowed', reason: 'full' })
  assert.equal(fake.legs.get('c2')!.destination, 'vera_entry', 'the flow still holds the leg')
  fake.tell('DTMF', 'c1', { 'DTMF-Digit': '5' })
  assert.equal(routing.now().waiting.length, 1)
  fake.tell('DTMF', 'c1', { 'DTMF-Digit': '*' })
  await settle()
  assert.deepEqual(
    [fake.legs.get('c1')!.destination, fake.legs.get('c1')!.variables.vera_exit],
    ['vera_resume', 'key:*'],
  )
  await enqueue('c3')
  await clock.pass(60_000)
  assert.deepEqual(
    [fake.legs.get('c3')!.destination, fake.legs.get('c3')!.variables.vera_exit],
    ['vera_resume', 'timeout'],
  )
  const left = facts.of('stay.left').map(({ outcome, reason }) => `${outcome} ${reason}`)
  assert.deepEqual(left, ['overflowed full', 'overflowed diverted', 'overflowed timeout'])
  await assert.rejects(enqueue('c4', { queueId: 9 }), { code: 'queue.not_found' })
  routing.stop()
})

test('messages and position are heard while waiting, and by nobody who talks', async () => {
  const { routing, clock, fake, enqueue, ringing } = centre({
    messages: ['uno', 'dos'],
    messageEveryMs: 10_000,
    announcePosition: true,
  })
  await routing.start()
  await enqueue('c1')
  await enqueue('c2')
  await clock.pass(30_000)
  assert.deepEqual(fake.legs.get('c2')!.heard, [
    '/prompts/Su-lugar-en-la-fila-es-el-2-.wav',
    '/prompts/uno.wav',
    '/prompts/dos.wav',
  ])
  routing.agents.signIn(1)
  await settle()
  fake.answer(ringing()[0]!)
  await clock.pass(30_000)
  assert.equal(fake.legs.get('c1')!.heard.length, 3)
  routing.stop()
})

test('a recording is expected at the bridge and closed by what lies on disk', async () => {
  const { routing, facts, fake, clock, enqueue, ringing } = centre({ record: true })
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  fake.answer(ringing()[0]!)
  await until(() => fake.said.some((said) => said.startsWith('uuid_record')))
  const { path } = facts.of('recording.expected')[0]!
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(32_000, 28)
  writeFileSync(path, Buffer.concat([header, Buffer.alloc(64_000, 1)]))
  fake.hangUp('c1')
  fake.tell('RECORD_STOP', 'x', { 'Record-File-Path': path })
  await until(() => facts.of('recording.closed').length === 1)
  const closed = facts.of('recording.closed')[0]!
  assert.deepEqual(
    [closed.state, closed.durationMs, closed.bytes, closed.sha256?.length],
    ['present', 2_000, 64_044, 64],
  )

  await clock.pass(20_000)
  await enqueue('c2')
  await settle()
  fake.failing.set('uuid_record', 'cannot record')
  fake.answer(ringing()[0]!)
  await settle()
  fake.hangUp('c2')
  await until(() => facts.of('recording.closed').length === 2)
  assert.equal(facts.of('recording.closed')[1]!.state, 'missing')
  routing.stop()
})

test('blind transfer: a second stay of the same interaction, the agent to wrap-up', async () => {
  const { routing, facts, fake, enqueue, ringing } = centre()
  await routing.start()
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  fake.answer(ringing()[0]!)
  await settle()
  await routing.calls.transferToQueue(1, { queueId: 2 })
  await settle()
  assert.equal(fake.legs.get('c1')!.destination, 'vera_wait')
  assert.equal(routing.agents.work(1)?.now.state, 'wrap_up')
  assert.deepEqual(
    routing.now().waiting.map(({ queueId, interactionId }) => [queueId, interactionId]),
    [[2, 'c1']],
  )
  assert.equal(facts.of('stay.began').length, 2)
  routing.agents.signIn(2)
  await settle()
  fake.answer(ringing()[0]!)
  await settle()
  assert.equal(routing.agents.work(2)?.connected?.interactionId, 'c1')
  routing.stop()
})

test('a callback keeps its place, dials when its turn comes and is tried again', async () => {
  const kept = new Map<string, Callback>()
  const callbacks = {
    list: async () => [...kept.values()],
    save: (one: Callback) => void kept.set(one.stayId, one),
    remove: (id: string) => void kept.delete(id),
  }
  const { routing, facts, fake, clock, enqueue, ringing } = centre({ wrapUpMs: 0 }, { callbacks })
  await routing.start()
  await enqueue('c1', { callbackKey: '2' })
  await clock.pass(5_000)
  await enqueue('c2')
  fake.tell('DTMF', 'c1', { 'DTMF-Digit': '2' })
  await settle()
  assert.deepEqual(
    [fake.legs.get('c1')!.destination, fake.legs.get('c1')!.variables.vera_exit],
    ['vera_resume', 'callback'],
  )
  fake.hangUp('c1')
  await settle()
  assert.deepEqual(
    routing.now().waiting.map(({ interactionId, callback }) => [interactionId, callback]),
    [
      ['c1', true],
      ['c2', undefined],
    ],
  )
  assert.equal(kept.size, 1)
  routing.agents.signIn(1)
  await settle()
  fake.answer(ringing()[0]!)
  await settle()
  const [dialled] = ringing()
  assert.equal(fake.legs.get(dialled!)!.destination, 'loopback/+5493424111222/public')
  fake.hangUp(dialled!, 'NO_ANSWER')
  await settle()
  assert.deepEqual(facts.of('talk.began'), [], 'nobody was talked to')
  assert.equal(routing.agents.work(1)?.now.interactionId, 'c2', 'free again at once, and offered the next')
  assert.equal(kept.size, 1)
  fake.hangUp(ringing()[0]!, 'USER_BUSY')
  fake.hangUp('c2')
  await clock.pass(600_000)
  fake.answer(ringing()[0]!)
  await settle()
  fake.answer(ringing()[0]!)
  await settle()
  const [talk] = facts.of('talk.began')
  assert.equal(talk!.interactionId, 'c1')
  assert.equal(talk!.stayId, facts.of('stay.left').find(({ outcome }) => outcome === 'callback')!.stayId)
  assert.equal(kept.size, 0)
  routing.stop()
})

test('a callback whose line fails goes out by the next one, in the same attempt', async () => {
  const dialNumber = (number: string) => `sofia/gateway/first/${number}|sofia/gateway/second/${number}`
  const { routing, facts, fake, enqueue, ringing } = centre({ wrapUpMs: 0 }, { dialNumber })
  await routing.start()
  await enqueue('c1', { callbackKey: '2' })
  fake.tell('DTMF', 'c1', { 'DTMF-Digit': '2' })
  await settle()
  fake.hangUp('c1')
  routing.agents.signIn(1)
  await settle()
  const [agent] = ringing()
  fake.answer(agent!)
  await settle()
  fake.hangUp(ringing()[0]!, 'NORMAL_TEMPORARY_FAILURE')
  await settle()
  const [citizen] = ringing()
  assert.equal(fake.legs.get(citizen!)!.destination, 'sofia/gateway/second/+5493424111222')
  fake.answer(citizen!)
  await settle()
  assert.deepEqual([fake.legs.get(agent!)!.bond, facts.of('talk.began').length], [citizen, 1])
  fake.hangUp(citizen!)
  await settle()
  assert.deepEqual([facts.of('talk.ended').length, fake.legs.has(agent!)], [1, false])
  routing.stop()
})

test('who waited until the switch sent them on has left by time, and no agent is rung for them', async () => {
  const { routing, fake, clock, facts, heard, enqueue, ringing } = centre()
  await routing.start()
  await enqueue('c1')
  await clock.pass(1_800_000)
  fake.tell('CHANNEL_EXECUTE', 'c1', { Application: 'set', 'Application-Data': 'vera_exit=stale' })
  routing.agents.signIn(1)
  await settle()
  assert.deepEqual([ringing(), routing.now().waiting], [[], []])
  const [left] = facts.of('stay.left')
  assert.deepEqual(
    [left!.outcome, left!.reason, left!.at - facts.of('stay.began')[0]!.at],
    ['overflowed', 'timeout', 1_800_000],
  )
  assert.deepEqual(names(heard), ['left'])
  // The dialplan is on its way with the leg: nobody sends it there a second time.
  assert.ok(!fake.said.some((command) => command.startsWith('uuid_transfer c1')))
  routing.stop()
})
