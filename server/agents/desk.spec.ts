import assert from 'node:assert/strict'
import { it } from 'node:test'
import { scopeOf } from '../database/index.ts'
import { startRobots } from '../example/robots.ts'
import { buildHttp } from '../http/index.ts'
import type { Fact } from '../interactions/index.ts'
import { attachLive } from '../live/index.ts'
import { createNow, type NowPorts, supervisionRoutes } from '../supervision/index.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../testing/database.ts'
import { createBoard, templates, wallboardRoutes } from '../wallboards/index.ts'
import { boardById, deleteBoard, keepToken, opensBoard } from '../wallboards/store.ts'
import { type Agent, agentRoutes, createDesk, type DeskPorts } from './index.ts'
import { scriptedRouting } from './scripted-routing.ts'

const scope = scopeOf(1)
const ana: Agent = { id: 7, name: 'Ana', extension: '1001', scope }

/** A clock that goes only when told to. */
function handClock() {
  let at = 1_000_000
  const timers = new Map<object, { at: number; run: () => void }>()
  return {
    now: () => at,
    after(ms: number, run: () => void) {
      const key = {}
      timers.set(key, { at: at + ms, run })
      return () => void timers.delete(key)
    },
    async forward(ms: number) {
      const end = at + ms
      for (;;) {
        const [key, next] = [...timers].filter(([, one]) => one.at <= end).sort((a, b) => a[1].at - b[1].at)[0] ?? []
        if (!key || !next) break
        timers.delete(key)
        at = Math.max(at, next.at)
        next.run()
        for (let turn = 0; turn < 8; turn++) await Promise.resolve()
      }
      at = end
    },
  }
}

function setting(overrides: Partial<DeskPorts> = {}) {
  const clock = handClock()
  const routing = scriptedRouting(clock.now)
  const facts: Partial<Fact>[] = []
  const citizen = { id: 3, name: 'Juana <b>', phones: ['+543420000001'] }
  const ports: DeskPorts = {
    routing,
    clock,
    facts: {
      record(fact) {
        facts.push(fact as Fact)
        return fact as Fact
      },
    },
    citizens: {
      byId: async (_scope, id) => (id === 3 ? citizen : undefined),
      byPhone: async (_scope, number) => (number === '+543420000001' ? [citizen] : []),
      search: async () => [citizen],
      create: async () => 3,
      addPhone: async () => {},
    },
    interactions: {
      history: async () => [],
      steps: async () => [{ at: 1, name: 'Menú', detail: '1' }],
      notes: async () => [],
      citizenOf: async () => undefined,
    },
    tickets: { ofCitizen: async () => [], create: async () => ({ id: 1, number: 40 }) },
    lists: {
      queues: async () => [{ id: 5, name: 'Salud' }],
      breakReasons: async () => [{ id: 9, name: 'Almuerzo' }],
      dispositions: async () => [{ id: 2, name: 'Resuelto' }],
      topics: async () => [{ id: 4, name: 'Turnos', queueId: 5 }],
      backOffices: async () => [{ id: 3, name: 'Mesa de ayuda', number: '3424000' }],
      agents: async () => [
        { id: 7, name: 'Ana' },
        { id: 8, name: 'Beto', extension: '1002' },
      ],
      articles: async () => [],
    },
    today: async () => ({ answered: 1, notAnswered: 0, ahtMs: null, talkMs: 0, pausedMs: 0, occupancy: null }),
    ...overrides,
  }
  const ring = (interactionId = 'call') =>
    routing.offer({
      agentId: 7,
      offerId: 'o',
      stayId: 's',
      interactionId,
      agencyId: 1,
      queueId: 5,
      from: '+543420000001',
      callback: false,
      until: clock.now() + 20_000,
    })
  return { clock, routing, facts, ports, ring, desk: createDesk(ports) }
}

it('tells the agent that somebody listens, when that begins and when it ends', async () => {
  let listens = false
  let told = (_agencyId: number) => {}
  const heard = {
    by: ({ agencyId }: { agencyId: number }, agentId: number) => listens && agencyId === 1 && agentId === 7,
    onChange(listener: (agencyId: number) => void) {
      told = listener
      return () => {}
    },
  }
  const { desk, ring } = setting({ heard })
  desk.signIn(ana)
  ring()
  const drawn: number[] = []
  desk.onChange((agentId) => drawn.push(agentId))
  assert.equal((await desk.model(ana)).heard, false)
  listens = true
  told(2)
  assert.deepEqual(drawn, [], 'another agency')
  told(1)
  assert.deepEqual(drawn, [7])
  assert.equal((await desk.model(ana)).heard, true)
})

