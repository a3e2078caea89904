import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Source } from '../explain/source.ts'
import type { Interval, RecordingFact } from '../metrics/index.ts'

export type Recording = RecordingFact & {
  startedAt: number
  interactionId: string
  queueId: number | null
  agentId: number | null
}

const windowMs = 86_400_000

/** By the time they began, a day at a time. `queueId` 0: of no queue. */
export async function* eachRecording(
  db: Database,
  scope: Scope,
  { period, queueId }: { period: Interval; queueId?: number | undefined },
): AsyncGenerator<Recording> {
  for (let from = period.from; from < period.to; from += windowMs) {
    const query = db
      .knex('recordings')
      .where('agency_id', scope.agencyId)
      .where('started_at', '>=', from)
      .where('started_at', '<', Math.min(from + windowMs, period.to))
    if (queueId !== undefined) query.where('queue_id', queueId || null)
    const rows = await query
      .orderBy(['started_at', 'id'])
      .select(
        ...['started_at', 'interaction_id', 'queue_id', 'agent_id', 'state', 'verified_state', 'held'],
        ...['duration_ms', 'bytes'],
      )
    for (const row of rows)
      yield {
        startedAt: Number(row.started_at),
        interactionId: row.interaction_id,
        queueId: row.queue_id,
        agentId: row.agent_id,
        state: row.state,
        verifiedState: row.verified_state,
        held: Boolean(row.held),
        durationMs: Number(row.duration_ms ?? 0),
        bytes: Number(row.bytes ?? 0),
      }
    await setImmediate()
  }
}

export const recordingSource: Source = async function* (db, scope, { where, period }) {
  for await (const one of eachRecording(db, scope, { period, queueId: where.queueId })) {
    const changed = one.verifiedState !== null && one.verifiedState !== 'ok'
    yield {
      kind: 'recordings',
      fact: one,
      told: {
        at: one.startedAt,
        interactionId: one.interactionId,
        ...(one.queueId ? { queueId: one.queueId } : {}),
        ...(one.agentId ? { agentId: one.agentId } : {}),
        ms: one.durationMs,
        why: changed ? 'recording_changed' : one.held ? 'recording_held' : `recording_${stateWord(one.state)}`,
      },
    }
  }
}

const stateWord = (state: string) => (['present', 'missing', 'expected'].includes(state) ? state : 'expired')
