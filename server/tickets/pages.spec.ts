import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { citizenRoutes, createCitizens } from '../citizens/index.ts'
import { type Database, insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createTickets, ticketRoutes } from './index.ts'

let db: Database
let http: Http
const tokens: string[] = []
const hostile = '<img src=x onerror=alert(1)>'

before(async () => {
  db = await freshDatabase()
  http = await buildHttp({ db })
  const { audit } = http
  const citizens = createCitizens({ db, audit })
  const tickets = createTickets({ db, audit })
  await http.app.register(
    citizenRoutes(citizens, {
      interactionsOf: async () => ({ total: 2, rows: [{ id: 'call', at: 1, channel: 'voice', topic: hostile }] }),
      ticketsOf: async (scope, id, limit) =>
        (await tickets.ofCitizen(scope, id, limit)).map((ticket) => ({ ...ticket, at: ticket.createdAt })),
    }),
  )
  const ports = { citizen: citizens.byId, hasInteraction: async () => false }
  await http.app.register(ticketRoutes(tickets, ports))
  for (const username of ['ours', 'theirs']) {
    const { agencyId } = await makeAgency(db)
    const row = { agency_id: agencyId, username, name: hostile, role: 'agent', created_at: 0 }
    const userId = await insertId(db.knex('users').insert(row))
    tokens.push((await http.sessions.issue(scopeOf(agencyId), { userId })).token)
  }
})
after(async () => {
  await http?.close()
  await db?.close()
})
const ask = (url: string, form?: Record<string, string>, who = 0) =>
  http.app.inject({
    method: form ? 'POST' : 'GET',
    url,
    headers: {
      cookie: `vera_session=${tokens[who]}`,
      host: 'localhost',
      origin: 'http://localhost',
      accept: 'text/html',
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
  })

test('from a new citizen to a solved ticket: every page is drawn, and hostile text is text', async () => {
  const created = await ask('/citizens/new', { name: hostile, dni: '30123456', phones: '0342 456-7890' })
  assert.equal(created.statusCode, 303, created.body.slice(0, 300))
  await ask('/citizens/new', { name: `${hostile} 2` })
  const opened = await ask('/tickets/new?citizen=1', { subject: hostile, citizenId: '1', priority: 'high' })
  assert.equal(opened.headers.location, '/tickets/1?done=created')
  const form = { version: '1', state: 'solved', priority: 'high' }
  assert.equal((await ask('/tickets/1', form)).statusCode, 303)
  assert.equal((await ask('/tickets/1/comments', { body: hostile })).statusCode, 303)
  for (const url of [
    '/citizens?q=img',
    '/citizens/1',
    '/citizens/1/edit',
    '/citizens/1/merge',
    '/citizens/1/merge?with=2',
    '/citizens/new',
    '/tickets?state=all&q=&backOffice=&assignee=',
    '/tickets/new?citizen=1',
    '/tickets/1',
  ]) {
    const page = await ask(url)
    assert.equal(page.statusCode, 200, `${url} ${page.body.slice(0, 400)}`)
    assert.ok(!page.body.includes('<img src=x'), url)
    assert.ok(!/\b(citizens|tickets|interactions)\.[a-z_.]{3,}</.test(page.body), `${url} shows the key of a text`)
  }
})
test('what somebody else changed is refused, and the form is drawn again', async () => {
  const again = await ask('/tickets/1', { version: '1', state: 'closed', priority: 'low' })
  assert.equal(again.statusCode, 409)
  assert.ok(again.body.includes('name="version" value="2"'))
})
test('another agency sees the citizen, and no ticket', async () => {
  assert.equal((await ask('/citizens/1', undefined, 1)).statusCode, 200)
  assert.ok(!(await ask('/citizens/1', undefined, 1)).body.includes('/tickets/1'))
  assert.equal((await ask('/tickets/1', undefined, 1)).statusCode, 404)
})