it('shows who calls as it rings, keeps what is written, and books it when wrap-up runs out', async () => {
  const { clock, routing, facts, desk, ring } = setting()
  desk.signIn(ana)
  ring()
  const ringing = (await desk.model(ana)).contact
  assert.equal(ringing?.phase, 'offered')
  assert.equal(ringing?.about.citizen?.name, 'Juana <b>')
  assert.deepEqual(
    ringing?.about.steps.map(({ detail }) => detail),
    ['1'],
  )
  await desk.answer(ana)
  desk.keep(ana, 'call', { topicId: 4 })
  desk.keep(ana, 'call', { note: 'Pide turno', dispositionId: 2 })
  desk.keep(ana, 'another', { note: 'of a call that is over' })
  assert.equal((await desk.model(ana)).contact?.draft.note, 'Pide turno')
  routing.end(7, clock.now() + 30_000)
  await clock.forward(29_000)
  assert.deepEqual(routing.asked, ['answer 7'])
  await clock.forward(1_000)
  assert.equal(routing.asked.at(-1), 'finish 7 {"dispositionId":2,"topicId":4}')
  const written = facts.map(({ kind, interactionId }) => `${kind} ${interactionId}`)
  assert.deepEqual(written, ['interaction.topic call', 'interaction.note call'])
  assert.equal((await desk.model(ana)).contact, undefined)
})

it('lets the call be taken while the database is away', async () => {
  const away = async () => Promise.reject(new Error('away'))
  const { desk, ring } = setting({ interactions: { history: away, steps: away, notes: away, citizenOf: away } })
  desk.signIn(ana)
  ring()
  assert.equal((await desk.model(ana)).contact?.about.failed, true)
  await desk.answer(ana)
  assert.equal((await desk.model(ana)).contact?.phase, 'talking')
})

it('has a robot make room for a person, and sit down again after ten idle minutes', async () => {
  const { clock, routing, desk, ports } = setting()
  const phones: string[] = []
  const robots = startRobots({
    desk,
    routing,
    lists: ports.lists,
    agents: [ana],
    phone: (_ext, mode) => phones.push(mode),
    seed: 1,
    clock,
  })
  await clock.forward(10)
  assert.equal(desk.work(ana)?.now.state, 'available')
  desk.persons.touch(7)
  assert.deepEqual([robots.seated(), desk.work(ana)?.now.state, phones.at(-1)], [[], 'offline', 'manual'])
  await clock.forward(599_000)
  assert.deepEqual(robots.seated(), [])
  await clock.forward(5_000)
  assert.deepEqual([robots.seated(), desk.work(ana)?.now.state, phones.at(-1)], [[7], 'available', 'robot'])
  // It finishes its own wrap-up with a topic of the queue.
  routing.connect({
    agentId: 7,
    talkId: 't',
    interactionId: 'call',
    agencyId: 1,
    queueId: 5,
    from: '',
    since: clock.now(),
  })
  routing.end(7, clock.now() + 60_000)
  await clock.forward(29_000)
  assert.match(routing.asked.at(-1) ?? '', /^finish 7 .*"topicId":4/)
  robots.stop()
  desk.stop()
})

it('has no more robots work after persons were at the desks of those at home', async () => {
  const { clock, routing, desk, ports } = setting()
  const agents = [7, 8, 9, 10].map((id): Agent => ({ id, name: `Agente ${id}`, extension: `100${id}`, scope }))
  const robots = startRobots({ desk, routing, lists: ports.lists, agents, phone: () => {}, seed: 1, clock })
  await clock.forward(1_000)
  const visit = async (id: number) => {
    desk.persons.touch(id)
    desk.signIn({ ...ana, id })
    desk.persons.left(id)
    await clock.forward(5_000)
  }
  for (const { id } of agents) await visit(id)
  const there = agents.filter(({ id }) => (desk.work({ ...ana, id })?.now.state ?? 'offline') !== 'offline')
  assert.deepEqual([robots.seated().length, there.length], [2, 2])
  robots.stop()
  desk.stop()
})

it('has robots relieve each other, so that as many work hours later', async () => {
  const { clock, routing, desk, ports } = setting()
  const agents = [7, 8, 9, 10].map((id): Agent => ({ id, name: `Agente ${id}`, extension: `100${id}`, scope }))
  const robots = startRobots({ desk, routing, lists: ports.lists, agents, phone: () => {}, seed: 1, clock })
  const worked = new Set<number>()
  for (let hour = 0; hour < 12; hour++) {
    await clock.forward(1_800_000)
    const there = agents.filter(({ id }) => (desk.work({ ...ana, id })?.now.state ?? 'offline') !== 'offline')
    assert.equal(there.length, 2, `after ${hour} half hours`)
    assert.deepEqual(robots.seated().sort(), there.map(({ id }) => id).sort())
    for (const { id } of there) worked.add(id)
  }
  assert.equal(worked.size, 4, 'everybody had a turn')
  robots.stop()
  desk.stop()
})

