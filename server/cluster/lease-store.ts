import type { Database } from '../database/index.ts'
import type { LeaseStore } from './lease.ts'

/** Leases in the database both kinds of which do a guarded update in one step. */
export function leaseStore({ knex, dialect }: Database): LeaseStore {
  const table = () => knex('leases')
  return {
    async read(name) {
      const row = await table().where({ name }).first('owner', 'epoch', 'beat')
      return row && { owner: row.owner, epoch: Number(row.epoch), beat: Number(row.beat) }
    },
    async take(name, owner, seen) {
      if (seen) {
        const guard = { name, owner: seen.owner, epoch: seen.epoch, beat: seen.beat }
        return (
          (await table()
            .where(guard)
            .update({ owner, epoch: seen.epoch + 1, beat: 0 })) === 1
        )
      }
      try {
        await table().insert({ name, owner, epoch: 1, beat: 0 })
        return true
      } catch (error) {
        if (dialect.isDuplicate(error)) return false
        throw error
      }
    },
    renew: async (name, owner, epoch) => (await table().where({ name, owner, epoch }).increment('beat', 1)) === 1,
    async release(name, owner, epoch) {
      await table().where({ name, owner, epoch }).update({ owner: '' })
    },
  }
}
