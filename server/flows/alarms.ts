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

const mostWaiting = 500

/** Alarms in the database, as soon as it is there; what cannot be written is at least in the log. */
export function createAlarms(
  db: Database,
  options: { log(line: string): void; now?(): number; onRaised?(agencyId: number): void; retryMs?: number },
): AlarmSink & {
  list(scope: Scope, limit?: number): Promise<Alarm[]>
  seen(scope: Scope, id: string, userId: number): Promise<boolean>
  /** Resolves when everything raised so far is written. */
  settled(): Promise<void>
} {
  const now = options.now ?? (() => Date.now())
  let writing: Promise<unknown> = Promise.resolve()
  /** While the database is away, which is when most of them are raised. */
  const waiting: { agency_id: number; code: string }[] = []
  let again: NodeJS.Timeout | undefined
  async function writeWaiting(): Promise<void> {
    for (let row = waiting[0]; row; row = waiting[0]) {
      try {
        await db.knex('alarms').insert(row)
        options.onRaised?.(row.agency_id)
      } catch (error) {
        if (db.dialect.isUnavailable(error)) {
          if (!again)
            again = setTimeout(() => {
              again = undefined
              write()
            }, options.retryMs ?? 5_000).unref()
          return
        }
        options.log(`alarm ${row.code} could not be kept: ${(error as Error).message}`)
      }
      waiting.shift()
    }
  }
  const write = () => {
    writing = writing.then(writeWaiting)
  }
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
      if (waiting.length < mostWaiting) waiting.push(row)
      write()
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
