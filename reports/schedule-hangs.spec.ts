// Runs go on beside each other: whoever hangs holds up nobody else.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { it, type TestContext } from 'node:test'
import { SMTPServer } from 'smtp-server'
import type { Database, Scope } from '../server/database/index.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../server/testing/database.ts'
import type { Bundle } from './bundle/index.ts'
import { type Mailer, smtpMailer } from './deliver.ts'
import { createScheduler } from './schedule.ts'
import { listRuns } from './schedule-runs.ts'
import { createSchedule, listSchedules, type NewSchedule } from './schedule-store.ts'
import { createSlots } from './slots.ts'
import { monday } from './testing/centre.ts'

const hour = 3_600_000
const tenMinutes = 600_000
const hourly: NewSchedule = {
  name: 'Cada hora',
  report: 'queues',
  parameters: { period: 'today' },
  cron: '0 * * * *',
  timeZone: 'America/Argentina/Buenos_Aires',
  format: 'xlsx',
  recipients: [],
}
const empty: Bundle = {
  ...{ title: '', agency: '', period: '', highlights: [], table: undefined },
  ...{ files: [], pictures: [] },
}
const limits = { build: 60_000, send: 60_000, stop: 60_000 }

async function makeOwner(db: Database, scope: Scope): Promise<number> {
  const person = { username: `h${scope.agencyId}`, name: 'o', role: 'supervisor', created_at: 0 }
  return ((await db.knex('users').insert({ agency_id: scope.agencyId, ...person })) as [number])[0]
}

/** A real mail server that never answers to one address until it is let go. */
async function hangingServer(t: TestContext) {
  const events = new EventEmitter()
  const came: string[] = []
  const held: (() => void)[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo({ address }, _session, done) {
      if (!address.startsWith('lenta@')) return done()
      held.push(() => done(Object.assign(new Error('intente más tarde'), { responseCode: 451 })))
      events.emit('held')
    },
    onData(stream, { envelope }, done) {
      stream.resume().on('end', () => {
        came.push(envelope.rcptTo[0]!.address)
        done()
        events.emit('came')
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.after(() => {
    for (const letGo of held) letGo()
    return new Promise<void>((resolve) => server.close(resolve))
  })
  const until = async (what: string, holds: () => boolean) => {
    const signal = AbortSignal.timeout(30_000)
    while (!holds())
      await Promise.race([once(events, 'came', { signal }), once(events, 'held', { signal })]).catch(() => {
        throw new Error(`never: ${what}`)
      })
  }
  const mailer = smtpMailer(`smtp://127.0.0.1:${(server.server.address() as { port: number }).port}`)
  return { came, held, until, mailer }
}

onEachDatabase('a schedule whose mail server hangs', (database) => {
  it('holds up nobody: ten others come, now and the next time', async (t) => {
    const db = database()
    await db.knex('schedules').update({ active: false })
    const scope = await makeAgency(db)
    const owner = await makeOwner(db, scope)
    const post = await hangingServer(t)
    const make = (name: string) => {
      const often = { ...hourly, cron: '*/10 * * * *', recipients: [`${name}@example.org`] }
      return createSchedule(db, scope, owner, often, monday)
    }
    const slow = await make('lenta')
    for (let n = 0; n < 10; n++) await make(`n${n}`)
    const at = { now: monday + tenMinutes }
    const scheduler = createScheduler({ db, mailer: post.mailer, now: () => at.now, bundle: async () => empty, limits })
    const first = scheduler.tick()
    await post.until('ten came while one hangs', () => post.came.length === 10 && post.held.length === 1)
    const stateOf = async () => (await listRuns(db, scope, slow)).map(({ state }) => state)
    assert.deepEqual(await stateOf(), ['running'])
    at.now += tenMinutes
    // Whose run has not been written down yet is taken at the next look.
    for (let looks = 0; post.came.length < 20; looks++) {
      assert.ok(looks < 1_000, 'the next look does not wait for the first')
      await scheduler.tick()
    }
    assert.deepEqual(new Set(post.came).size, 10)
    assert.deepEqual(await stateOf(), ['running'], 'its own runs go one after another')
    post.held[0]!()
    assert.equal(await first, 11)
    assert.deepEqual(await stateOf(), ['retry'])
    for (const { id, last } of await listSchedules(db, scope)) if (id !== slow) assert.equal(last!.state, 'sent')
  })
})

async function start(t: TestContext, mailer: Mailer, bundle: () => Promise<Bundle>, limited = limits) {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  const owner = await makeOwner(db, scope)
  const ids: number[] = []
  for (let n = 0; n < 4; n++)
    ids.push(await createSchedule(db, scope, owner, { ...hourly, recipients: [`n${n}@example.org`] }, monday))
  const scheduler = createScheduler({ db, mailer, now: () => monday + hour, bundle, limits: limited })
  const states = async () =>
    (await Promise.all(ids.map((id) => listRuns(db, scope, id)))).map(([run]) => [run?.state, run?.error])
  return { db, scope, ids, scheduler, states }
}
const takes: Mailer = { send: async () => ({ response: '250', refused: [] }), close() {} }
const never = () => new Promise<never>(() => {})

it('one slow report holds up no other, and one that never ends is given up with a reason', async (t) => {
  let made = 0
  const { scheduler, states } = await start(t, takes, () => (made++ === 0 ? never() : Promise.resolve(empty)), {
    ...limits,
    build: 400,
  })
  assert.equal(await scheduler.tick(), 4)
  const [slow, ...others] = await states()
  assert.deepEqual(slow, ['failed', 'el informe tardó demasiado: achicá el período'])
  for (const [state] of others) assert.equal(state, 'sent')
})

it('of files that are being made there are two at once', async (t) => {
  let making = 0
  let most = 0
  const { scheduler } = await start(t, takes, async () => {
    most = Math.max(most, ++making)
    await new Promise((resolve) => setImmediate(resolve))
    making--
    return empty
  })
  assert.equal(await scheduler.tick(), 4)
  assert.equal(most, 2)
})

it('a mailer that never answers is not known to have failed: nobody sends it again', async (t) => {
  const mailer: Mailer = {
    send: ({ to }) => (to[0] === 'n0@example.org' ? never() : takes.send({} as never)),
    close() {},
  }
  const { scheduler, states } = await start(t, mailer, async () => empty, { ...limits, send: 400 })
  assert.equal(await scheduler.tick(), 4)
  const [hung, ...others] = await states()
  assert.equal(hung![0], 'failed')
  assert.match(hung![1]!, /no se sabe si salió/)
  for (const [state] of others) assert.equal(state, 'sent')
  assert.equal(await scheduler.tick(), 0)
})

it('stopping waits no longer than it may, and begins nothing more', async (t) => {
  const sending = Promise.withResolvers<void>()
  const mailer: Mailer = {
    send() {
      sending.resolve()
      return never()
    },
    close() {},
  }
  const { scheduler, states } = await start(t, mailer, async () => empty, { ...limits, stop: 300 })
  void scheduler.tick()
  await sending.promise
  await scheduler.stop()
  const before = await states()
  assert.equal(await scheduler.tick(), 0)
  assert.deepEqual(await states(), before)
})

it('places go to those who wait, in their order, and leaving twice frees one place only', async () => {
  const slots = createSlots(1)
  const order: number[] = []
  const leave = await slots.take()
  const second = slots.take().then((left) => {
    order.push(2)
    return left
  })
  const third = slots.take().then(() => order.push(3))
  leave()
  leave()
  const left = await second
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(order, [2])
  left()
  await third
  assert.deepEqual(order, [2, 3])
})
