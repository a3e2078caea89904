import { createHash, randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'

/** What a board shows; empty `queueIds` = all queues. */
export type Layout = { title: string; queueIds: number[] }
export type Board = { id: string; name: string; layout: Layout; hasToken: boolean }

const hashed = (token: string) => createHash('sha256').update(token).digest('hex')
const boardOf = (row: { id: string; name: string; layout: string; token_hash: string | null }): Board => ({
  id: row.id,
  name: row.name,
  layout: { title: '', queueIds: [], ...(JSON.parse(row.layout) as Partial<Layout>) },
  hasToken: row.token_hash !== null,
})

export async function listBoards(db: Database, scope: Scope): Promise<Board[]> {
  const rows = await db.knex('wallboards').where({ agency_id: scope.agencyId }).orderBy('name')
  return rows.map(boardOf)
}

export async function boardById(db: Database, scope: Scope, id: string): Promise<Board | undefined> {
  const row = await db.knex('wallboards').where({ agency_id: scope.agencyId, id }).first()
  return row && boardOf(row)
}

export async function createBoard(db: Database, scope: Scope, name: string, layout: Layout): Promise<string> {
  const id = randomUUID()
  await db.knex('wallboards').insert({ id, agency_id: scope.agencyId, name, layout: JSON.stringify(layout) })
  return id
}

/** False when there is no such board. */
export async function updateBoard(
  db: Database,
  scope: Scope,
  id: string,
  name: string,
  layout: Layout,
): Promise<boolean> {
  const changed = await db
    .knex('wallboards')
    .where({ agency_id: scope.agencyId, id })
    .update({ name, layout: JSON.stringify(layout) })
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

/** Whether that token is the one that opens the board now: an older link no longer does. */
export async function opensBoard(db: Database, scope: Scope, id: string, token: string): Promise<boolean> {
  const row = await db
    .knex('wallboards')
    .where({ agency_id: scope.agencyId, id, token_hash: hashed(token) })
    .first('id')
  return row !== undefined
}
