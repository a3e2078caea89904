import { createHash, randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'
import { designOf } from './design.ts'
import type { Design } from './schema.ts'

/** `version`: raised each time the board is changed; who saves says which one was read. `changedAt`: UTC ms. */
export type Board = {
  id: string
  name: string
  design: Design
  version: number
  hasToken: boolean
  changedBy: number | null
  changedAt: number | null
}

const hashed = (token: string) => createHash('sha256').update(token).digest('hex')
type Row = {
  id: string
  name: string
  layout: string
  version: number
  token_hash: string | null
  changed_by: number | null
  changed_at: number | string | null
}
const boardOf = (row: Row): Board => ({
  id: row.id,
  name: row.name,
  design: designOf(row.layout),
  version: row.version,
  hasToken: row.token_hash !== null,
  changedBy: row.changed_by,
  changedAt: row.changed_at === null ? null : Number(row.changed_at),
})

export async function listBoards(db: Database, scope: Scope): Promise<Board[]> {
  const rows = await db.knex('wallboards').where({ agency_id: scope.agencyId }).orderBy('name')
  return rows.map(boardOf)
}

export async function boardById(db: Database, scope: Scope, id: string): Promise<Board | undefined> {
  const row = await db.knex('wallboards').where({ agency_id: scope.agencyId, id }).first()
  return row && boardOf(row)
}

export async function createBoard(db: Database, scope: Scope, name: string, design: Design): Promise<string> {
  const id = randomUUID()
  await db.knex('wallboards').insert({ id, agency_id: scope.agencyId, name, layout: JSON.stringify(design) })
  return id
}

/**
 * Keeps a design that `readDesign` has read, if the board is still as whoever saves it knows it (`version`). Undefined: it is
 * not, or there is no such board.
 */
export async function saveBoard(
  db: Database,
  scope: Scope,
  id: string,
  wanted: { version: number; name: string; design: Design; userId: number; at: number },
): Promise<number | undefined> {
  const { version, name, design, userId, at } = wanted
  const changed = await db
    .knex('wallboards')
    .where({ agency_id: scope.agencyId, id, version })
    .update({ name, layout: JSON.stringify(design), version: version + 1, changed_by: userId, changed_at: at })
  return changed === 1 ? version + 1 : undefined
}

/** Whoever draws the board meanwhile is told when saving. False when there is no such board. */
export async function renameBoard(
  db: Database,
  scope: Scope,
  id: string,
  { name, userId, at }: { name: string; userId: number; at: number },
): Promise<boolean> {
  const changed = await db
    .knex('wallboards')
    .where({ agency_id: scope.agencyId, id })
    .update({ name, version: db.knex.raw('?? + 1', ['version']), changed_by: userId, changed_at: at })
  return changed > 0
}

export async function deleteBoard(db: Database, scope: Scope, id: string): Promise<boolean> {
  return (await db.knex('wallboards').where({ agency_id: scope.agencyId, id }).delete()) > 0
}

/** Remembers which token opens the board; false when there is no such board. */
export async function keepToken(db: Database, scope: Scope, id: string, token: string): Promise<boolean> {
  const changed = await db
    .knex('wallboards')
    .where({ agency_id: scope.agencyId, id })
    .update({ token_hash: hashed(token) })
  return changed > 0
}

/** The session of the link that opens the board now; undefined: there is none. */
export async function sessionOfLink(db: Database, scope: Scope, id: string): Promise<number | undefined> {
  const row = await db
    .knex('wallboards as w')
    .join('sessions as s', 's.token_hash', 'w.token_hash')
    .where({ 'w.agency_id': scope.agencyId, 'w.id': id })
    .first({ session: 's.id' })
  return row?.session
}

/** Whether that token is the one that opens the board now: an older link no longer does. */
export async function opensBoard(db: Database, scope: Scope, id: string, token: string): Promise<boolean> {
  const row = await db
    .knex('wallboards')
    .where({ agency_id: scope.agencyId, id, token_hash: hashed(token) })
    .first('id')
  return row !== undefined
}
