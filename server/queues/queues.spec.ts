import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createAgencies } from '../agencies/index.ts'
import { createCalendars } from '../calendars/index.ts'
import { createAudit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createTopics } from '../topics/index.ts'
import { createUsers } from '../users/index.ts'
import { createQueues, type QueueInput } from './index.ts'

const input: QueueInput = {
  code: 'Impuestos',
  name: 'Impuestos',
  channel: 'voice',
  priority: 3,
  levels: [
    { afterSeconds: 0, minLevel: 3 },
    { afterSeconds: 30, minLevel: 1 },
  ],
  maxWaitSeconds: 600,
  noAgents: 'overflow',
  ringSeconds: 15,
  wrapUpSeconds: 20,
  targetSeconds: 20,
  targetPercent: 80,
  shortAbandonSeconds: 5,
  record: true,
  announcePosition: false,
  messages: ["Gracias por esperar'); drop table queues;--"],
  messageEverySeconds: 30,
  active: true,
}
const system = { userId: undefined, role: 'system' } as const

onEachDatabase('organisation', (db) => {
  const rooms = (now = () => Date.UTC(2026, 10, 24, 13)) => {
    const audit = createAudit(db(), { error: (_d, text) => assert.fail(text) })
    const revoked: number[] = []
    const sessions = { revokeUser: async (id: number) => void revoked.push(id) }
    const calendars = createCalendars({ db: db(), audit })
    return {
      revoked,
      calendars,
      agencies: createAgencies({ db: db(), audit }),
      users: createUsers({ db: db(), audit, sessions }),
      queues: createQueues({ db: db(), audit, calendars, now }),
      topics: createTopics({ db: db(), audit }),
    }
  }

  it("gives the router every queue in its words, open by its agency's calendar", async () => {
    const scope = await makeAgency(db())
    const { queues, calendars } = rooms()
    const calendarId = await calendars.create(scope, undefined, {
      name: 'c',
      hours: [{ weekday: 2, opens: '08:00', closes: '11:00' }],
    })
    const heard: object[] = []
    queues.changes.on((change) => heard.push(change))
    const id = await queues.create(scope, undefined, { ...input, calendarId })
    assert.deepEqual(heard, [{ agencyId: scope.agencyId, queueId: id }])
    const settings = async (hour: number) =>
      (await rooms(() => Date.UTC(2026, 10, 24, hour)).queues.queueSettings()).find((queue) => queue.id === id)
    const { open, ...rest } = (await settings(13))!
    assert.equal(open, true)
    assert.equal((await settings(14))?.open, false)
    assert.deepEqual(rest, {
      id,
      agencyId: scope.agencyId,
      code: 'impuestos',
      name: 'Impuestos',
      channel: 'voice',
      priority: 3,
      levels: [
        { afterMs: 0, minLevel: 3 },
        { afterMs: 30_000, minLevel: 1 },
      ],
      maxWaitMs: 600_000,
      noAgents: 'overflow',
      ringMs: 15_000,
      wrapUpMs: 20_000,
      targetSeconds: 20,
      targetPercent: 80,
      shortAbandonSeconds: 5,
      record: true,
      messages: input.messages,
      messageEveryMs: 30_000,
      announcePosition: false,
    })
    await assert.rejects(calendars.remove(scope, undefined, calendarId), { code: 'calendar.in_use' })
    const row = await db().knex('audit').where({ agency_id: scope.agencyId, action: 'queue.created' }).first()
    assert.equal(row.subject_id, String(id))
  })

  it('refuses a queue that leans on another agency, twins and levels in disorder', async () => {
    const [mine, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const { queues, users } = rooms()
    const skillId = await users.createSkill(theirs, system, 'Salud')
    await assert.rejects(queues.create(mine, undefined, { ...input, skillId }), { code: 'request.invalid' })
    const id = await queues.create(mine, undefined, input)
    await assert.rejects(queues.create(mine, undefined, input), { code: 'queue.code_taken' })
    await queues.create(theirs, undefined, input)
    await assert.rejects(queues.get(theirs, id), { code: 'queue.not_found' })
    await assert.rejects(
      queues.update(mine, undefined, id, {
        ...input,
        levels: [
          { afterSeconds: 5, minLevel: 1 },
          { afterSeconds: 9, minLevel: 4 },
        ],
      }),
      { code: 'queue.levels_wrong' },
    )
  })

  it('keeps people: password once, unique names, skills, sessions ended', async () => {
    const scope = await makeAgency(db())
    const { users, revoked } = rooms()
    const skill = await users.createSkill(scope, system, 'Impuestos')
    const name = `u${scope.agencyId}`
    const { id, password } = await users.create(scope, system, {
      username: name.toUpperCase(),
      name: 'Ñata 🌿',
      role: 'agent',
      extension: `9${scope.agencyId}`,
      skills: { [skill]: 4 },
    })
    assert.match(password, /^[a-z2-9-]{19}$/)
    assert.deepEqual((await users.get(scope, id)).skills, { [skill]: 4 })
    assert.deepEqual(
      (await users.agentSettings()).find((agent) => agent.id === id),
      { id, agencyId: scope.agencyId, name: 'Ñata 🌿', extension: `9${scope.agencyId}`, skills: { [skill]: 4 } },
    )
    await assert.rejects(users.create(scope, system, { username: name, name: 'x', role: 'supervisor' }), {
      code: 'user.username_taken',
    })
    await assert.rejects(users.create(scope, system, { username: `${name}b`, name: 'x', role: 'agent' }), {
      code: 'user.extension_needed',
    })
    await users.update(scope, system, id, {
      username: name,
      name: 'Ñata',
      role: 'agent',
      extension: `9${scope.agencyId}`,
      active: false,
    })
    await users.resetPassword(scope, system, id)
    assert.deepEqual(revoked, [id, id])
    assert.equal((await users.list(scope, { text: "ñata' or 1=1" })).length, 0)
    assert.equal((await users.list(scope, { text: '%' })).length, 0)
    assert.equal(await users.count(scope, { active: false }), 1)
    await assert.rejects(users.get(await makeAgency(db()), id), { code: 'user.not_found' })
  })

  it('lets nobody climb above their own role', async () => {
    const scope = await makeAgency(db())
    const { users } = rooms()
    const by = { userId: 999_999, role: 'agency_administrator' } as const
    const name = `boss${scope.agencyId}`
    const { id } = await users.create(scope, system, { username: name, name, role: 'administrator' })
    const wanted = { username: `${name}x`, name, role: 'administrator' } as const
    await assert.rejects(users.create(scope, by, wanted), { code: 'user.role_forbidden', status: 403 })
    await assert.rejects(users.resetPassword(scope, by, id), { code: 'user.role_forbidden' })
    await assert.rejects(users.update(scope, by, id, { ...wanted, role: 'agent', extension: '77' }), {
      code: 'user.role_forbidden',
    })
    await assert.rejects(
      users.update(scope, { userId: id, role: 'administrator' }, id, {
        username: name,
        name,
        role: 'administrator',
        active: false,
      }),
      { code: 'user.not_yourself' },
    )
  })

  it('keeps the tree of agencies without circles, and whose each number is', async () => {
    const scope = await makeAgency(db())
    const { agencies } = rooms()
    const base = {
      name: 'x',
      kind: 'municipality',
      timeZone: 'America/Argentina/Buenos_Aires',
      areaCode: '342',
      active: true,
    } as const
    const child = await agencies.create(scope, undefined, {
      ...base,
      code: `c${scope.agencyId}`,
      parentId: scope.agencyId,
    })
    await assert.rejects(agencies.update(scope, undefined, scope.agencyId, { ...base, code: 'p', parentId: child }), {
      code: 'agency.parent_wrong',
    })
    await assert.rejects(agencies.create(scope, undefined, { ...base, code: `c${scope.agencyId}` }), {
      code: 'agency.code_taken',
    })
    assert.equal((await agencies.tree(scope)).find(({ id }) => id === child)?.depth, 1)
    const digits = `0800${scope.agencyId}555`
    await agencies.addNumber(scope, undefined, `0800 ${scope.agencyId}-555`, 'x')
    assert.equal((await agencies.byNumber(digits))?.agencyId, scope.agencyId)
    await assert.rejects(agencies.addNumber(scope, undefined, digits, ''), { code: 'number.taken' })
    await assert.rejects(agencies.addNumber(scope, undefined, "1'; drop", ''), { code: 'number.wrong' })
  })

  it('keeps topics, dispositions and break reasons', async () => {
    const scope = await makeAgency(db())
    const { topics } = rooms()
    const parent = await topics.create(scope, undefined, 'topics', { name: 'Impuestos', active: true })
    const child = await topics.create(scope, undefined, 'topics', { name: 'Patente', parentId: parent, active: true })
    await assert.rejects(
      topics.update(scope, undefined, 'topics', parent, { name: 'Impuestos', parentId: child, active: true }),
      { code: 'topic.parent_wrong' },
    )
    await assert.rejects(topics.create(scope, undefined, 'topics', { name: 'Impuestos', active: true }), {
      code: 'topic.name_taken',
    })
    await topics.create(scope, undefined, 'dispositions', { name: 'Resuelto', resolved: true, active: true })
    const lunch = await topics.create(scope, undefined, 'break_reasons', { name: 'Almuerzo', active: true })
    await topics.update(scope, undefined, 'break_reasons', lunch, { name: 'Almuerzo', active: false })
    assert.deepEqual(await topics.breakReasons(scope), [])
    assert.equal((await topics.dispositions(scope))[0]?.resolved, true)
    assert.deepEqual(
      (await topics.topics(scope)).map(({ name }) => name),
      ['Impuestos', 'Patente'],
    )
  })
})
