import type { Knex } from 'knex'
import type { Database, Scope } from '../server/database/index.ts'
import type { CallsFilter } from './store.ts'

/** One interaction with what became of it; times in ms, instants UTC ms. */
export type CallRow = {
  id: string
  createdAt: number
  channel: string
  direction: string
  from: string
  to: string
  topicId: number | null
  dispositionId: number | null
  queueId: number | null
  agentId: number | null
  /** answered, abandoned, overflowed, callback, waiting, rejected, contained, ivr (left before any queue), of calls made: picked_up or not_picked_up. */
  result: string
  reason: string | null
  waitMs: number
  talkMs: number
  holdMs: number
  wrapMs: number
  durationMs: number | null
  offers: number
  hangupSide: string | null
}

/** Where a reading stopped; reading goes on behind it. */
export type CallCursor = { createdAt: number; id: string }

function selected(knex: Knex, scope: Scope, filter: CallsFilter): Knex.QueryBuilder {
  const query = knex('interactions as i')
    .where('i.agency_id', scope.agencyId)
    .where('i.created_at', '>=', filter.from)
    .where('i.created_at', '<', filter.to)
  if (filter.channel) query.where('i.channel', filter.channel)
  if (filter.topicId) query.where('i.topic_id', filter.topicId)
  if (filter.queueId) {
    const { queueId } = filter
    query.whereExists((stay) =>
      stay
        .select(knex.raw('1'))
        .from('queue_stays as s')
        .whereRaw('s.interaction_id = i.id')
        .where('s.queue_id', queueId),
    )
  }
  if (filter.agentId) {
    const { agentId } = filter
    query.whereExists((talk) =>
      talk
        .select(knex.raw('1'))
        .from('talk_segments as t')
        .whereRaw('t.interaction_id = i.id')
        .where('t.agent_id', agentId),
    )
  }
  if (filter.campaignId) {
    const { campaignId } = filter
    query.whereExists((attempt) =>
      attempt
        .select(knex.raw('1'))
        .from('dial_attempts as d')
        .whereRaw('d.interaction_id = i.id')
        .where({ 'd.agency_id': scope.agencyId, 'd.campaign_id': campaignId }),
    )
  }
  return query
}

export async function countCalls(db: Database, scope: Scope, filter: CallsFilter): Promise<number> {
  const [row] = await selected(db.knex, scope, filter).count({ rows: '*' })
  return Number((row as { rows: number }).rows)
}

/** The next `limit` calls in the order of their creation, behind `after`. */
export async function readCalls(
  db: Database,
  scope: Scope,
  filter: CallsFilter,
  now: number,
  limit: number,
  after?: CallCursor,
): Promise<CallRow[]> {
  const query = selected(db.knex, scope, filter)
  if (after)
    query.where((behind) =>
      behind
        .where('i.created_at', '>', after.createdAt)
        .orWhere((same) => same.where('i.created_at', after.createdAt).where('i.id', '>', after.id)),
    )
  const interactions = await query.orderBy('i.created_at').orderBy('i.id').limit(limit).select('i.*')
  if (interactions.length === 0) return []
  const ids = interactions.map((row: { id: string }) => row.id)
  const grouped = async (table: string, order: string) => {
    const rows = await db.knex(table).where('agency_id', scope.agencyId).whereIn('interaction_id', ids).orderBy(order)
    return Map.groupBy(rows as Row[], (row) => String(row.interaction_id))
  }
  const stays = await grouped('queue_stays', 'enqueued_at')
  const talks = await grouped('talk_segments', 'answered_at')
  const wraps = await grouped('wrap_ups', 'began_at')
  const offers = await grouped('offers', 'offered_at')
  return interactions.map((row: Row) => {
    const id = String(row.id)
    return toCall(row, stays.get(id) ?? [], talks.get(id) ?? [], wraps.get(id) ?? [], offers.get(id)?.length ?? 0, now)
  })
}

type Row = Record<string, string | number | null>

function toCall(row: Row, stays: Row[], talks: Row[], wraps: Row[], offers: number, now: number): CallRow {
  const lasted = (list: Row[], from: string, to: string) =>
    list.reduce((all, one) => all + Math.max(0, Number(one[to] ?? now) - Number(one[from])), 0)
  const stay = stays.at(-1)
  const holdMs = talks.reduce((all, talk) => all + Number(talk.hold_ms), 0)
  const result = stay
    ? String(stay.outcome ?? 'waiting')
    : row.rejected_reason !== null
      ? 'rejected'
      : row.contained
        ? 'contained'
        : row.direction === 'outbound'
          ? row.answered_at === null
            ? 'not_picked_up'
            : 'picked_up'
          : 'ivr'
  return {
    id: String(row.id),
    createdAt: Number(row.created_at),
    channel: String(row.channel),
    direction: String(row.direction),
    from: String(row.from_address),
    to: String(row.to_address),
    topicId: row.topic_id as number | null,
    dispositionId: row.disposition_id as number | null,
    queueId: (stay?.queue_id ?? null) as number | null,
    agentId: (talks.at(-1)?.agent_id ?? null) as number | null,
    result,
    // «Perdida» with a conversation: it was lost in the queue it was sent on to.
    reason: (stay?.overflow_reason ?? row.rejected_reason ?? (stays.length > 1 ? 'sent_on' : null)) as string | null,
    waitMs: lasted(stays, 'enqueued_at', 'left_at'),
    talkMs: Math.max(0, lasted(talks, 'answered_at', 'ended_at') - holdMs),
    holdMs,
    wrapMs: lasted(wraps, 'began_at', 'ended_at'),
    durationMs:
      row.answered_at === null || row.ended_at === null ? null : Number(row.ended_at) - Number(row.answered_at),
    offers,
    hangupSide: row.hangup_side as string | null,
  }
}

/** All calls in batches, by keyset: no cursor stays open in the database while a slow reader downloads. */
export async function* eachCall(
  db: Database,
  scope: Scope,
  filter: CallsFilter,
  now: number,
  batch = 1000,
): AsyncGenerator<CallRow[]> {
  let after: CallCursor | undefined
  for (;;) {
    const rows = await readCalls(db, scope, filter, now, batch, after)
    if (rows.length === 0) return
    yield rows
    const last = rows.at(-1)!
    after = { createdAt: last.createdAt, id: last.id }
    if (rows.length < batch) return
  }
}
