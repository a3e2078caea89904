// The only SQL of the reports. All of it is read-only over the facts' tables, scoped by agency, and in pieces: SQLite has one
// connection, which a long or slowly read answer would take from everybody else.
import { setImmediate } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Database, Scope } from '../server/database/index.ts'
import { type Only, readJourneys } from './journeys-store.ts'
import { type Facts, type InteractionFact, type Interval, longestCallMs, noFacts } from './metrics/index.ts'

export type CallsFilter = {
  from: number
  to: number
  queueId?: number
  agentId?: number
  topicId?: number
  campaignId?: number
  channel?: string
}
/** id -> name, as the agency calls them. */
export type Names = {
  queues: Map<number, string>
  agents: Map<number, string>
  /** Of them who takes calls: others are nobody's choice in a filter. */
  desks: Map<number, string>
  topics: Map<number, string>
  dispositions: Map<number, string>
  breakReasons: Map<number, string>
  campaigns: Map<number, string>
  /** Of evaluations. */
  forms: Map<number, string>
  offices: Map<number, string>
}

const windowMs = 7 * 86_400_000
const number = (value: unknown) => (value === null || value === undefined ? null : Number(value))

export async function readNames(db: Database, scope: Scope): Promise<Names> {
  const read = async (table: string, more: (rows: Knex.QueryBuilder) => unknown = () => {}) => {
    const rows = await db
      .knex(table)
      .where({ agency_id: scope.agencyId })
      .where((rows) => void more(rows))
      .orderBy('name')
      .select('id', 'name')
    return new Map<number, string>(rows.map((row: { id: number; name: string }) => [row.id, row.name]))
  }
  return {
    queues: await read('queues'),
    agents: await read('users'),
    desks: await read('users', (users) => users.whereIn('role', ['agent', 'supervisor'])),
    topics: await read('topics'),
    dispositions: await read('dispositions'),
    breakReasons: await read('break_reasons'),
    campaigns: await read('campaigns'),
    forms: await read('evaluation_forms'),
    offices: await read('back_offices'),
  }
}

export async function readAgency(db: Database, scope: Scope): Promise<{ name: string; timeZone: string }> {
  const row = await db.knex('agencies').where({ id: scope.agencyId }).first('name', 'time_zone')
  if (!row) throw new Error(`there is no agency ${scope.agencyId}`)
  return { name: row.name, timeZone: row.time_zone }
}

/**
 * All facts that the metrics of [from, to) need, in the shape of `sliceFacts`; with them the calls that began before and went on.
 * Ways through flows only where they are asked for: beside them each call's steps are read. `only`: of interactions created in it
 * nothing else.
 */
export async function readFacts(
  db: Database,
  scope: Scope,
  period: Interval,
  { journeys = false }: { journeys?: boolean | 'only' } = {},
): Promise<Facts> {
  const facts = noFacts()
  if (journeys !== 'only') await readAcross(db, scope, period, facts)
  for (let from = period.from; from < period.to; from += windowMs) {
    const window = { from, to: Math.min(from + windowMs, period.to) }
    const calls = await readCalls(db, scope, window)
    for (const call of calls) facts.interactions.push(call)
    if (journeys !== 'only') await readWindow(db.knex, scope, window, facts)
    if (journeys) {
      facts.journeys ??= []
      for (const journey of await readJourneys(db.knex, scope, window, calls)) facts.journeys.push(journey)
    }
    await setImmediate()
  }
  return facts
}

/** Interactions created in a window that is not long, in their order. */
export async function readCalls(
  db: Database,
  { agencyId }: Scope,
  { from, to }: Interval,
  { topicId, channel }: Only = {},
): Promise<InteractionFact[]> {
  const query = db
    .knex('interactions')
    .where({ agency_id: agencyId })
    .where('created_at', '>=', from)
    .where('created_at', '<', to)
  if (topicId) query.where('topic_id', topicId)
  if (channel) query.where('channel', channel)
  return (await query.orderBy(['created_at', 'id']).select(interactionColumns)).map(toInteraction)
}

/** Calls, dialled legs and states that may have begun before the period. */
async function readAcross(db: Database, scope: Scope, period: Interval, facts: Facts): Promise<void> {
  const before = await db
    .knex('interactions')
    .where({ agency_id: scope.agencyId, channel: 'voice' })
    .where('created_at', '<', period.from)
    .where('created_at', '>', period.from - longestCallMs)
    .where((goes) => goes.where('ended_at', '>', period.from).orWhereNull('ended_at'))
    .select(interactionColumns)
  facts.interactions.push(...before.map(toInteraction))
  const dialled = await db
    .knex('dialled_legs')
    .where({ agency_id: scope.agencyId })
    .where('dialled_at', '<', period.to)
    .where('dialled_at', '>', period.from - longestCallMs)
    .where('ended_at', '>=', period.from)
    .orderBy('dialled_at')
  facts.dials = dialled.map((row) => ({
    id: row.id,
    interactionId: row.interaction_id,
    gateway: row.gateway,
    dialledAt: Number(row.dialled_at),
    answeredAt: number(row.answered_at),
    endedAt: Number(row.ended_at),
  }))
  // In two, by their ends: how long somebody was in a state has no bound, so that all who began before would be looked at.
  const states = () =>
    db
      .knex('agent_states')
      .where('agency_id', scope.agencyId)
      .whereRaw('+?? < ?', ['began_at', period.to])
      .select('agent_id', 'state', 'break_reason_id', 'began_at', 'ended_at')
  for (const row of [
    ...(await states().where('ended_at', '>', period.from)),
    ...(await states().whereNull('ended_at')),
  ]) {
    facts.agentStates.push({
      agentId: row.agent_id,
      state: row.state,
      breakReasonId: row.break_reason_id,
      from: Number(row.began_at),
      to: number(row.ended_at),
    })
  }
}

