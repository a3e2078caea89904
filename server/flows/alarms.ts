import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'
import type { AlarmSink } from './types.ts'

export type Alarm = {
  id: string
  at: number
  code: string
  message: string
  subject: string
  seenAt: number | undefined
}

/** Alarms in the database; what cannot be written is at least in the log. */
export function createAlarms(
  db: Database,
  options: { log(line: string): void; now?(): number; onRaised?(agencyId: number): void },
): AlarmSink & {
  list(scope: Scope, limit?: number): Promise<Alarm[]>
  seen(scope: Scope, id: string, userId: number): Promise<boolean>
  /** Resolves when everything raised so far is written. */
  settled(): Promise<void>
} {
  const now = options.now ?? (() => Date.now())
  let writing: Promise<unknown> = Promise.resolve()
  return {
    raise(agencyId, { code, message, subject }) {
      options.log(`alarm ${code}: ${message} (${subject})`)
      const row = {
        id: randomUUID(),
        agency_id: agencyId,
        at: now(),
        code: code.slice(0, 60),
        message: message.slice(0, 2_000),
        subject: subject.slice(0, 120),
      }
      writing = writing
        .then(() => db.knex('alarms').insert(row))
        .then(() => options.onRaised?.(agencyId))
        .catch((error) => options.log(`alarm ${code} could not be kept: ${(error as Error).message}`))
    },
    async list(scope, limit = 100) {
      const rows = await db.knex('alarms').where({ agency_id: scope.agencyId }).orderBy('at', 'desc').limit(limit)
      return rows.map((row) => ({
        id: row.id,
        at: Number(row.at),
        code: row.code,
        message: row.message,
        subject: row.subject,
        seenAt: row.seen_at === null ? undefined : Number(row.seen_at),
      }))
    },
    async seen(scope, id, userId) {
      const count = await db
        .knex('alarms')
        .where({ id, agency_id: scope.agencyId })
        .whereNull('seen_at')
        .update({ seen_by: userId, seen_at: now() })
      return count > 0
    },
    settled: async () => {
      await writing
    },
  }
}
