// The only SQL of rosters as they were uploaded.
import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../../../server/database/index.ts'

export type RosterFile = {
  id: string
  queueId: number
  name: string
  by: string
  uploadedAt: number
  takenAt: number | null
}
/** Of a queue so many files that were taken are kept. */
const kept = 10
const draftMs = 86_400_000

const toFile = (row: Record<string, string | number | null>): RosterFile => ({
  id: String(row.id),
  queueId: Number(row.queue_id),
  name: String(row.name),
  by: String(row.by),
  uploadedAt: Number(row.uploaded_at),
  takenAt: row.taken_at === null ? null : Number(row.taken_at),
})

/** Keeps it for its preview; what was uploaded before a day and never taken goes. */
export async function addFile(
  { knex }: Database,
  { agencyId }: Scope,
  one: { queueId: number; userId: number; name: string; content: Buffer },
  now: number,
): Promise<string> {
  const id = randomUUID()
  const mine = { agency_id: agencyId }
  await knex('staffing_files')
    .where(mine)
    .whereNull('taken_at')
    .where('uploaded_at', '<', now - draftMs)
    .delete()
  await knex('staffing_files').insert({
    ...{ id, ...mine, queue_id: one.queueId, user_id: one.userId, name: one.name, content: one.content },
    uploaded_at: now,
  })
  return id
}

export async function readFile({ knex }: Database, { agencyId }: Scope, id: string) {
  const row = await knex('staffing_files as f')
    .join('users as u', 'u.id', 'f.user_id')
    .where({ 'f.agency_id': agencyId, 'f.id': id })
    .first('f.*', 'u.name as by')
  return row && { ...toFile(row), content: row.content as Buffer }
}

/** From now on it is the roster of its queue; only the newest are kept. False: the agency has no such file. */
export async function markTaken({ knex }: Database, { agencyId }: Scope, id: string, now: number): Promise<boolean> {
  const mine = { agency_id: agencyId }
  const count = await knex('staffing_files')
    .where({ ...mine, id })
    .update({ taken_at: now })
  const { queue_id } =
    (await knex('staffing_files')
      .where({ ...mine, id })
      .first('queue_id')) ?? {}
  const old = await knex('staffing_files')
    .where({ ...mine, queue_id: queue_id ?? 0 })
    .whereNotNull('taken_at')
    .orderBy('taken_at', 'desc')
    .pluck('id')
  if (old.length > kept) await knex('staffing_files').where(mine).whereIn('id', old.slice(kept)).delete()
  return count > 0
}

/** What was taken for the queue, the newest first. */
export async function listFiles({ knex }: Database, { agencyId }: Scope, queueId: number): Promise<RosterFile[]> {
  const rows = await knex('staffing_files as f')
    .join('users as u', 'u.id', 'f.user_id')
    .where({ 'f.agency_id': agencyId, 'f.queue_id': queueId })
    .whereNotNull('f.taken_at')
    .orderBy('f.taken_at', 'desc')
    .select('f.id', 'f.queue_id', 'f.name', 'f.uploaded_at', 'f.taken_at', 'u.name as by')
  return rows.map(toFile)
}