const interactionColumns = [
  'id',
  'channel',
  'direction',
  'created_at',
  'answered_at',
  'ended_at',
  'rejected_reason',
  'contained',
  'gateway',
  'topic_id',
]
// biome-ignore lint/suspicious/noExplicitAny: a row as the database gives it
const toInteraction = (row: any): InteractionFact => ({
  id: row.id,
  channel: row.channel,
  direction: row.direction,
  createdAt: Number(row.created_at),
  answeredAt: number(row.answered_at),
  endedAt: number(row.ended_at),
  rejectedReason: row.rejected_reason,
  contained: Boolean(row.contained),
  gateway: row.gateway,
  topicId: row.topic_id,
})

async function readWindow(knex: Knex, { agencyId }: Scope, { from, to }: Interval, facts: Facts): Promise<void> {
  const within = (query: Knex.QueryBuilder, column: string) => query.where(column, '>=', from).where(column, '<', to)
  const of = (row: { channel: string | null; of_topic: number | null }) => ({
    // A stay may be told before its interaction when two servers write: it is a call until then.
    channel: row.channel ?? 'voice',
    topicId: row.of_topic,
  })
  const ofAgency = (query: Knex.QueryBuilder, table: string) => query.where(`${table}.agency_id`, agencyId)
  /**
   * The same where another table's period says which rows: the plus keeps a database from going through all of the agency
   * by this table's index.
   */
  const besides = (query: Knex.QueryBuilder, table: string) =>
    query.whereRaw('+?? = ?', [`${table}.agency_id`, agencyId])
  /** Rows of a table with the channel and topic of their interaction. */
  const joined = (table: string) =>
    knex(table)
      .leftJoin('interactions', 'interactions.id', `${table}.interaction_id`)
      .select(`${table}.*`, 'interactions.channel', 'interactions.topic_id as of_topic')

  const told = (table: string) => ofAgency(joined(table), table)
  for (const row of await within(told('queue_stays'), 'queue_stays.enqueued_at')) {
    facts.stays.push({
      id: row.id,
      interactionId: row.interaction_id,
      ...of(row),
      queueId: row.queue_id,
      enqueuedAt: Number(row.enqueued_at),
      leftAt: number(row.left_at),
      outcome: row.outcome,
      overflowReason: row.overflow_reason,
      agentId: row.agent_id,
      targetSeconds: row.target_seconds,
      targetPercent: row.target_percent,
      shortAbandonSeconds: row.short_abandon_seconds,
    })
  }
  for (const row of await within(told('offers'), 'offers.offered_at')) {
    facts.offers.push({
      stayId: row.stay_id,
      interactionId: row.interaction_id,
      channel: of(row).channel,
      queueId: row.queue_id,
      agentId: row.agent_id,
      offeredAt: Number(row.offered_at),
      outcome: row.outcome,
    })
  }
  // By agency and interaction as well: those have the indexes.
  const ofStay = (query: Knex.QueryBuilder, table: string, stayId: string) =>
    ofAgency(
      query.join('queue_stays', (on) =>
        on.on('queue_stays.interaction_id', `${table}.interaction_id`).on('queue_stays.id', stayId),
      ),
      'queue_stays',
    )
  // Handling time is counted with the stay it was for, which may have begun before the talk's own window.
  const stayTalks = ofStay(besides(joined('talk_segments'), 'talk_segments'), 'talk_segments', 'talk_segments.stay_id')
  const talkRows = [
    ...(await within(stayTalks, 'queue_stays.enqueued_at')),
    ...(await within(told('talk_segments').whereNull('talk_segments.stay_id'), 'talk_segments.answered_at')),
  ]
  for (const row of talkRows) {
    facts.talks.push({
      id: row.id,
      interactionId: row.interaction_id,
      ...of(row),
      stayId: row.stay_id,
      queueId: row.queue_id,
      agentId: row.agent_id,
      answeredAt: Number(row.answered_at),
      endedAt: number(row.ended_at),
      holdMs: Number(row.hold_ms),
    })
  }
  const withTalk = () =>
    besides(joined('wrap_ups'), 'wrap_ups').join('talk_segments', (on) =>
      on.on('talk_segments.interaction_id', 'wrap_ups.interaction_id').on('talk_segments.id', 'wrap_ups.talk_id'),
    )
  const stayWraps = ofStay(besides(withTalk(), 'talk_segments'), 'wrap_ups', 'talk_segments.stay_id')
  const talkWraps = ofAgency(withTalk(), 'talk_segments').whereNull('talk_segments.stay_id')
  const wrapRows = [
    ...(await within(stayWraps, 'queue_stays.enqueued_at')),
    ...(await within(talkWraps, 'talk_segments.answered_at')),
    ...(await within(told('wrap_ups').whereNull('wrap_ups.talk_id'), 'wrap_ups.began_at')),
  ]
  for (const row of wrapRows) {
    facts.wrapUps.push({
      interactionId: row.interaction_id,
      ...of(row),
      talkId: row.talk_id,
      queueId: row.queue_id,
      agentId: row.agent_id,
      beganAt: Number(row.began_at),
      endedAt: number(row.ended_at),
    })
  }
}

/** In which a person reads Vera. */
export async function languageOf(db: Database, userId: number): Promise<'es' | 'en-US'> {
  const row = await db.knex('users').where({ id: userId }).first('language')
  return row?.language === 'en-US' ? 'en-US' : 'es'
}
