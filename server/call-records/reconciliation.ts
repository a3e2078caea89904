// The switch's records beside the facts: what each has, what only one has and why, and whether the recordings are there.
import type { Knex, Scope } from '../database/index.ts'

/** Why a call of the records is not in the facts, or the other way round. */
export type OneSidedReason =
  | 'waiting' // the record was just imported
  | 'refused' // the dialplan turned it away: limits, numbers that are nobody's
  | 'unrelated' // nothing to join it with
  | 'going_on'
  | 'file_awaited' // ended a moment ago
  | 'switch_lost' // the switch died with it
  | 'no_record'
export type OneSided = {
  id: string
  at: number
  from: string
  to: string
  cause?: string
  reason: OneSidedReason
  interactionId?: string
}
export type Reconciliation = {
  /** UTC ms, from <= started < to. */
  from: number
  to: number
  /** False where there are no records at all to compare with: the period lies before the first of them. */
  compared: boolean
  /** From here on there are records, UTC ms. */
  since?: number
  /** Calls: the callers' legs in the records, voice interactions in the facts. */
  records: number
  facts: number
  both: number
  onlyRecords: number
  onlyFacts: number
  /** Turned away by the switch before the platform knew of them; not among `records`. */
  refused: number
  /** Interactions of which something was filled in from the records. */
  filled: number
  /** Not yet ended, or ended so little ago that their file may still come: part of `onlyFacts`, and no fault. */
  pending: number
  recordings: { expected: number; present: number; missing: number; open: number }
}

/** A file comes some seconds behind its call. */
const FILE_MS = 120_000

type Range = { from: number; to: number }
const voice = (knex: Knex, { agencyId }: Scope, { from, to }: Range) =>
  knex('interactions')
    .where({ 'interactions.agency_id': agencyId, 'interactions.channel': 'voice' })
    .where('interactions.created_at', '>=', from)
    .where('interactions.created_at', '<', to)
const callers = (knex: Knex, { agencyId }: Scope, { from, to }: Range) =>
  knex('call_records')
    .where({ 'call_records.agency_id': agencyId })
    .where('call_records.started_at', '>=', from)
    .where('call_records.started_at', '<', to)
const amount = async (query: Knex.QueryBuilder): Promise<number> => {
  const [row] = (await query.count({ n: '*' })) as { n: number | string }[]
  return Number(row?.n ?? 0)
}
const withoutRecord = (knex: Knex, scope: Scope, range: Range) =>
  voice(knex, scope, range).whereNotExists(
    knex('call_records')
      .whereRaw('call_records.interaction_id = interactions.id')
      .where('role', 'caller')
      .select('uuid'),
  )
const withoutFacts = (knex: Knex, scope: Scope, range: Range) =>
  callers(knex, scope, range)
    .where('role', 'caller')
    .whereNotExists(
      knex('interactions').whereRaw('interactions.id = call_records.interaction_id').select('interactions.id'),
    )

/** Since when there are records: the start of the first. Undefined when there are none. */
export async function recordsSince(knex: Knex): Promise<number | undefined> {
  const row = await knex('call_records').where('role', 'caller').orderBy('started_at').first('started_at')
  return row ? Number(row.started_at) : undefined
}

/** The calls of one agency in a period; only what lies behind the first record is compared. */
export async function reconcile(knex: Knex, scope: Scope, asked: Range, now: number): Promise<Reconciliation> {
  const since = await recordsSince(knex)
  const compared = since !== undefined && since < asked.to
  const range = { from: Math.max(asked.from, since ?? asked.from), to: asked.to }
  const none = { records: 0, facts: 0, both: 0, onlyRecords: 0, onlyFacts: 0, refused: 0, filled: 0, pending: 0 }
  const recordings = await recordingsOf(knex, scope, asked)
  const about = { ...asked, compared, ...(since === undefined ? {} : { since }), recordings }
  if (!compared) return { ...about, ...none, facts: await amount(voice(knex, scope, asked)) }
  const recent = (query: Knex.QueryBuilder) =>
    query.where((either) => {
      either.whereNull('interactions.ended_at').orWhere('interactions.ended_at', '>', now - FILE_MS)
    })
  const [records, facts, onlyRecords, onlyFacts, refused, filled, pending] = await Promise.all([
    amount(callers(knex, scope, range).where('role', 'caller')),
    amount(voice(knex, scope, range)),
    amount(withoutFacts(knex, scope, range)),
    amount(withoutRecord(knex, scope, range)),
    amount(callers(knex, scope, range).where('role', 'refused')),
    amount(voice(knex, scope, range).where('filled', true)),
    amount(recent(withoutRecord(knex, scope, range))),
  ])
  const both = facts - onlyFacts
  return { ...about, records, facts, both, onlyRecords, onlyFacts, refused, filled, pending }
}

async function recordingsOf(knex: Knex, { agencyId }: Scope, { from, to }: Range) {
  const rows = (await knex('recordings')
    .where({ agency_id: agencyId })
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .groupBy('state')
    .select('state')
    .count({ n: '*' })) as { state: string; n: number }[]
  const of = (state: string) => Number(rows.find((row) => row.state === state)?.n ?? 0)
  const expected = rows.reduce((sum, row) => sum + Number(row.n), 0)
  return { expected, present: of('present'), missing: of('missing'), open: of('expected') }
}

/** The calls behind the differences, latest first, and those filled in. `limit` of each kind. */
export async function differences(knex: Knex, scope: Scope, asked: Range, now: number, limit = 100) {
  const since = await recordsSince(knex)
  const range = { from: Math.max(asked.from, since ?? asked.to), to: asked.to }
  const latest = (query: Knex.QueryBuilder, at: string) => query.orderBy(at, 'desc').limit(limit)
  const [lone, refused, facts, filled] = await Promise.all([
    latest(withoutFacts(knex, scope, range).select('call_records.*'), 'started_at'),
    latest(callers(knex, scope, range).where('role', 'refused'), 'started_at'),
    latest(withoutRecord(knex, scope, range).select('interactions.*'), 'created_at'),
    latest(voice(knex, scope, range).where('filled', true), 'created_at'),
  ])
  // biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
  const ofRecord = (reason: OneSidedReason) => (row: any) => ({
    id: row.uuid as string,
    at: Number(row.started_at),
    from: row.from_address as string,
    to: row.to_address as string,
    cause: row.hangup_cause as string,
    reason: row.state === 'waiting' ? ('waiting' as const) : reason,
  })
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const ofFacts = (row: any) => ({
    id: row.id as string,
    interactionId: row.id as string,
    at: Number(row.created_at),
    from: row.from_address as string,
    to: row.to_address as string,
    ...(row.hangup_cause ? { cause: row.hangup_cause as string } : {}),
  })
  return {
    onlyRecords: lone.map(ofRecord('unrelated')) as OneSided[],
    refused: refused.map(ofRecord('refused')) as OneSided[],
    onlyFacts: facts.map((row: { ended_at: unknown; hangup_cause: string | null }) => ({
      ...ofFacts(row),
      reason: reasonOf(row, now),
    })) as OneSided[],
    filled: filled.map(ofFacts),
  }
}

function reasonOf(row: { ended_at: unknown; hangup_cause: string | null }, now: number): OneSidedReason {
  if (row.ended_at === null) return 'going_on'
  if (row.hangup_cause === 'SWITCH_LOST') return 'switch_lost'
  return Number(row.ended_at) > now - FILE_MS ? 'file_awaited' : 'no_record'
}
