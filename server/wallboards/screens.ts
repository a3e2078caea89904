// Screens on the wall: a screen asks with a code, a supervisor approves it for one board, and it gets one session.
import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'
import type { Sessions } from '../http/index.ts'

/** `seenAt`: UTC ms of the last sign of life, null when it never came for its board. */
export type Screen = { id: string; name: string; boardId: string; approvedAt: number; seenAt: number | null }
export type Claim =
  | { state: 'unknown' | 'expired' }
  | { state: 'waiting'; code: string }
  | { state: 'approved'; boardId: string; token: string }

export const codeMs = 10 * 60_000
/** Whoever passes by may ask for a code: so many wait at most. */
const waitingAtMost = 500
/** No letter that reads like another from six metres, no vowels that make words. */
const letters = 'BCDFGHJKLMNPQRTVWXY346789'
const hashed = (secret: string) => createHash('sha256').update(secret).digest('hex')
const table = 'wallboard_screens'

/** As it was typed or spelled: case, spaces and dashes do not count. */
export const readCode = (typed: string) => typed.toUpperCase().replace(/[\s-]/g, '')

/** A screen that waits to be approved; undefined when too many do. The secret stays with the screen. */
export async function askForScreen(db: Database, at: number): Promise<{ secret: string; code: string } | undefined> {
  await db.knex(table).whereNull('approved_at').where('code_until', '<=', at).delete()
  const waiting = await db.knex(table).whereNull('approved_at').count({ n: '*' }).first()
  if (Number(waiting?.n) >= waitingAtMost) return undefined
  const secret = randomBytes(32).toString('base64url')
  const code = Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('')
  await db.knex(table).insert({ id: randomUUID(), secret_hash: hashed(secret), code, code_until: at + codeMs })
  return { secret, code }
}

/** The screen's id; undefined when no screen waits with that code (any more). The board must be of the scope. */
export async function approveScreen(
  db: Database,
  scope: Scope,
  wanted: { code: string; boardId: string; name: string; userId: number; at: number },
): Promise<string | undefined> {
  const waiting = () =>
    db.knex(table).where({ code: wanted.code }).whereNull('approved_at').where('code_until', '>', wanted.at)
  const row = await waiting().first('id')
  if (!row) return undefined
  const changed = await waiting().where({ id: row.id }).update({
    agency_id: scope.agencyId,
    board_id: wanted.boardId,
    name: wanted.name,
    approved_by: wanted.userId,
    approved_at: wanted.at,
    code: null,
  })
  return changed === 1 ? row.id : undefined
}

/** How it stands with the screen that has `secret`. Approved: a new session for it; the one it had before ends. */
export async function claimScreen(
  db: Database,
  secret: string,
  at: number,
  issue: (agencyId: number, name: string) => Promise<{ id: number; token: string }>,
  revoke: Sessions['revoke'],
): Promise<Claim> {
  const row = await db
    .knex(table)
    .where({ secret_hash: hashed(secret) })
    .first()
  if (!row) return { state: 'unknown' }
  if (row.approved_at === null)
    return Number(row.code_until) > at ? { state: 'waiting', code: row.code } : { state: 'expired' }
  const { id, token } = await issue(row.agency_id, row.name)
  const had = row.session_id as number | null
  const mine = await db.knex(table).where({ id: row.id, session_id: had }).update({ session_id: id })
  // Revoked, or asked twice at once: one session only.
  if (mine !== 1) {
    await revoke(id)
    return { state: 'unknown' }
  }
  if (had !== null) await revoke(had)
  return { state: 'approved', boardId: row.board_id, token }
}

/**
 * The only board that the session of a screen or of a link may show; '': none any more (another link was made); undefined: a person's
 * session.
 */
export async function boardOfSession(db: Database, scope: Scope, sessionId: number): Promise<string | undefined> {
  const row = await db.knex(table).where({ agency_id: scope.agencyId, session_id: sessionId }).first('board_id')
  if (row) return row.board_id
  const link = await db
    .knex('sessions as s')
    .leftJoin('wallboards as w', (on) => on.on('w.token_hash', 's.token_hash').andOnVal('w.agency_id', scope.agencyId))
    .where({ 's.id': sessionId, 's.kind': 'wallboard' })
    .first({ board: 'w.id' })
  return link && (link.board ?? '')
}

export async function listScreens(db: Database, scope: Scope): Promise<Screen[]> {
  const rows = await db
    .knex(table)
    .leftJoin('sessions', 'sessions.id', `${table}.session_id`)
    .where({ [`${table}.agency_id`]: scope.agencyId })
    .orderBy(`${table}.name`)
    .select(`${table}.id`, `${table}.name`, 'board_id', 'approved_at', 'last_seen_at')
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    boardId: row.board_id,
    approvedAt: Number(row.approved_at),
    seenAt: row.last_seen_at === null ? null : Number(row.last_seen_at),
  }))
}

/**
 * Gives a screen another board: its session ends, and it comes for a new one by itself. False when there is no such screen. The
 * board must be of the scope.
 */
export async function moveScreen(
  db: Database,
  scope: Scope,
  id: string,
  boardId: string,
  revoke: Sessions['revoke'],
): Promise<boolean> {
  const mine = () => db.knex(table).where({ agency_id: scope.agencyId, id })
  const row = await mine().first('session_id', 'board_id')
  if (!row) return false
  if (row.board_id === boardId) return true
  const changed = await mine().update({ board_id: boardId, session_id: null })
  if (changed > 0 && row.session_id !== null) await revoke(row.session_id)
  return changed > 0
}

/** Ends the screens `which` names (one, or all of a board); how many. Their pages go back to asking for a code. */
export async function revokeScreens(
  db: Database,
  scope: Scope,
  which: { id: string } | { board_id: string },
  revoke: Sessions['revoke'],
): Promise<number> {
  const rows = await db
    .knex(table)
    .where({ agency_id: scope.agencyId, ...which })
    .select('id')
  let ended = 0
  for (const { id } of rows) {
    // The row first: from then on the screen can claim no other session.
    const row = await db.knex(table).where({ id }).first('session_id')
    if (
      (await db
        .knex(table)
        .where({ id, session_id: row?.session_id ?? null })
        .delete()) !== 1
    ) {
      const later = await db.knex(table).where({ id }).first('session_id')
      await db.knex(table).where({ id }).delete()
      if (later?.session_id != null) await revoke(later.session_id)
    } else if (row?.session_id != null) await revoke(row.session_id)
    ended++
  }
  return ended
}
