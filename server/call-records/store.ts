// The only SQL of the tables call_records and switch_runs, and what is read of an interaction to settle its records.
import type { Database, Knex } from '../database/index.ts'
import type { Known } from './fill.ts'
import type { CallRecord } from './record.ts'

export type RowState = 'waiting' | 'joined' | 'filled' | 'unrelated'
/** A record as it lies in the table. */
export type StoredRecord = CallRecord & { importedAt: number; state: RowState; talkAt?: number }
export type Key = { coreUuid: string; uuid: string }

/** Rows of one insert: SQLite joins them by `union all`, 500 at most. */
const CHUNK = 100
const keyOf = ({ coreUuid, uuid }: Key) => `${coreUuid} ${uuid}`

/** Stores those that are new; returns how many were. Runs in one transaction. */
export function storeRecords(db: Database, records: CallRecord[], now: number, settleAt: number): Promise<number> {
  return db.transaction(async (trx) => {
    let fresh = 0
    for (let from = 0; from < records.length; from += CHUNK) {
      const chunk = records.slice(from, from + CHUNK)
      const found = await trx('call_records')
        .whereIn(
          'uuid',
          chunk.map(({ uuid }) => uuid),
        )
        .select('core_uuid', 'uuid')
      const known = new Set(found.map((row) => keyOf({ coreUuid: row.core_uuid, uuid: row.uuid })))
      const rows: object[] = []
      for (const record of chunk) {
        if (known.has(keyOf(record))) continue
        known.add(keyOf(record))
        rows.push(rowOf(record, now, settleAt))
      }
      if (rows.length > 0) await trx('call_records').insert(rows).onConflict(['core_uuid', 'uuid']).ignore()
      fresh += rows.length
    }
    return fresh
  })
}

const rowOf = (record: CallRecord, now: number, settleAt: number) => ({
  core_uuid: record.coreUuid,
  uuid: record.uuid,
  agency_id: record.agencyId ?? null,
  switch_node: record.switchNode,
  role: record.role,
  direction: record.direction,
  interaction_id: record.interactionId ?? null,
  other_leg: record.otherLeg ?? null,
  from_address: record.from,
  to_address: record.to,
  extension: record.extension ?? null,
  gateway: record.gateway ?? null,
  agent_id: record.agentId ?? null,
  stay_id: record.stayId ?? null,
  queue_id: record.queueId ?? null,
  talk_at: record.talkAt ?? null,
  fallback: record.fallback,
  started_at: record.startedAt,
  answered_at: record.answeredAt ?? null,
  bridged_at: record.bridgedAt ?? null,
  ended_at: record.endedAt,
  hangup_cause: record.cause,
  q850: record.q850,
  hangup_side: record.side,
  imported_at: now,
  state: 'waiting',
  // What is told of a leg that we dialled is in no fact that could still come.
  settle_at: record.gateway === undefined ? settleAt : now,
})

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
export const recordOf = (row: any): StoredRecord => {
  const given = {
    agencyId: row.agency_id,
    interactionId: row.interaction_id,
    otherLeg: row.other_leg,
    extension: row.extension,
    gateway: row.gateway,
    agentId: row.agent_id,
    stayId: row.stay_id,
    queueId: row.queue_id,
    talkAt: number(row.talk_at),
    answeredAt: number(row.answered_at),
    bridgedAt: number(row.bridged_at),
  }
  const present = Object.entries(given).filter(([, value]) => value !== null && value !== undefined)
  return {
    coreUuid: row.core_uuid,
    uuid: row.uuid,
    switchNode: row.switch_node,
    role: row.role,
    direction: row.direction,
    ...(Object.fromEntries(present) as Partial<CallRecord>),
    from: row.from_address,
    to: row.to_address,
    fallback: Boolean(row.fallback),
    startedAt: Number(row.started_at),
    endedAt: Number(row.ended_at),
    cause: row.hangup_cause,
    q850: row.q850,
    side: row.hangup_side,
    importedAt: Number(row.imported_at),
    state: row.state,
  }
}
const number = (value: unknown) => (value === null || value === undefined ? undefined : Number(value))

