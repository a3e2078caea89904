import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Database, Scope } from '../server/database/index.ts'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import type { Bundle } from './bundle/index.ts'
import { type Mail, type Mailer, MailFault } from './deliver.ts'
import { reportRoutes } from './routes.ts'
import { createScheduler } from './schedule.ts'
import { claimRun, deleteSchedule, listRuns, readFile } from './schedule-runs.ts'
import { createSchedule, listDeleted, listSchedules, type NewSchedule, readSchedule } from './schedule-store.ts'
import { fillCentre, monday } from './testing/centre.ts'
import { bareApp } from './testing/door.ts'

const hour = 3_600_000
const day = 24 * hour
const tuesday7 = monday + 31 * hour
const daily: NewSchedule = {
  name: 'Colas de ayer',
  report: 'queues',
  parameters: { period: 'yesterday' },
  cron: '0 7 * * *',
  timeZone: 'America/Argentina/Buenos_Aires',
  format: 'xlsx',
  recipients: ['jefa@example.org'],
}
const file = { name: 'colas.xlsx', type: 'text/plain', bytes: Buffer.from('las colas') }
const bundle: Bundle = {
  ...{ title: 'Colas', agency: '', period: '', highlights: [], table: undefined, files: [file], pictures: [] },
}
const deletedText = /se borró antes de que saliera/

onEachDatabase('a schedule that is deleted', (database) => {
  /** A schedule due now, a mail server that keeps what it takes, and files that are made when `make` is told. */
  async function start() {
    const db = database()
    await db.knex('schedules').update({ active: false })
    const scope = await makeAgency(db)
    const { supervisor } = await fillCentre(db, scope)
    const at = { now: tuesday7 }
    const mails: Mail[] = []
    const hold = { make: async () => {}, send: async () => {} }
    const mailer: Mailer = {
      async send(mail) {
        await hold.send()
        mails.push(mail)
        return { response: '250 ok', refused: [] }
      },
      close() {},
    }
    const scheduler = createScheduler({
      ...{ db, mailer, now: () => at.now },
      async bundle() {
        await hold.make()
        return bundle
      },
    })
    const id = await createSchedule(db, scope, supervisor, daily, monday + 12 * hour)
    const last = async () => (await listRuns(db, scope, id, 1))[0]
    return { db, scope, at, mails, hold, scheduler, id, last }
  }

  it('is never sent again, and its history and files stay', async () => {
    const { db, scope, at, mails, scheduler, id, last } = await start()
    const before = (await readSchedule(db, scope, id))!
    assert.equal(await scheduler.tick(), 1)
    assert.equal(await deleteSchedule(db, await makeAgency(db), id, at.now), false, 'a neighbour’s')
    assert.equal(await deleteSchedule(db, scope, id, at.now + 1), true)
    assert.equal(await deleteSchedule(db, scope, id, at.now + 2), false, 'twice')
    at.now += day
    assert.equal(await scheduler.tick(), 0)
    await assert.rejects(scheduler.runNow(scope, before), { code: 'schedule.deleted' })
    assert.equal(await claimRun(db, scope, id, at.now, at.now), undefined)
    assert.equal(mails.length, 1)
    assert.deepEqual(await listSchedules(db, scope), [])
    assert.deepEqual(await listDeleted(db, scope, 0), [
      { id, name: daily.name, report: daily.report, deletedAt: tuesday7 + 1 },
    ])
    assert.deepEqual(await listDeleted(db, scope, tuesday7 + 1), [])
    const run = (await last())!
    assert.equal(run.state, 'sent')
    assert.equal(String((await readFile(db, scope, id, run.files[0]!.id))!.bytes), 'las colas')
  })

  it('while its files are made sends nothing, and nobody is mailed of a failure', async () => {
    const { db, scope, at, mails, hold, scheduler, id, last } = await start()
    const making = Promise.withResolvers<void>()
    hold.make = async () => {
      await deleteSchedule(db, scope, id, at.now)
      making.resolve()
    }
    assert.equal(await scheduler.tick(), 0)
    await making.promise
    assert.deepEqual([(await last())!.state, mails.length], ['failed', 0])
    assert.match((await last())!.error!, deletedText)
    hold.make = async () => {
      throw new Error('no memory')
    }
    at.now += hour
    assert.equal(await scheduler.tick(), 0)
    assert.equal(mails.length, 0)
  })

  it('in the middle of being sent ends well', async () => {
    const { db, scope, at, mails, hold, scheduler, id, last } = await start()
    hold.send = async () => void (await deleteSchedule(db, scope, id, at.now))
    assert.equal(await scheduler.tick(), 1)
    assert.deepEqual([(await last())!.state, (await last())!.error, mails.length], ['sent', '', 1])
  })

  it('is not tried again, whenever the mail server could not take it', async () => {
    const { db, scope, at, hold, scheduler, id, last } = await start()
    const busy = new MailFault('451 later', 'again')
    hold.send = async () => {
      throw busy
    }
    await scheduler.tick()
    assert.equal((await last())!.state, 'retry')
    // It waits for its next try when it is deleted.
    await deleteSchedule(db, scope, id, at.now)
    assert.match((await last())!.error!, deletedText)
    // It is being sent when it is deleted, and the mail server says later that it cannot.
    const owner = (await readSchedule(db, scope, id))!.ownerId
    const other = await createSchedule(db, scope, owner, daily, monday + 12 * hour)
    hold.send = async () => {
      await deleteSchedule(db, scope, other, at.now)
      throw busy
    }
    await scheduler.tick()
    at.now += 2 * hour
    hold.send = async () => {}
    assert.equal(await scheduler.tick(), 0)
    const [run] = await listRuns(db, scope, other, 1)
    assert.deepEqual([run!.state, run!.nextTryAt], ['failed', null])
    assert.match(run!.error!, deletedText)
  })

  it('at the same instant as a run is taken leaves none that could be sent', async () => {
    const { db, scope, at, id } = await start()
    const owner = (await readSchedule(db, scope, id))!.ownerId
    for (let turn = 0; turn < 20; turn++) {
      const one = await createSchedule(db, scope, owner, daily, monday)
      const both = [() => deleteSchedule(db, scope, one, at.now), () => claimRun(db, scope, one, at.now, at.now)]
      await Promise.all((turn % 2 ? both : both.reverse()).map((act) => act()))
      assert.deepEqual(
        (await listRuns(db, scope, one)).filter(({ state }) => state !== 'failed'),
        [],
      )
    }
  })
})

