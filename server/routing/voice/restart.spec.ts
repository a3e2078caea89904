import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentOf, queueOf } from '../engine/history.ts'
import { createRouting } from '../index.ts'
import type { AgentNow } from '../types.ts'
import { FactList, FakeClock, FakeSwitch, settle } from './fake-switch.ts'

function hand(fake: FakeSwitch, clock: FakeClock, facts: FactList, last: AgentNow[] = []) {
  const routing = createRouting({
    client: fake.client(),
    facts,
    clock,
    dialString: (extension) => `user/${extension}@vera`,
    promptFile: async () => '/prompts/x.wav',
    recordingsDir: '/nowhere',
    lastStates: async () => last,
  })
  routing.setQueues([queueOf(1, { wrapUpMs: 20_000 })])
  routing.setAgents([agentOf(1), agentOf(2), agentOf(3)])
  return routing
}

async function busyCentre() {
  const fake = new FakeSwitch()
  const clock = new FakeClock()
  const facts = new FactList()
  const routing = hand(fake, clock, facts)
  await routing.start()
  const enqueue = (uuid: string, priority?: number) =>
    routing.calls.enqueue(fake.call(uuid), {
      queueId: 1,
      interactionId: uuid,
      agencyId: 1,
      flowNode: 'n1',
      msg: {},
      priority,
      keys: '*',
      citizenId: 4,
    })
  // c1 talks with agent 1 (on hold), c2 rings agent 2, c3 and c4 wait, c4 with the better priority.
  routing.agents.signIn(1)
  await enqueue('c1')
  await settle()
  fake.answer([...fake.ringing.keys()][0]!)
  await settle()
  await routing.agents.hold(1)
  routing.agents.signIn(2)
  await enqueue('c2')
  await settle()
  await clock.pass(1_000)
  await enqueue('c3', 5)
  await clock.pass(1_000)
  await enqueue('c4', 1)
  await settle()
  return { fake, clock, facts, routing }
}

test('a new hand finds everybody again: talking, ringing and waiting in their order', async () => {
  const { fake, clock, facts, routing } = await busyCentre()
  const before = routing.now()
  const talk = routing.agents.work(1)!.connected!
  routing.stop()
  const factsBefore = facts.kinds().length
  await clock.pass(5_000)

  const again = hand(fake, clock, facts, before.agents)
  await again.start()
  await settle()
  const after = again.now()
  assert.deepEqual(
    after.waiting.map(({ stayId, state, placeSince, enqueuedAt, priority, citizenId }) => [
      stayId,
      state,
      placeSince,
      enqueuedAt,
      priority,
      citizenId,
    ]),
    before.waiting.map(({ stayId, state, placeSince, enqueuedAt, priority, citizenId }) => [
      stayId,
      state,
      placeSince,
      enqueuedAt,
      priority,
      citizenId,
    ]),
  )
  assert.deepEqual(
    after.agents.map(({ state }) => state),
    ['talking', 'offered', 'offline'],
  )
  assert.equal(again.agents.work(1)!.connected!.talkId, talk.talkId)
  assert.equal(again.agents.work(1)!.connected!.since, talk.since)
  assert.equal(again.agents.work(1)!.connected!.heldSince, talk.heldSince)
  assert.equal(facts.kinds().length, factsBefore, 'nothing is booked twice')

  // The ring goes on to be answered, keys are still heard, the talk ends as ever.
  fake.answer([...fake.ringing.keys()][0]!)
  await settle()
  assert.equal(again.agents.work(2)!.connected!.interactionId, 'c2')
  fake.tell('DTMF', 'c3', { 'DTMF-Digit': '*' })
  await settle()
  assert.equal(fake.legs.get('c3')!.destination, 'vera_resume')
  again.agents.hangUp(1)
  await settle()
  assert.deepEqual([facts.of('talk.ended')[0]!.talkId, facts.of('talk.hold').length], [talk.talkId, 1])
  again.stop()
})

test('a connection lost for a while: nothing is offered, what ended meanwhile is closed', async () => {
  const { fake, facts, routing, clock } = await busyCentre()
  fake.lose()
  const offers = facts.of('offer.made').length
  routing.agents.signIn(3)
  await settle()
  assert.equal(facts.of('offer.made').length, offers)
  // Unheard: the talking caller, the ringing leg and a waiting caller are gone.
  const ringing = [...fake.ringing.keys()][0]!
  for (const leg of ['c1', ringing, 'c3', routing.agents.work(1)!.connected!.talkId]) fake.legs.delete(leg)
  await clock.pass(5_000)
  fake.find()
  await settle()
  assert.equal(facts.of('talk.ended').length, 1)
  assert.deepEqual(
    facts.of('stay.left').map(({ outcome, interactionId }) => [interactionId, outcome]),
    [
      ['c1', 'answered'],
      ['c3', 'abandoned'],
    ],
  )
  assert.equal(routing.agents.work(3)!.offered?.interactionId, 'c4', 'the best priority is offered to the free agent')
  routing.stop()
})

test('a switch that restarted has lost every call: all facts closed', async () => {
  const { fake, facts, routing } = await busyCentre()
  const gone: string[] = []
  routing.on('gone', ({ interactionId }) => gone.push(interactionId))
  fake.crash()
  await settle()
  assert.equal(facts.of('stay.left').length, facts.of('stay.began').length)
  assert.equal(facts.of('offer.ended').length, facts.of('offer.made').length)
  assert.equal(facts.of('talk.ended').length, 1)
  assert.deepEqual(gone.sort(), ['c1', 'c2', 'c3', 'c4'])
  assert.deepEqual(routing.now().waiting, [])
  routing.stop()
})

test('killed between the bridge and its mark: the answer is booked by the next hand', async () => {
  const { fake, clock, facts, routing } = await busyCentre()
  const ringing = [...fake.ringing.keys()][0]!
  routing.stop()
  await fake.api(`uuid_setvar c2 vera_exit 'answered'`)
  fake.answer(ringing)
  await fake.api(`uuid_bridge c2 ${ringing}`)
  const again = hand(fake, clock, facts, [])
  await again.start()
  await settle()
  assert.equal(again.agents.work(2)!.connected!.talkId, ringing)
  assert.deepEqual(facts.kinds().slice(-3), ['offer.ended:accepted', 'stay.left:answered', 'talk.began'])
  again.stop()
})
