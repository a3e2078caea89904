import assert from 'node:assert/strict'
import { it } from 'node:test'
import Fastify from 'fastify'
import type { AppError, Session } from '../../server/http/types.ts'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { fillCentre } from '../testing/centre.ts'
import { staffingRoutes } from './routes.ts'

it('keeps the plan of a queue as pasted, and says what is wrong with one', async (t) => {
  const db = await freshDatabase()
  const scope = await makeAgency(db)
  const { queueA, supervisor } = await fillCentre(db, scope)
  const neighbour = await fillCentre(db, await makeAgency(db))
  const audited: string[] = []
  const app = Fastify()
  t.after(async () => {
    await app.close()
    await db.close()
  })
  app.decorateRequest('session')
  app.decorateRequest('scope')
  app.addHook('onRequest', async (request) => {
    request.session = { userId: supervisor, role: 'supervisor' } as Session
    request.scope = scope
  })
  app.decorateReply('page', function (_template: string, model: object) {
    return this.send(model)
  })
  app.setErrorHandler((error, _request, reply) => {
    const { status, fields } = error as AppError
    return reply.code(status ?? 500).send({ fields })
  })
  const audit = { record: async (_: unknown, { action }: { action: string }) => void audited.push(action) }
  await app.register(staffingRoutes, { db, audit } as never)
  const address = '/reports/staffing/roster'
  const form = { queue: `${queueA}`, shrinkage: '25', cost: '1500,5', target: '90', seconds: '15' }
  const save = (more: object) => app.inject({ method: 'POST', url: address, payload: { ...form, ...more } })

  const saved = await save({ roster: 'hora;lun\n8:00;7' })
  assert.equal(saved.statusCode, 303)
  assert.equal(saved.headers.location, `${address}?queue=${queueA}&done=saved`)
  const shown = (await app.inject(`${address}?queue=${queueA}`)).json()
  assert.deepEqual([shown.shrinkage, shown.cost, shown.target, shown.seconds], [25, 1500.5, 90, 15])
  assert.match(shown.roster, /^08:00\t7\t0/m)
  assert.equal((await app.inject(address)).json().target, 80, 'the whole agency is planned apart')
  assert.deepEqual(audited, ['staffing.saved'])

  const wrong = await save({ roster: 'x\n8:00;siete', target: '100', cost: '-1', shrinkage: 'x' })
  assert.equal(wrong.statusCode, 400)
  assert.deepEqual(Object.keys(wrong.json().fields).sort(), ['cost', 'roster', 'shrinkage', 'target'])
  assert.equal((await save({ queue: `${neighbour.queueA}`, roster: '' })).statusCode, 400)
  assert.equal((await app.inject(`${address}?queue=${neighbour.queueA}`)).statusCode, 400)
})
