// What supervisors have to say on the boards of their agency, for a while.
import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'

/** `from`, `until`: on the glass, UTC ms; `until` no longer. `boardIds`: on which boards; none: on all. */
export type Announcement = {
  id: string
  boardIds: string[]
  text: string
  urgent: boolean
  from: number
  until: number
  madeBy: number | null
  madeAt: number
  /** Raised each time it is changed. */
  version: number
}
export type NewAnnouncement = Pick<Announcement, 'text' | 'urgent' | 'from' | 'until' | 'boardIds'> & {
  madeBy: number
}

const table = 'announcements'
/** Of one agency at the same time; whoever has more forgot to end them. */
const mostAtOnce = 200
/** More at once nobody reads; the oldest of the others wait for their turn. */
export const mostOnGlass = 6

const read = (row: Record<string, unknown>): Announcement => ({
  id: row.id as string,
  boardIds: JSON.parse(row.board_ids as string) as string[],
  text: row.text as string,
  urgent: Boolean(row.urgent),
  from: Number(row.from_at),
  until: Number(row.until_at),
  madeBy: row.made_by as number | null,
  madeAt: Number(row.made_at),
  version: row.version as number,
})

export async function announce(db: Database, scope: Scope, wanted: NewAnnouncement, at: number): Promise<string> {
  const id = randomUUID()
  const row = { id, agency_id: scope.agencyId, made_by: wanted.madeBy, made_at: at }
  await db.knex(table).insert({ ...row, ...columnsOf(wanted) })
  return id
}

const columnsOf = ({ text, urgent, from, until, boardIds }: Omit<NewAnnouncement, 'madeBy'>) => ({
  ...{ text, urgent, from_at: from, until_at: until, board_ids: JSON.stringify(boardIds) },
})

/** False when it is not as whoever changes it knows it (`version`), or there is none. */
export async function changeAnnouncement(
  db: Database,
  scope: Scope,
  id: string,
  { version, ...wanted }: Omit<NewAnnouncement, 'madeBy'> & { version: number },
): Promise<boolean> {
  const changed = await db
    .knex(table)
    .where({ agency_id: scope.agencyId, id, version })
    .update({ ...columnsOf(wanted), version: version + 1 })
  return changed > 0
}

export async function deleteAnnouncement(db: Database, scope: Scope, id: string): Promise<boolean> {
  return (await db.knex(table).where({ agency_id: scope.agencyId, id }).delete()) > 0
}

export async function announcementById(db: Database, scope: Scope, id: string): Promise<Announcement | undefined> {
  const row = await db.knex(table).where({ agency_id: scope.agencyId, id }).first()
  return row && read(row)
}

/** False when there is no such announcement, or it is over. */
export async function endAnnouncement(db: Database, scope: Scope, id: string, at: number): Promise<boolean> {
  const changed = await db
    .knex(table)
    .where({ agency_id: scope.agencyId, id })
    .where('until_at', '>', at)
    .update({ until_at: at, version: db.knex.raw('?? + 1', ['version']) })
  return changed > 0
}

/** On the glass at that instant, of any board: the urgent first, then the newest. */
export async function announcementsAt(db: Database, scope: Scope, at: number): Promise<Announcement[]> {
  const rows = await db
    .knex(table)
    .where({ agency_id: scope.agencyId })
    .where('from_at', '<=', at)
    .where('until_at', '>', at)
    .orderBy([{ column: 'urgent', order: 'desc' }, { column: 'from_at', order: 'desc' }, { column: 'id' }])
    .limit(mostAtOnce)
  return rows.map(read)
}

/** Those that are over too, the last to end first: what can still be ended is never left out for what is over. */
export async function listAnnouncements(db: Database, scope: Scope, limit = 100): Promise<Announcement[]> {
  const rows = await db.knex(table).where({ agency_id: scope.agencyId }).orderBy('until_at', 'desc').limit(limit)
  return rows.map(read)
}

/** What of them that board shows. */
export const onBoard = (all: readonly Announcement[], boardId: string): Announcement[] =>
  all.filter(({ boardIds }) => boardIds.length === 0 || boardIds.includes(boardId)).slice(0, mostOnGlass)
