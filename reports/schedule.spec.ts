import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { it, type TestContext } from 'node:test'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { AppError } from '../server/http/types.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../server/testing/database.ts'
import type { Bundle } from './bundle/index.ts'
import { type Mailer, MailFault, smtpMailer } from './deliver.ts'
import { createScheduler } from './schedule.ts'
import { checkSchedule } from './schedule-check.ts'
import { beginSending, claimRetry, claimRun, dueRetries, listRuns, retryRun } from './schedule-runs.ts'
import { createSchedule, listSchedules, type NewSchedule, readSchedule, setActive } from './schedule-store.ts'
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
  const state = { refuse: 0 }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) =>
      done(state.refuse ? Object.assign(new Error('buzón lleno'), { responseCode: state.refuse }) : null),
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
    const publicUrl = 'https://vera.example.org'
    const servers = [1, 2].map(() => createScheduler({ db, mailer, now, publicUrl }))
    const made = await Promise.all(servers.map((server) => server.tick()))
    assert.equal(made[0]! + made[1]!, 2) // Monday's and Tuesday's, each by one of them
    assert.equal(await servers[0]!.tick(), 0)
    assert.equal(mails.length, 2)
    const mail = mails.find((one) => one.subject?.includes('· 02/03/2026'))!
    assert.equal(mail.subject, 'Colas de <ayer> · 02/03/2026')
    assert.match(mail.text!, /Ofrecidas a la cola: 6/)
    assert.match(mail.html as string, /Colas de &lt;ayer&gt;/)
    const screen = 'https://vera.example.org/reports/queues?interval=30m&from=2026-03-02&to=2026-03-02'
    assert.ok(mail.text!.includes(screen))
    assert.doesNotMatch(mail.text!, /demora/)
    const file = mail.attachments.find((one) => one.filename === 'vera-queues-2026-03-02.xlsx')
    // The charts are pictures in the body.
    const pictures = mail.attachments.filter((one) => one.contentType === 'image/png')
    assert.ok(pictures.length > 0)
    for (const picture of pictures) assert.equal(picture.content.subarray(1, 4).toString(), 'PNG')
    const book = new exceljs.Workbook()
    await book.xlsx.load(file!.content as unknown as ArrayBuffer)
    assert.equal((book.getWorksheet('Por cola')!.getCell('B3').value as { text: unknown }).text, 5)
    assert.equal((await listSchedules(db, scope))[0]!.last?.state, 'sent')
    await setActive(db, scope, (await listSchedules(db, scope))[0]!.id, false, now())
  })
})

const quick = { connect: 150, silent: 150, whole: 900 }

/** A mail server that answers each line as told (a text, or nothing at all), on a socket of its own. */
async function oddServer(t: TestContext, greeting: string | undefined, answer: (line: string) => string | undefined) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (greeting) socket.write(`${greeting}\r\n`)
    let data = false
    createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      if (data && line !== '.') return
      const said = answer(line)
      data = said?.startsWith('354') ?? false
      if (said) socket.write(`${said}\r\n`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, sockets }
}
const polite = (line: string) =>
  line === 'DATA' ? '354 go on' : line.startsWith('EHLO') ? '250-x\r\n250 SIZE 9' : line === '.' ? undefined : '250 ok'
const letter = { to: ['a@example.org'], subject: 's', text: 't' }
const faultOf = async (port: number) => {
  const began = Date.now()
  const fault = await smtpMailer(`smtp://127.0.0.1:${port}`, undefined, quick)
    .send(letter)
    .then(
      () => undefined,
      (error) => error as MailFault,
    )
  assert.ok(Date.now() - began < 5_000, 'it holds nobody for long')
  assert.ok(fault instanceof MailFault)
  return fault
}

for (const [name, greeting, answer] of [
  ['accepts and never says a word', undefined, () => undefined],
  ['greets and hangs', '220 x', () => undefined],
  ['hangs at DATA', '220 x', (line: string) => (line === 'DATA' ? undefined : polite(line))],
] as const)
  it(`a mail server that ${name}: nothing left, it is tried again`, async (t) => {
    const { port } = await oddServer(t, greeting, answer)
    assert.equal((await faultOf(port)).kind, 'again')
  })

