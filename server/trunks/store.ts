import { type Database, insertId, type Scope } from '../database/index.ts'
import { AppError } from '../http/index.ts'
import { cidr, type TrunkInput } from './check.ts'

export type Trunk = Omit<TrunkInput, 'password'> & { id: number; hasPassword: boolean }
/** A number that citizens dial, and through which line it comes. */
export type TrunkNumber = {
  id: number
  number: string
  description: string
  agencyId: number
  agencyName: string
  trunkId: number | undefined
}
/** Calls of a line since some instant. */
export type Attempts = { inbound: number; inboundAnswered: number; outbound: number; outboundAnswered: number }

/**
 * The only SQL of `gateways`, and the line of each number. Lines are the whole centre's: only administrators get here,
 * and `scope` is the agency that they work in.
 */
export function trunkStore(db: Database) {
  const rowOf = (row: Record<string, unknown>): Trunk & { sealed: string | undefined } => ({
    id: row.id as number,
    agencyId: (row.agency_id as number | null) ?? undefined,
    name: row.name as string,
    host: row.host as string,
    port: row.port as number,
    transport: row.transport as Trunk['transport'],
    register: Boolean(row.register),
    username: row.username as string,
    hasPassword: row.password !== null,
    callerId: row.caller_id as string,
    codecs: (row.codecs as string).split(','),
    maxLines: row.max_lines as number,
    callsPerSecond: row.calls_per_second as number,
    position: row.position as number,
    addresses: JSON.parse(row.addresses as string) as string[],
    enabled: Boolean(row.enabled),
    sealed: (row.password as string | null) ?? undefined,
  })
  const columns = (input: TrunkInput, sealed: string | undefined, now: number) => ({
    agency_id: input.agencyId ?? null,
    name: input.name,
    host: input.host.toLowerCase(),
    port: input.port,
    transport: input.transport,
    register: input.register,
    username: input.username,
    ...(sealed === undefined ? {} : { password: sealed }),
    caller_id: input.callerId,
    codecs: input.codecs.join(','),
    max_lines: input.maxLines,
    calls_per_second: input.callsPerSecond,
    position: input.position,
    addresses: JSON.stringify(input.addresses.map(cidr)),
    enabled: input.enabled,
    updated_at: now,
  })
  const taken = (error: unknown): never => {
    if (db.dialect.isDuplicate(error)) throw new AppError('trunk.name_taken', 409, {}, { name: 'trunk.name_taken' })
    throw error
  }
  return {
    all: async () => (await db.knex('gateways').orderBy('position').orderBy('name')).map(rowOf),
    async get(id: number) {
      const row = await db.knex('gateways').where({ id }).first()
      if (!row) throw new AppError('trunk.not_found', 404)
      return rowOf(row)
    },
    create: (input: TrunkInput, sealed: string | undefined, now: number) =>
      insertId(db.knex('gateways').insert(columns(input, sealed, now))).catch(taken),
    update: async (id: number, input: TrunkInput, sealed: string | undefined, now: number) =>
      void (await db
        .knex('gateways')
        .where({ id })
        .update(columns(input, sealed, now))
        .catch(taken)),
    async remove(id: number): Promise<void> {
      await db.knex('numbers').where({ gateway_id: id }).update({ gateway_id: null })
      if ((await db.knex('gateways').where({ id }).del()) === 0) throw new AppError('trunk.not_found', 404)
    },
    agencyExists: async (id: number) => (await db.knex('agencies').where({ id }).first('id')) !== undefined,
    agencies: async (): Promise<{ id: number; name: string }[]> =>
      db.knex('agencies').where({ active: true }).orderBy('name').select('id', 'name'),
    async numbers(): Promise<TrunkNumber[]> {
      const rows = await db
        .knex('numbers')
        .join('agencies', 'agencies.id', 'numbers.agency_id')
        .orderBy('numbers.number')
        .select('numbers.*', { agencyName: 'agencies.name' })
      return rows.map((row) => ({
        id: row.id,
        number: row.number,
        description: row.description,
        agencyId: row.agency_id,
        agencyName: row.agencyName,
        trunkId: row.gateway_id ?? undefined,
      }))
    },
    linkNumber: async (_scope: Scope, id: number, trunkId: number | undefined): Promise<boolean> =>
      (await db
        .knex('numbers')
        .where({ id })
        .update({ gateway_id: trunkId ?? null })) > 0,
    /** Of each line by its name, of the calls that began at `from` (ms) or later. */
    async attempts(from: number): Promise<Map<string, Attempts>> {
      const rows = await db
        .knex('interactions')
        .where('created_at', '>=', from)
        .where({ channel: 'voice' })
        .whereNotNull('gateway')
        .groupBy('gateway', 'direction')
        .select('gateway', 'direction')
        .count({ n: '*', answered: 'answered_at' })
      const found = new Map<string, Attempts>()
      for (const row of rows as unknown as Record<string, string | number>[]) {
        const name = String(row.gateway)
        const one = found.get(name) ?? { inbound: 0, inboundAnswered: 0, outbound: 0, outboundAnswered: 0 }
        if (row.direction === 'outbound') {
          one.outbound += Number(row.n)
          one.outboundAnswered += Number(row.answered)
        } else {
          one.inbound += Number(row.n)
          one.inboundAnswered += Number(row.answered)
        }
        found.set(name, one)
      }
      return found
    },
  }
}
export type TrunkStore = ReturnType<typeof trunkStore>
