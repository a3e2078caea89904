import { setImmediate } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Database, Scope } from '../../server/database/index.ts'
import { type Facts, noFacts, type Plan } from '../metrics/index.ts'

const batch = 10_000
const number = (value: unknown) => (value === null || value === undefined ? null : Number(value))

/** All that campaigns told before `until` (UTC ms): one campaign, or every one of the agency. */
export async function readCampaignFacts(
  db: Database,
  scope: Scope,
  until: number,
  campaignId?: number,
): Promise<Facts> {
  const own = (table: string, column: string) => {
    const query = db.knex(table).where('agency_id', scope.agencyId).where(column, '<', until)
    return campaignId ? query.where('campaign_id', campaignId) : query
  }
  const facts = { ...noFacts(), attempts: [], records: [], campaignSpans: [] } as Required<Facts>
  for await (const row of inBatches(own('dial_attempts', 'began_at')))
    facts.attempts.push({
      campaignId: row.campaign_id,
      interactionId: row.interaction_id,
      agentId: row.agent_id,
      beganAt: Number(row.began_at),
      answeredAt: number(row.answered_at),
      answeredBy: row.answered_by,
      connectedAt: number(row.connected_at),
    })
  for await (const row of inBatches(own('campaign_records', 'loaded_at')))
    facts.records.push({
      campaignId: row.campaign_id,
      loadedAt: Number(row.loaded_at),
      firstAttemptAt: number(row.first_attempt_at),
      closedAt: number(row.closed_at),
      success: Boolean(row.success),
    })
  for await (const row of inBatches(own('campaign_agents', 'joined_at')))
    facts.campaignSpans.push({
      campaignId: row.campaign_id,
      agentId: row.agent_id,
      from: Number(row.joined_at),
      to: number(row.left_at),
    })
  return facts
}

/** Plans of the agency's campaigns that have one. */
export async function readPlans(db: Database, scope: Scope): Promise<Map<number, Plan & { name: string }>> {
  const rows = await db.knex('campaigns').where({ agency_id: scope.agencyId }).whereNotNull('plan_records')
  return new Map(
    rows.map((row) => [
      row.id,
      { name: row.name, from: Number(row.plan_from), to: Number(row.plan_to), records: row.plan_records },
    ]),
  )
}

/** By key, in pieces: no cursor stays open. */
// biome-ignore lint/suspicious/noExplicitAny: rows as the database gives them
async function* inBatches(query: Knex.QueryBuilder): AsyncGenerator<any> {
  let after = ''
  for (;;) {
    const rows = await query.clone().where('id', '>', after).orderBy('id').limit(batch)
    yield* rows
    if (rows.length < batch) return
    after = rows.at(-1).id
    await setImmediate()
  }
}
