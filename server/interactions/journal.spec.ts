import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import fc from 'fast-check'
import mysql from 'mysql2/promise'
import type { Database, Knex } from '../database/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import type { Fact, FactBody } from './facts.ts'
import { createFactJournal } from './journal.ts'

const folders: string[] = []
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'vera-facts-'))
  folders.push(path)
  return path
}
after(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true })
})

const tables = [
  'facts',
  'interactions',
  'interaction_notes',
  'queue_stays',
  'offers',
  'talk_segments',
  'wrap_ups',
  'recordings',
  'agent_states',
]
const empty = async (db: Database) => {
  for (const table of tables) await db.knex(table).delete()
}
/** Everything in the tables, apart from the ids that each run makes anew. */
const dump = async (db: Database) => {
  const all: Record<string, unknown[]> = {}
  for (const table of tables) {
    const rows = await db.knex(table)
    const plain = rows.map((row) => {
      const own = ['facts', 'interaction_notes', 'agent_states'].includes(table)
      return JSON.stringify(own ? { ...row, id: undefined } : row)
    })
    all[table] = plain.sort()
  }
  return all
}

type Body = FactBody & { interactionId: string; at: number }
/** A call from ring to end. */
const call = (id: string, at: number): Body[] =>
  (
    [
      { kind: 'interaction.created', channel: 'voice', direction: 'inbound', from: '03424567890', to: '147' },
      { kind: 'interaction.answered' },
      { kind: 'interaction.step', node: 'n1', name: 'Menú', detail: '1' },
      { kind: 'agent.state', agentId: 7, state: 'available' },
      {
        kind: 'stay.began',
        stayId: `${id}-s`,
        queueId: 1,
        priority: 5,
        targetSeconds: 20,
        targetPercent: 80,
        shortAbandonSeconds: 5,
      },
      { kind: 'offer.made', offerId: `${id}-o`, stayId: `${id}-s`, queueId: 1, agentId: 7 },
      { kind: 'offer.ended', offerId: `${id}-o`, outcome: 'accepted' },
      { kind: 'stay.left', stayId: `${id}-s`, outcome: 'answered', agentId: 7 },
      { kind: 'talk.began', talkId: `${id}-t`, stayId: `${id}-s`, queueId: 1, agentId: 7 },
      { kind: 'agent.state', agentId: 7, state: 'talking' },
      { kind: 'recording.expected', recordingId: `${id}-r`, recordingKind: 'call', path: 'a/b.wav', agentId: 7 },
      { kind: 'talk.hold', talkId: `${id}-t`, holdMs: 1500 },
      { kind: 'talk.hold', talkId: `${id}-t`, holdMs: 500 },
      { kind: 'interaction.note', userId: 7, text: 'Pidió turno 🌿 <b>' },
      { kind: 'talk.ended', talkId: `${id}-t` },
      { kind: 'wrap_up.began', wrapUpId: `${id}-w`, talkId: `${id}-t`, agentId: 7, queueId: 1 },
      { kind: 'recording.closed', recordingId: `${id}-r`, state: 'present', durationMs: 9000, bytes: 100 },
      { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'caller' },
      { kind: 'wrap_up.ended', wrapUpId: `${id}-w`, dispositionId: 3, topicId: 2 },
      { kind: 'agent.state', agentId: 7, state: 'available' },
    ] as FactBody[]
  ).map((body, place) => ({ ...body, interactionId: body.kind === 'agent.state' ? '' : id, at: at + place * 1000 }))

const gone = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
type Failure = 'before' | 'inside' | 'commit unknown'
/** The database as it is, but the next transactions fail as told. */
function failing(db: Database, plan: Failure[]): Database {
  return {
    ...db,
    async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
      const failure = plan.shift()
      if (failure === 'before') throw gone()
      const result = await db.transaction(async (trx) => {
        const done = await work(trx)
        if (failure === 'inside') throw gone()
        return done
      })
      if (failure === 'commit unknown') throw gone()
      return result
    },
  }
}

