import type { Database } from '../database/index.ts'
import type { Audit } from './types.ts'

/** Writes to the table `audit`; a failure is logged and never stops the work that it tells of. */
export function createAudit(
  db: Database,
  log: { error(details: object, text: string): void },
  now: () => number = Date.now,
): Audit {
  return {
    async record(scope, { userId, action, subjectType, subjectId, detail }) {
      try {
        await db.knex('audit').insert({
          agency_id: scope.agencyId,
          user_id: userId ?? null,
          at: now(),
          action,
          subject_type: subjectType,
          subject_id: String(subjectId),
          detail: detail === undefined ? null : JSON.stringify(detail),
        })
      } catch (error) {
        log.error({ err: error, action, subjectType, subjectId }, 'the audit could not be written')
      }
    },
  }
}
