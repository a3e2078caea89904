import type { Database, Knex, Scope } from '../database/index.ts'
import { AppError, type Paging } from '../http/index.ts'
import type { FactSink } from './facts.ts'
import { type Story, storyOf } from './story.ts'

/** A contact as lists show it. Instants UTC ms. */
export type InteractionRow = {
  id: string
  at: number
  channel: string
  direction: string
  from: string
  endedAt?: number
  citizen?: { id: number; name: string }
  queue?: string
  agent?: string
  topic?: string
  disposition?: string
  /** Of its last stay; missing when it never queued. */
  outcome?: string
}
export type InteractionFilter = {
  /** UTC ms, from <= at < to. */
  from?: number
  to?: number
  queueId?: number
  agentId?: number
  citizenId?: number
  /** Words of the citizen's name or DNI, or digits of the caller's number. */
  text?: string
}
export type Interactions = {
  /** Latest first. */
  list(scope: Scope, filter: InteractionFilter, paging: Paging): Promise<{ rows: InteractionRow[]; total: number }>
  /** Everything that happened in it, in order; undefined when it is not this agency's. */
  story(scope: Scope, id: string): Promise<Story | undefined>
  /** Latest first, and how many there are in all. */
  ofCitizen(scope: Scope, citizenId: number, limit: number): Promise<{ rows: InteractionRow[]; total: number }>
  has(scope: Scope, id: string): Promise<boolean>
  /** Written by the journal a moment later. @throws AppError `interaction.not_found`, `interaction.invalid` */
  addNote(scope: Scope, userId: number | undefined, id: string, text: string): Promise<void>
  /** @throws AppError `interaction.not_found`, `interaction.invalid` (the topic is not the agency's) */
  setTopic(scope: Scope, id: string, topicId: number): Promise<void>
  choices(scope: Scope): Promise<Record<'queues' | 'agents' | 'topics', { id: number; name: string }[]>>
}

export function createInteractions({ db, facts }: { db: Database; facts: FactSink }): Interactions {
  const has = async (scope: Scope, id: string) =>
    Boolean(await db.knex('interactions').where({ agency_id: scope.agencyId, id }).first('id'))
  const required = async (scope: Scope, id: string) => {
    if (!(await has(scope, id))) throw new AppError('interaction.not_found', 404)
  }
  const list = async (scope: Scope, filter: InteractionFilter, paging: { size: number; offset: number }) => {
    const query = filtered(db.knex, scope, filter)
    const [count] = await query.clone().count({ total: 'interactions.id' })
    const found = await query
      .orderBy('interactions.created_at', 'desc')
      .orderBy('interactions.id')
      .limit(paging.size)
      .offset(paging.offset)
      .select(
        'interactions.*',
        'citizens.name as citizen_name',
        'topics.name as topic_name',
        'dispositions.name as disposition_name',
      )
    return { rows: await withStays(db.knex, scope, found), total: Number(count?.total ?? 0) }
  }
  return {
    list,
    has,
    story: (scope, id) => storyOf(db.knex, scope, id),
    ofCitizen: (scope, citizenId, limit) => list(scope, { citizenId }, { size: limit, offset: 0 }),
    async addNote(scope, userId, id, text) {
      await required(scope, id)
      const body = text.toWellFormed().trim()
      if (!body || body.length > 5_000)
        throw new AppError('interaction.invalid', 400, {}, { text: 'interaction.note_length' })
      facts.record({
        kind: 'interaction.note',
        agencyId: scope.agencyId,
        interactionId: id,
        ...(userId === undefined ? {} : { userId }),
        text: body,
      })
    },
    async setTopic(scope, id, topicId) {
      await required(scope, id)
      const topic = await db.knex('topics').where({ agency_id: scope.agencyId, id: topicId }).first('id')
      if (!topic) throw new AppError('interaction.invalid', 400, {}, { topicId: 'interaction.unknown_topic' })
      facts.record({ kind: 'interaction.topic', agencyId: scope.agencyId, interactionId: id, topicId })
    },
    async choices({ agencyId }) {
      const mine = { agency_id: agencyId, active: true }
      const [queues, agents, topics] = await Promise.all([
        db.knex('queues').where(mine).orderBy('name').select('id', 'name'),
        db
          .knex('users')
          .where({ ...mine, role: 'agent' })
          .orderBy('name')
          .select('id', 'name'),
        db.knex('topics').where(mine).orderBy('name').select('id', 'name'),
      ])
      return { queues, agents, topics }
    },
  }
}

