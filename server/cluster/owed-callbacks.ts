import { type Database, scopeOf } from '../database/index.ts'
import type { Callback, CallbackStore } from '../routing/index.ts'

/** Callbacks owed to citizens, kept so that whoever routes next goes on with them. Every agency's: routing is one. */
export function createOwedCallbacks({ knex }: Database, now: () => number, log: (line: string) => void): CallbackStore {
  return {
    async list() {
      const rows = await knex('owed_callbacks').orderBy('saved_at')
      return rows.flatMap((row) => {
        try {
          return [JSON.parse(row.body) as Callback]
        } catch {
          log(`callback ${row.stay_id} cannot be read`)
          return []
        }
      })
    },
    async save(callback) {
      const { stayId, queueId } = callback
      const { agencyId } = scopeOf(callback.agencyId)
      const row = {
        stay_id: stayId,
        agency_id: agencyId,
        queue_id: queueId,
        body: JSON.stringify(callback),
        saved_at: now(),
      }
      await knex('owed_callbacks').insert(row).onConflict('stay_id').merge()
    },
    async remove(stayId) {
      await knex('owed_callbacks').where({ stay_id: stayId }).del()
    },
  }
}
