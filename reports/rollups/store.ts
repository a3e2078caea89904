// The only SQL over the roll-ups.
import type { Knex } from 'knex'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Interval } from '../metrics/index.ts'
import { type Block, blockOf, packBlock } from './block.ts'
import { type Family, families, type KeyedTotals, type Where } from './families.ts'

export type Size = '15m' | 'day'
/** All intervals that end up to `until` are rolled up, but for the marked ones; days were cut in `timeZone`. */
export type Progress = { until: number; version: number; timeZone: string }
export type Mark = { size: Size; beginsAt: number; version: number }
export async function readProgress(knex: Knex, { agencyId }: Scope): Promise<Progress | undefined> {
  const row = await knex('rollup_progress').where({ agency_id: agencyId }).first()
  return row && { until: Number(row.until), version: row.version, timeZone: row.time_zone }
}

/** Moves on from `before` (undefined: the first time). False: another server did it meanwhile. */
export async function saveProgress(
  trx: Knex,
  { agencyId }: Scope,
  before: Progress | undefined,
  now: Progress,
): Promise<boolean> {
  const row = { until: now.until, version: now.version, time_zone: now.timeZone }
  if (before) {
    const where = { agency_id: agencyId, until: before.until, version: before.version, time_zone: before.timeZone }
    return (await trx('rollup_progress').where(where).update(row)) > 0
  }
  const made = await trx('rollup_progress')
    .insert({ agency_id: agencyId, ...row })
    .onConflict('agency_id')
    .ignore()
  return (made as unknown as number[]).length > 0
}

export async function readMarks(knex: Knex, { agencyId }: Scope, within?: Interval, limit?: number): Promise<Mark[]> {
  const query = knex('rollup_marks').where({ agency_id: agencyId }).orderBy('begins_at')
  if (within) query.where('begins_at', '>=', within.from).where('begins_at', '<', within.to)
  if (limit) query.limit(limit)
  const rows = await query.select('size', 'begins_at', 'version')
  return rows.map((row) => ({ size: row.size, beginsAt: Number(row.begins_at), version: row.version }))
}

/** Marks intervals to be counted again. In their order, so that two servers do not wait for each other crosswise. */
export async function addMarks(trx: Knex, { agencyId }: Scope, size: Size, begins: Iterable<number>): Promise<void> {
  for (const beginsAt of [...new Set(begins)].sort((a, b) => a - b))
    await trx('rollup_marks')
      .insert({ agency_id: agencyId, size, begins_at: beginsAt, version: 1 })
      .onConflict(['agency_id', 'size', 'begins_at'])
      .merge({ version: trx.raw('rollup_marks.version + 1') })
}

/** Takes a mark away, unless it was made again since it was read. */
export async function dropMark(trx: Knex, { agencyId }: Scope, { size, beginsAt, version }: Mark): Promise<void> {
  await trx('rollup_marks').where({ agency_id: agencyId, size, begins_at: beginsAt, version }).del()
}

/** So much goes in one statement: a quarter of what MariaDB takes at least, bytes. */
const bytesAtOnce = 1_000_000
const rowsAtOnce = 200

/** Puts the totals of intervals in the place of what was kept of them. */
export async function replaceTotals(
  trx: Knex,
  { agencyId }: Scope,
  size: Size,
  intervals: readonly { beginsAt: number; family: Family; totals: KeyedTotals[] }[],
  begins: { from: number; to: number },
): Promise<void> {
  await trx('interval_blocks')
    .where({ agency_id: agencyId, size })
    .whereIn('family', families)
    .where('begins_at', '>=', begins.from)
    .where('begins_at', '<', begins.to)
    .del()
  let rows: object[] = []
  let bytes = 0
  const write = async () => {
    if (rows.length > 0) await trx('interval_blocks').insert(rows)
    rows = []
    bytes = 0
  }
  for (const { beginsAt, family, totals } of intervals)
    for (const [block, keys] of Map.groupBy(totals, ({ subject }) => blockOf(subject))) {
      const packed = packBlock(keys)
      rows.push({ agency_id: agencyId, size, family, begins_at: beginsAt, block, ...packed })
      bytes += packed.sums.length + packed.waits.length
      if (rows.length >= rowsAtOnce || bytes >= bytesAtOnce) await write()
    }
  await write()
}

/** What was kept of the intervals of a size that begin within `begins`, in their order; `waits` only where they are wanted. */
export async function readBlocks(
  knex: Knex,
  { agencyId }: Scope,
  size: Size,
  family: Family,
  begins: Interval,
  { where = {}, waits = true }: { where?: Where; waits?: boolean } = {},
): Promise<({ beginsAt: number; sums: Block['sums'] } & Partial<Block>)[]> {
  const query = knex('interval_blocks')
    .where({ agency_id: agencyId, size, family })
    .where('begins_at', '>=', begins.from)
    .where('begins_at', '<', begins.to)
  if (where.subject !== undefined) query.where('block', blockOf(where.subject))
  return query
    .orderBy(['begins_at', 'block'])
    .select({ beginsAt: 'begins_at' }, 'sums', ...(waits ? ['waits'] : []))
    .then((rows) => rows.map((row) => ({ ...row, beginsAt: Number(row.beginsAt) })))
}

/** Forgets all that was kept of an agency: what was written past the journal is read anew. */
export async function forgetTotals(db: Database, { agencyId }: Scope): Promise<void> {
  await db.transaction(async (trx) => {
    for (const table of ['rollup_progress', 'rollup_marks', 'interval_blocks'])
      await trx(table).where({ agency_id: agencyId }).del()
  })
}

/** The first instant of which an agency has any fact; undefined: none. */
export async function firstFact(knex: Knex, { agencyId }: Scope): Promise<number | undefined> {
  const [call] = await knex('interactions').where({ agency_id: agencyId }).min({ at: 'created_at' })
  const [state] = await knex('agent_states').where({ agency_id: agencyId }).min({ at: 'began_at' })
  const found = [call?.at, state?.at].filter((at) => at !== null && at !== undefined).map(Number)
  return found.length > 0 ? Math.min(...found) : undefined
}