it('a mail server that hangs once it has the mail: nobody knows, and nobody sends it again', async (t) => {
  const { port } = await oddServer(t, '220 x', polite)
  assert.equal((await faultOf(port)).kind, 'unknown')
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  const centre = await fillCentre(db, scope)
  const id = await createSchedule(db, scope, centre.supervisor, daily, monday + 12 * hour)
  const mailer = smtpMailer(`smtp://127.0.0.1:${port}`, undefined, quick)
  const scheduler = createScheduler({ db, mailer, now: () => tuesday7 })
  await scheduler.tick()
  const [run] = await listRuns(db, scope, id)
  assert.equal(run!.state, 'failed')
  assert.match(run!.error!, /no se sabe si salió/)
})

it('a mail server that drips a byte now and then ends too', async (t) => {
  const { port, sockets } = await oddServer(t, '220 x', (line) => (line.startsWith('MAIL') ? undefined : polite(line)))
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write('2')
  }, 50)
  t.after(() => clearInterval(drip))
  assert.equal((await faultOf(port)).kind, 'again')
})

it('a mail larger than the server takes goes without its files and says where they are; a full mailbox is refused', async (t) => {
  const { db, scope, id, mailer, mails } = await start(t, { now: tuesday7 })
  let tries = 0
  const small: Mailer = {
    async send(mail) {
      tries++
      if (mail.files && mail.files.length > 0) throw new MailFault('552 too big', 'tooLarge')
      return mailer.send(mail)
    },
    close() {},
  }
  const scheduler = createScheduler({ db, mailer: small, now: () => tuesday7, publicUrl: 'https://vera.example.org' })
  await scheduler.tick()
  assert.equal((await listRuns(db, scope, id))[0]!.state, 'sent')
  assert.equal(tries, 2)
  assert.ok(mails[0]!.attachments.every((one) => one.contentType === 'image/png'))
  assert.match(mails[0]!.text!, new RegExp(`https://vera.example.org/reports/schedules/${id}`))
  assert.match(mails[0]!.html as string, /son más grandes/)
  for (const [at, kind] of [
    ['MAIL', 'tooLarge'],
    ['.', 'tooLarge'],
    ['RCPT', 'refused'],
  ] as const) {
    const { port } = await oddServer(t, '220 x', (line) => (line.startsWith(at) ? '552 full' : polite(line)))
    assert.equal((await faultOf(port)).kind, kind, at)
  }
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
  state.refuse = 550
  assert.equal(await scheduler.tick(), 1)
  assert.equal(mails.length, 0)
  const failed = (await listSchedules(db, scope))[0]!.last!
  assert.equal(failed.state, 'failed')
  assert.match(failed.error!, /buzón lleno|recipients/i)
  assert.equal(await scheduler.tick(), 0)
  state.refuse = 0
  const later = createScheduler({ db, mailer: undefined, now: () => tuesday7 + hour })
  const schedule = (await readSchedule(db, scope, id))!
  assert.equal(await later.runNow(scope, schedule), 'failed')
  assert.match((await listSchedules(db, scope))[0]!.last!.error!, /SMTP_URL/)
})

