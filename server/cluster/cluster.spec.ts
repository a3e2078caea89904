// Two servers over one database and one switch: one routes, the other's desks and flows reach it, and it takes over.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createLiveCall, type LiveCall } from '../../freeswitch/call/index.ts'
import { type EmbeddedSwitch, startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import { type CallListener, dialString, EslClient, listenCalls } from '../../freeswitch/esl/index.ts'
import { createFleet, type Fleet, fleetEvents } from '../../freeswitch/fleet/index.ts'
import type { Database } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import type { Fact } from '../interactions/index.ts'
import { attachLive, type Topic } from '../live/index.ts'
import { createRouting, type QueueSettings, type Routing, routingEvents } from '../routing/index.ts'
import { onEachDatabase } from '../testing/database.ts'
import { type Cluster, clusterRoutes, createCluster, createDraining } from './index.ts'
import { authorization, clusterKey, createVerifier } from './signing.ts'

const secret = 'x'.repeat(40)
const queue: QueueSettings = {
  ...{ id: 1, agencyId: 1, code: 'q', name: 'Cola', channel: 'voice', priority: 5, levels: [], noAgents: 'wait' },
  ...{ ringMs: 15_000, wrapUpMs: 0, targetSeconds: 20, targetPercent: 80, shortAbandonSeconds: 5, record: false },
  ...{ messages: [], messageEveryMs: 30_000, announcePosition: false, open: true },
}
const agent = (id: number) => ({ id, agencyId: 1, name: `A${id}`, extension: `100${id}`, skills: {} })

type Server = {
  cluster: Cluster
  routing: Routing
  fleet: Fleet
  http: Http
  told: string[]
  topic: Topic
  /** As a power cut: nothing is given back, nobody is told. */
  die(): Promise<void>
  stop(): Promise<void>
}

async function until(what: string, holds: () => boolean, ms = 12_000): Promise<void> {
  const end = Date.now() + ms
  while (!holds()) {
    assert.ok(Date.now() < end, `${what} within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  const { port } = server.address() as { port: number }
  await new Promise((closed) => server.close(closed))
  return port
}

async function startServer(db: Database, target: EmbeddedSwitch, name: string, facts: Fact[]): Promise<Server> {
  // Where it listens must be known before it is told to the others.
  const port = await freePort()
  let dead = false
  // Its own way to the database, which can be cut.
  const knex = new Proxy(db.knex, {
    apply(to, self, args) {
      if (dead) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
      return Reflect.apply(to as never, self, args)
    },
  })
  const mine = { ...db, knex } as Database
  const http = await buildHttp({ db })
  const log = () => {}
  const client = new EslClient({
    address: { host: '127.0.0.1', port: target.port, password: 'cluster' },
    events: [...fleetEvents, ...routingEvents],
  })
  const fleet = createFleet({ nodes: [{ name: 'fs1', client }], domain: 'vera.local' })
  const cluster = createCluster({
    ...{ db: mine, name, sessionSecret: secret, version: '1', log, presenceMs: 100 },
    url: `http://127.0.0.1:${port}`,
    // Long enough that a busy machine is not taken for a dead server.
    lease: { termMs: 2_000, renewMs: 200, patienceMs: 2_400, pollMs: 50 },
  })
  const told: string[] = []
  const live = attachLive(http, cluster.across ? { across: cluster.across } : {})
  const topic = live.define({ name: 'x', roles: ['agent'], snapshot: () => 1 })
  cluster.across?.onTold((topicName) => void told.push(String(topicName)))
  const draining = createDraining({ db, fleet, bus: cluster.bus, now: Date.now, log })
  await http.app.register(clusterRoutes, { cluster, fleet, draining, live, audit: http.audit })
  const routing = cluster.share(
    (guarded) =>
      createRouting({
        client: guarded,
        facts: { record: (fact: Fact) => void facts.push(fact) } as never,
        dialString: (user) => dialString({ user, domain: 'vera.local' }),
        promptFile: async () => '/tmp/none.wav',
        recordingsDir: '/tmp',
        lastStates: async () => [],
      }),
    fleet,
  )
  await http.app.listen({ host: '127.0.0.1', port })
  routing.setQueues([queue])
  routing.setAgents([agent(1), agent(2)])
  fleet.start()
  await cluster.start()
  await routing.start()
  return {
    ...{ cluster, routing, fleet, http, told, topic },
    async die() {
      dead = true
      await http.close()
      await fleet.stop()
    },
    async stop() {
      routing.stop()
      await cluster.stop().catch(() => {})
      await fleet.stop()
      if (!dead) await http.close()
    },
  }
}

describe('what servers say to each other', () => {
  const key = clusterKey(secret)
  const nonce = 'n'.repeat(20)
  it('is taken once, unchanged, in time, and from who has the secret', () => {
    let now = 1_000_000
    const good = createVerifier(key, () => now)
    const header = (at = now, n = nonce, k = key) => authorization(k, '/cluster/call', '{}', at, n)
    assert.equal(good(header(), '/cluster/call', '{}'), true)
    assert.equal(good(header(), '/cluster/call', '{}'), false, 'said again')
    assert.equal(good(header(now, 'm'.repeat(20)), '/cluster/call', '{"a":1}'), false, 'another text')
    assert.equal(good(header(now, 'o'.repeat(20)), '/cluster/told', '{}'), false, 'another place')
    assert.equal(good(header(now, 'p'.repeat(20), clusterKey('y'.repeat(40))), '/cluster/call', '{}'), false)
    const old = header(now, 'q'.repeat(20))
    now += 61_000
    assert.equal(good(old, '/cluster/call', '{}'), false, 'too late')
    for (const bad of [undefined, '', 'Bearer x', 'Vera-Cluster 1.2.3']) assert.equal(good(bad, '/x', ''), false)
  })
})

onEachDatabase('two servers', (db) => {
  let target: EmbeddedSwitch
  let listener: CallListener
  let folder: string
  const calls: LiveCall[] = []
  const facts: Fact[] = []
  const servers: Server[] = []
  /** The citizen whom agent 1 talks to from the first test on. */
  let talking = ''
  const owner = () => servers.find(({ cluster }) => cluster.owns())!
  const other = () => servers.find(({ cluster }) => !cluster.owns())!
  async function citizen() {
    const line = target.line({ from: '3424111222', to: '3425550100' })
    await until('the call arrives', () => calls.some(({ uuid }) => uuid === line.uuid))
    const call = calls.find(({ uuid }) => uuid === line.uuid)!
    await call.answer()
    return { line, call }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vera-cluster-'))
    listener = await listenCalls({
      host: '127.0.0.1',
      port: 0,
      onCall: (session) => void calls.push(createLiveCall(session)),
    })
    target = await startEmbeddedSwitch({
      ...{ password: 'cluster', callListen: `127.0.0.1:${listener.port}`, recordingsDir: folder },
      phoneHabits: { answerMs: [50, 60], talkMs: [600_000, 1] },
    })
    servers.push(await startServer(db(), target, 'one', facts), await startServer(db(), target, 'two', facts))
    await until('they see each other', () => servers.every(({ cluster }) => cluster.bus!.hasPeers))
    await until('one of them routes', () => servers.filter(({ cluster }) => cluster.owns()).length === 1)
  })
  after(async () => {
    for (const server of servers) await server.stop()
    await listener.close(true)
    await target.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('a call of the other server’s flow and an agent at the other server’s desk meet', async () => {
    await until('the picture is there', () => other().routing.agents.work(1) !== undefined)
    const { call } = await citizen()
    const request = { queueId: 1, interactionId: call.uuid, agencyId: 1, flowNode: 'n', msg: {} }
    const { stayId } = await other().routing.calls.enqueue(call, request)
    assert.ok(stayId)
    await until('seen waiting there', () => other().routing.now().waiting.length === 1)
    const connected = new Promise<{ agentId: number }>((resolve) => {
      other().routing.on('connected', resolve)
    })
    await other().routing.agents.signIn(1)
    await other().routing.agents.ready(1)
    assert.equal((await connected).agentId, 1)
    assert.equal(other().routing.agents.work(1)?.connected?.interactionId, call.uuid)
    assert.equal(facts.filter(({ kind }) => kind === 'talk.began').length, 1, 'booked once')
    // An error of the owner's is the same error here.
    await assert.rejects(async () => other().routing.agents.answer(2), {
      name: 'RoutingError',
      code: 'routing.no_offer',
    })
    talking = call.uuid
  })

  it('changes of live topics reach the browsers of the other one', async () => {
    const there = other()
    there.told.length = 0
    owner().topic.changed()
    await until('told', () => there.told.includes('x'))
  })

  it('refuses whoever has no signature', async () => {
    for (const url of ['/cluster/call', '/cluster/told']) {
      const headers = { 'content-type': 'text/plain', authorization: 'Vera-Cluster 1.aaaaaaaaaaaaaaaa.x' }
      const said = await owner().http.app.inject({ method: 'POST', url, headers, payload: '{}' })
      assert.equal(said.statusCode, 403)
    }
  })

  it('takes over when the owner dies: who waits keeps the place, who talks goes on', async () => {
    const first = owner()
    const second = other()
    const { line, call } = await citizen()
    await first.routing.calls.enqueue(call, {
      queueId: 1,
      interactionId: call.uuid,
      agencyId: 1,
      flowNode: 'n',
      msg: {},
    })
    const [before] = first.routing.now().waiting
    await until('on its music', () => first.routing.now().waiting.length === 1)
    const died = Date.now()
    await first.die()
    await until('taken over', () => second.cluster.owns())
    assert.ok(Date.now() - died < 8_000)
    assert.equal(first.cluster.owns(), false)
    await until('read back', () => second.routing.now().waiting.length === 1)
    assert.equal(second.routing.now().waiting[0]?.placeSince, before?.placeSince)
    assert.equal(second.routing.agents.work(1)?.connected?.interactionId, talking)
    const connected = new Promise<{ interactionId: string }>((resolve) => {
      second.routing.on('connected', resolve)
    })
    await until('agent 2 is known', () => second.routing.agents.work(2) !== undefined)
    second.routing.agents.signIn(2)
    second.routing.agents.ready(2)
    assert.equal((await connected).interactionId, call.uuid)
    line.hangUp()
  })
})
