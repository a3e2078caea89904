import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Database, insertId, scopeOf } from '../database/index.ts'
import { buildHttp, type Http } from '../http/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { orderRoutes } from './order-routes.ts'
import type { Orders } from './orders.ts'

let db: Database
let http: Http
let headers: Record<string, string>
const asked: (boolean | undefined)[] = []

before(async () => {
  db = await freshDatabase()
  http = await buildHttp({ db })
  const { agencyId } = await makeAgency(db)
  const row = { agency_id: agencyId, username: 's', name: 's', role: 'supervisor', created_at: 0 }
  const { token } = await http.sessions.issue(scopeOf(agencyId), {
    userId: await insertId(db.knex('users').insert(row)),
  })
  headers = { authorization: `Bearer ${token}` }
  const orders = {
    queue: async (_by: unknown, _queueId: number, open: boolean | undefined) => void asked.push(open),
    doors: { now: () => undefined },
  }
  const lists = {} as Parameters<typeof orderRoutes>[0]['lists']
  await http.app.register(orderRoutes({ orders: orders as unknown as Orders, lists, roles: ['supervisor'] }))
})
after(async () => {
  await http.app.close()
  await db.close()
})

test('a queue is opened, closed, or left to its settings: null is not taken for closed', async () => {
  for (const open of [true, false, null]) {
    const answer = await http.app.inject({
      method: 'POST',
      url: '/api/supervision/queues/1/open',
      headers,
      payload: { open, until: 'today' },
    })
    assert.equal(answer.statusCode, 200, answer.body)
  }
  assert.deepEqual(asked, [true, false, undefined])
  const wrong = { method: 'POST', url: '/api/supervision/queues/1/open', headers, payload: { open: 'maybe' } } as const
  assert.equal((await http.app.inject(wrong)).statusCode, 400)
})