function filtered(knex: Knex, scope: Scope, filter: InteractionFilter) {
  const own = { agency_id: scope.agencyId }
  const query = knex('interactions')
    .where('interactions.agency_id', scope.agencyId)
    .leftJoin('citizens', 'citizens.id', 'interactions.citizen_id')
    .leftJoin('topics', 'topics.id', 'interactions.topic_id')
    .leftJoin('dispositions', 'dispositions.id', 'interactions.disposition_id')
  if (filter.from !== undefined) query.where('interactions.created_at', '>=', filter.from)
  if (filter.to !== undefined) query.where('interactions.created_at', '<', filter.to)
  if (filter.citizenId !== undefined) query.where('interactions.citizen_id', filter.citizenId)
  if (filter.queueId !== undefined) {
    const stays = knex('queue_stays')
      .where({ ...own, queue_id: filter.queueId })
      .select('interaction_id')
    query.whereIn('interactions.id', stays)
  }
  if (filter.agentId !== undefined) {
    const talks = knex('talk_segments')
      .where({ ...own, agent_id: filter.agentId })
      .select('interaction_id')
    query.whereIn('interactions.id', talks)
  }
  const plain = (filter.text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  for (const word of plain.split(/\s+/).filter(Boolean).slice(0, 6)) {
    const escaped = `%${word.replace(/[!%_]/g, '!$&')}%`
    query.where((either) => {
      either
        .whereRaw("citizens.search like ? escape '!'", [escaped])
        .orWhereRaw("interactions.from_address like ? escape '!'", [escaped])
    })
  }
  return query
}

/** Queue, agent and outcome of each one's last stay and talk: one query for the whole page. */
// biome-ignore lint/suspicious/noExplicitAny: rows of a join, as the driver gives them
async function withStays(knex: Knex, scope: Scope, found: any[]): Promise<InteractionRow[]> {
  const ids = found.map(({ id }) => id as string)
  if (ids.length === 0) return []
  const [stays, talks] = await Promise.all([
    knex('queue_stays')
      .leftJoin('queues', 'queues.id', 'queue_stays.queue_id')
      .where('queue_stays.agency_id', scope.agencyId)
      .whereIn('interaction_id', ids)
      .orderBy('enqueued_at')
      .select('interaction_id', 'outcome', 'queues.name as queue'),
    knex('talk_segments')
      .leftJoin('users', 'users.id', 'talk_segments.agent_id')
      .where('talk_segments.agency_id', scope.agencyId)
      .whereIn('interaction_id', ids)
      .orderBy('answered_at')
      .select('interaction_id', 'users.name as agent'),
  ])
  const stay = new Map(stays.map((row) => [row.interaction_id, row]))
  const talk = new Map(talks.map((row) => [row.interaction_id, row]))
  const given = (name: string, value: unknown) => (value === null || value === undefined ? {} : { [name]: value })
  return found.map((row) => ({
    id: row.id,
    at: Number(row.created_at),
    channel: row.channel,
    direction: row.direction,
    from: row.from_address,
    ...given('endedAt', row.ended_at === null ? null : Number(row.ended_at)),
    ...(row.citizen_id === null
      ? {}
      : { citizen: { id: row.citizen_id, name: row.citizen_name ?? `#${row.citizen_id}` } }),
    ...given('queue', stay.get(row.id)?.queue),
    ...given('outcome', stay.get(row.id)?.outcome),
    ...given('agent', talk.get(row.id)?.agent),
    ...given('topic', row.topic_name),
    ...given('disposition', row.disposition_name),
  }))
}
