import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Database, Scope } from '../../server/database/index.ts'
import { createFactJournal } from '../../server/interactions/index.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { cutPeriod, elapsedOf, type Facts, intervalSizes, sliceFacts } from '../metrics/index.ts'
import { readFacts } from '../store.ts'
import { begin, history, length } from '../testing/history.ts'
import { textOf } from '../testing/text-of.ts'
import { families, tallyFamily } from './families.ts'
import { readFamilies } from './read.ts'
import { createRollups } from './roller.ts'

const zone = 'America/Santiago'

/** Facts into their tables, past the journal. */
async function write(db: Database, scope: Scope, facts: Facts): Promise<void> {
  const agency_id = scope.agencyId
  const known = new Map<string, string>()
  const idOf = (name: string) => {
    const id = known.get(name) ?? randomUUID()
    known.set(name, id)
    return id
  }
  const insert = async (table: string, rows: object[]) => {
    for (let at = 0; at < rows.length; at += 50) await db.knex(table).insert(rows.slice(at, at + 50))
  }
  await insert(
    'interactions',
    facts.interactions.map((one) => ({
      id: idOf(one.id),
      agency_id,
      channel: one.channel,
      direction: one.direction,
      created_at: one.createdAt,
      answered_at: one.answeredAt,
      ended_at: one.endedAt,
      rejected_reason: one.rejectedReason,
      contained: one.contained,
      gateway: one.gateway,
      topic_id: one.topicId,
    })),
  )
  const of = (id: string) => ({ agency_id, interaction_id: idOf(id) })
  const stepRow = (interactionId: string, at: number, body: object) => ({
    ...{ id: randomUUID(), ...of(interactionId), kind: 'interaction.step', at, body: JSON.stringify(body) },
  })
  await insert(
    'facts',
    (facts.journeys ?? []).flatMap(({ interactionId, at, steps }) => [
      ...steps.map((step, place) => stepRow(interactionId, at, { ...step, detail: '30123456', place })),
      // What comes after the queue is not the way in.
      ...(interactionId.startsWith('i') ? [stepRow(interactionId, at + 1, { node: 'n', name: 'Encuesta' })] : []),
    ]),
  )
  await insert(
    'queue_stays',
    facts.stays.map((one) => ({
      id: idOf(one.id),
      ...of(one.interactionId),
      queue_id: one.queueId,
      enqueued_at: one.enqueuedAt,
      left_at: one.leftAt,
      outcome: one.outcome,
      overflow_reason: one.overflowReason,
      agent_id: one.agentId,
      priority: 5,
      target_seconds: one.targetSeconds,
      target_percent: one.targetPercent,
      short_abandon_seconds: one.shortAbandonSeconds,
    })),
  )
  const stayOf = new Map(facts.stays.map((stay) => [stay.id, stay.interactionId]))
  await insert(
    'offers',
    facts.offers.map((one) => ({
      id: randomUUID(),
      ...of(stayOf.get(one.stayId) as string),
      stay_id: idOf(one.stayId),
      queue_id: one.queueId,
      agent_id: one.agentId,
      offered_at: one.offeredAt,
      outcome: one.outcome,
    })),
  )
  await insert(
    'talk_segments',
    facts.talks.map((one) => ({
      id: idOf(one.id),
      ...of(one.interactionId),
      stay_id: one.stayId && idOf(one.stayId),
      queue_id: one.queueId,
      agent_id: one.agentId,
      answered_at: one.answeredAt,
      ended_at: one.endedAt,
      hold_ms: one.holdMs,
    })),
  )
  await insert(
    'dialled_legs',
    (facts.dials ?? []).map((one) => ({
      id: idOf(one.id),
      ...of(one.interactionId),
      gateway: one.gateway,
      dialled_at: one.dialledAt,
      answered_at: one.answeredAt,
      ended_at: one.endedAt,
    })),
  )
  const talkOf = new Map(facts.talks.map((talk) => [talk.id, talk.interactionId]))
  await insert(
    'wrap_ups',
    facts.wrapUps.map((one, n) => ({
      id: randomUUID(),
      ...of((one.talkId && talkOf.get(one.talkId)) ?? facts.interactions[n]!.id),
      talk_id: one.talkId && idOf(one.talkId),
      queue_id: one.queueId,
      agent_id: one.agentId,
      began_at: one.beganAt,
      ended_at: one.endedAt,
    })),
  )
  await insert(
    'agent_states',
    facts.agentStates.map((one) => ({
      id: randomUUID(),
      agency_id,
      agent_id: one.agentId,
      state: one.state,
      break_reason_id: one.breakReasonId,
      began_at: one.from,
      ended_at: one.to,
    })),
  )
}

