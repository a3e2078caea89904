// The verbs of a talk and their bad ends, without a switch; what is heard is in verbs.switch.spec.ts.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { agentOf, queueOf } from '../engine/history.ts'
import { createRouting, type RoutingEvents } from '../index.ts'
import { FactList, FakeClock, FakeSwitch, settle, until } from './fake-switch.ts'

const recordingsDir = join(tmpdir(), `vera-verbs-${process.pid}`)
after(() => rmSync(recordingsDir, { recursive: true, force: true }))
const fake0 = () => ({ fake: new FakeSwitch(), clock: new FakeClock(), facts: new FactList() })

function hand({ fake, clock, facts }: ReturnType<typeof fake0>, { record = false, lines = ['carrier'] } = {}) {
  const routing = createRouting({
    client: fake.client(),
    facts,
    clock,
    rules: { requireReachable: true },
    dialString: (extension) => `user/${extension}@vera`,
    dialNumber: (number) => lines.map((line) => `sofia/gateway/${line}/${number}`).join('|'),
    backOfficeNumber: (id) => (id === 5 ? '3425550000' : undefined),
    promptFile: async () => '/x.wav',
    recordingsDir,
  })
  routing.setQueues([queueOf(1, { wrapUpMs: 20_000, record }), queueOf(2)])
  routing.setAgents([agentOf(1), agentOf(2), agentOf(3, { agencyId: 2 })])
  return routing
}

/** Agent 1 talks with c1, agent 2 is free. */
async function talking(switchOf = fake0(), options: Parameters<typeof hand>[1] = {}) {
  const { fake, clock, facts } = switchOf
  const routing = hand(switchOf, options)
  const heard: [string, unknown][] = []
  for (const name of ['consult', 'ended', 'gone', 'lost', 'supervision'] as const)
    routing.on(name, (event: RoutingEvents[typeof name][0]) => heard.push([name, event]))
  await routing.start()
  routing.agents.signIn(1)
  await routing.calls.enqueue(fake.call('c1'), {
    queueId: 1,
    interactionId: 'i1',
    agencyId: 1,
    flowNode: 'n1',
    msg: {},
  })
  await settle()
  const agent = [...fake.ringing.keys()][0]!
  fake.answer(agent)
  await settle()
  routing.agents.signIn(2)
  return { routing, fake, clock, facts, heard, agent, ringing: () => [...fake.ringing.keys()].at(-1)! }
}
const code = (wanted: string) => (error: { code?: string }) => error.code === wanted
const ends = (heard: [string, unknown][]) =>
  heard.flatMap(([name, event]) => (name === 'consult' ? [(event as { ended?: string }).ended ?? 'on'] : []))

test('who can be consulted: free agents of the agency, numbers, back offices with a number', async () => {
  const { routing } = await talking()
  const refused = async (to: Parameters<typeof routing.agents.consult>[1], why: string) =>
    assert.rejects(routing.agents.consult(1, to), code(why))
  await refused({ to: 'agent', agentId: 1 }, 'routing.unknown_agent')
  await refused({ to: 'agent', agentId: 3 }, 'routing.unknown_agent')
  await refused({ to: 'queue', queueId: 2 }, 'routing.not_for_queue')
  await refused({ to: 'number', number: '1;uuid_kill' }, 'routing.bad_number')
  await refused({ to: 'back_office', backOfficeId: 6 }, 'routing.no_number')
  routing.agents.setReachable(2, false, 'network')
  await refused({ to: 'agent', agentId: 2 }, 'routing.agent_busy')
  assert.equal(routing.agents.work(2)!.now.unreachable, 'network')
  await assert.rejects(routing.agents.completeConsult(1), code('routing.no_consult'))
  await assert.rejects(routing.agents.conference(1), code('routing.no_consult'))
  routing.stop()
})

test('busy, refused and unanswered: the citizen is back with the agent, who is told why', async () => {
  const { routing, fake, clock, facts, heard, agent, ringing } = await talking()
  for (const [cause, end] of [
    ['USER_BUSY', 'busy'],
    ['CALL_REJECTED', 'refused'],
    ['NO_ANSWER', 'no_answer'],
  ] as const) {
    await routing.agents.consult(1, { to: 'agent', agentId: 2 })
    assert.equal(routing.agents.work(2)!.offered!.as, 'consult')
    assert.equal(fake.legs.get('c1')!.destination, 'vera_wait')
    await settle()
    fake.hangUp(ringing(), cause)
    await settle()
    assert.equal(ends(heard).at(-1), end)
    assert.equal(fake.legs.get('c1')!.bond, agent)
    assert.equal(routing.agents.work(2)!.now.state, 'available')
    await clock.pass(10)
  }
  // The switch never ends the ring: we do.
  await routing.agents.consult(1, { to: 'agent', agentId: 2 })
  await clock.pass(20_000)
  assert.equal(ends(heard).at(-1), 'no_answer')
  assert.equal(fake.ringing.size, 0)
  assert.deepEqual(
    facts.of('offer.ended').map(({ outcome }) => outcome),
    ['accepted', 'failed', 'refused', 'no_answer', 'no_answer'],
  )
  assert.equal(facts.of('talk.hold').length, 4)
  routing.stop()
})

