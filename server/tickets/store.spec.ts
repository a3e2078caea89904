import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { insertId, type Scope } from '../database/index.ts'
import type { AppError, Audit } from '../http/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createTickets, flowTickets, type Tickets } from './index.ts'

const HOUR = 3_600_000
const page = { page: 1, size: 25, offset: 0 }

onEachDatabase('tickets', (db) => {
  let scope: Scope
  let other: Scope
  let tickets: Tickets
  let office: number
  let citizen: number
  let now = 1_700_000_000_000
  const changed: number[] = []
  const audit: Audit = { record: async () => undefined }
  before(async () => {
    scope = await makeAgency(db())
    other = await makeAgency(db())
    office = await insertId(db().knex('back_offices').insert({ agency_id: scope.agencyId, name: 'Mesa fiscal' }))
    citizen = await insertId(
      db()
        .knex('citizens')
        .insert({ name: 'Ana Pérez', dni: '30123456', search: 'ana perez 30123456', created_at: 1, updated_at: 1 }),
    )
    tickets = createTickets({ db: db(), audit, now: () => now, onChanged: (agency) => changed.push(agency) })
  })
  const refused = (code: string) => (error: AppError) => error.code === code

  test('numbers count within the agency, also when many are made at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, at) => tickets.create(scope, undefined, { subject: `T ${at}` })),
    )
    assert.deepEqual(made.map(({ number }) => number).sort(), [1, 2, 3, 4, 5, 6, 7, 8])
    assert.equal((await tickets.create(other, undefined, { subject: 'ajeno' })).number, 1)
    assert.equal(changed.length, 9)
  })

  test('another agency can neither see, change nor comment it, nor use what belongs to us', async () => {
    const ours = await tickets.create(scope, undefined, { subject: 'Nuestro', citizenId: citizen })
    assert.equal(await tickets.byId(other, ours.id), undefined)
    assert.equal(await tickets.latestOf(other, citizen), undefined)
    assert.equal((await tickets.list(other, { text: 'nuestro' }, page)).total, 0)
    await assert.rejects(
      tickets.change(other, undefined, ours.id, { version: 1, state: 'closed' }),
      refused('ticket.not_found'),
    )
    await assert.rejects(tickets.comment(other, undefined, ours.id, 'hola'), refused('ticket.not_found'))
    await assert.rejects(
      tickets.create(other, undefined, { subject: 'x', backOfficeId: office }),
      refused('ticket.invalid'),
    )
  })

  test('of two people who change it only the first does; the story says what changed', async () => {
    const made = await tickets.create(scope, undefined, { subject: 'Luminaria', priority: 'high' })
    assert.equal(made.dueAt, now + 24 * HOUR)
    now += HOUR
    const both = await Promise.allSettled([
      tickets.change(scope, undefined, made.id, { version: 1, state: 'in_progress', backOfficeId: office }),
      tickets.change(scope, undefined, made.id, { version: 1, state: 'closed' }),
    ])
    const lost = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    assert.deepEqual(
      [both.filter(({ status }) => status === 'fulfilled').length, lost.reason.code],
      [1, 'ticket.changed'],
    )
    await tickets.comment(scope, undefined, made.id, 'Fue la cuadrilla <b>')
    const story = await tickets.events(scope, made.id)
    assert.ok(story.some((event) => event.kind === 'change' && event.field === 'state' && event.before === 'open'))
    assert.equal(story.at(-1)?.kind, 'comment')
    assert.deepEqual(await tickets.events(other, made.id), [])
  })

  test('reopening starts the clock again; what is not in the table of states is refused', async () => {
    const made = await tickets.create(scope, undefined, { subject: 'Bache', priority: 'urgent' })
    const closed = await tickets.change(scope, undefined, made.id, { version: 1, state: 'closed' })
    assert.deepEqual([closed.solvedAt, closed.closedAt, closed.overdue], [now, now, false])
    await assert.rejects(
      tickets.change(scope, undefined, made.id, { version: 2, state: 'in_progress' }),
      refused('ticket.transition'),
    )
    now += 50 * HOUR
    const again = await tickets.change(scope, undefined, made.id, { version: 2, state: 'reopened' })
    assert.deepEqual([again.dueAt, again.solvedAt, again.closedAt], [now + 4 * HOUR, undefined, undefined])
    now += 5 * HOUR
    assert.equal((await tickets.byId(scope, made.id))?.overdue, true)
    const slower = await tickets.change(scope, undefined, made.id, { version: 3, priority: 'low' })
    assert.equal(slower.dueAt, now - 5 * HOUR + 120 * HOUR)
  })

  test('lists by state, office, lateness and words', async () => {
    const mine = await tickets.create(scope, undefined, {
      subject: 'Árbol caído 100%',
      citizenId: citizen,
      backOfficeId: office,
    })
    const total = async (filter: Parameters<Tickets['list']>[1]) =>
      (await tickets.list(scope, filter, page)).tickets.map(({ id }) => id)
    assert.ok((await total({ backOfficeId: office, state: 'pending' })).includes(mine.id))
    assert.deepEqual(await total({ text: 'caído 100%' }), [mine.id])
    assert.deepEqual(await total({ text: '100_' }), [])
    assert.deepEqual(await total({ text: 'perez caí' }), [mine.id])
    assert.deepEqual(await total({ text: `#${mine.number}` }), [mine.id])
    assert.ok((await total({ text: '30123456' })).includes(mine.id))
    assert.ok(!(await total({ overdue: true })).includes(mine.id))
    now += 100 * HOUR
    const late = await tickets.list(scope, { overdue: true }, { page: 1, size: 2, offset: 0 })
    assert.ok(late.total > 2 && late.tickets.length === 2 && late.tickets.every(({ overdue }) => overdue))
  })

  test('flows: names of the agency, unknown ones left out', async () => {
    const port = flowTickets(tickets, db())
    const values = {
      description: '',
      priority: 'normal',
      origin: 'flow',
      interactionId: 'call',
      citizenId: citizen,
    } as const
    const made = await port.create(scope.agencyId, {
      ...values,
      subject: 'Del flujo',
      backOffice: 'Mesa fiscal',
      topic: 'No hay',
    })
    assert.equal((await tickets.byId(scope, made.id))?.backOffice?.name, 'Mesa fiscal')
    assert.equal((await port.latest(scope.agencyId, citizen))?.number, made.number)
    assert.equal(await port.byNumber(other.agencyId, made.number), undefined)
  })
})
