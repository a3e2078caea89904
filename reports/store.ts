// The only SQL of the reports. All of it is read-only over the facts' tables, scoped by agency, and in pieces: SQLite has one
// connection, which a long or slowly read answer would take from everybody else.
import { setImmediate } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Database, Scope } from '../server/database/index.ts'
import { type Facts, noFacts } from './metrics/index.ts'

export type FactsFilter = { from: number; to: number; queueId?: number; agentId?: number }
export type CallsFilter = FactsFilter & { topicId?: number }
/** id -> name, as the agency calls them. */
export type Names = {
  queues: Map<number, string>
  agents: Map<number, string>
  topics: Map<number, string>
  dispositions: Map<number, string>
  breakReasons: Map<number, string>
}

const windowMs = 7 * 86_400_000
const number = (value: unknown) => (value === null || value === undefined ? null : Number(value))

export async function readNames(db: Database, scope: Scope): Promise<Names> {
  const read = async (table: string, where: object = {}) => {
    const rows = await db
      .knex(table)
      .where({ agency_id: scope.agencyId, ...where })
      .orderBy('name')
      .select('id', 'name')
    return new Map<number, string>(rows.map((row: { id: number; name: string }) => [row.id, row.name]))
  }
  return {
    queues: await read('queues'),
    agents: await read('users'),
    topics: await read('topics'),
    dispositions: await read('dispositions'),
    breakReasons: await read('break_reasons'),
  }
}

export async function readAgency(db: Database, scope: Scope): Promise<{ name: string; timeZone: string }> {
  const row = await db.knex('agencies').where({ id: scope.agencyId }).first('name', 'time_zone')
  if (!row) throw new Error(`there is no agency ${scope.agencyId}`)
  return { name: row.name, timeZone: row.time_zone }
}

/** All facts that the metrics of [from, to) need, in the shape of `sliceFacts`. */
export async function readFacts(db: Database, scope: Scope, filter: FactsFilter): Promise<Facts> {
  const facts = noFacts()
  for (let from = filter.from; from < filter.to; from += windowMs) {
    await readWindow(db.knex, scope, { ...filter, from, to: Math.min(from + windowMs, filter.to) }, facts)
    await setImmediate()
  }
  const states = db
    .knex('agent_states')
    .where('agency_id', scope.agencyId)
    .where('began_at', '<', filter.to)
    .where((open) => open.whereNull('ended_at').orWhere('ended_at', '>', filter.from))
  if (filter.agentId) states.where('agent_id', filter.agentId)
  for (const row of await states.select('agent_id', 'state', 'break_reason_id', 'began_at', 'ended_at')) {
    facts.agentStates.push({
      agentId: row.agent_id,
      state: row.state,
      breakReasonId: row.break_reason_id,
      from: Number(row.began_at),
      to: number(row.ended_at),
    })
  }
  return facts
}

async function readWindow(knex: Knex, scope: Scope, filter: FactsFilter, facts: Facts): Promise<void> {
  const { agencyId } = scope
  const narrow = (query: Knex.QueryBuilder, table: string) => {
    if (filter.queueId) query.where(`${table}.queue_id`, filter.queueId)
    if (filter.agentId) query.where(`${table}.agent_id`, filter.agentId)
    return query
  }
  const within = (query: Knex.QueryBuilder, column: string) =>
    query.where(column, '>=', filter.from).where(column, '<', filter.to)

  // An interaction has no queue or agent of its own.
  if (!filter.queueId && !filter.agentId) {
    for (const row of await within(knex('interactions').where({ agency_id: agencyId }), 'created_at').select(
      'id',
      'channel',
      'direction',
      'created_at',
      'answered_at',
      'ended_at',
      'rejected_reason',
      'contained',
      'gateway',
    )) {
      facts.interactions.push({
        id: row.id,
        channel: row.channel,
        direction: row.direction,
        createdAt: Number(row.created_at),
        answeredAt: number(row.answered_at),
        endedAt: number(row.ended_at),
        rejectedReason: row.rejected_reason,
        contained: Boolean(row.contained),
        gateway: row.gateway,
      })
    }
  }
  const stays = within(knex('queue_stays').where('queue_stays.agency_id', agencyId), 'enqueued_at')
  for (const row of await narrow(stays, 'queue_stays').select('*')) {
    facts.stays.push({
      id: row.id,
      interactionId: row.interaction_id,
      queueId: row.queue_id,
      enqueuedAt: Number(row.enqueued_at),
      leftAt: number(row.left_at),
      outcome: row.outcome,
      overflowReason: row.overflow_reason,
      agentId: row.agent_id,
      targetSeconds: row.target_seconds,
      shortAbandonSeconds: row.short_abandon_seconds,
    })
  }
  const offers = within(knex('offers').where('offers.agency_id', agencyId), 'offered_at')
  for (const row of await narrow(offers, 'offers').select('stay_id', 'queue_id', 'agent_id', 'offered_at', 'outcome')) {
    facts.offers.push({
      stayId: row.stay_id,
      queueId: row.queue_id,
      agentId: row.agent_id,
      offeredAt: Number(row.offered_at),
      outcome: row.outcome,
    })
  }
  // Handling time is counted with the stay it was for, which may have begun before the talk's own window.
  const talks = () => narrow(knex('talk_segments').where('talk_segments.agency_id', agencyId), 'talk_segments')
  const talkRows = [
    ...(await within(
      talks().join('queue_stays', 'queue_stays.id', 'talk_segments.stay_id'),
      'queue_stays.enqueued_at',
    ).select('talk_segments.*')),
    ...(await within(talks().whereNull('talk_segments.stay_id'), 'talk_segments.answered_at').select(
      'talk_segments.*',
    )),
  ]
  for (const row of talkRows) {
    facts.talks.push({
      id: row.id,
      interactionId: row.interaction_id,
      stayId: row.stay_id,
      queueId: row.queue_id,
      agentId: row.agent_id,
      answeredAt: Number(row.answered_at),
      endedAt: number(row.ended_at),
      holdMs: Number(row.hold_ms),
    })
  }
  const wraps = () => narrow(knex('wrap_ups').where('wrap_ups.agency_id', agencyId), 'wrap_ups')
  const withTalk = () => wraps().join('talk_segments', 'talk_segments.id', 'wrap_ups.talk_id')
  const wrapRows = [
    ...(await within(
      withTalk().join('queue_stays', 'queue_stays.id', 'talk_segments.stay_id'),
      'queue_stays.enqueued_at',
    ).select('wrap_ups.*')),
    ...(await within(withTalk().whereNull('talk_segments.stay_id'), 'talk_segments.answered_at').select('wrap_ups.*')),
    ...(await within(wraps().whereNull('wrap_ups.talk_id'), 'wrap_ups.began_at').select('wrap_ups.*')),
  ]
  for (const row of wrapRows) {
    facts.wrapUps.push({
      talkId: row.talk_id,
      queueId: row.queue_id,
      agentId: row.agent_id,
      beganAt: Number(row.began_at),
      endedAt: number(row.ended_at),
    })
  }
}