it('a run whose server died while sending is ended as failed, and its owner hears of it', async (t) => {
  const { db, scope, id, scheduler, mails } = await start(t, { now: tuesday7 + hour })
  const run = await claimRun(db, scope, id, tuesday7, tuesday7)
  assert.ok(await beginSending(db, scope, { id: run!, attempts: 1, to: [] }, tuesday7))
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

it('what the mail server cannot take now is tried again, and then sent once', async (t) => {
  const at = { now: tuesday7 }
  const { db, scope, id, scheduler, mails, state } = await start(t, at)
  state.refuse = 451
  await scheduler.tick()
  const [waiting] = await listRuns(db, scope, id)
  assert.deepEqual([waiting!.state, waiting!.nextTryAt, waiting!.sendingAt], ['retry', tuesday7 + hour / 12, null])
  at.now += 60_000
  assert.equal(await scheduler.tick(), 0)
  state.refuse = 0
  at.now += hour
  assert.equal(await scheduler.tick(), 1)
  assert.equal(await scheduler.tick(), 0)
  const [sent] = await listRuns(db, scope, id)
  assert.deepEqual([sent!.state, sent!.attempts, mails.length], ['sent', 2, 1])
  assert.match(sent!.receipt!, /^250/)
  assert.deepEqual(
    sent!.files.map((file) => file.name),
    ['vera-queues-2026-03-02.xlsx'],
  )
})

it('of several addresses those that are refused are told, and the others are not sent it twice', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  const centre = await fillCentre(db, scope)
  const told: string[] = []
  const mailer: Mailer = {
    async send(mail) {
      told.push(mail.subject)
      return { response: '250 ok', refused: mail.to.filter((one) => one.startsWith('otro@')) }
    },
    close() {},
  }
  const id = await createSchedule(db, scope, centre.supervisor, daily, monday + 12 * hour)
  const scheduler = createScheduler({ db, mailer, now: () => tuesday7 })
  await scheduler.tick()
  assert.equal(await scheduler.tick(), 0)
  const [run] = await listRuns(db, scope, id)
  assert.deepEqual([run!.state, told.length], ['sent', 2])
  assert.match(run!.error!, /no aceptó: otro@example.org/)
})

it('groups are the people who are in them when it goes out; a sample goes to one alone', async (t) => {
  const { db, scope, scheduler, mails } = await start(t, { now: tuesday7 + hour })
  const owner = (await db.knex('users').where({ agency_id: scope.agencyId, role: 'supervisor' }).first()).id as number
  const both: NewSchedule = { ...daily, format: 'both', recipients: ['role:supervisor', 'SUPERVISOR@example.org'] }
  const id = await createSchedule(db, scope, owner, both, tuesday7 + hour)
  const schedule = (await readSchedule(db, scope, id))!
  assert.equal(await scheduler.runNow(scope, schedule), 'sent')
  assert.deepEqual(
    [mails[0]!.to].flat().map((one) => one!.text.toLowerCase()),
    ['supervisor@example.org'],
  )
  const names = mails[0]!.attachments.map((one) => one.filename)
  for (const end of ['.xlsx', '.pdf']) assert.ok(names.some((name) => name?.endsWith(end)))
  assert.equal(await scheduler.runNow(scope, schedule, 'yo@example.org'), 'sent')
  assert.match(mails[1]!.subject!, /\(muestra\)$/)
  assert.deepEqual(
    [mails[1]!.to].flat().map((one) => one!.text),
    ['yo@example.org'],
  )
})

it('a working-day schedule rests on a day that the agency closes, and on no neighbour’s', async (t) => {
  const { db, scope, id, scheduler, mails } = await start(t, { now: tuesday7 })
  const { parameters } = (await readSchedule(db, scope, id))!
  await db.knex('schedules').update({ parameters: JSON.stringify({ ...parameters, workingDays: '1' }) })
  const neighbour = await makeAgency(db)
  for (const [agency_id, day] of [
    [scope.agencyId, '2026-03-03'],
    [neighbour.agencyId, '2026-03-04'],
  ] as const) {
    const [calendar_id] = (await db.knex('calendars').insert({ agency_id, name: 'Oficina' })) as [number]
    await db.knex('calendar_days').insert({ agency_id, calendar_id, day, name: 'Fiesta patronal' })
  }
  assert.equal(await scheduler.tick(), 0)
  const later = createScheduler({
    db,
    mailer: { send: async () => ({ response: '250', refused: [] }), close() {} },
    now: () => tuesday7 + 24 * hour,
  })
  assert.equal(await later.tick(), 1)
  assert.equal(mails.length, 0)
})

onEachDatabase('a run that its server left', (database) => {
  it('is not taken from the server that sends it by one that looked at it before', async () => {
    const db = database()
    const scope = await makeAgency(db)
    const [owner] = (await db.knex('users').insert({
      ...{ agency_id: scope.agencyId, username: `l${scope.agencyId}`, name: 'o', role: 'supervisor', created_at: 0 },
    })) as [number]
    const schedule = await createSchedule(db, scope, owner, daily, monday)
    const id = (await claimRun(db, scope, schedule, monday, monday))!
    const left = { id, attempts: 1, sendingAt: null }
    // Both servers saw that it was left; the second has it in its second attempt when the first comes to it.
    assert.equal(await retryRun(db, scope, left, monday, 'left'), true)
    const [again] = (await dueRetries(db, monday)).filter(({ run }) => run.id === id)
    const takers = [1, 2].map(() => claimRetry(db, scope, again!.run, monday))
    assert.equal((await Promise.all(takers)).filter(Boolean).length, 1)
    assert.equal(await retryRun(db, scope, left, monday, 'left'), false)
    assert.ok(await beginSending(db, scope, { id, attempts: 2, to: [] }, monday))
    assert.equal(await retryRun(db, scope, { ...left, attempts: 2 }, monday, 'left'), false)
    assert.equal(await retryRun(db, scope, { id, attempts: 2 }, monday, 'the mail server could not take it'), true)
  })
})

onEachDatabase('a month of two servers killed at random', (database) => {
  it('sends each report once; what cannot be known is told and never sent again', async () => {
    const db = database()
    await db.knex('schedules').update({ active: false })
    const scope = await makeAgency(db)
    const owner = (
      await db.knex('users').insert({
        ...{ agency_id: scope.agencyId, username: `o${scope.agencyId}`, name: 'o', role: 'supervisor', created_at: 0 },
      })
    )[0] as number
    const crons = ['0 * * * *', '0 */6 * * *', '30 7 * * 1-5']
    const ids: number[] = []
    for (const cron of crons) ids.push(await createSchedule(db, scope, owner, { ...daily, cron }, monday))
    let seed = 20_261_124
    const chance = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed / 2_147_483_648
    }
    const delivered = new Map<string, number>()
    const at = { now: monday }
    const killed = () => new Promise<never>(() => {})
    const empty: Bundle = {
      title: '',
      agency: '',
      period: '',
      highlights: [],
      table: undefined,
      files: [],
      pictures: [],
    }
    let kills = 0
    const server = () => {
      const dies = Promise.withResolvers<void>()
      let dead = false
      const die = () => {
        if (!dead) kills++
        dead = true
        dies.resolve()
        return killed()
      }
      const scheduler = createScheduler({
        db,
        now: () => at.now,
        bundle: async () => (dead || chance() < 0.1 ? die() : empty),
        mailer: {
          async send({ messageId }) {
            // Before the server has it, after it has it, or it cannot take it now.
            const fate = chance()
            if (dead || fate < 0.05) return die()
            if (fate < 0.15) throw new MailFault('451', 'again')
            delivered.set(messageId!, (delivered.get(messageId!) ?? 0) + 1)
            if (fate < 0.2) return die()
            return { response: '250', refused: [] }
          },
          close() {},
        },
      })
      return { scheduler, died: dies.promise }
    }
    const servers = [server(), server()]
    const days = 30
    for (let quarter = 0; quarter < days * 24 * 4 + 12; quarter++) {
      at.now = monday + 60_000 + quarter * 15 * 60_000
      if (quarter === days * 24 * 4) await db.knex('schedules').update({ active: false })
      await Promise.all(
        servers.map(async (one, place) => {
          const end = await Promise.race([one.scheduler.tick().then(() => 'lives'), one.died.then(() => 'dead')])
          if (end === 'dead') servers[place] = server()
        }),
      )
    }
    const runs: { id: number; schedule_id: number; mail_token: string; state: string; error: string }[] = await db
      .knex('schedule_runs')
      .whereIn('schedule_id', ids)
    const made = (id: number) => runs.filter((run) => run.schedule_id === id).length
    // They were made at midnight, which is behind them; 30 days from Monday on have 22 working days.
    assert.deepEqual(ids.map(made), [days * 24 - 1, days * 4 - 1, 22], 'each instant has its run')
    assert.ok(kills > 50, `only ${kills} were killed`)
    assert.deepEqual([...new Set(delivered.values())], [1], 'none came twice')
    const states = Map.groupBy(runs, (run) => run.state)
    const failed = states.get('failed') ?? []
    assert.deepEqual([...states.keys()].sort(), ['failed', 'sent'])
    for (const run of failed) assert.match(String(run.error), /no se sabe si salió|451/)
    // Every one that is said to be sent came; of the failed only those whose server died with the mail server.
    const came = (run: { id: number; mail_token: string }) => delivered.has(`<vera-${run.id}-${run.mail_token}@vera>`)
    for (const run of states.get('sent')!) assert.ok(came(run))
    assert.ok(failed.length < runs.length / 5)
  })
})