onEachDatabase('fact journal', (db) => {
  const open = (path: string, database = db(), more = {}) => createFactJournal({ db: database, folder: path, ...more })

  it('fills the tables that metrics read', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const journal = open(folder())
    const written: Fact[] = []
    journal.onWritten((facts) => written.push(...facts))
    journal.start()
    for (const fact of call('c1', 1_000_000)) journal.record({ ...fact, agencyId })
    assert.equal(await journal.flush(), true)
    assert.equal(written.length, 20)
    const [interaction] = await db().knex('interactions')
    assert.deepEqual(
      [Number(interaction.created_at), Number(interaction.answered_at), Number(interaction.ended_at)],
      [1_000_000, 1_001_000, 1_017_000],
    )
    assert.deepEqual([interaction.topic_id, interaction.disposition_id], [2, 3])
    const [talk] = await db().knex('talk_segments')
    assert.deepEqual([Number(talk.hold_ms), talk.holds, Number(talk.ended_at)], [2000, 2, 1_014_000])
    const states = await db().knex('agent_states').orderBy('began_at')
    assert.deepEqual(
      states.map((row) => [row.state, row.ended_at === null ? null : Number(row.ended_at)]),
      [
        ['available', 1_009_000],
        ['talking', 1_019_000],
        ['available', null],
      ],
    )
    await journal.stop()
  })

  it('keeps the first outcome of a stay', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const journal = open(folder())
    for (const fact of call('c2', 0).slice(0, 5)) journal.record({ ...fact, agencyId })
    const left = { kind: 'stay.left', stayId: 'c2-s', agencyId, interactionId: 'c2' } as const
    journal.record({ ...left, outcome: 'abandoned', at: 9 })
    journal.record({ ...left, outcome: 'overflowed', reason: 'timeout', at: 10 })
    await journal.flush()
    const [stay] = await db().knex('queue_stays')
    assert.deepEqual([stay.outcome, stay.overflow_reason, Number(stay.left_at)], ['abandoned', null, 9])
    await journal.stop()
  })

  it('waits on disk while the database is away and survives a restart', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const path = folder()
    const alarms: string[] = []
    const first = open(path, failing(db(), ['before', 'inside']), {
      alarm: (a: { code: string }) => alarms.push(a.code),
    })
    for (const fact of call('c3', 0).slice(0, 12)) first.record({ ...fact, agencyId })
    assert.equal(await first.flush(), false)
    assert.equal(await first.flush(), false)
    assert.equal(first.pending(), 12)
    assert.deepEqual(alarms, ['facts.waiting'])
    assert.equal((await db().knex('facts')).length, 0)
    // The process dies here: nothing is stopped or closed.
    const second = open(path)
    assert.equal(second.pending(), 12)
    for (const fact of call('c3', 0).slice(12)) second.record({ ...fact, agencyId })
    assert.equal(await second.flush(), true)
    assert.equal((await db().knex('facts')).length, 20)
    assert.equal((await db().knex('talk_segments'))[0].holds, 2)
    await second.stop()
    assert.deepEqual(readdirSync(path), [])
  })

  it('writes once what the database took without being able to say so', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const journal = open(folder(), failing(db(), ['commit unknown']))
    for (const fact of call('c4', 0)) journal.record({ ...fact, agencyId })
    assert.equal(await journal.flush(), false)
    assert.equal(await journal.flush(), true)
    assert.equal((await db().knex('facts')).length, 20)
    assert.equal((await db().knex('talk_segments'))[0].holds, 2)
    await journal.stop()
  })

  it('sets a poisonous fact aside without holding the others back', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const path = folder()
    const alarms: string[] = []
    const journal = open(path, db(), { alarm: (a: { code: string }) => alarms.push(a.code) })
    const facts = call('c5', 0)
    for (const fact of facts.slice(0, 10)) journal.record({ ...fact, agencyId })
    journal.record({ ...facts[10]!, agencyId: 999_999 })
    journal.record({ kind: 'from.the.future', agencyId, interactionId: 'c5' } as never)
    const loop: Record<string, unknown> = { kind: 'interaction.step', agencyId, interactionId: 'c5' }
    loop.self = loop
    journal.record(loop as never)
    for (const fact of facts.slice(11)) journal.record({ ...fact, agencyId })
    assert.equal(await journal.flush(), true)
    assert.equal((await db().knex('facts')).length, 19)
    assert.deepEqual(alarms, ['facts.set_aside', 'facts.set_aside', 'facts.set_aside'])
    assert.equal(readFileSync(join(path, 'set-aside.ndjson'), 'utf8').trim().split('\n').length, 3)
    await journal.stop()
  })

  it('takes hostile and overlong text', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const journal = open(folder())
    const from = `\ud800'; drop table facts; --\u0000<script>${'ñ🌿'.repeat(20_000)}`
    journal.record({
      kind: 'interaction.created',
      channel: 'voice',
      direction: 'inbound',
      from,
      to: from,
      agencyId,
      interactionId: 'x1',
    })
    journal.record({ kind: 'interaction.note', text: from, agencyId, interactionId: 'x1' })
    assert.equal(await journal.flush(), true)
    const [row] = await db().knex('interactions')
    assert.equal([...row.from_address].length, 120)
    assert.equal((await db().knex('interaction_notes')).length, 1)
    await journal.stop()
  })

  it('writes by itself, and again when the database is back', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    const journal = open(folder(), failing(db(), ['before', 'before', 'inside']), { wait: async () => {} })
    const done = new Promise<void>((resolve) => {
      let seen = 0
      journal.onWritten((facts) => {
        seen += facts.length
        if (seen === 20) resolve()
      })
    })
    journal.start()
    for (const fact of call('c6', 0)) journal.record({ ...fact, agencyId })
    await done
    assert.equal(journal.pending(), 0)
    await journal.stop()
  })

  it('loses nothing when the connections are closed in the middle', async () => {
    await empty(db())
    const { agencyId } = await makeAgency(db())
    if (db().dialect.name === 'sqlite') return
    const journal = open(folder(), db(), { wait: () => new Promise((resolve) => setImmediate(resolve)), batch: 7 })
    journal.start()
    const killer = await mysql.createConnection(process.env.TEST_MARIADB_URL as string)
    const [[{ name }]] = (await db().knex.raw('select database() as name')) as [[{ name: string }]]
    try {
      for (let n = 0; n < 20; n++) {
        for (const fact of call(`k${n}`, n)) journal.record({ ...fact, agencyId })
        if (n % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
        const [list] = await killer.query<mysql.RowDataPacket[]>('show processlist')
        for (const { Id, db: used } of list) if (used === name) await killer.query(`kill ${Number(Id)}`).catch(() => {})
      }
      for (let tries = 0; tries < 50 && !(await journal.flush()); tries++);
    } finally {
      await killer.end()
      await journal.stop()
    }
    assert.equal((await db().knex('facts')).length, 400)
    assert.equal((await db().knex('talk_segments').where({ holds: 2 })).length, 20)
  })

  it('gives the same tables however the failures fall', async () => {
    const { agencyId } = await makeAgency(db())
    const facts = [...call('p1', 1000), ...call('p2', 1500)].sort((a, b) => a.at - b.at)
    await empty(db())
    const calm = open(folder())
    for (const fact of facts) calm.record({ ...fact, agencyId })
    await calm.flush()
    await calm.stop()
    const expected = await dump(db())
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('record' as const), count: fc.integer({ min: 1, max: 9 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
    )
    const failure = fc.constantFrom<Failure>('before', 'inside', 'commit unknown')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.array(failure, { maxLength: 12 }), async (steps, plan) => {
        await empty(db())
        const path = folder()
        const database = failing(db(), plan)
        let journal = open(path, database, { batch: 5 })
        const left = [...facts]
        const record = (count: number) => {
          for (const fact of left.splice(0, count)) journal.record({ ...fact, agencyId })
        }
        for (const one of steps) {
          if (one.do === 'record') record(one.count)
          if (one.do === 'flush') await journal.flush()
          if (one.do === 'stop') await journal.stop()
          if (one.do === 'stop' || one.do === 'crash') journal = open(path, database, { batch: 5 })
        }
        record(left.length)
        for (let tries = 0; tries < 20 && !(await journal.flush()); tries++);
        await journal.stop()
        assert.deepEqual(await dump(db()), expected)
      }),
      { numRuns: db().dialect.name === 'sqlite' ? 60 : 15 },
    )
  })
})

it('refuses a folder that another living process has', async () => {
  const { openSpool } = await import('./spool.ts')
  const { writeFileSync } = await import('node:fs')
  const path = folder()
  writeFileSync(join(path, 'lock'), String(process.ppid))
  assert.throws(() => openSpool(path), /in use by process/)
})

it('keeps lines apart after a torn one', async () => {
  const { openSpool } = await import('./spool.ts')
  const { writeFileSync } = await import('node:fs')
  const path = folder()
  writeFileSync(join(path, 'facts-00000001.ndjson'), 'one\ntwo\nthr')
  const spool = openSpool(path)
  spool.append('ñandú')
  assert.deepEqual(spool.peek(10), ['one', 'two', 'thr'])
  spool.drop(3)
  assert.deepEqual(spool.peek(10), ['ñandú'])
  spool.drop(1)
  spool.close()
  assert.deepEqual(readdirSync(path), [])
})
