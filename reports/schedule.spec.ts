import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { it, type TestContext } from 'node:test'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { AppError } from '../server/http/types.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { smtpMailer } from './deliver.ts'
import { checkSchedule, createScheduler, dueRuns, nextDue, periodOf } from './schedule.ts'
import {
  claimRun,
  createSchedule,
  listSchedules,
  type NewSchedule,
  readSchedule,
  type Schedule,
  setActive,
} from './schedule-store.ts'
import { fillCentre, monday } from './testing/centre.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const zone = 'America/Argentina/Buenos_Aires'
const hour = 3_600_000
const tuesday7 = monday + 31 * hour
const daily: NewSchedule = {
  name: 'Colas de <ayer>',
  report: 'queues',
  parameters: { period: 'yesterday', interval: '30m' },
  cron: '0 7 * * *',
  timeZone: zone,
  format: 'xlsx',
  recipients: ['jefa@example.org', 'otro@example.org'],
}

/** A real mail server on loopback that keeps what it takes, and refuses everything while `refuse` is set. */
async function mailServer(t: TestContext) {
  const mails: ParsedMail[] = []
  const state = { refuse: false }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(state.refuse ? new Error('buzón lleno') : null),
    onData(stream, _session, done) {
      simpleParser(stream).then(
        (mail) => {
          mails.push(mail)
          done()
        },
        (error) => done(error),
      )
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as { port: number }
  const mailer = smtpMailer(`smtp://127.0.0.1:${port}`)
  t.after(() => {
    mailer.close()
    return new Promise<void>((resolve) => server.close(resolve))
  })
  return { mails, mailer, state }
}

onEachDatabase('schedules', (database) => {
  it('mail the report once, although two servers look at the same time', async (t) => {
    const db = database()
    const scope = await makeAgency(db)
    const centre = await fillCentre(db, scope)
    const { mails, mailer } = await mailServer(t)
    await createSchedule(db, scope, centre.supervisor, daily, monday)
    const now = () => tuesday7 + 5_000
    const servers = [createScheduler({ db, mailer, now }), createScheduler({ db, mailer, now })]
    const made = await Promise.all(servers.map((server) => server.tick()))
    assert.equal(made[0]! + made[1]!, 2) // Monday's and Tuesday's, each by one of them
    assert.equal(await servers[0]!.tick(), 0)
    assert.equal(mails.length, 2)
    const mail = mails.find((one) => one.subject?.includes('· 02/03/2026'))!
    assert.equal(mail.subject, 'Colas de <ayer> · 02/03/2026 00:00 a 03/03/2026 00:00')
    assert.match(mail.text!, /Ofrecidas a la cola: 6/)
    assert.match(mail.html as string, /Colas de &lt;ayer&gt;/)
    assert.doesNotMatch(mail.text!, /demora/)
    const [file] = mail.attachments
    assert.equal(file!.filename, 'vera-queues-2026-03-02.xlsx')
    const book = new exceljs.Workbook()
    await book.xlsx.load(file!.content as unknown as ArrayBuffer)
    assert.equal(book.getWorksheet('Por cola')!.getCell('B3').value, 5)
    assert.equal((await listSchedules(db, scope))[0]!.last?.state, 'sent')
    await setActive(db, scope, (await listSchedules(db, scope))[0]!.id, false, now())
  })
})

async function start(t: TestContext, at: { now: number }) {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  const centre = await fillCentre(db, scope)
  const post = await mailServer(t)
  const id = await createSchedule(db, scope, centre.supervisor, daily, monday + 12 * hour)
  const scheduler = createScheduler({ db, mailer: post.mailer, now: () => at.now })
  return { db, scope, id, scheduler, ...post }
}

it('what fell due while the server was down is sent late, and says so', async (t) => {
  const { scheduler, mails } = await start(t, { now: tuesday7 + 3 * hour })
  assert.equal(await scheduler.tick(), 1)
  assert.match(mails[0]!.subject!, /\(con demora\)$/)
  assert.match(mails[0]!.text!, /estaba programado para el 03\/03\/2026 07:00/)
})

it('a refusal is kept, told to the owner, and not repeated; one can send again by hand', async (t) => {
  const { db, scope, id, scheduler, mails, state } = await start(t, { now: tuesday7 })
  state.refuse = true
  assert.equal(await scheduler.tick(), 1)
  assert.equal(mails.length, 0)
  const failed = (await listSchedules(db, scope))[0]!.last!
  assert.equal(failed.state, 'failed')
  assert.match(failed.error!, /buzón lleno|recipients/i)
  assert.equal(await scheduler.tick(), 0)
  state.refuse = false
  const later = createScheduler({ db, mailer: undefined, now: () => tuesday7 + hour })
  const schedule = (await readSchedule(db, scope, id))!
  assert.equal(await later.runNow(scope, schedule), 'failed')
  assert.match((await listSchedules(db, scope))[0]!.last!.error!, /SMTP_URL/)
})

it('a run whose server died is ended as failed, and its owner hears of it', async (t) => {
  const { db, scope, id, scheduler, mails } = await start(t, { now: tuesday7 + hour })
  assert.ok(await claimRun(db, scope, id, tuesday7, tuesday7))
  assert.equal(await scheduler.tick(), 0)
  assert.equal((await listSchedules(db, scope))[0]!.last!.state, 'failed')
  assert.equal(mails.length, 1)
  assert.match(mails[0]!.text!, /se detuvo en medio del envío/)
})

it('switched off sends nothing, switched on counts from then', async (t) => {
  const at = { now: tuesday7 + hour }
  const { db, scope, id, scheduler } = await start(t, at)
  await setActive(db, scope, id, false, at.now)
  assert.equal(await scheduler.tick(), 0)
  await setActive(db, scope, id, true, at.now)
  assert.equal(await scheduler.tick(), 0)
  at.now += 24 * hour
  assert.equal(await scheduler.tick(), 1)
})

it('due instants keep the local hour through a change of clocks', () => {
  const next = (after: string) => new Date(nextDue('0 7 * * *', 'America/Santiago', Date.parse(after))!).toISOString()
  assert.equal(next('2026-04-04T03:00:00Z'), '2026-04-04T10:00:00.000Z')
  assert.equal(next('2026-04-05T03:00:00Z'), '2026-04-05T11:00:00.000Z')
})

it('of a long silence only the newest runs are made', () => {
  const due = dueRuns({ ...daily, cron: '0 * * * *' } as Schedule, monday, monday + 48 * hour)
  assert.deepEqual(
    due,
    [42, 43, 44, 45, 46, 47, 48].map((n) => monday + n * hour),
  )
})

it('periods are whole local days', () => {
  assert.deepEqual(periodOf('yesterday', tuesday7, zone), { from: '2026-03-02', to: '2026-03-02' })
  assert.deepEqual(periodOf('last_week', tuesday7, zone), { from: '2026-02-23', to: '2026-03-01' })
  assert.deepEqual(periodOf('last_month', tuesday7, zone), { from: '2026-02-01', to: '2026-02-28' })
  assert.deepEqual(periodOf('today', tuesday7, zone), { from: '2026-03-03', to: '2026-03-03' })
})

it('what a person typed wrongly is told field by field', () => {
  const wrong = (change: Partial<NewSchedule>) => {
    try {
      checkSchedule({ ...daily, ...change }, monday)
    } catch (error) {
      assert.ok(error instanceof AppError)
      return Object.keys(error.fields!)
    }
    return []
  }
  assert.deepEqual(wrong({}), [])
  assert.deepEqual(wrong({ cron: '* * * * *' }), ['cron'])
  assert.deepEqual(wrong({ cron: '0 0 31 2 *' }), ['cron'])
  assert.deepEqual(wrong({ cron: 'mañana' }), ['cron'])
  assert.deepEqual(wrong({ recipients: ['a@b.org\r\nBcc: x@y.org'] }), ['recipients'])
  assert.deepEqual(wrong({ name: ' ', report: 'x', recipients: [] }), ['name', 'report', 'recipients'])
})
