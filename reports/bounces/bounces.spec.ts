// A mailbox on a server of our own, read by two servers of Vera, on both databases.
import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { type Mail, type Mailer, MailFault } from '../deliver.ts'
import { createScheduler } from '../schedule.ts'
import { listRuns } from '../schedule-runs.ts'
import { createSchedule } from '../schedule-store.ts'
import { exchange, outOfOffice, postfix } from '../testing/bounced.ts'
import { monday } from '../testing/centre.ts'
import { startImapServer } from '../testing/imap-server.ts'
import { createBounces } from './bounces.ts'
import { imapMailbox, type Mailbox } from './mailbox.ts'
import { listBounces, untold } from './store.ts'

const hour = 3_600_000
const empty = { title: '', agency: '', period: '', highlights: [], table: undefined, files: [], pictures: [] }

onEachDatabase('a report that bounces', (database) => {
  async function start(t: TestContext) {
    const db = database()
    const scope = await makeAgency(db)
    const imap = await startImapServer()
    t.after(() => imap.stop())
    const person = { role: 'supervisor', created_at: 0, email: 'duenia@example.org', name: 'Dueña' }
    const owner = (
      (await db.knex('users').insert({ agency_id: scope.agencyId, username: `b${scope.agencyId}`, ...person })) as [
        number,
      ]
    )[0]
    const id = await createSchedule(
      db,
      scope,
      owner,
      {
        ...{ name: 'Colas', report: 'queues', parameters: { period: 'today' }, cron: '0 * * * *', format: 'xlsx' },
        timeZone: 'America/Argentina/Buenos_Aires',
        recipients: ['jefa@example.org', 'Otro@example.org'],
      },
      monday,
    )
    const mails: Mail[] = []
    const state = { refuse: false }
    const mailer: Mailer = {
      async send(mail) {
        if (state.refuse) throw new MailFault('451', 'again')
        mails.push(mail)
        return { response: '250', refused: [] }
      },
      close() {},
    }
    const now = () => monday + hour
    const scheduler = createScheduler({ db, mailer, now, bundle: async () => empty })
    await scheduler.tick()
    await db.knex('schedules').where({ id }).update({ active: false })
    const logged: string[] = []
    const server = () =>
      createBounces({ db, mailer, mailbox: imapMailbox(imap.url), now, log: (line) => logged.push(line) })
    const [run] = await listRuns(db, scope, id)
    const bounced = async () =>
      ((await listBounces(db, scope, [run!.id])).get(run!.id) ?? []).map((one) => [
        one.recipient,
        one.state,
        one.status,
      ])
    return { db, scope, imap, mails, state, server, run: run!, bounced, logged, messageId: mails[0]!.messageId! }
  }

  it('is marked and told to its owner once, however often and by however many servers it is read', async (t) => {
    const { imap, mails, server, bounced, messageId } = await start(t)
    imap.mails.push(
      outOfOffice({ id: messageId, to: 'jefa@example.org' }),
      postfix({ id: messageId, to: 'jefa@example.org' }),
    )
    const servers = [server(), server()]
    await Promise.all(servers.map((one) => one.look()))
    assert.deepEqual(await bounced(), [['jefa@example.org', 'failed', '5.1.1']])
    // A restart reads the week again; the same notification a second time says nothing new.
    imap.mails.push(postfix({ id: messageId, to: 'jefa@example.org' }))
    await Promise.all([...servers, server()].map((one) => one.look()))
    assert.deepEqual(await bounced(), [['jefa@example.org', 'failed', '5.1.1']])
    assert.equal(mails.length, 2)
    assert.deepEqual(mails[1]!.to, ['duenia@example.org'])
    assert.equal(mails[1]!.subject, '«Colas» rebotó en jefa@example.org')
    assert.match(mails[1]!.text, /jefa@example\.org: casilla inexistente\.\n/)
    // A stranger's words are not mailed on: the page has them.
    assert.doesNotMatch(mails[1]!.text, /550|rejected/)
    assert.ok(!imap.heard.some((line) => /STORE|SELECT|EXPUNGE|BODY\[/i.test(line)), 'nothing in it is changed')
    const state = servers[0]!.state()
    assert.deepEqual(state, { reads: true, readAt: monday + hour, fault: undefined })
  })

  it('is told in English to an owner who reads Vera so', async (t) => {
    const { db, imap, mails, server, messageId } = await start(t)
    await db.knex('users').where({ email: 'duenia@example.org' }).update({ language: 'en-US' })
    imap.mails.push(postfix({ id: messageId, to: 'jefa@example.org' }))
    await server().look()
    assert.equal(mails[1]!.subject, '«Colas» bounced at jefa@example.org')
    assert.match(
      mails[1]!.text,
      /^Hello .+ of 03\/0\d\/2026.+ did not arrive at:\n\n- jefa@example\.org: no such mailbox\.\n/s,
    )
  })

  it('late first and failed then is told when it failed; an alias is the address that was written to', async (t) => {
    const { imap, mails, server, bounced, messageId } = await start(t)
    const one = server()
    const inside = { id: messageId, to: 'mesa7@interno.example.org' }
    imap.mails.push(postfix(inside, { action: 'delayed', status: '4.4.1', original: 'otro@example.org' }))
    await one.look()
    assert.deepEqual(await bounced(), [['otro@example.org', 'delayed', '4.4.1']])
    assert.equal(mails.length, 1)
    imap.mails.push(exchange({ id: messageId, to: 'otro@example.org' }))
    await one.look()
    assert.deepEqual(await bounced(), [['otro@example.org', 'failed', '5.1.10']])
    imap.mails.push(postfix(inside, { action: 'delayed', status: '4.4.1', original: 'otro@example.org' }))
    await one.look()
    assert.deepEqual(await bounced(), [['otro@example.org', 'failed', '5.1.10']])
    assert.equal(mails.length, 2)
  })

  it('forged ones: of a run whose token nobody was told, and of places it did not go to', async (t) => {
    const { db, imap, mails, server, run, bounced, messageId } = await start(t)
    const group = /Final-Recipient[\s\S]*?table\r\n\r\n/
    const many = (id: string) => {
      const one = postfix({ id, to: 'x@evil.example' }).toString()
      return Buffer.from(
        one.replace(group, (part) => Array.from({ length: 9 }, (_, n) => part.replaceAll('x@', `x${n}@`)).join('')),
      )
    }
    const { schedule_id, due_at } = await db.knex('schedule_runs').where({ id: run.id }).first()
    const another = messageId.replace(/-[0-9a-f]{32}@/, `-${'0'.repeat(32)}@`)
    assert.notEqual(another, messageId, 'a random token is in the id')
    for (const id of [
      `<vera-${schedule_id}-${due_at}-${run.id}@vera>`,
      `<vera-${run.id}-@vera>`,
      messageId.replace(/^<vera-\d+/, '<vera-999999'),
      another,
    ])
      imap.mails.push(postfix({ id, to: 'jefa@example.org' }), many(id))
    // Whoever has the id has one of the mails: it went to nobody else than it went to.
    imap.mails.push(many(messageId))
    await server().look()
    assert.deepEqual(await bounced(), [])
    assert.equal(mails.length, 1)
  })

  it('is told when the mail server is back; other agencies see nothing of it', async (t) => {
    const { db, imap, mails, state, server, run, bounced, messageId } = await start(t)
    const neighbour = await makeAgency(db)
    imap.mails.push(...['jefa', 'otro'].map((name) => postfix({ id: messageId, to: `${name}@example.org` })))
    state.refuse = true
    const one = server()
    await one.look()
    assert.equal((await bounced()).length, 2)
    assert.equal((await listBounces(db, neighbour, [run.id])).size, 0)
    assert.equal(mails.length, 1)
    state.refuse = false
    await one.look()
    assert.equal(mails.length, 2)
    assert.match(mails[1]!.subject, /2 casillas/)
  })

  it('its owner is not told who may no longer see it: of another agency, or with another role', async (t) => {
    for (const now of ['agency', 'role', 'report'] as const) {
      const { db, scope, imap, mails, server, messageId } = await start(t)
      const owner = db.knex('users').where({ agency_id: scope.agencyId })
      if (now === 'agency') await owner.update({ agency_id: (await makeAgency(db)).agencyId })
      if (now === 'role') await owner.update({ role: 'agent' })
      if (now === 'report')
        await db.knex('schedules').where({ agency_id: scope.agencyId }).update({ report: 'agencies' })
      imap.mails.push(postfix({ id: messageId, to: 'jefa@example.org' }))
      await server().look()
      assert.equal(mails.length, 1, now)
    }
  })

  it('of whose owner is gone nobody is told, once; one that cannot be told holds up no other', async (t) => {
    const { db, scope, imap, mails, server, messageId } = await start(t)
    imap.mails.push(postfix({ id: messageId, to: 'jefa@example.org' }))
    await db.knex('users').where({ agency_id: scope.agencyId }).update({ active: false })
    await server().look()
    assert.equal(mails.length, 1)
    assert.deepEqual(
      (await untold(db, 0)).filter((one) => one.scope.agencyId === scope.agencyId),
      [],
    )
    // What is older than the past that is read is let be.
    await db.knex('schedule_bounces').where({ agency_id: scope.agencyId }).update({ told_at: null })
    assert.ok((await untold(db, monday)).some((one) => one.scope.agencyId === scope.agencyId))
    assert.ok(!(await untold(db, monday + 2 * hour)).some((one) => one.scope.agencyId === scope.agencyId))
  })

  it('a look that takes too long is closed, and has ended before the next begins', async () => {
    let [reading, most, closed] = [0, 0, 0]
    let end = () => {}
    const mailbox: Mailbox = {
      async read() {
        most = Math.max(most, ++reading)
        await new Promise<void>((resolve) => {
          end = resolve
        })
        reading--
      },
      close() {
        closed++
        setImmediate(end)
      },
    }
    const one = createBounces({ db: database(), mailer: undefined, mailbox, now: () => 0, log() {}, passMs: 5 })
    await one.look()
    assert.match(one.state().fault!, /tarda demasiado/)
    assert.deepEqual([reading, closed], [0, 1])
    await one.look()
    assert.deepEqual([most, closed], [1, 2])
  })

  it('a mailbox that refuses, hangs or is gone is told, and read again when it is back', async (t) => {
    const { imap, server, logged, bounced, messageId } = await start(t)
    imap.mails.push(postfix({ id: messageId, to: 'jefa@example.org' }))
    imap.mood = 'refuses'
    const one = server()
    await one.look()
    assert.match(one.state().fault!, /no acepta el usuario o la clave/)
    await one.look()
    assert.equal(logged.length, 1, 'the same fault is logged once')
    assert.ok(!logged.join().includes('secreta'))
    imap.mood = 'silent'
    const hung = server()
    const looking = hung.look()
    await hung.stop()
    await looking
    assert.ok(hung.state().fault)
    imap.mood = 'works'
    await one.look()
    assert.deepEqual(one.state().fault, undefined)
    assert.deepEqual(await bounced(), [['jefa@example.org', 'failed', '5.1.1']])
    const none = createBounces({ db: database(), mailer: undefined, mailbox: undefined, now: () => 0, log() {} })
    await none.look()
    assert.deepEqual(none.state(), { reads: false, readAt: undefined, fault: undefined })
  })
})