it('serves the desk, the supervisor and the board; each role its own; forced states are audited', async (t) => {
  const db = await freshDatabase()
  const own = await makeAgency(db)
  const other = await makeAgency(db)
  const user = async (agency: number, role: string) => {
    const row = { agency_id: agency, username: `${role}${agency}`, name: role, role, created_at: 0 }
    return (await db.knex('users').insert(row))[0] as number
  }
  const http = await buildHttp({ db })
  const live = attachLive(http)
  t.after(async () => {
    await http.close()
    await db.close()
  })
  const agentId = await user(own.agencyId, 'agent')
  const bearer = async (userId: number, agency = own) => ({
    authorization: `Bearer ${(await http.sessions.issue(agency, { userId })).token}`,
  })
  const { ports, routing, desk } = setting({ clock: undefined })
  const nowPorts: NowPorts = {
    routing,
    metricsNow: () => Promise.reject(new Error('away')),
    lists: {
      queues: async () => [{ id: 5, name: 'Salud <i>', targetSeconds: 20, targetPercent: 80 }],
      agents: async ({ agencyId }) => (agencyId === own.agencyId ? [{ id: agentId, name: 'Ana' }] : []),
      breakReasons: async () => [{ id: 9, name: 'Almuerzo' }],
    },
    citizenNames: async () => new Map(),
    health: () => ({ switch: true, database: true, waitingFacts: 0 }),
    audit: http.audit,
    alarms: { list: async () => [], seen: async () => true },
  }
  const now = createNow(nowPorts)
  await http.app.register(agentRoutes({ desk, ports, live }))
  await http.app.register(supervisionRoutes({ now, ports: nowPorts, live }))
  const boardUser = await user(own.agencyId, 'wallboard')
  await http.app.register(
    wallboardRoutes({
      now,
      ports: nowPorts,
      numbers: { values: async () => [], trend: () => undefined, topics: () => undefined, onRead: () => () => {} },
      live,
      db,
      sessions: http.sessions,
      wallboardUser: async () => boardUser,
      publicUrl: 'http://x',
    }),
  )
  t.after(() => {
    now.stop()
    desk.stop()
  })
  const agent = await bearer(agentId)
  const supervisor = await bearer(await user(own.agencyId, 'supervisor'))
  const stranger = await bearer(await user(other.agencyId, 'supervisor'), other)
  const ask = (url: string, headers: object, payload?: object) =>
    http.app.inject({
      method: payload ? 'POST' : 'GET',
      url,
      headers: headers as never,
      ...(payload ? { payload } : {}),
    })

  const page = await ask('/agent', { ...agent, accept: 'text/html' })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /Empezar a atender/)
  assert.equal((await ask('/agent', supervisor)).statusCode, 403)
  assert.equal((await ask('/api/agent/answer', agent, {})).json().error.code, 'routing.no_offer')
  assert.equal((await ask('/api/agent/state', agent, { state: 'break', reasonId: 1234 })).statusCode, 400)
  assert.equal((await ask('/api/agent/state', agent, { state: 'ready' })).statusCode, 200)
  assert.equal(routing.agents.work(agentId)?.now.state, 'available')

  const screen = await ask('/supervisor', { ...supervisor, accept: 'text/html' })
  assert.match(screen.body, /La base de datos no responde/)
  assert.ok(!screen.body.includes('<i>'), 'a name is text')
  const force = `/api/supervisor/agents/${agentId}/state`
  assert.equal((await ask(force, stranger, { state: 'offline' })).statusCode, 404)
  assert.equal((await ask(force, supervisor, { state: 'break', reasonId: 9 })).json().state, 'break')
  assert.equal((await db.knex('audit').where({ action: 'agent.state_forced' })).length, 1)

  const id = await createBoard(db, own, 'Sala', templates.room())
  assert.equal((await ask(`/wallboards/${id}`, stranger)).statusCode, 404)
  assert.equal((await ask(`/wallboards/${id}`, {})).statusCode, 401)
  const made = await ask(`/wallboards/${id}/link`, supervisor, {})
  const token = /token(?:=|&#x3D;)([\w-]+)/.exec(made.body)?.[1]
  const opened = await ask(`/wallboards/${id}?token=${token}`, {})
  assert.equal(opened.headers.location, `/wallboards/${id}`)
  const cookie = String(opened.headers['set-cookie']).split(';')[0]
  assert.match((await ask(`/wallboards/${id}`, { cookie })).body, /Sala/)
  assert.equal((await ask('/supervisor', { cookie })).statusCode, 403)
  await ask(`/wallboards/${id}/link`, supervisor, {})
  assert.equal((await ask(`/wallboards/${id}?token=${token}`, {})).statusCode, 403)
})

onEachDatabase('wallboards', (db) => {
  it('are the agency’s own', async () => {
    const [own, other] = [await makeAgency(db()), await makeAgency(db())]
    const id = await createBoard(db(), own, 'Ñandú', templates.room({ queueIds: [1] }))
    assert.equal((await boardById(db(), own, id))?.name, 'Ñandú')
    assert.equal(await boardById(db(), other, id), undefined)
    assert.equal(await keepToken(db(), other, id, 'x'), false)
    assert.equal(await keepToken(db(), own, id, 'x'), true)
    assert.deepEqual([await opensBoard(db(), own, id, 'x'), await opensBoard(db(), own, id, 'y')], [true, false])
    assert.deepEqual([await deleteBoard(db(), other, id), await deleteBoard(db(), own, id)], [false, true])
  })
})
