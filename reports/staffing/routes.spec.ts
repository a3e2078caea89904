import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import multipart from '@fastify/multipart'
import Fastify from 'fastify'
import type { AppError, Session } from '../../server/http/types.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { fillCentre } from '../testing/centre.ts'
import { staffingRoutes } from './routes.ts'
import { emptyRoster, planMark, readRoster, readSaved, saveStaffing } from './store.ts'

const plan = { shrinkage: '25', cost: '1500,5', target: '90', seconds: '15' }

async function start(t: TestContext) {
  const db = await freshDatabase()
  const scope = await makeAgency(db)
  const { queueA, supervisor } = await fillCentre(db, scope)
  const neighbourScope = await makeAgency(db)
  const neighbour = await fillCentre(db, neighbourScope)
  const audited: string[] = []
  const app = Fastify()
  await app.register(multipart)
  t.after(async () => {
    await app.close()
    await db.close()
  })
  app.decorateRequest('session')
  app.decorateRequest('scope')
  app.addHook('onRequest', async (request) => {
    request.session = { userId: supervisor, role: 'supervisor' } as Session
    request.scope = request.headers.neighbour ? neighbourScope : scope
  })
  app.decorateReply('page', function (_template: string, model: object) {
    return this.send(model)
  })
  app.setErrorHandler((error, _request, reply) => {
    const { status, fields, code, values } = error as AppError
    return reply.code(status ?? 500).send({ fields, code, values })
  })
  const audit = { record: async (_: unknown, { action }: { action: string }) => void audited.push(action) }
  await app.register(staffingRoutes, { db, audit } as never)
  return { app, queueA, neighbour, audited, address: '/reports/staffing/roster' }
}

