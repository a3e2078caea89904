import { createHash, randomBytes } from 'node:crypto'
import { type Database, insertId, type Scope, scopeOf } from '../database/index.ts'
import { passwordMatches } from './passwords.ts'
import { AppError, type Role, type Session } from './types.ts'

export const sessionCookie = 'vera_session'
/** The agency that an administrator chose to work in; ignored for everybody else. */
export const agencyCookie = 'vera_agency'

const sessionMs = 12 * 3_600_000
const tokenMs = 365 * 24 * 3_600_000

export type Revoked = { sessionId?: number; userId?: number }

/** Opaque tokens, of which the database keeps the SHA-256 only; one token serves HTTP, websockets and the editor. */
export type Sessions = {
  /** @throws AppError `session.wrong_credentials` (401) */
  signIn(username: string, password: string): Promise<{ token: string; session: Session }>
  /** A token for a program (`token`), a board on the wall (`wallboard`) or a person (`session`). */
  issue(
    scope: Scope,
    wanted: { userId: number; kind?: 'session' | 'token' | 'wallboard'; name?: string; ttlMs?: number },
  ): Promise<{ id: number; token: string; expiresAt: number }>
  byToken(token: string, agencyId?: number): Promise<Session | undefined>
  /** From a whole `Cookie` header. */
  byCookie(header: string | undefined): Promise<Session | undefined>
  /** From a request's headers: `Authorization: Bearer`, else the cookie. */
  byHeaders(headers: { cookie?: string; authorization?: string }): Promise<Session | undefined>
  /** Of these ids, those that may still be used. */
  alive(ids: readonly number[]): Promise<Set<number>>
  revoke(id: number): Promise<void>
  /** All sessions and tokens of a user: deactivated, password or role changed. */
  revokeUser(userId: number): Promise<void>
  /** Called after each revocation made in this process; returns how to stop. */
  onRevoked(listener: (whom: Revoked) => void): () => void
}

/** While the database is away, whoever was let in this lately may go on: the agents' buttons must work. */
const rememberedMs = 30 * 60_000
const rememberedAtMost = 2_000

const digest = (token: string) => createHash('sha256').update(token).digest('hex')

