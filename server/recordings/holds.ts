// Legal hold: who, why, when. While one is open nothing removes the file.
import { type Database, insertId, type Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/index.ts'

export type Hold = {
  id: number
  at: number
  userId: number
  reason: string
  liftedAt?: number
  liftedBy?: number
  liftedReason?: string
}

export type Holds = ReturnType<typeof createHolds>

export function createHolds({ db, audit, now }: { db: Database; audit: Audit; now: () => number }) {
  const clean = (reason: string) => {
    const text = reason.toWellFormed().trim()
    if (text.length < 3 || text.length > 500)
      throw new AppError('recording.reason_needed', 400, {}, { reason: 'recording.reason_needed' })
    return text
  }
  const own = (scope: Scope, id: string) => ({ agency_id: scope.agencyId, id })
  return {
    /** Latest first. */
    async of(scope: Scope, recordingId: string): Promise<Hold[]> {
      const rows = await db
        .knex('recording_holds')
        .where({ agency_id: scope.agencyId, recording_id: recordingId })
        .orderBy('id', 'desc')
      return rows.map((row) => ({
        id: row.id,
        at: Number(row.at),
        userId: row.user_id,
        reason: row.reason,
        ...(row.lifted_at === null
          ? {}
          : { liftedAt: Number(row.lifted_at), liftedBy: row.lifted_by, liftedReason: row.lifted_reason }),
      }))
    },
    /** @throws AppError `recording.not_found`, `recording.held`, `recording.gone` (its file is being or was removed) */
    async place(scope: Scope, userId: number, recordingId: string, why: string): Promise<void> {
      const reason = clean(why)
      await db.transaction(async (trx) => {
        // One guarded update of the row that deletion guards by as well: one of the two is first, never both.
        const count = await trx('recordings')
          .where({ ...own(scope, recordingId), held: false })
          .whereIn('state', ['expected', 'present', 'missing'])
          .update({ held: true })
        if (count === 0) {
          const row = await trx('recordings').where(own(scope, recordingId)).first('held')
          if (!row) throw new AppError('recording.not_found', 404)
          throw new AppError(row.held ? 'recording.held' : 'recording.gone', 409)
        }
        await insertId(
          trx('recording_holds').insert({
            agency_id: scope.agencyId,
            recording_id: recordingId,
            user_id: userId,
            at: now(),
            reason,
          }),
        )
      })
      await audit.record(scope, {
        userId,
        action: 'recording.held',
        subjectType: 'recording',
        subjectId: recordingId,
        detail: { reason },
      })
    },
    /** @throws AppError `recording.not_held` */
    async lift(scope: Scope, userId: number, recordingId: string, why: string): Promise<void> {
      const reason = clean(why)
      await db.transaction(async (trx) => {
        const count = await trx('recording_holds')
          .where({ agency_id: scope.agencyId, recording_id: recordingId })
          .whereNull('lifted_at')
          .update({ lifted_at: now(), lifted_by: userId, lifted_reason: reason })
        if (count === 0) throw new AppError('recording.not_held', 409)
        await trx('recordings').where(own(scope, recordingId)).update({ held: false })
      })
      await audit.record(scope, {
        userId,
        action: 'recording.hold_lifted',
        subjectType: 'recording',
        subjectId: recordingId,
        detail: { reason },
      })
    },
  }
}
