import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Role } from '../../server/http/types.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { type Bundle, makeBundle } from '../bundle/bundle.ts'
import type { Mail } from '../deliver.ts'
import { reportRoutes } from '../routes.ts'
import { createScheduler } from '../schedule.ts'
import { listRuns } from '../schedule-runs.ts'
import { createSchedule, type NewSchedule } from '../schedule-store.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { bareApp } from '../testing/door.ts'

const hour = 3_600_000
const day = 24 * hour
const form = {
  ...{ name: 'Todos los organismos', report: 'agencies', period: 'yesterday', time: '07:00', days: '* * *' },
  ...{ format: 'both', groups: ['role:administrator'] },
}
const others: Role[] = ['agency_administrator', 'supervisor']

onEachDatabase('all agencies by schedule', (fresh) => {
  /** Two administrators, of an agency each, and the supervisor of the first; the clock at Monday noon. */
  async function start() {
    const db = fresh()
    await db.knex('schedules').update({ active: false })
    await db.knex('users').where({ role: 'administrator' }).update({ active: false })
    const scopes = [await makeAgency(db), await makeAgency(db)]
    const { supervisor } = await fillCentre(db, scopes[0]!)
    const administrator = async (name: string, { agencyId }: { agencyId: number }) => {
      const row = { agency_id: agencyId, username: `${name}${agencyId}`, name, email: `${name}@example.org` }
      return ((await db.knex('users').insert({ ...row, role: 'administrator', created_at: 0 })) as number[])[0]!
    }
    const ana = await administrator('ana', scopes[0]!)
    const eva = await administrator('eva', scopes[1]!)
    const at = { now: monday + 12 * hour }
    const mails: Mail[] = []
    const hold = { made: async () => {} }
    const send = { begun: async () => {} }
    const scheduler = createScheduler({
      ...{ db, now: () => at.now },
      mailer: {
        async send(mail) {
          mails.push(mail)
          await send.begun()
          return { response: '250 ok', refused: [] }
        },
        close() {},
      },
      async bundle(scope, wanted): Promise<Bundle> {
        const bundle = await makeBundle(db, scope, wanted)
        await hold.made()
        return bundle
      },
    })
    const session = { role: 'administrator' as Role, userId: ana }
    const [scope] = scopes as [(typeof scopes)[0]]
    const app = bareApp(
      () => scope,
      () => session,
    )
    await app.register(reportRoutes, { db, scheduler, now: () => at.now })
    const ask = (role: Role, method: 'GET' | 'POST', url: string, payload?: object) => {
      session.role = role
      session.userId = role === 'administrator' ? ana : supervisor
      return app.inject({ method, url, ...(payload ? { payload } : {}) })
    }
    const create = (role: Role, more: object = {}) => ask(role, 'POST', '/api/reports/schedules', { ...form, ...more })
    const users = (id: number) => db.knex('users').where({ id })
    const last = async (id: number) => (await listRuns(db, scope, id, 1))[0]!
    const tomorrow = async () => {
      at.now += day
      mails.length = 0
      return scheduler.tick()
    }
    return { db, scope, ana, eva, supervisor, mails, hold, send, ask, create, users, last, tomorrow, scheduler }
  }
  const made = async (answer: ReturnType<Awaited<ReturnType<typeof start>>['create']>) => {
    const found = await answer
    assert.equal(found.statusCode, 201, found.body)
    return (found.json() as { id: number }).id
  }

  it('goes as xlsx and PDF to administrators of the platform, of whatever agency', async () => {
    const { create, mails, last, tomorrow } = await start()
    const id = await made(create('administrator'))
    assert.equal(await tomorrow(), 1)
    assert.equal(mails.length, 1)
    const { to, text, files } = mails[0]!
    assert.deepEqual(to, ['ana@example.org', 'eva@example.org'])
    assert.match(text, /^Organismos - Todos los organismos/)
    assert.deepEqual(
      files!.map(({ name }) => name),
      ['vera-agencies-2026-03-02.xlsx', 'vera-agencies-2026-03-02.pdf'],
    )
    const run = await last(id)
    assert.deepEqual([run.state, run.error || null, run.files.length], ['sent', null, 2])
  })

  it('is made and addressed by nobody else, and to nobody else', async () => {
    const { create, ask, mails, tomorrow } = await start()
    for (const role of others) {
      const { error } = (await create(role)).json()
      assert.equal(error.fields.report, 'reports.invalid.report')
      const { error: typed } = (await create(role, { groups: [], recipients: 'ana@example.org' })).json()
      assert.equal(typed.fields.report, 'reports.invalid.report')
      // Nor another report to that group.
      const { error: own } = (await create(role, { report: 'queues' })).json()
      assert.deepEqual(own.fields, { recipients: 'reports.invalid.recipients' })
    }
    const refused = async (recipients: object, field: string) => {
      const answer = await create('administrator', { groups: [], ...recipients })
      assert.deepEqual([answer.statusCode, answer.json().error.fields], [400, { recipients: field }])
    }
    await refused({ groups: ['role:supervisor'] }, 'reports.invalid.administrators_only')
    await refused({ groups: ['role:nobody'] }, 'reports.invalid.recipients')
    await refused({ recipients: 'ana@example.org, jefa@example.org' }, 'reports.invalid.administrators_only')
    await refused({ recipients: 'supervisor@example.org' }, 'reports.invalid.administrators_only')
    const id = await made(create('administrator', { groups: [], recipients: 'ANA@example.org' }))
    const readdress = (role: Role, body: object) => ask(role, 'POST', `/api/reports/schedules/${id}/recipients`, body)
    const { error } = (await readdress('administrator', { recipients: 'supervisor@example.org' })).json()
    assert.deepEqual(error.fields, { recipients: 'reports.invalid.administrators_only' })
    assert.equal((await readdress('administrator', { groups: ['role:supervisor'] })).statusCode, 400)
    await tomorrow()
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['ana@example.org']],
    )
  })

  it('is seen, changed and sent by nobody else, and its files are taken by nobody else', async () => {
    const { create, ask, mails, last, tomorrow } = await start()
    const id = await made(create('administrator'))
    await tomorrow()
    const file = (await last(id)).files[0]!.id
    const doors = [
      ...['run', 'sample', 'name', 'recipients', 'enable', 'disable', 'delete'].map(
        (what) => ['POST', `/api/reports/schedules/${id}/${what}`] as const,
      ),
      ['GET', `/reports/schedules/${id}`] as const,
      ['GET', `/api/reports/schedules/${id}/files/${file}`] as const,
    ]
    mails.length = 0
    const unseen = async () => {
      for (const role of others) {
        for (const [method, url] of doors) {
          const body = method === 'POST' ? { name: 'x', recipients: 'a@example.org' } : undefined
          assert.equal((await ask(role, method, url, body)).statusCode, 404, `${role} ${url}`)
        }
        assert.deepEqual((await ask(role, 'GET', '/api/reports/schedules')).json().schedules, [])
        const { model } = (await ask(role, 'GET', '/reports/schedules')).json()
        assert.doesNotMatch(JSON.stringify(model), /agencies|Todos los organismos|role:administrator/)
      }
    }
    await unseen()
    assert.equal(mails.length, 0)
    const { model } = (await ask('administrator', 'GET', '/reports/schedules')).json()
    assert.equal(model.schedules.length, 1)
    assert.equal(model.schedules[0].reportTitle, 'Organismos')
    assert.equal((await ask('administrator', 'GET', doors.at(-1)![1])).statusCode, 200)
    const { to } = (await ask('administrator', 'POST', `/api/reports/schedules/${id}/sample`)).json()
    assert.deepEqual([to, mails.map((one) => one.to)], ['ana@example.org', [['ana@example.org']]])
    // Nor when it is deleted.
    assert.equal((await ask('administrator', 'POST', `/api/reports/schedules/${id}/delete`)).statusCode, 200)
    await unseen()
  })

  it('goes no more when its owner is no administrator any more, who is told without its name and addresses', async () => {
    const { create, ana, users, mails, last, tomorrow } = await start()
    const id = await made(create('administrator'))
    await users(ana).update({ role: 'agency_administrator' })
    await tomorrow()
    assert.deepEqual(
      mails.map(({ to, files }) => [to, files?.length]),
      [[['ana@example.org'], undefined]],
    )
    const { subject, text } = mails[0]!
    assert.match(text, /Ya no podés ver/)
    assert.doesNotMatch(subject + text, /Todos los organismos|eva@example/)
    const run = await last(id)
    assert.match(run.error!, /quien lo programó ya no es administrador de la plataforma/)
    assert.deepEqual([run.state, run.files], ['failed', []])
    await users(ana).update({ role: 'administrator', active: false })
    await tomorrow()
    assert.deepEqual([mails.length, (await last(id)).state], [0, 'failed'])
  })

  it('nor when that happened while it was being made', async () => {
    const { create, ana, users, mails, hold, last, tomorrow } = await start()
    const id = await made(create('administrator'))
    hold.made = async () => void (await users(ana).update({ role: 'supervisor' }))
    await tomorrow()
    const run = await last(id)
    assert.deepEqual([run.state, run.files], ['failed', []])
    assert.ok(mails.every(({ files }) => files === undefined))
  })

  it('nor are the addresses it did not go to told to an owner who is none any more', async () => {
    const { create, ana, eva, users, mails, send, last, tomorrow } = await start()
    const id = await made(create('administrator', { groups: [], recipients: 'eva@example.org, ana@example.org' }))
    await users(eva).update({ role: 'supervisor' })
    send.begun = async () => void (await users(ana).update({ role: 'supervisor' }))
    await tomorrow()
    assert.match((await last(id)).error!, /eva@example.org/)
    assert.equal(mails.length, 2)
    assert.doesNotMatch(mails[1]!.subject + mails[1]!.text, /Todos los organismos|eva@/)
  })

  it('leaves out who is no administrator any more, and says so', async () => {
    const { create, eva, users, mails, last, tomorrow } = await start()
    const id = await made(create('administrator', { groups: [], recipients: 'eva@example.org, ana@example.org' }))
    await users(eva).update({ role: 'supervisor' })
    await tomorrow()
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['ana@example.org'], ['ana@example.org']],
    )
    assert.match((await last(id)).error!, /no son administradores de la plataforma: eva@example.org/)
    assert.match(mails[1]!.text, /eva@example.org/)
    await users(eva).update({ active: false, role: 'administrator' })
    await tomorrow()
    assert.match((await last(id)).error!, /eva@example.org/)
  })

  it('does not go for whoever else has it in their name, however it came there', async () => {
    const { db, scope, supervisor, mails, last, tomorrow } = await start()
    const forged: NewSchedule = {
      ...{ name: 'x', report: 'agencies', parameters: { period: 'yesterday' }, cron: '0 7 * * *' },
      ...{ timeZone: 'America/Argentina/Buenos_Aires', format: 'xlsx', recipients: ['supervisor@example.org'] },
    }
    const id = await createSchedule(db, scope, supervisor, forged, monday + 12 * hour)
    await tomorrow()
    assert.equal((await last(id)).state, 'failed')
    assert.ok(mails.every(({ files }) => files === undefined))
  })

  it('an agency’s own goes in the name of an administrator who works for it, as long as they are one', async () => {
    const { db, scope, eva, users, mails, last, tomorrow } = await start()
    const queues: NewSchedule = {
      ...{ name: 'Colas', report: 'queues', parameters: { period: 'yesterday' }, cron: '0 7 * * *' },
      ...{ timeZone: 'America/Argentina/Buenos_Aires', format: 'csv', recipients: ['jefa@example.org'] },
    }
    const id = await createSchedule(db, scope, eva, queues, monday + 12 * hour)
    await tomorrow()
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['jefa@example.org']],
    )
    await users(eva).update({ role: 'supervisor' })
    await tomorrow()
    assert.equal((await last(id)).state, 'failed')
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['eva@example.org']],
    )
    assert.doesNotMatch(mails[0]!.subject + mails[0]!.text, /Colas|jefa@/)
  })
})
