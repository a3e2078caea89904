import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { insertId, type Scope } from '../../server/database/index.ts'
import { createFactJournal, type FactBody } from '../../server/interactions/index.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { makeAnswer } from '../answer.ts'
import { readCalls } from '../calls-store.ts'
import { prepare } from '../run.ts'
import { campaignsReport } from './report.ts'

const s = 1000
const noon = Date.parse('2026-03-02T15:00:00Z')
const query = { from: '2026-03-02', to: '2026-03-02', interval: '1h' }

onEachDatabase('campaigns', (db) => {
  const ask = async (scope: Scope, more: object = {}) =>
    (await makeAnswer(await prepare(db(), scope, campaignsReport, { ...query, ...more }, noon + 3_600_000))) as {
      tables: { id: string; columns: { id: string }[]; rows: (string | number | null)[][]; totals: unknown[] }[]
    }
  const rows = (told: Awaited<ReturnType<typeof ask>>, id: string) => {
    const { columns, rows } = told.tables.find((one) => one.id === id)!
    return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column.id, row[at]])))
  }

  it('facts told by the journal, also twice and out of order, count once and are nobody else’s', async () => {
    const ours = await makeAgency(db())
    const theirs = await makeAgency(db())
    const campaign = (agency_id: number) =>
      insertId(
        db()
          .knex('campaigns')
          .insert({ agency_id, name: `Turnos ${agency_id}`, created_at: noon }),
      )
    const id = await campaign(ours.agencyId)
    const other = await campaign(theirs.agencyId)
    const folder = await mkdtemp(join(tmpdir(), 'vera-campaigns-'))
    const journal = createFactJournal({ db: db(), folder, clock: { now: () => noon } })
    const [r1, r2, a1, a2, a3, span, call] = Array.from({ length: 7 }, () => crypto.randomUUID()) as [
      ...[string, string, string, string, string, string, string],
    ]
    const tell = (at: number, body: FactBody, interactionId = '') =>
      journal.record({ ...body, agencyId: ours.agencyId, interactionId, at: noon + at * s })
    const outbound = { channel: 'voice', direction: 'outbound', from: '0800', to: '+543420000001' } as const
    tell(0, { kind: 'campaign.planned', campaignId: id, from: noon, to: noon + 7_200_000, records: 4 })
    // Not theirs to plan.
    tell(0, { kind: 'campaign.planned', campaignId: other, from: 0, to: 1, records: 9 })
    for (const recordId of [r1, r2]) tell(0, { kind: 'campaign.record_loaded', campaignId: id, recordId })
    tell(0, { kind: 'campaign.agent_joined', campaignId: id, spanId: span, agentId: 7 })
    for (let again = 0; again < 2; again++) {
      tell(60, { kind: 'interaction.created', ...outbound }, call)
      // The second attempt of the record is told first.
      tell(90, { kind: 'attempt.began', campaignId: id, attemptId: a2, recordId: r1 }, call)
      tell(60, { kind: 'attempt.began', campaignId: id, attemptId: a1, recordId: r1 }, call)
      tell(65, { kind: 'attempt.answered', attemptId: a1, by: 'human' }, call)
      tell(66, { kind: 'attempt.connected', attemptId: a1, agentId: 7 }, call)
      tell(80, { kind: 'attempt.ended', attemptId: a1, outcome: 'answered' }, call)
    }
    tell(120, { kind: 'attempt.began', campaignId: id, attemptId: a3, recordId: r2 }, crypto.randomUUID())
    tell(130, { kind: 'attempt.ended', attemptId: a3, outcome: 'busy' })
    tell(90, { kind: 'campaign.record_closed', recordId: r1, success: true })
    tell(95, { kind: 'campaign.record_closed', recordId: r1, success: false })
    tell(1_800, { kind: 'campaign.agent_left', spanId: span })
    assert.equal(await journal.flush(), true)
    await journal.stop()
    await rm(folder, { recursive: true })

    const first = await db().knex('campaign_records').where({ id: r1 }).first('first_attempt_at')
    assert.equal(Number(first.first_attempt_at), noon + 60 * s)
    assert.equal((await db().knex('campaigns').where({ id: other }).first()).plan_records, null)
    const told = await ask(ours)
    const [work] = rows(told, 'by_campaign')
    assert.deepEqual(
      [work!.attempts, work!.contacted, work!.dropped, work!.records_succeeded, work!.contacts_per_hour],
      [3, 1, 0, 1, 2],
    )
    // Half of the plan's time is over: 2 of 4 are due, 1 is done.
    const [list] = rows(told, 'lists')
    assert.deepEqual(
      [list!.list_penetration, list!.attempts_per_record, list!.plan_records, list!.plan_due, list!.plan_progress],
      [1, 1.5, 4, 2, 0.5],
    )
    const hours = rows(told, 'by_interval')
    assert.deepEqual(
      hours.filter((one) => one.attempts !== 0).map((one) => one.attempts),
      [3],
    )
    const [theirsTold] = rows(await ask(theirs), 'by_campaign')
    assert.equal(theirsTold!.attempts, 0)
    await assert.rejects(ask(ours, { campaign: String(other) }), /bad_parameters/)
    assert.equal(rows(await ask(ours, { campaign: String(id) }), 'by_campaign').length, 1)
    // The calls behind it: an attempt is an outbound interaction, counted once however often it was told.
    const calls = await readCalls(db(), ours, { from: 0, to: noon * 2, campaignId: id }, noon, 10)
    assert.deepEqual(
      calls.map((one) => [one.id, one.direction, one.result]),
      [[call, 'outbound', 'not_picked_up']],
    )
  })
})