/** The routes alone, asked by a supervisor of this agency. */
async function door(db: Database, scope: Scope, userId: number) {
  const told: { action: string; detail?: object | undefined }[] = []
  const app = bareApp(
    () => scope,
    () => ({ userId, role: 'supervisor' }),
  )
  const now = () => tuesday7
  const audit = {
    async record(_scope: Scope, { action, detail }: { action: string; detail?: object | undefined }) {
      told.push({ action, detail })
    },
  }
  await app.register(reportRoutes, { db, now, audit, scheduler: createScheduler({ db, mailer: undefined, now }) })
  return { app, told }
}

onEachDatabase('the page of a schedule', (database) => {
  it('renames, pauses, resumes and deletes it; all of it is audited, nothing of a neighbour’s', async () => {
    const db = database()
    const scope = await makeAgency(db)
    const { supervisor } = await fillCentre(db, scope)
    const neighbour = await makeAgency(db)
    const id = await createSchedule(db, scope, supervisor, daily, monday)
    const { app, told } = await door(db, scope, supervisor)
    const { app: stranger } = await door(db, neighbour, supervisor)
    const post = (what: string, payload: object = {}, at = app) =>
      at.inject({ method: 'POST', url: `/api/reports/schedules/${id}/${what}`, payload })
    for (const what of ['name', 'recipients', 'enable', 'disable', 'delete', 'run', 'sample'])
      assert.equal((await post(what, { name: 'x', recipients: 'x@example.org' }, stranger)).statusCode, 404, what)
    assert.deepEqual((await post('name', { name: '  Colas, cada mañana ' })).json(), { id, name: 'Colas, cada mañana' })
    for (const name of ['', ' ', 'x'.repeat(121), ['a']])
      assert.deepEqual((await post('name', { name })).json().error.fields, { name: 'reports.invalid.name' })
    await post('disable')
    const page = async () => (await app.inject(`/reports/schedules/${id}`)).json().model
    assert.equal((await page()).schedule.active, false)
    await post('enable')
    assert.equal((await page()).schedule.active, true)
    assert.deepEqual((await post('delete')).json(), { id, deleted: true })
    assert.equal((await page()).schedule.deletedAt, tuesday7)
    for (const what of ['name', 'recipients', 'enable', 'disable', 'delete', 'run', 'sample'])
      assert.deepEqual((await post(what, { name: 'x' })).json().error, { code: 'schedule.deleted' }, what)
    const { model } = (await app.inject('/reports/schedules')).json()
    assert.deepEqual(model.schedules, [])
    assert.deepEqual(model.deleted, [{ id, name: 'Colas, cada mañana', report: 'queues', deletedAt: tuesday7 }])
    assert.deepEqual(told, [
      { action: 'schedule.renamed', detail: { from: 'Colas de ayer', to: 'Colas, cada mañana' } },
      { action: 'schedule.disabled', detail: undefined },
      { action: 'schedule.enabled', detail: undefined },
      { action: 'schedule.deleted', detail: { name: 'Colas, cada mañana' } },
    ])
    await Promise.all([app.close(), stranger.close()])
  })
})
