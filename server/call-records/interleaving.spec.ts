// Calls, files and crashes in any order: each call is counted once, nothing is left open for a dead leg and nothing alive
// is closed.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import fc from 'fast-check'
import type { Database } from '../database/index.ts'
import { createFactJournal, type FactBody } from '../interactions/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createCallRecords } from './index.ts'
import { callerRecord, sampleRecord } from './sample.ts'

const t0 = Date.UTC(2026, 10, 23, 15)
const root = mkdtempSync(join(tmpdir(), 'vera-interleaving-'))
after(() => rmSync(root, { recursive: true, force: true }))
let serial = 0

/** What becomes of a call, and how much of it the platform saw: `seen` of its facts, the rest lost with the process. */
const anyCall = fc.record({
  ending: fc.constantFrom('menu', 'abandoned', 'talked', 'alive' as const),
  seen: fc.nat(8),
  /** The facts come so late: before or after the record is settled. */
  lateFacts: fc.boolean(),
  duplicateFile: fc.boolean(),
  agentFileLast: fc.boolean(),
})
type Plan = typeof anyCall extends fc.Arbitrary<infer Of> ? Of : never
/** Where the process dies: between two statements of the database (`transaction` n throws once), or nowhere. */
const anyRun = fc.record({ calls: fc.array(anyCall, { minLength: 1, maxLength: 5 }), crashes: fc.array(fc.nat(6)) })

function factsOf(plan: Plan, id: string, start: number): { at: number; body: FactBody }[] {
  const [stayId, offerId] = [`${id}-s`, `${id}-o`]
  const targets = { priority: 5, targetSeconds: 20, targetPercent: 80, shortAbandonSeconds: 5 }
  const of = (after: number, body: FactBody) => ({ at: start + after, body })
  const entry = { kind: 'interaction.created', channel: 'voice', direction: 'inbound', from: '1', to: '2' } as const
  const all = [
    of(0, entry),
    of(50, { kind: 'interaction.answered' }),
    ...(plan.ending === 'menu' ? [] : [of(1_000, { kind: 'stay.began', stayId, queueId: 1, ...targets })]),
    ...(plan.ending === 'talked'
      ? [
          of(2_000, { kind: 'offer.made', offerId, stayId, queueId: 1, agentId: 9 }),
          of(4_000, { kind: 'offer.ended', offerId, outcome: 'accepted' }),
          of(4_001, { kind: 'stay.left', stayId, outcome: 'answered', agentId: 9 }),
          of(4_001, { kind: 'talk.began', talkId: offerId, stayId, queueId: 1, agentId: 9 }),
          of(9_000, { kind: 'talk.ended', talkId: offerId }),
        ]
      : []),
    ...(plan.ending === 'abandoned' ? [of(9_000, { kind: 'stay.left', stayId, outcome: 'abandoned' })] : []),
    ...(plan.ending === 'alive'
      ? []
      : [of(10_000, { kind: 'interaction.ended', cause: 'NORMAL_CLEARING', side: 'caller' })]),
  ] as { at: number; body: FactBody }[]
  return plan.ending === 'alive' ? all : all.slice(0, plan.seen)
}

/** The files of one call: agent's and caller's legs. */
function filesOf(plan: Plan, id: string, start: number) {
  if (plan.ending === 'alive') return []
  const caller = callerRecord({ uuid: id, start, answer: start + 50, end: start + 10_000 })
  if (plan.ending !== 'talked') return [caller]
  const variables = {
    vera_offer: `${id}-o`,
    vera_agent: '9',
    vera_interaction: id,
    vera_caller: id,
    vera_stay: `${id}-s`,
  }
  const leg = { direction: 'outbound' as const, start: start + 2_000, answer: start + 4_000, end: start + 9_000 }
  const agent = sampleRecord({ uuid: `${id}-o`, ...leg, bridge: start + 4_001, variables })
  return plan.agentFileLast ? [caller, agent] : [agent, caller]
}

/** The database of a process that dies: its n-th transaction throws, before or after it was done. */
function dying(db: Database, crash: { left: number; afterwards: boolean }): Database {
  return {
    ...db,
    async transaction(work) {
      if (crash.left-- !== 0) return db.transaction(work)
      if (crash.afterwards) await db.transaction(work)
      throw Object.assign(new Error('killed'), { code: 'ECONNRESET' })
    },
  }
}