it('keeps the plan of a queue as pasted, and says what is wrong with one', async (t) => {
  const { app, queueA, neighbour, audited, address } = await start(t)
  const form = { ...plan, queue: `${queueA}` }
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

it('what a colleague saved meanwhile is not replaced by who did not see it', async (t) => {
  const { app, queueA, address } = await start(t)
  const page = async () => (await app.inject(`${address}?queue=${queueA}`)).json()
  const save = (roster: string, shown: string, more: object = {}) =>
    app.inject({ method: 'POST', url: address, payload: { ...plan, queue: `${queueA}`, roster, shown, ...more } })
  const [mine, theirs] = [(await page()).mark, (await page()).mark]
  assert.equal((await page()).last, undefined)
  assert.equal((await save('8:00;7', theirs)).statusCode, 303)
  const late = await save('8:00;9', mine)
  assert.deepEqual([late.statusCode, late.json().code], [409, 'roster_file.replaced'])
  const after = await page()
  assert.match(after.roster, /^08:00\t7/m)
  assert.equal(late.json().values.by, after.last.by)
  assert.ok(after.last.by.length > 1)
  // Having seen it they decide; who aims at something else is told too.
  assert.equal((await save('8:00;9', after.mark)).statusCode, 303)
  const before = (await page()).mark
  assert.equal((await save('8:00;9', before, { target: '70' })).statusCode, 303)
  assert.equal((await save('8:00;9', before)).statusCode, 409)
  assert.equal((await page()).target, 70)
})

onEachDatabase('two who save the same plan at once', (database) => {
  it('the first is kept, the second is told who it was', async () => {
    const db = database()
    const scope = await makeAgency(db)
    const { supervisor, ana } = await fillCentre(db, scope)
    const settings = { shrinkage: 0.3, costHour: 0, target: 0.8, targetSeconds: 20 }
    const rosterOf = (agents: number) => {
      const roster = emptyRoster()
      roster[0]![16] = agents
      return roster
    }
    for (let turn = 0; turn < 5; turn++) {
      const shown = await planMark(db.knex, scope, 0)
      const people = [supervisor, ana]
      const ends = await Promise.allSettled(
        people.map((userId, at) =>
          saveStaffing(db, scope, 0, {
            ...{ settings, roster: rosterOf(1 + 2 * turn + at), userId, shown, now: 1_700_000_000_000 + turn },
          }),
        ),
      )
      const first = ends.findIndex(({ status }) => status === 'fulfilled')
      const refused = ends[1 - first] as PromiseRejectedResult
      assert.equal(refused.reason.code, 'roster_file.replaced')
      assert.equal((await readRoster(db, scope, 0))![0]![16], 1 + 2 * turn + first)
      const { name } = await db.knex('users').where({ id: people[first] }).first('name')
      assert.equal(refused.reason.values.by, name)
    }
    // The neighbour's plan is another.
    assert.equal(await readSaved(db, await makeAgency(db), 0), undefined)
  })
})

it('takes a roster from a file only after it was looked at, and of its own agency alone', async (t) => {
  const { app, queueA, neighbour, audited, address } = await start(t)
  const upload = (text: string, queue = `${queueA}`) => {
    const body = new FormData()
    body.set('queue', queue)
    body.set('file', new File([text], 'mi dotación.csv'))
    return new Response(body).arrayBuffer().then((payload) =>
      app.inject({
        ...{ method: 'POST', url: '/reports/staffing/uploads', payload: Buffer.from(payload) },
        headers: { 'content-type': typeOf(payload) },
      }),
    )
  }
  const shown = async () => (await app.inject(`${address}?queue=${queueA}`)).json()
  const made = await upload('Agente;lun\nAna;8 a 10\nBruno;8 a 9\n')
  assert.equal(made.statusCode, 201)
  const { address: file } = made.json() as { address: string }
  assert.doesNotMatch((await shown()).roster, /^08:00\t[1-9]/m, 'nothing has changed yet')
  const { usable, hours, file: kept, stranger, shown: mark } = (await app.inject(file)).json()
  assert.deepEqual([usable, hours, kept.name, stranger], [true, 3, 'mi dotación.csv', 2])
  const neighbours = { headers: { neighbour: '1' } }
  for (const url of [file, `${file}/file`])
    assert.equal((await app.inject({ url, ...neighbours })).statusCode, 404, url)
  assert.equal((await app.inject({ method: 'POST', url: `${file}/take`, ...neighbours })).statusCode, 404)
  // A colleague is earlier: what was not shown is not replaced.
  const take = (shown: string) => app.inject({ method: 'POST', url: `${file}/take`, payload: { shown } })
  await app.inject({
    method: 'POST',
    url: address,
    payload: { ...plan, queue: `${queueA}`, roster: 'hora;lun\n8:00;7' },
  })
  const late = await take(mark)
  assert.deepEqual([late.statusCode, late.json().code], [409, 'roster_file.replaced'])
  assert.match((await shown()).roster, /^08:00\t7/m)
  audited.length = 0
  const taken = await take((await app.inject(file)).json().shown)
  assert.equal(taken.headers.location, `${address}?queue=${queueA}&done=saved`)
  const after = await shown()
  assert.match(after.roster, /^08:00\t2\t0.*\n08:30\t2.*\n09:00\t1/m)
  assert.equal(after.files[0].name, 'mi dotación.csv')
  assert.deepEqual(audited, ['staffing.uploaded'])
  assert.equal((await app.inject(`${file}/file`)).body, 'Agente;lun\nAna;8 a 10\nBruno;8 a 9\n')

  const wrong = (await upload('Agente;lun\nAna;nunca\n')).json()
  const { usable: no, faults } = (await app.inject(wrong.address)).json()
  assert.deepEqual([no, faults[0].at], [false, 'B2'])
  assert.equal((await app.inject({ method: 'POST', url: `${wrong.address}/take` })).statusCode, 409)
  assert.equal((await shown()).roster, after.roster)
  assert.equal((await upload('')).json().code, 'workbook.no_file')
  assert.equal((await upload('PK')).json().code, 'workbook.not_one')
  assert.equal((await upload('x', `${neighbour.queueA}`)).statusCode, 400)
  assert.equal((await app.inject(`${address}/template/agents`)).statusCode, 200)
  assert.equal((await app.inject(`${address}/template/constructor`)).statusCode, 404)
})

/** The boundary that a body of form data was written with. */
function typeOf(payload: ArrayBuffer): string {
  const [first = ''] = Buffer.from(payload).toString('latin1').split('\r\n')
  return `multipart/form-data; boundary=${first.slice(2)}`
}
