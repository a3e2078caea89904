// One queue over two switches, one of which is lost with those who wait on it.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { createLiveCall, type LiveCall } from '../../freeswitch/call/index.ts'
import { startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import { dialString, EslClient, listenCalls } from '../../freeswitch/esl/index.ts'
import { cuttableWire } from '../../freeswitch/fleet/cuttable-wire.ts'
import { createFleet, fleetEvents } from '../../freeswitch/fleet/index.ts'
import type { Fact } from '../interactions/index.ts'
import { createRouting, type QueueSettings, routingEvents } from '../routing/index.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../testing/database.ts'
import { createLostPlaces, keepLostPlaces } from './places.ts'

const queue: QueueSettings = {
  ...{ id: 1, agencyId: 1, code: 'q', name: 'Cola', channel: 'voice', priority: 5, levels: [], noAgents: 'wait' },
  ...{ ringMs: 15_000, wrapUpMs: 0, targetSeconds: 20, targetPercent: 80, shortAbandonSeconds: 5, record: false },
  ...{ messages: [], messageEveryMs: 30_000, announcePosition: false, open: true },
}

onEachDatabase('lost places', (db) => {
  it('are given back once, to the same number, in the same queue, for half an hour', async () => {
    let now = 1_000_000
    const scope = await makeAgency(db())
    const { agencyId } = scope
    const places = createLostPlaces(db(), () => now)
    await places.keep(scope, { queueId: 1, number: '+54 342 411-1222', placeSince: 500 })
    await places.keep(scope, { queueId: 1, number: '543424111222', placeSince: 400 })
    await places.keep(scope, { queueId: 1, number: '543424111222', placeSince: 450 })
    await places.keep(scope, { queueId: 1, number: 'anonymous', placeSince: 1 })
    await places.keep(scope, { queueId: 1, number: '0000000000', placeSince: 1 })
    assert.equal(await places.placeFor(agencyId, 'anonymous', 1), undefined)
    assert.equal(await places.placeFor(agencyId, '0000000000', 1), undefined)
    assert.equal(await places.placeFor(agencyId, '543424111222', 2), undefined, 'another queue')
    assert.equal(await places.placeFor(agencyId + 1, '543424111222', 1), undefined, 'another agency')
    const both = await Promise.all([1, 2].map(() => places.placeFor(agencyId, '+543424111222', 1)))
    assert.deepEqual(both.filter(Boolean), [400], 'the oldest, once')
    await places.keep(scope, { queueId: 1, number: '543424111222', placeSince: 400 })
    now += 30 * 60_000 + 1
    assert.equal(await places.placeFor(agencyId, '543424111222', 1), undefined, 'too late')
  })
})

it('one queue over two switches: the loss of one touches nobody on the other', { timeout: 150_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vera-places-'))
  const db = await freshDatabase()
  await makeAgency(db)
  const calls: LiveCall[] = []
  const facts: Fact[] = []
  const listener = await listenCalls({
    ...{ host: '127.0.0.1', port: 0 },
    onCall: (session) => void calls.push(createLiveCall(session)),
  })
  const begin = () =>
    startEmbeddedSwitch({
      ...{ password: 'p', callListen: `127.0.0.1:${listener.port}`, recordingsDir: folder },
      phoneHabits: { answerMs: [50, 60], talkMs: [600_000, 1] },
    })
  const switches = [await begin(), await begin()]
  const wires = await Promise.all(switches.map(({ port }) => cuttableWire(port)))
  const fleet = createFleet({
    domain: 'vera.local',
    nodes: wires.map(({ port }, n) => ({
      name: `fs${n + 1}`,
      client: new EslClient({
        address: { host: '127.0.0.1', port, password: 'p' },
        events: [...fleetEvents, ...routingEvents],
        reconnect: { firstMs: 20, maxMs: 50 },
      }),
    })),
  })
  const routing = createRouting({
    client: fleet,
    facts: { record: (fact: Fact) => void facts.push(fact) } as never,
    dialString: (user) => dialString({ user, domain: 'vera.local' }),
    promptFile: async () => '/tmp/none.wav',
    recordingsDir: folder,
    lastStates: async () => [],
  })
  const places = createLostPlaces(db, Date.now)
  const stopKeeping = keepLostPlaces({ fleet, routing, places, log: () => {} })
  const until = async (what: string, holds: () => boolean) => {
    for (let left = 800; !holds(); left--) {
      assert.ok(left > 0, `${what} within 8 s: ${JSON.stringify(routing.now())}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const enter = async (n: number, from: string, placeSince?: number) => {
    const line = switches[n]!.line({ from, to: '3425550100' })
    await until('a call', () => calls.some(({ uuid }) => uuid === line.uuid))
    const call = calls.find(({ uuid }) => uuid === line.uuid)!
    await call.answer()
    const request = { queueId: 1, interactionId: call.uuid, agencyId: 1, flowNode: 'n', msg: {}, placeSince }
    await routing.calls.enqueue(call, request)
    return line
  }
  const waiting = () => routing.now().waiting.map(({ interactionId }) => interactionId)
  try {
    routing.setQueues([queue])
    routing.setAgents([1, 2, 3].map((id) => ({ id, agencyId: 1, name: `A${id}`, extension: `100${id}`, skills: {} })))
    fleet.start()
    await routing.start()
    await until('both up', () => fleet.nodes().every(({ state }) => state === 'up'))
    const talkers = [await enter(0, '3424000001'), await enter(1, '3424000002')]
    for (const id of [1, 2]) {
      routing.agents.signIn(id)
      routing.agents.ready(id)
    }
    await until('both talk', () => [1, 2].every((id) => routing.agents.work(id)?.connected))
    const lost = await enter(1, '3424000003')
    const stays = await enter(0, '3424000004')
    assert.deepEqual(waiting(), [lost.uuid, stays.uuid], 'one line over both')
    const { placeSince } = routing.now().waiting[0]!

    wires[1]!.cut()
    await until('set aside', () => waiting().length === 1)
    assert.deepEqual(waiting(), [stays.uuid])
    assert.ok(
      [1, 2].every((id) => routing.agents.work(id)?.connected),
      'who talks there may well go on talking',
    )
    routing.agents.signIn(3)
    routing.agents.ready(3)
    await until('the next one is served', () => routing.agents.work(3)?.connected?.interactionId === stays.uuid)

    // The wire is back: nobody was closed, and the place is what it was.
    wires[1]!.lead(switches[1]!.port)
    await until('back in the line', () => waiting().length === 1)
    assert.equal(routing.now().waiting[0]!.placeSince, placeSince)
    assert.equal(facts.filter(({ kind }) => kind === 'stay.left' || kind === 'talk.ended').length, 3, 'three answered')

    // The switch dies and another one starts in its place: its calls are over at once.
    wires[1]!.cut()
    await until('set aside again', () => waiting().length === 0)
    const gone: string[] = []
    routing.on('gone', ({ leg, cause }) => void gone.push(`${leg} ${cause}`))
    await switches[1]!.stop()
    switches[1] = await begin()
    wires[1]!.lead(switches[1]!.port)
    await until('told', () => gone.length === 2)
    assert.deepEqual(gone.sort(), [`${lost.uuid} LOST`, `${talkers[1]!.uuid} LOST`].sort())
    assert.equal(routing.agents.work(1)?.connected?.interactionId, talkers[0]!.uuid, 'the other switch’s call goes on')
    const late = await enter(0, '3424000005')
    const again = await enter(0, '3424000003', await places.placeFor(1, '3424000003', 1))
    assert.deepEqual(waiting(), [again.uuid, late.uuid], 'calls again: before those who came meanwhile')
    assert.equal(routing.now().waiting[0]!.placeSince, placeSince)
    assert.equal(await places.placeFor(1, '3424000003', 1), undefined, 'once')
  } finally {
    stopKeeping()
    routing.stop()
    await fleet.stop()
    await listener.close(true)
    for (const one of switches) await one.stop()
    for (const wire of wires) await wire.close()
    await db.close()
    await rm(folder, { recursive: true, force: true })
  }
})