onEachDatabase('any interleaving of facts, files and crashes', (database) => {
  it('counts each call once, closes what is dead and leaves what lives', { timeout: 300_000 }, async () => {
    const db = database()
    const { agencyId } = await makeAgency(db)
    const runs = db.dialect.name === 'sqlite' ? 60 : 15
    await fc.assert(
      fc.asyncProperty(anyRun, async ({ calls, crashes }) => {
        for (const table of ['call_records', 'interactions', 'facts', 'queue_stays', 'offers', 'talk_segments'])
          await db.knex(table).delete()
        const home = join(root, String(++serial))
        const cdrDir = join(home, 'cdr')
        const clock = { at: t0 }
        const ids = calls.map((_, place) => `c${serial}-${place}`)
        const alive = new Set(ids.filter((_, place) => calls[place]!.ending === 'alive'))
        const begin = (crash?: { left: number; afterwards: boolean }) => {
          const own = crash ? dying(db, crash) : db
          const now = () => clock.at
          const facts = createFactJournal({ db: own, folder: join(home, 'journal'), clock: { now } })
          const switches = async () => ({ all: true, now: [{ node: 'fs1', coreUuid: 'core-1', legs: alive }] })
          const agencyOf = async () => ({ id: agencyId, known: true })
          const records = createCallRecords({ db: own, facts, cdrDir, now, switches, agencyOf, graceMs: 1_000 })
          return { facts, records }
        }
        const put = (value: { variables: { uuid: string } }) =>
          writeFileSync(join(cdrDir, `${value.variables.uuid}.cdr.json`), JSON.stringify(value))
        mkdirSync(cdrDir, { recursive: true })
        const lives = [...crashes.map((left, n) => ({ left, afterwards: n % 2 === 0 })), undefined]
        const tell = (facts: ReturnType<typeof begin>['facts'], late: boolean) => {
          for (const [place, plan] of calls.entries())
            if (plan.lateFacts === late)
              for (const { at, body } of factsOf(plan, ids[place]!, t0 - 60_000 + place))
                facts.record({ ...body, agencyId, interactionId: ids[place]!, at })
        }
        for (const [n, crash] of lives.entries()) {
          const { facts, records } = begin(crash)
          if (n === 0) {
            tell(facts, false)
            for (const [place, plan] of calls.entries()) filesOf(plan, ids[place]!, t0 - 60_000 + place).forEach(put)
          }
          await records.pass()
          if (n === 0) tell(facts, true)
          clock.at += 1_500
          await records.pass()
          for (const [place, plan] of calls.entries())
            if (plan.duplicateFile) filesOf(plan, ids[place]!, t0 - 60_000 + place).forEach(put)
          await facts.stop()
          await records.stop()
        }
        // In peace: everything that can still be told is told.
        for (const minutes of [1, 4, 5]) {
          const { facts, records } = begin()
          clock.at += minutes * 60_000
          assert.equal((await records.pass()).fault, undefined)
          await facts.stop()
        }
        assert.deepEqual(
          readdirSync(cdrDir).filter((name) => name.endsWith('.json')),
          [],
        )
        const rows = await db.knex('interactions')
        // A call that is alive and of which nothing was told yet is not known: everything else is, once.
        assert.deepEqual(rows.map(({ id }) => id).sort(), [...ids].sort())
        for (const row of rows) {
          const plan = calls[ids.indexOf(row.id)]!
          const start = t0 - 60_000 + ids.indexOf(row.id)
          const open = await Promise.all(
            [
              ['queue_stays', 'left_at'] as const,
              ['offers', 'ended_at'] as const,
              ['talk_segments', 'ended_at'] as const,
            ].map(async ([table, end]) => (await db.knex(table).where('interaction_id', row.id).whereNull(end)).length),
          )
          if (plan.ending === 'alive') {
            assert.equal(row.ended_at, null)
            continue
          }
          assert.equal(Number(row.ended_at), start + 10_000)
          assert.deepEqual(open, [0, 0, 0])
          const talks = await db.knex('talk_segments').where({ interaction_id: row.id })
          assert.equal(talks.length, plan.ending === 'talked' ? 1 : 0)
          const told = plan.seen > 2
          const stays = await db.knex('queue_stays').where({ interaction_id: row.id })
          if (plan.ending === 'talked' && told)
            assert.deepEqual(
              stays.map(({ outcome }) => outcome),
              ['answered'],
            )
          if (plan.ending === 'abandoned' && told)
            assert.deepEqual(
              stays.map(({ outcome }) => outcome),
              ['abandoned'],
            )
        }
        const filled = (await db.knex('facts').where('body', 'like', '%"source":"cdr"%')).map(
          ({ kind, body, ...row }) => {
            const { stayId, offerId, talkId } = JSON.parse(body)
            return [row.interaction_id, kind, talkId ?? offerId ?? stayId].join(' ')
          },
        )
        assert.equal(new Set(filled).size, filled.length, `told twice: ${filled}`)
        const keys = await db.knex('call_records').select('core_uuid', 'uuid')
        assert.equal(new Set(keys.map(({ core_uuid, uuid }) => `${core_uuid} ${uuid}`)).size, keys.length)
      }),
      { numRuns: runs },
    )
  })
})
