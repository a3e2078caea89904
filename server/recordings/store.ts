// Reading recordings for lists and pages.
import type { Database, Knex, Scope } from '../database/index.ts'
import type { Paging } from '../http/index.ts'
import type { PastFact } from './marks.ts'

/** A recording as pages show it. Instants UTC ms, durations ms. */
export type RecordingRow = {
  id: string
  agencyId: number
  interactionId: string
  kind: 'call' | 'voicemail'
  state: 'expected' | 'present' | 'missing' | 'expiring' | 'expired'
  path: string
  startedAt: number
  held: boolean
  masked: boolean
  agentId?: number
  agent?: string
  queueId?: number
  queue?: string
  number?: string
  citizenId?: number
  citizen?: string
  node?: string
  interactionEndedAt?: number
  /** Of the talk that it is of. */
  talkEndedAt?: number
  heldMs?: number
  closedAt?: number
  durationMs?: number
  bytes?: number
  sha256?: string
  originalSha256?: string
  originalBytes?: number
  compressedAt?: number
  verifiedAt?: number
  verifiedState?: 'ok' | 'changed' | 'missing' | 'unreadable'
  verifiedRun?: number
  expiredAt?: number
  expiredDays?: number
  fetchState?: 'waiting' | 'done' | 'failed'
  fetchFault?: string
  fetchNextAt?: number
}
export const listedStates = ['present', 'expected', 'missing', 'broken', 'expired'] as const
export type RecordingFilter = {
  /** UTC ms, from <= startedAt < to. */
  from?: number
  to?: number
  agentId?: number
  queueId?: number
  /** Words of the citizen's name or DNI, or digits of the number. */
  text?: string
  /** Milliseconds. */
  minMs?: number
  maxMs?: number
  masked?: boolean
  held?: boolean
  state?: (typeof listedStates)[number]
}

const broken = ['changed', 'missing', 'unreadable']
const isMasked = (knex: Knex) =>
  knex('facts')
    .whereRaw('facts.interaction_id = recordings.interaction_id')
    .where('facts.kind', 'recording.masked')
    .whereRaw('instr(facts.body, recordings.id) > 0')
    .select(knex.raw('1'))

export type RecordingStore = ReturnType<typeof createRecordingStore>

export function createRecordingStore({ knex }: Database) {
  const whole = (scope: Scope) =>
    knex('recordings')
      .where('recordings.agency_id', scope.agencyId)
      .leftJoin('interactions', 'interactions.id', 'recordings.interaction_id')
      .leftJoin('citizens', 'citizens.id', 'interactions.citizen_id')
      .leftJoin('users', 'users.id', 'recordings.agent_id')
      .leftJoin('queues', 'queues.id', 'recordings.queue_id')
      .leftJoin('talk_segments', 'talk_segments.id', 'recordings.id')
      .leftJoin('recording_fetches', 'recording_fetches.recording_id', 'recordings.id')
  const columns = () => [
    'recordings.*',
    'interactions.from_address',
    'interactions.to_address',
    'interactions.direction',
    'interactions.citizen_id',
    'interactions.switch_node',
    'interactions.ended_at as interaction_ended_at',
    'talk_segments.ended_at as talk_ended_at',
    'talk_segments.hold_ms as talk_hold_ms',
    'citizens.name as citizen_name',
    'users.name as agent_name',
    'queues.name as queue_name',
    'recording_fetches.state as fetch_state',
    'recording_fetches.fault as fetch_fault',
    'recording_fetches.next_at as fetch_next_at',
    knex.raw('exists ? as masked', [isMasked(knex)]),
  ]
  return {
    /** Latest first. */
    async list(
      scope: Scope,
      filter: RecordingFilter,
      paging: Pick<Paging, 'size' | 'offset'>,
    ): Promise<{ rows: RecordingRow[]; total: number }> {
      const query = filtered(knex, whole(scope), filter)
      const [count] = await query.clone().count({ total: 'recordings.id' })
      const rows = await query
        .orderBy('recordings.started_at', 'desc')
        .orderBy('recordings.id')
        .limit(paging.size)
        .offset(paging.offset)
        .select(columns())
      return { rows: rows.map(rowOf), total: Number(count?.total ?? 0) }
    },
    async byId(scope: Scope, id: string): Promise<RecordingRow | undefined> {
      const row = await whole(scope).where('recordings.id', id).first(columns())
      return row && rowOf(row)
    },
    async byIds(scope: Scope, ids: string[]): Promise<Map<string, RecordingRow>> {
      const rows = ids.length === 0 ? [] : await whole(scope).whereIn('recordings.id', ids).select(columns())
      return new Map(rows.map((row) => [row.id as string, rowOf(row)]))
    },
    /** What happened in its interaction, oldest first. */
    async factsOf(scope: Scope, interactionId: string): Promise<PastFact[]> {
      const rows = await knex('facts')
        .where({ agency_id: scope.agencyId, interaction_id: interactionId })
        .whereIn('kind', [
          'stay.began',
          'stay.left',
          'offer.made',
          'offer.ended',
          'talk.began',
          'talk.hold',
          'talk.transferred',
          'talk.joined',
          'talk.ended',
          'recording.masked',
          'supervision.began',
          'supervision.ended',
        ])
        .orderBy('at')
        .limit(2_000)
        .select('kind', 'at', 'body')
      return rows.map((row) => ({ kind: row.kind, at: Number(row.at), body: JSON.parse(row.body) }))
    },
    async names(scope: Scope): Promise<Record<'queues' | 'agents', { id: number; name: string }[]>> {
      const own = { agency_id: scope.agencyId }
      const [queues, agents] = await Promise.all([
        knex('queues').where(own).orderBy('name').select('id', 'name'),
        knex('users')
          .where({ ...own, role: 'agent' })
          .orderBy('name')
          .select('id', 'name'),
      ])
      return { queues, agents }
    },
    async userNames(scope: Scope, ids: number[]): Promise<Map<number, string>> {
      const rows = ids.length === 0 ? [] : await knex('users').whereIn('id', ids).select('id', 'name', 'agency_id')
      // A platform administrator of another agency may have acted here: named, but nothing else is shown of them.
      void scope
      return new Map(rows.map((row) => [row.id as number, row.name as string]))
    },
  }
}