test('the citizen hangs up during a consultation: nobody is left behind', async () => {
  const { routing, fake, heard, facts, agent, ringing } = await talking()
  await routing.agents.consult(1, { to: 'agent', agentId: 2 })
  await settle()
  const other = ringing()
  fake.answer(other)
  await settle()
  fake.hangUp('c1')
  await settle()
  assert.deepEqual([fake.legs.has(agent), fake.legs.has(other)], [false, false])
  assert.deepEqual([routing.agents.work(1)!.now.state, routing.agents.work(2)!.now.state], ['wrap_up', 'available'])
  assert.equal(heard.filter(([name]) => name === 'gone').length, 1)
  assert.equal(facts.of('talk.ended').length, 1)
  routing.stop()
})

test('the agent hangs up: who talks gets the citizen; while it still rings, the citizen is first in the queue', async () => {
  const one = await talking()
  await one.routing.agents.consult(1, { to: 'agent', agentId: 2 })
  await settle()
  const other = one.ringing()
  one.fake.answer(other)
  await settle()
  one.routing.agents.hangUp(1)
  await settle()
  assert.equal(one.fake.legs.get('c1')!.bond, other)
  assert.equal(one.routing.agents.work(2)!.connected!.talkId, other)
  assert.equal(one.facts.of('talk.transferred')[0]!.how, 'attended')
  one.routing.stop()

  const two = await talking()
  await two.routing.calls.enqueue(two.fake.call('c2'), {
    queueId: 1,
    interactionId: 'i2',
    agencyId: 1,
    flowNode: 'n1',
    msg: {},
  })
  await settle()
  two.fake.hangUp(two.ringing(), 'NO_ANSWER')
  await settle()
  await two.clock.pass(2_000)
  two.fake.hangUp(two.ringing(), 'CALL_REJECTED')
  await settle()
  await two.routing.agents.consult(1, { to: 'number', number: '3425551111' })
  await settle()
  two.routing.agents.hangUp(1)
  await settle()
  assert.equal(two.fake.ringing.size, 0, 'the number is not rung any more')
  assert.deepEqual(
    two.routing.now().waiting.map(({ interactionId, priority }) => [interactionId, priority]),
    [
      ['i1', 1],
      ['i2', 5],
    ],
  )
  two.routing.stop()
})

test('completing while it rings makes a blind transfer; its failure puts the citizen in front of the queue', async () => {
  const { routing, fake, facts, ringing } = await talking()
  await routing.agents.consult(1, { to: 'back_office', backOfficeId: 5 })
  await settle()
  await routing.agents.completeConsult(1)
  assert.equal(routing.agents.work(1)!.now.state, 'wrap_up')
  const number = ringing()
  assert.equal(fake.legs.get(number)!.destination, 'sofia/gateway/carrier/3425550000')
  fake.answer(number)
  await settle()
  assert.equal(fake.legs.get('c1')!.bond, number)
  assert.deepEqual(
    facts.of('talk.transferred').map(({ how, to }) => [how, to]),
    [['blind', 'back_office']],
  )
  // Nobody of ours is in the call: its end is still the platform's to know.
  const gone = new Promise((resolve) => routing.on('gone', resolve))
  fake.hangUp('c1')
  await gone
  routing.stop()
})

test('a line that fails: the next is tried as another leg; what the number itself answers ends it', async () => {
  const lines = ['first', 'second']
  const { routing, fake, heard, agent, ringing } = await talking(fake0(), { lines })
  const dialled = () => fake.legs.get(ringing())?.destination
  await routing.agents.consult(1, { to: 'number', number: '3425550000' })
  await settle()
  const first = ringing()
  assert.equal(dialled(), 'sofia/gateway/first/3425550000')
  fake.hangUp(first, 'NORMAL_TEMPORARY_FAILURE')
  await settle()
  assert.notEqual(ringing(), first)
  assert.equal(dialled(), 'sofia/gateway/second/3425550000')
  const second = ringing()
  fake.answer(second)
  await settle()
  assert.deepEqual([fake.legs.get(agent)!.bond, ends(heard).filter((end) => end !== 'on')], [second, []])
  await routing.agents.cancelConsult(1)
  await settle()
  await routing.agents.consult(1, { to: 'number', number: '3425550001' })
  await settle()
  fake.hangUp(ringing(), 'USER_BUSY')
  await settle()
  assert.deepEqual([fake.ringing.size, ends(heard).at(-1)], [0, 'busy'])
  // Somebody who declines is not rung again; a carrier that refuses is not the only one.
  await routing.agents.consult(1, { to: 'number', number: '3425550002' })
  await settle()
  fake.hangUp(ringing(), 'CALL_REJECTED', '603')
  await settle()
  assert.deepEqual([fake.ringing.size, ends(heard).at(-1)], [0, 'refused'])
  await routing.agents.consult(1, { to: 'number', number: '3425550003' })
  await settle()
  fake.hangUp(ringing(), 'CALL_REJECTED', '403')
  await settle()
  assert.equal(dialled(), 'sofia/gateway/second/3425550003')
  routing.stop()
})