export function createSessions(db: Database, now: () => number = Date.now): Sessions {
  const listeners = new Set<(whom: Revoked) => void>()
  const tell = (whom: Revoked) => {
    forget(whom)
    for (const listener of listeners) listener(whom)
  }

  /** Latest last. */
  const remembered = new Map<string, { session: Session; seenAt: number; expiresAt: number }>()
  const forget = ({ sessionId, userId }: Revoked) => {
    for (const [key, { session }] of remembered)
      if (session.id === sessionId || session.userId === userId) remembered.delete(key)
  }
  const load = async (token: string, agencyId?: number): Promise<Session | undefined> => {
    if (!/^[\w-]{20,100}$/.test(token)) return undefined
    const key = `${digest(token)} ${agencyId ?? ''}`
    try {
      const found = await read(token, agencyId)
      remembered.delete(key)
      if (!found) return undefined
      remembered.set(key, { ...found, seenAt: now() })
      if (remembered.size > rememberedAtMost) remembered.delete(remembered.keys().next().value as string)
      return found.session
    } catch (error) {
      const known = remembered.get(key)
      const good = known && now() < known.expiresAt && now() - known.seenAt < rememberedMs
      if (!good || !db.dialect.isUnavailable(error)) throw error
      return known.session
    }
  }
  const read = async (
    token: string,
    agencyId?: number,
  ): Promise<{ session: Session; expiresAt: number } | undefined> => {
    const row = await db
      .knex('sessions')
      .join('users', 'users.id', 'sessions.user_id')
      .join('agencies', 'agencies.id', 'users.agency_id')
      .where({ 'sessions.token_hash': digest(token), 'users.active': true, 'agencies.active': true })
      .where('sessions.expires_at', '>', now())
      .first({
        id: 'sessions.id',
        last_seen_at: 'sessions.last_seen_at',
        expires_at: 'sessions.expires_at',
        user_id: 'users.id',
        username: 'users.username',
        name: 'users.name',
        role: 'users.role',
        language: 'users.language',
        extension: 'users.extension',
        agency_id: 'agencies.id',
        agency_name: 'agencies.name',
        time_zone: 'agencies.time_zone',
      })
    if (!row) return undefined
    if (now() - Number(row.last_seen_at) > 60_000) {
      await db.knex('sessions').where({ id: row.id }).update({ last_seen_at: now() })
    }
    const chosen =
      row.role === 'administrator' && agencyId !== undefined && agencyId !== row.agency_id
        ? await db.knex('agencies').where({ id: agencyId, active: true }).first('id', 'name', 'time_zone')
        : undefined
    const session: Session = {
      id: row.id,
      userId: row.user_id,
      username: row.username,
      name: row.name,
      role: row.role as Role,
      agencyId: chosen?.id ?? row.agency_id,
      agencyName: chosen?.name ?? row.agency_name,
      timeZone: chosen?.time_zone ?? row.time_zone,
      language: row.language === 'en-US' ? 'en-US' : 'es',
      extension: row.extension ?? undefined,
      scope: scopeOf(chosen?.id ?? row.agency_id),
    }
    return { session, expiresAt: Number(row.expires_at) }
  }

  const sessions: Sessions = {
    async signIn(username, password) {
      const user = await db
        .knex('users')
        .where({ username: username.trim().toLowerCase(), active: true })
        .first('id', 'agency_id', 'password_hash')
      if (!(await passwordMatches(password, user?.password_hash))) throw new AppError('session.wrong_credentials', 401)
      const { token } = await sessions.issue(scopeOf(user.agency_id), { userId: user.id })
      const session = await load(token)
      if (!session) throw new AppError('session.wrong_credentials', 401)
      return { token, session }
    },
    async issue(scope, { userId, kind = 'session', name, ttlMs = kind === 'session' ? sessionMs : tokenMs }) {
      const token = randomBytes(32).toString('base64url')
      const at = now()
      const id = await insertId(
        db.knex('sessions').insert({
          token_hash: digest(token),
          user_id: userId,
          agency_id: scope.agencyId,
          kind,
          name: name ?? null,
          created_at: at,
          expires_at: at + ttlMs,
          last_seen_at: at,
        }),
      )
      return { id, token, expiresAt: at + ttlMs }
    },
    byToken: load,
    async byCookie(header) {
      const cookies = readCookies(header)
      const token = cookies.get(sessionCookie)
      if (!token) return undefined
      const agency = Number(cookies.get(agencyCookie))
      return load(token, Number.isSafeInteger(agency) && agency > 0 ? agency : undefined)
    },
    async byHeaders({ cookie, authorization }) {
      if (authorization === undefined) return sessions.byCookie(cookie)
      const match = /^Bearer +([\w-]+)$/i.exec(authorization)
      return match ? load(match[1] as string) : undefined
    },
    async alive(ids) {
      if (ids.length === 0) return new Set()
      const rows = await db
        .knex('sessions')
        .join('users', 'users.id', 'sessions.user_id')
        .where('sessions.expires_at', '>', now())
        .where('users.active', true)
        .whereIn('sessions.id', ids as number[])
        .select({ id: 'sessions.id' })
      return new Set(rows.map((row) => row.id as number))
    },
    async revoke(id) {
      await db.knex('sessions').where({ id }).del()
      tell({ sessionId: id })
    },
    async revokeUser(userId) {
      await db.knex('sessions').where({ user_id: userId }).del()
      tell({ userId })
    },
    onRevoked(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return sessions
}

/** Name -> value of a `Cookie` header; the first of a name counts, so that a planted second one does nothing. */
export function readCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>()
  for (const part of (header ?? '').slice(0, 8_192).split(';')) {
    const at = part.indexOf('=')
    if (at < 1) continue
    const name = part.slice(0, at).trim()
    if (!cookies.has(name)) cookies.set(name, part.slice(at + 1).trim())
  }
  return cookies
}
