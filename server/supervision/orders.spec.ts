import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { scopeOf } from '../database/index.ts'
import { agentOf, queueOf } from '../routing/engine/history.ts'
import { createRouting, type Routing } from '../routing/index.ts'
import { FactList, FakeSwitch, settle } from '../routing/voice/fake-switch.ts'
import { onEachDatabase } from '../testing/database.ts'
import { auditCsv } from './audit-csv.ts'
import { midnightAfter } from './doors.ts'
import { createOrders, type Orders } from './orders.ts'

const timeZone = 'America/Argentina/Buenos_Aires'

it('the next midnight is the zone’s, also where clocks are changed', () => {
  const at = Date.parse('2026-11-24T01:30:00Z')
  assert.equal(new Date(midnightAfter(at, timeZone)).toISOString(), '2026-11-24T03:00:00.000Z')
  const changed = Date.parse('2026-10-25T00:30:00Z')
  assert.equal(new Date(midnightAfter(changed, 'Europe/Madrid')).toISOString(), '2026-10-25T23:00:00.000Z')
})

onEachDatabase('orders of supervisors', (database) => {
  const fake = new FakeSwitch()
  const facts = new FactList()
  let dial: string | undefined = 'user/1099@vera'
  let now = Date.parse('2026-11-24T01:30:00Z')
  let orders: Orders
  let routing: Routing
  const audited: string[] = []
  const by = (userId: number, agencyId = 1) => ({ scope: scopeOf(agencyId), userId, timeZone })
  const create = () =>
    createOrders({
      db: database(),
      routing,
      audit: { record: async (_scope, { action }) => void audited.push(action) },
      lists: {
        queues: async ({ agencyId }) => (agencyId === 1 ? [1, 2].map((id) => ({ id, name: `Cola ${id}` })) : []),
        agents: async ({ agencyId }) => (agencyId === 1 ? [{ id: 1, name: 'Ana' }] : []),
        breakReasons: async () => [{ id: 3, name: 'Baño' }],
      },
      supervisorDial: async () => dial,
      now: () => now,
      log: (line) => assert.fail(line),
    })
  const enqueue = (uuid: string) => {
    const request = { queueId: 1, interactionId: uuid, agencyId: 1, flowNode: 'n1', msg: {} }
    return routing.calls.enqueue(fake.call(uuid), request)
  }
  const listed = async (filter = {}) => (await orders.log.list(scopeOf(1), filter, { size: 50, offset: 0 })).rows
  const code = (wanted: string) => (error: { code?: string }) => error.code === wanted

  before(async () => {
    const { knex } = database()
    for (const id of [1, 2])
      await knex('agencies').insert({ id, code: `a${id}`, name: `O${id}`, kind: 'province', created_at: 0 })
    const person = { agency_id: 1, password_hash: '', language: 'es', created_at: 0, active: true }
    await knex('users').insert({ ...person, id: 1, username: 'ana', name: 'Ana', role: 'agent' })
    await knex('users').insert({ ...person, id: 7, username: 'sol', name: '=Sol', role: 'supervisor' })
    for (const id of [1, 2]) {
      const queue = { id, agency_id: 1, code: `q${id}`, name: `Cola ${id}`, channel: 'voice' }
      await knex('queues').insert({ ...queue, levels: '[]', messages: '[]' })
    }
    routing = createRouting({
      client: fake.client(),
      facts,
      dialString: (extension) => `user/${extension}@vera`,
      promptFile: async () => '/x.wav',
      recordingsDir: '/nowhere',
    })
    routing.setQueues([queueOf(1), queueOf(2), queueOf(9, { agencyId: 2 })])
    routing.setAgents([agentOf(1)])
    await routing.start()
    orders = create()
    await orders.start()
  })
  after(() => {
    orders.stop()
    routing.stop()
  })

  it('listening is kept with who, whom, the mode and how long; nobody else may steer it', async () => {
    routing.agents.signIn(1)
    await enqueue('c1')
    await settle()
    fake.answer([...fake.ringing.keys()][0]!)
    await settle()
    await assert.rejects(orders.begin(by(8, 2), 1, 'listen'), code('supervision.agent_not_found'))
    dial = undefined
    await assert.rejects(orders.begin(by(7), 1, 'listen'), code('supervision.no_phone'))
    dial = 'user/1099@vera'
    const { supervisionId } = await orders.begin(by(7), 1, 'listen')
    await settle()
    fake.answer(supervisionId)
    await settle()
    await assert.rejects(orders.mode(by(8, 2), supervisionId, 'join'), code('supervision.not_found'))
    await assert.rejects(orders.end(by(9), supervisionId), code('supervision.not_found'))
    assert.equal(orders.heardBy(scopeOf(1), 1), false, 'not told unless the agency wants it')
    await orders.setTellsAgents(by(7), true)
    assert.equal(orders.heardBy(scopeOf(1), 1), true)
    await orders.mode(by(7), supervisionId, 'whisper')
    assert.ok(fake.said.includes(`uuid_recv_dtmf ${supervisionId} 2`))
    await orders.end(by(7), supervisionId)
    // Each piece is written behind the other: this one comes last.
    await orders.agentState(by(7), 1, 'break', 3)
    const rows = (await listed()).map(({ action, user, agent, endedAt }) => [action, user, agent, endedAt !== null])
    assert.deepEqual(
      rows.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
      [
        ['agent_state', '=Sol', 'Ana', false],
        ['listen', '=Sol', 'Ana', true],
        ['whisper', '=Sol', 'Ana', true],
      ],
    )
    assert.equal((await orders.log.list(scopeOf(2), {}, { size: 50, offset: 0 })).total, 0)
    assert.deepEqual(audited.slice(-1), ['supervision.agent_state'])
  })

  it('a phone that is not connected is told to the supervisor', async () => {
    fake.failing.set('user/1099@vera', '-ERR USER_NOT_REGISTERED')
    await orders.begin(by(7), 1, 'listen')
    await settle()
    assert.deepEqual(orders.failures(scopeOf(1)), [{ supervisorId: 7, why: 'failed' }])
    assert.deepEqual(orders.failures(scopeOf(2)), [])
    fake.failing.clear()
  })

  it('a waiting caller goes to the front, and to another queue with the time already waited', async () => {
    const { stayId: first } = await enqueue('c2')
    const { stayId: second } = await enqueue('c3')
    await settle()
    await assert.rejects(orders.move(by(8, 2), second, { first: true }), code('supervision.not_waiting'))
    await orders.move(by(7), second, { first: true })
    assert.deepEqual(
      routing.now().waiting.map(({ stayId }) => stayId),
      [second, first],
    )
    const before = routing.now().waiting.find(({ stayId }) => stayId === first)!
    await assert.rejects(orders.move(by(7), first, { queueId: 9, first: false }), code('supervision.queue_not_found'))
    await orders.move(by(7), first, { queueId: 2, first: false })
    const moved = routing.now().waiting.find(({ interactionId }) => interactionId === 'c2')!
    assert.deepEqual([moved.queueId, moved.placeSince], [2, before.placeSince])
    assert.equal(fake.legs.get('c2')!.variables.vera_queue, '2')
    assert.deepEqual(
      facts.of('stay.left').map(({ interactionId, outcome, reason }) => [interactionId, outcome, reason]),
      [
        ['c1', 'answered', undefined],
        ['c2', 'overflowed', 'diverted'],
      ],
    )
  })

  it('a queue closed by hand stays so over a restart, until its time is over', async () => {
    await assert.rejects(orders.queue(by(8, 2), 1, false, 'today'), code('supervision.queue_not_found'))
    await orders.queue(by(7), 1, false, 'today')
    const midnight = Date.parse('2026-11-24T03:00:00Z')
    assert.deepEqual(orders.doors.now(1), { open: false, until: midnight })
    assert.deepEqual((await enqueue('c4')).exit, { exit: 'overflowed', reason: 'diverted' })
    orders.stop()
    routing.setQueueOpen(1, undefined)
    orders = create()
    await orders.start()
    assert.deepEqual((await enqueue('c5')).exit, { exit: 'overflowed', reason: 'diverted' })
    orders.stop()
    now = midnight
    orders = create()
    await orders.start()
    assert.equal(orders.doors.now(1), undefined)
    assert.equal((await enqueue('c6')).exit, undefined)
    assert.equal((await database().knex('queue_doors').select('*')).length, 0)
  })

  it('the file has no formulas', async () => {
    const csv = auditCsv(await listed({ action: 'queue' }), timeZone)
    assert.match(csv, /2026-11-23 22:30:00;'=Sol;queue;;Cola 1;;;open=false until=\d+\r\n$/)
  })
})
