import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, it } from 'node:test'
import { insertId, type Scope } from '../database/index.ts'
import type { AppError } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createEvaluations, type Quality } from './index.ts'
import { createLots } from './lots.ts'
import type { TaskInput } from './tasks.ts'
import { content, person, recordedCall } from './testing.ts'

const refused =
  (code: string, ...fields: string[]) =>
  (error: AppError) =>
    error.code === code && fields.every((field) => Object.hasOwn(error.fields ?? {}, field))
const day = 86_400_000
// March, in Buenos Aires.
const from = Date.parse('2026-03-01T03:00:00Z')
const to = Date.parse('2026-04-01T03:00:00Z')
const good = { saludo: { value: 'yes' }, tono: { value: '5' }, resuelve: { value: 'todo' }, datos: { value: 'yes' } }

onEachDatabase('tasks of evaluation', (db) => {
  let ours: Scope
  let theirs: Scope
  let quality: Quality
  let [ana, beto, carla, sofia] = [0, 0, 0, 0]
  let [formId, queueId] = [0, 0]
  let now = to + day
  const logged: string[] = []
  const call = (agentId: number, at: number, more: object = {}) =>
    recordedCall(db(), ours, { agentId, at: from + at * 3_600_000, queueId, ...more })
  const input = (more: Partial<TaskInput> = {}): TaskInput => ({
    ...{ name: 'Marzo', formId, evaluatorId: sofia, agentIds: [], perAgent: 3, minSeconds: 60, from, to },
    ...{ dueAt: to + 7 * day, monthly: false, queueId, ...more },
  })
  const drawn = async (id: number) =>
    (await quality.tasks.items(ours, id)).filter(({ replacedAt }) => replacedAt === undefined)
  const judge = async (recordingId: string, form = formId) => {
    const id = await quality.begin(ours, sofia, await quality.talkOf(ours, recordingId), form)
    await quality.publish(ours, sofia, id, { revision: 1, answers: good, comment: '' })
    return id
  }
  /** A form of its own for each test, so that what one drew is not taken from the next. */
  const newForm = async () => {
    const id = await quality.forms.create(ours, sofia, 'Atención')
    await quality.forms.saveDraft(ours, id, { revision: 1, name: 'Atención', content })
    await quality.forms.publish(ours, sofia, id, 2)
    return id
  }

  before(async () => {
    ours = await makeAgency(db())
    theirs = await makeAgency(db())
    ana = await person(db(), ours, 'agent', 'Ana')
    beto = await person(db(), ours, 'agent', 'Beto')
    carla = await person(db(), ours, 'agent', 'Carla')
    sofia = await person(db(), ours, 'supervisor', 'Sofía')
    queueId = await insertId(db().knex('queues').insert({ agency_id: ours.agencyId, code: 'q', name: 'Trámites' }))
    const log = (line: string) => logged.push(line)
    quality = createEvaluations({ db: db(), audit: { record: async () => {} }, now: () => now, log })
    // Ana: ten that count; too short; before and after; another queue; unrecorded; hers by Sofía is nobody's.
    for (let at = 0; at < 10; at++) await call(ana, at * 70)
    await call(ana, 5, { ms: 59_000 })
    await call(ana, -1)
    await call(ana, 31 * 24)
    await call(ana, 6, { queueId: undefined })
    await call(ana, 7, { state: 'expired' })
    await call(ana, 8, { state: undefined })
    await call(beto, 100)
    await call(beto, 200, { state: 'missing' })
    await call(sofia, 100)
    await recordedCall(db(), theirs, { agentId: await person(db(), theirs, 'agent'), at: from + day })
  })

  it('draws by lot among those that can be heard, and says where there are not enough', async () => {
    formId = await newForm()
    const already = await call(ana, 9)
    await judge(already)
    const id = await quality.tasks.create(ours, sofia, input({ agentIds: [ana, beto, carla] }))
    const task = await quality.tasks.existing(ours, id)
    assert.deepEqual(
      (await quality.tasks.agents(ours, task)).map((one) => [
        one.agent,
        one.eligible,
        one.unrecorded,
        one.drawn,
        one.short,
      ]),
      [
        ['Ana', 10, 2, 3, 0],
        ['Beto', 1, 1, 1, 2],
        ['Carla', 0, 0, 0, 3],
      ],
    )
    // Anybody who has the seed draws the same.
    const lots = createLots(task.seed, () => 3)
    const mine = await db().knex('recordings').where({ agent_id: ana, queue_id: queueId, state: 'present' })
    for (const row of mine) {
      const at = Number(row.started_at)
      if (at < from || at >= to || Number(row.duration_ms) < 60_000 || row.id === already) continue
      lots.add({ recordingId: row.id, interactionId: row.interaction_id, agentId: ana, calledAt: at })
    }
    const ids = (await drawn(id)).filter(({ agentId }) => agentId === ana).map(({ recordingId }) => recordingId)
    assert.deepEqual(
      ids.toSorted(),
      lots
        .winners()
        .map(({ recordingId }) => recordingId)
        .toSorted(),
    )
    // Drawn again, by two at once: nothing more.
    await Promise.all([quality.tasks.draw(ours, id), quality.tasks.draw(ours, id)])
    assert.equal((await drawn(id)).length, 4)
    // Another task of the same form draws others.
    const second = await quality.tasks.create(ours, sofia, input({ agentIds: [ana] }))
    const others = (await drawn(second)).map(({ recordingId }) => recordingId)
    assert.deepEqual(
      others.filter((one) => ids.includes(one)),
      [],
    )
    assert.equal(others.length, 3)
  })

  it('is due until it is published; what cannot be evaluated is changed for another', async () => {
    formId = await newForm()
    const id = await quality.tasks.create(ours, sofia, input({ agentIds: [ana] }))
    const [first, second] = (await drawn(id)) as unknown as [{ recordingId: string }, { recordingId: string }]
    const before = (await quality.tasks.due(ours, sofia, 100)).total
    await judge(first.recordingId)
    await quality.begin(ours, sofia, await quality.talkOf(ours, second.recordingId), formId)
    const due = await quality.tasks.due(ours, sofia, 100)
    assert.equal(due.total, before - 1)
    assert.ok(due.rows.some(({ recordingId, evaluationId }) => recordingId === second.recordingId && evaluationId))
    assert.deepEqual(
      [await quality.tasks.progress(ours, id)].map((one) => [one?.drawn, one?.done, one?.wanted, one?.state]),
      [[3, 1, 3, 'open']],
    )
    await assert.rejects(
      quality.tasks.replace(ours, sofia, id, second.recordingId, 'x'),
      refused('task.not_replaceable'),
    )
    const third = (await drawn(id)).find(({ evaluationId }) => evaluationId === undefined)!
    await assert.rejects(quality.tasks.replace(ours, sofia, id, third.recordingId, ' '), refused('task.invalid', 'why'))
    await quality.tasks.replace(ours, sofia, id, third.recordingId, 'No se escucha')
    const now3 = await drawn(id)
    assert.equal(now3.length, 3)
    assert.ok(now3.every(({ recordingId }) => recordingId !== third.recordingId))
    now = to + 8 * day
    assert.equal((await quality.tasks.progress(ours, id))?.state, 'overdue')
    now = to + day
    await quality.tasks.cancel(ours, sofia, id)
    await assert.rejects(quality.tasks.cancel(ours, sofia, id), refused('task.cancelled'))
    assert.equal(await quality.tasks.draw(ours, id), 0)
  })

  it('while the period runs, draws as much as has gone by of it', async () => {
    formId = await newForm()
    now = from + 10 * day
    const id = await quality.tasks.create(ours, sofia, input({ agentIds: [ana], perAgent: 6 }))
    assert.equal((await drawn(id)).length, 2)
    assert.ok((await drawn(id)).every(({ calledAt }) => calledAt < now))
    now = from + 16 * day
    await quality.tasks.tick()
    assert.equal((await drawn(id)).length, 4)
    now = to + day
    await quality.tasks.tick()
    assert.equal((await drawn(id)).length, 6)
  })

  it('the next month’s is made once, however many servers look; it ends when its form does', async () => {
    formId = await newForm()
    now = to - day
    const id = await quality.tasks.create(ours, sofia, input({ monthly: true }))
    const series = async () =>
      (await db().knex('evaluation_tasks').where({ series_id: id }).orderBy('calls_from')).map((row) => [
        ...[new Date(Number(row.calls_from)), new Date(Number(row.calls_to)), new Date(Number(row.due_at))].map((one) =>
          one.toISOString().slice(0, 13),
        ),
      ])
    await quality.tasks.tick()
    assert.equal((await series()).length, 1)
    now = to
    await Promise.all([quality.tasks.tick(), quality.tasks.tick()])
    assert.deepEqual(await series(), [
      ['2026-03-01T03', '2026-04-01T03', '2026-04-08T03'],
      ['2026-04-01T03', '2026-05-01T03', '2026-05-08T03'],
    ])
    await quality.forms.setActive(ours, sofia, formId, false)
    now = Date.parse('2026-06-15T00:00:00Z')
    await quality.tasks.tick()
    assert.equal((await series()).length, 2)
    assert.equal(
      await db().knex('evaluation_tasks').where({ series_id: id, monthly: true, calls_from: to }).first(),
      undefined,
    )
    now = to + day
  })

  it('of a series that is cancelled while the next month is prepared none is begun', async () => {
    formId = await newForm()
    now = to - day
    const id = await quality.tasks.create(ours, sofia, input({ monthly: true }))
    now = to
    // As late as it can be: what is due was read, the month after is not written yet.
    const late = createEvaluations({
      db: {
        ...db(),
        transaction: async (work) => {
          await quality.tasks.cancel(ours, sofia, id)
          return db().transaction(work)
        },
      },
      ...{ audit: { record: async () => {} }, now: () => now, log: (line: string) => logged.push(line) },
    })
    await late.tasks.tick()
    assert.equal((await db().knex('evaluation_tasks').where({ series_id: id })).length, 1)
    now = to + day
  })

  it('draws thousands at once; what cannot be drawn now is there, said, and holds up nobody', async () => {
    formId = await newForm()
    logged.length = 0
    const many = await insertId(db().knex('queues').insert({ agency_id: ours.agencyId, code: 'm', name: 'Muchas' }))
    const { interaction_id } = await db().knex('recordings').where({ agent_id: ana }).first()
    const agents = []
    for (let n = 0; n < 95; n++) agents.push(await person(db(), ours, 'agent', `Agente ${n}`))
    for (const agent_id of agents)
      await db()
        .knex('recordings')
        .insert(
          Array.from({ length: 50 }, (_, n) => ({
            ...{ id: randomUUID(), agency_id: ours.agencyId, interaction_id, agent_id, queue_id: many, kind: 'call' },
            ...{ path: 'x.wav', state: 'present', started_at: from + n * 60_000, duration_ms: 120_000 },
          })),
        )
    const broken = createEvaluations({
      db: {
        ...db(),
        transaction: (work) => (++tries > 1 ? Promise.reject(new Error('full')) : db().transaction(work)),
      },
      ...{ audit: { record: async () => {} }, now: () => now, log: (line: string) => logged.push(line) },
    })
    let tries = 0
    const id = await broken.tasks.create(ours, sofia, input({ queueId: many, perAgent: 50 }))
    assert.deepEqual(logged, [`evaluations: task ${id}: full`])
    const [lost] = await db().knex('evaluation_tasks').where({ agency_id: ours.agencyId }).orderBy('id')
    await db().knex('evaluation_tasks').where({ id: lost.id }).update({ agent_ids: '[', cancelled_at: null })
    await quality.tasks.tick()
    assert.equal((await drawn(id)).length, 95 * 50)
    assert.equal(logged.length, 2)
    assert.match(logged[1]!, new RegExp(`task ${lost.id}: `))
    await db().knex('evaluation_tasks').where({ id: lost.id }).update({ agent_ids: lost.agent_ids })
  })

  it('refuses what cannot be, naming the fields; another agency finds nothing', async () => {
    formId = await newForm()
    const wrong = (more: Partial<TaskInput>, field: string) =>
      assert.rejects(quality.tasks.create(ours, sofia, input(more)), refused('task.invalid', field))
    const stranger = await person(db(), theirs, 'supervisor')
    await wrong({ name: ' ' }, 'name')
    await wrong({ formId: 999_999 }, 'form')
    await wrong({ evaluatorId: ana }, 'evaluator')
    await wrong({ evaluatorId: stranger }, 'evaluator')
    await wrong({ agentIds: [ana, stranger] }, 'agents')
    await wrong({ queueId: 999_999 }, 'queue')
    await wrong({ perAgent: 51 }, 'perAgent')
    await wrong({ to: from }, 'to')
    await wrong({ to: from + 100 * day }, 'to')
    await wrong({ dueAt: from }, 'due')
    await wrong({ monthly: true, to: to - day }, 'monthly')
    const id = await quality.tasks.create(ours, sofia, input())
    await assert.rejects(quality.tasks.existing(theirs, id), refused('task.not_found'))
    await assert.rejects(quality.tasks.cancel(theirs, stranger, id), refused('task.not_found'))
    await assert.rejects(quality.tasks.draw(theirs, id), refused('task.not_found'))
    assert.deepEqual(await quality.tasks.items(theirs, id), [])
    assert.deepEqual((await quality.tasks.list(theirs, { size: 9, offset: 0 })).rows, [])
    assert.equal((await quality.tasks.due(theirs, sofia, 9)).total, 0)
  })
})