/** Whatever is rolled up, the figures are those of the facts. */
async function assertSame(db: Database, scope: Scope, now: number): Promise<void> {
  // Nothing is told of what is to come.
  const period = { from: begin, to: Math.min(begin + length, now) }
  const facts = await readFacts(db, scope, period, { journeys: true })
  for (const size of intervalSizes) {
    const cut = cutPeriod(
      size === 'day' ? period : { from: begin + 1_234_567, to: Math.min(begin + length / 2, now) },
      size,
      zone,
    )
    const found = await readFamilies(db, scope, families, { cut, timeZone: zone, now })
    const slices = sliceFacts(facts, cut, now)
    const text = (keys: ReturnType<typeof tallyFamily>) =>
      keys.map((one) => `${one.subject} ${one.queueId} ${one.label} ${textOf(one.totals)}`).sort()
    for (const family of families)
      for (const [index, slice] of slices.entries()) {
        const { keys } = found[family][index]!
        assert.deepEqual(text(keys), text(tallyFamily(slice, family)), `${family} by ${size}`)
        for (const one of keys) assert.equal(one.totals.elapsed, elapsedOf(slice))
      }
    // Alone they read nothing but ways through flows.
    const alone = await readFamilies(db, scope, ['journey', 'way'], { cut, timeZone: zone, now })
    for (const family of ['journey', 'way'] as const)
      assert.deepEqual(
        alone[family].map(({ keys }) => text(keys)),
        found[family].map(({ keys }) => text(keys)),
      )
  }
}

const kept = async (db: Database, { agencyId }: Scope): Promise<string[]> =>
  (
    await db.knex('interval_blocks').where({ agency_id: agencyId }).orderBy(['size', 'family', 'begins_at', 'block'])
  ).map(({ sums, waits, ...row }) => [...Object.values(row), sums.toString('hex'), waits.toString('hex')].join(' '))

onEachDatabase('roll-ups', (db) => {
  it('say what the facts say, whatever was rolled up when; made anew they are the same bytes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vera-rollups-'))
    let now = 0
    const rollups = createRollups({ db: db(), now: () => now })
    const journal = createFactJournal({ db: db(), folder, clock: { now: () => now }, alongside: rollups.mark })
    try {
      await fc.assert(
        fc.asyncProperty(
          history,
          fc.integer({ min: begin + 7_200_000, max: begin + length }),
          fc.array(fc.record({ at: fc.integer({ min: begin, max: begin + length }), which: fc.nat() }), {
            maxLength: 6,
          }),
          async (facts, half, lates) => {
            const scope = await makeAgency(db())
            await db().knex('agencies').where({ id: scope.agencyId }).update({ time_zone: zone })
            await write(db(), scope, facts)
            now = half
            await rollups.run(scope)
            await assertSame(db(), scope, now)
            now = begin + length + 7_200_000
            await rollups.run(scope)
            await assertSame(db(), scope, now)
            // What the platform missed comes late, through the journal.
            const of = { agencyId: scope.agencyId }
            const stays = await db().knex('queue_stays').where({ agency_id: scope.agencyId }).orderBy('enqueued_at')
            const calls = await db().knex('interactions').where({ agency_id: scope.agencyId }).orderBy('created_at')
            for (const { at, which } of lates) {
              const stay = stays[which % Math.max(1, stays.length)]
              const interactionId = stay?.interaction_id ?? randomUUID()
              journal.record({
                ...of,
                kind: 'interaction.created',
                interactionId: randomUUID(),
                at,
                channel: 'voice',
                direction: 'inbound',
                from: '1',
                to: '2',
              })
              journal.record({ ...of, kind: 'agent.state', interactionId: '', at, agentId: 1, state: 'break' })
              const some = calls[which % Math.max(1, calls.length)]
              if (some)
                journal.record({
                  ...of,
                  kind: 'interaction.step',
                  interactionId: some.id,
                  at,
                  node: 'n1',
                  name: 'Tarde',
                  choice: '2',
                })
              if (some && which % 2)
                journal.record({ ...of, kind: 'interaction.contained', interactionId: some.id, at })
              if (!stay) continue
              journal.record({ ...of, kind: 'stay.left', interactionId, at, stayId: stay.id, outcome: 'abandoned' })
              journal.record({ ...of, kind: 'interaction.topic', interactionId, at, topicId: 1 + (which % 3) })
              journal.record({
                ...of,
                kind: 'interaction.ended',
                interactionId,
                at,
                cause: 'NORMAL_CLEARING',
                side: 'caller',
              })
              const talkId = randomUUID()
              journal.record({
                ...of,
                kind: 'talk.began',
                interactionId,
                at,
                talkId,
                stayId: stay.id,
                queueId: stay.queue_id,
                agentId: 2,
              })
              if (which % 2) journal.record({ ...of, kind: 'talk.ended', interactionId, at: at + 60_000, talkId })
            }
            assert.equal(await journal.flush(), true)
            await assertSame(db(), scope, now)
            await rollups.run(scope)
            await assertSame(db(), scope, now)
            const before = await kept(db(), scope)
            await rollups.rebuild(scope)
            const after = await kept(db(), scope)
            assert.equal(
              after.find((row, n) => row !== before[n]),
              undefined,
            )
            assert.equal(after.length, before.length)
          },
        ),
        { numRuns: 6, endOnFailure: true },
      )
    } finally {
      await journal.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('cuts the days anew when an agency changes its time zone', async () => {
    const scope = await makeAgency(db())
    const [facts] = fc.sample(history, { numRuns: 1, seed: 7 })
    await write(db(), scope, facts as Facts)
    const now = begin + length + 7_200_000
    const rollups = createRollups({ db: db(), now: () => now })
    await rollups.run(scope)
    await db().knex('agencies').where({ id: scope.agencyId }).update({ time_zone: zone })
    await assertSame(db(), scope, now)
    await rollups.run(scope)
    await assertSame(db(), scope, now)
  })
})
