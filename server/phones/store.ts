import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'

/** An extension, who works with it and what its phone is set to. */
export type PhoneRow = {
  agencyId: number
  userId: number
  name: string
  extension: string
  a1Hash: string | undefined
  autoAnswer: boolean
  rotatedAt: number | undefined
}
export type BlockedSource = {
  address: string
  failures: number
  lastUsername: string
  blockedAt: number
  until: number
}

/** The only SQL of phones, phone_sessions and blocked_sources. Hashes count for `domain` only. */
export function phoneStore(db: Database, domain: string) {
  const rows = () =>
    db
      .knex('users')
      .leftJoin('phones', 'phones.extension', 'users.extension')
      .where('users.active', true)
      .whereNotNull('users.extension')
      .select(
        { agencyId: 'users.agency_id', userId: 'users.id', name: 'users.name', extension: 'users.extension' },
        { a1Hash: 'phones.a1_hash', hashDomain: 'phones.domain', owner: 'phones.agency_id' },
        { autoAnswer: 'phones.auto_answer', rotatedAt: 'phones.rotated_at' },
      )
  const rowOf = (row: Record<string, unknown>): PhoneRow => {
    // An extension that went over to another agency keeps nothing of the former one.
    const own = row.owner === row.agencyId
    const hash = own && row.hashDomain === domain ? (row.a1Hash as string | null) : null
    return {
      agencyId: row.agencyId as number,
      userId: row.userId as number,
      name: row.name as string,
      extension: row.extension as string,
      a1Hash: hash ?? undefined,
      autoAnswer: own && Boolean(row.autoAnswer),
      rotatedAt: hash ? Number(row.rotatedAt) : undefined,
    }
  }
  const sessions = (now: number) => db.knex('phone_sessions').where('expires_at', '>', now).where({ domain })
  return {
    list: async (scope: Scope): Promise<PhoneRow[]> =>
      (await rows().where('users.agency_id', scope.agencyId).orderBy('users.extension')).map(rowOf),
    /** Of every agency: for the switch. */
    all: async (): Promise<PhoneRow[]> => (await rows().orderBy('users.extension')).map(rowOf),
    async byExtension(extension: string): Promise<PhoneRow | undefined> {
      const row = await rows().where('users.extension', extension).first()
      return row && rowOf(row)
    },
    async byUser(userId: number): Promise<PhoneRow | undefined> {
      const row = await rows().where('users.id', userId).first()
      return row && rowOf(row)
    },
    async put(scope: Scope, extension: string, change: { a1Hash?: string; autoAnswer?: boolean }, now: number) {
      const row = {
        agency_id: scope.agencyId,
        ...(change.a1Hash === undefined ? {} : { a1_hash: change.a1Hash, domain, rotated_at: now }),
        ...(change.autoAnswer === undefined ? {} : { auto_answer: change.autoAnswer }),
      }
      // What another agency had set for the extension goes with it.
      await db
        .knex('phones')
        .where({ extension })
        .whereNot({ agency_id: scope.agencyId })
        .update({ a1_hash: null, domain: null, rotated_at: null, auto_answer: false, agency_id: scope.agencyId })
      await db
        .knex('phones')
        .insert({ extension, ...row })
        .onConflict('extension')
        .merge(row)
    },
    async addSession(scope: Scope, extension: string, a1: string, now: number, expiresAt: number): Promise<void> {
      await db.knex('phone_sessions').where('expires_at', '<=', now).del()
      await db.knex('phone_sessions').insert({
        id: randomUUID(),
        agency_id: scope.agencyId,
        extension,
        domain,
        a1_hash: a1,
        created_at: now,
        expires_at: expiresAt,
      })
    },
    /** The newest first: two tabs, or a page just loaded again, may each have one. */
    async sessionHashes(scope: Scope, extension: string, now: number): Promise<string[]> {
      const found = await sessions(now)
        .where({ agency_id: scope.agencyId, extension })
        .orderBy('created_at', 'desc')
        .limit(5)
        .select('a1_hash')
      return found.map((row) => row.a1_hash as string)
    },
    /** Extension -> its newest, of all agencies: for the switch. */
    async newestHashes(now: number): Promise<Map<string, string>> {
      const found = await sessions(now).orderBy('created_at').select('extension', 'a1_hash')
      return new Map(found.map((row) => [row.extension as string, row.a1_hash as string]))
    },
    async dropSessions(scope: Scope, extension: string): Promise<void> {
      await db.knex('phone_sessions').where({ agency_id: scope.agencyId, extension }).del()
    },
    async blocked(now: number): Promise<BlockedSource[]> {
      const found = await db.knex('blocked_sources').where('until', '>', now).orderBy('blocked_at', 'desc').limit(500)
      return found.map((row) => ({
        address: row.address,
        failures: row.failures,
        lastUsername: row.last_username,
        blockedAt: Number(row.blocked_at),
        until: Number(row.until),
      }))
    },
    /** False: another server has already done it. */
    async block({ address, failures, lastUsername, blockedAt, until }: BlockedSource): Promise<boolean> {
      const row = { failures, last_username: lastUsername, blocked_at: blockedAt, until }
      const renewed = await db.knex('blocked_sources').where({ address }).where('until', '<=', blockedAt).update(row)
      if (renewed > 0) return true
      try {
        await db.knex('blocked_sources').insert({ address, ...row })
        return true
      } catch (error) {
        if (db.dialect.isDuplicate(error)) return false
        throw error
      }
    },
    unblock: async (address: string): Promise<boolean> =>
      (await db.knex('blocked_sources').where({ address }).del()) > 0,
  }
}
export type PhoneStore = ReturnType<typeof phoneStore>
