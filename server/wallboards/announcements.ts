// What supervisors have to say on the boards of their agency, for a while.
import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'

/** `from`, `until`: on the glass, UTC ms; `until` no longer. */
export type Announcement = {
  id: string
  text: string
  urgent: boolean
  from: number
  until: number
  madeBy: number | null
  madeAt: number
}
export type NewAnnouncement = Pick<Announcement, 'text' | 'urgent' | 'from' | 'until'> & { madeBy: number }

const table = 'announcements'
/** More at once nobody reads; the oldest of the others wait for their turn. */
export const mostOnGlass = 6

const read = (row: Record<string, unknown>): Announcement => ({
  id: row.id as string,
  text: row.text as string,
  urgent: Boolean(row.urgent),
  from: Number(row.from_at),
  until: Number(row.until_at),
  madeBy: row.made_by as number | null,
  madeAt: Number(row.made_at),
})

export async function announce(db: Database, scope: Scope, wanted: NewAnnouncement, at: number): Promise<string> {
  const id = randomUUID()
  const { text, urgent, from, until, madeBy } = wanted
  const when = { from_at: from, until_at: until, made_at: at }
  await db.knex(table).insert({ id, agency_id: scope.agencyId, text, urgent, ...when, made_by: madeBy })
  return id
}

/** False when there is no such announcement, or it is over. */
export async function endAnnouncement(db: Database, scope: Scope, id: string, at: number): Promise<boolean> {
  const changed = await db
    .knex(table)
    .where({ agency_id: scope.agencyId, id })
    .where('until_at', '>', at)
    .update({ until_at: at })
  return changed > 0
}

/** On the glass at that instant: the urgent first, then the newest. */
export async function announcementsAt(db: Database, scope: Scope, at: number): Promise<Announcement[]> {
  const rows = await db
    .knex(table)
    .where({ agency_id: scope.agencyId })
    .where('from_at', '<=', at)
    .where('until_at', '>', at)
    .orderBy([{ column: 'urgent', order: 'desc' }, { column: 'from_at', order: 'desc' }, { column: 'id' }])
    .limit(mostOnGlass)
  return rows.map(read)
}

/** Those that are over too, the latest first. */
export async function listAnnouncements(db: Database, scope: Scope, limit = 100): Promise<Announcement[]> {
  const rows = await db.knex(table).where({ agency_id: scope.agencyId }).orderBy('from_at', 'desc').limit(limit)
  return rows.map(read)
}