/** Those whose time has come, oldest first. */
export async function dueRecords(knex: Knex, now: number, limit: number): Promise<StoredRecord[]> {
  const rows = await knex('call_records')
    .where('state', 'waiting')
    .where('settle_at', '<=', now)
    .orderBy('settle_at')
    .limit(limit)
  return rows.map(recordOf)
}

/** What the tables know of each of these interactions; one with nothing is in the map too. */
export async function knownOf(knex: Knex, ids: string[]): Promise<Map<string, Known>> {
  const known = new Map<string, Known>(ids.map((id) => [id, { stays: [], offers: [], talks: [] }]))
  for (let from = 0; from < ids.length; from += CHUNK) {
    const some = ids.slice(from, from + CHUNK)
    const of = (table: string) => knex(table).whereIn('interaction_id', some)
    for (const row of await knex('interactions').whereIn('id', some))
      known.get(row.id)!.interaction = {
        agencyId: row.agency_id,
        createdAt: Number(row.created_at),
        ...(row.answered_at === null ? {} : { answeredAt: Number(row.answered_at) }),
        ...(row.ended_at === null ? {} : { endedAt: Number(row.ended_at), cause: row.hangup_cause ?? '' }),
      }
    for (const row of await of('queue_stays'))
      known.get(row.interaction_id)!.stays.push({
        id: row.id,
        at: Number(row.enqueued_at),
        ...(row.left_at === null ? {} : { leftAt: Number(row.left_at) }),
        ...(row.outcome === 'callback' ? { callback: true } : {}),
      })
    for (const row of await of('offers'))
      known.get(row.interaction_id)!.offers.push({
        id: row.id,
        at: Number(row.offered_at),
        ...(row.stay_id === null ? {} : { stayId: row.stay_id }),
        ...endOf(row),
      })
    for (const row of await of('talk_segments'))
      known.get(row.interaction_id)!.talks.push({
        id: row.id,
        agentId: row.agent_id,
        at: Number(row.answered_at),
        ...(row.stay_id === null ? {} : { stayId: row.stay_id }),
        ...endOf(row),
      })
  }
  return known
}
const endOf = (row: { ended_at: unknown }) => (row.ended_at === null ? {} : { endedAt: Number(row.ended_at) })

/** The records of the agents' legs of these interactions, settled or not. */
export async function agentLegsOf(knex: Knex, ids: string[]): Promise<Map<string, StoredRecord[]>> {
  const legs = new Map<string, StoredRecord[]>()
  for (let from = 0; from < ids.length; from += CHUNK) {
    const rows = await knex('call_records')
      .whereIn('interaction_id', ids.slice(from, from + CHUNK))
      .where('role', 'agent')
    for (const leg of rows.map(recordOf)) legs.set(leg.interactionId!, [...(legs.get(leg.interactionId!) ?? []), leg])
  }
  return legs
}

/** How a record turned out; `settleAt` instead: to be looked at again then. */
export type Verdict = { key: Key; agencyId?: number; interactionId?: string } & (
  | { state: Exclude<RowState, 'waiting'> }
  | { settleAt: number }
)

export function writeVerdicts(db: Database, verdicts: Verdict[]): Promise<void> {
  return db.transaction(async (trx) => {
    for (const verdict of verdicts) {
      const { key, agencyId, interactionId } = verdict
      await trx('call_records')
        .where({ core_uuid: key.coreUuid, uuid: key.uuid })
        .update({
          ...('state' in verdict ? { state: verdict.state, settle_at: null } : { settle_at: verdict.settleAt }),
          ...(agencyId === undefined ? {} : { agency_id: agencyId }),
          ...(interactionId === undefined ? {} : { interaction_id: interactionId }),
        })
    }
  })
}