function filtered(knex: Knex, query: Knex.QueryBuilder, filter: RecordingFilter): Knex.QueryBuilder {
  if (filter.from !== undefined) query.where('recordings.started_at', '>=', filter.from)
  if (filter.to !== undefined) query.where('recordings.started_at', '<', filter.to)
  if (filter.agentId !== undefined) query.where('recordings.agent_id', filter.agentId)
  if (filter.queueId !== undefined) query.where('recordings.queue_id', filter.queueId)
  if (filter.minMs !== undefined) query.where('recordings.duration_ms', '>=', filter.minMs)
  if (filter.maxMs !== undefined) query.where('recordings.duration_ms', '<=', filter.maxMs)
  if (filter.held !== undefined) query.where('recordings.held', filter.held)
  if (filter.masked === true) query.whereExists(isMasked(knex))
  if (filter.masked === false) query.whereNotExists(isMasked(knex))
  if (filter.state === 'broken') query.where('recordings.state', 'present').whereIn('recordings.verified_state', broken)
  else if (filter.state === 'expired') query.whereIn('recordings.state', ['expired', 'expiring'])
  else if (filter.state !== undefined) query.where('recordings.state', filter.state)
  const plain = (filter.text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  for (const word of plain.split(/\s+/).filter(Boolean).slice(0, 6)) {
    const escaped = `%${word.replace(/[!%_]/g, '!$&')}%`
    query.where((either) => {
      either
        .whereRaw("citizens.search like ? escape '!'", [escaped])
        .orWhereRaw("interactions.from_address like ? escape '!'", [escaped])
        .orWhereRaw("interactions.to_address like ? escape '!'", [escaped])
    })
  }
  return query
}

// biome-ignore lint/suspicious/noExplicitAny: a row of a join, as the driver gives it
function rowOf(row: any): RecordingRow {
  const given = (name: string, value: unknown) =>
    value === null || value === undefined || value === '' ? {} : { [name]: value }
  const number = (name: string, value: unknown) =>
    given(name, value === null || value === undefined ? null : Number(value))
  return {
    id: row.id,
    agencyId: row.agency_id,
    interactionId: row.interaction_id,
    kind: row.kind,
    state: row.state,
    path: row.path,
    startedAt: Number(row.started_at),
    held: Boolean(row.held),
    masked: Boolean(row.masked),
    ...number('agentId', row.agent_id),
    ...given('agent', row.agent_name),
    ...number('queueId', row.queue_id),
    ...given('queue', row.queue_name),
    ...given('number', row.direction === 'outbound' ? row.to_address : row.from_address),
    ...number('citizenId', row.citizen_id),
    ...given('citizen', row.citizen_name),
    ...given('node', row.switch_node),
    ...number('interactionEndedAt', row.interaction_ended_at),
    ...number('talkEndedAt', row.talk_ended_at),
    ...number('heldMs', row.talk_hold_ms),
    ...number('closedAt', row.closed_at),
    ...number('durationMs', row.duration_ms),
    ...number('bytes', row.bytes),
    ...given('sha256', row.sha256),
    ...given('originalSha256', row.original_sha256),
    ...number('originalBytes', row.original_bytes),
    ...number('compressedAt', row.compressed_at),
    ...number('verifiedAt', row.verified_at),
    ...given('verifiedState', row.verified_state),
    ...number('verifiedRun', row.verified_run),
    ...number('expiredAt', row.expired_at),
    ...number('expiredDays', row.expired_days),
    ...given('fetchState', row.fetch_state),
    ...given('fetchFault', row.fetch_fault),
    ...number('fetchNextAt', row.fetch_next_at),
  }
}