test('a lost phone: the same agent is rung until the time is up, then the citizen is first in line', async () => {
  const { routing, fake, clock, facts, heard, agent, ringing } = await talking()
  fake.hangUp(agent, 'MEDIA_TIMEOUT')
  assert.equal(fake.legs.get('c1')!.destination, 'vera_after')
  await settle()
  assert.equal(routing.agents.work(1)!.connected!.lost, true)
  assert.equal(routing.agents.work(1)!.offered!.as, 'reattach')
  fake.hangUp(ringing(), 'USER_NOT_REGISTERED')
  await clock.pass(1_500)
  fake.answer(ringing())
  await settle()
  assert.deepEqual([routing.agents.work(1)!.connected!.lost, facts.of('talk.ended').length], [undefined, 0])
  const second = fake.legs.get('c1')!.bond!
  assert.notEqual(second, agent)
  fake.hangUp(second, 'MEDIA_TIMEOUT')
  routing.agents.setReachable(1, false, 'phone')
  routing.agents.signOut(2)
  await clock.pass(21_000)
  await settle()
  assert.deepEqual(
    routing.now().waiting.map(({ interactionId, priority }) => [interactionId, priority]),
    [['i1', 1]],
  )
  assert.equal(facts.of('talk.ended').length, 1)
  assert.equal(heard.filter(([name]) => name === 'lost').length, 4)
  routing.stop()
})

test('what the agent hides stays hidden in the recording that begins when a lost phone is back', async () => {
  const { routing, fake, clock, facts, agent, ringing } = await talking(fake0(), { record: true })
  const recorded = (leg: string, what: string) =>
    fake.said.some((one) => one.startsWith(`uuid_record ${leg} ${what} /`))
  await until(() => recorded(agent, 'start'))
  await routing.agents.mask(1, true)
  assert.ok(recorded(agent, 'mask'))
  fake.hangUp(agent, 'MEDIA_TIMEOUT')
  await settle()
  await clock.pass(5_000)
  const closed = () => facts.of('recording.closed').map(({ recordingId }) => recordingId)
  await until(() => closed().length === 1)
  assert.deepEqual(closed(), [agent], 'the recording of the lost leg is booked')
  const second = ringing()
  fake.answer(second)
  await until(() => recorded(second, 'mask'))
  assert.equal(routing.agents.work(1)!.connected!.masked, true)
  const masks = () => facts.of('recording.masked').map(({ recordingId, masked }) => [recordingId, masked])
  assert.deepEqual(masks(), [
    [agent, true],
    [agent, false],
    [second, true],
  ])
  await routing.agents.mask(1, false)
  assert.ok(recorded(second, 'unmask'))
  routing.stop()
})

test('keys, masks and supervision are refused where they make no sense', async () => {
  const { routing, fake, agent } = await talking()
  await assert.rejects(routing.agents.dtmf(1, 'x'), code('switch.unsafe'))
  await assert.rejects(routing.agents.dtmf(2, '1'), code('routing.no_call'))
  await routing.agents.dtmf(1, '12#')
  assert.ok(fake.said.includes('uuid_send_dtmf c1 12#'))
  await assert.rejects(routing.agents.mask(1, true), code('routing.not_recorded'))
  const request = { supervisorId: 9, supervisorDial: 'user/1099@vera', agentId: 1, mode: 'listen' as const }
  await assert.rejects(routing.supervise.begin({ ...request, agentId: 2 }), code('routing.no_call'))
  await assert.rejects(routing.supervise.begin({ ...request, supervisorDial: '{a=b}x/y' }), code('switch.unsafe'))
  const { supervisionId } = await routing.supervise.begin(request)
  await assert.rejects(routing.supervise.begin(request), code('routing.supervised_already'))
  await assert.rejects(routing.supervise.mode(supervisionId, 'join'), code('routing.still_ringing'))
  fake.hangUp(agent)
  await settle()
  assert.equal(fake.ringing.size, 0, 'the supervisor is not rung for a talk that is over')
  await assert.rejects(routing.supervise.end(supervisionId), code('routing.no_supervision'))
  routing.stop()
})
