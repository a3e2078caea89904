import type { Database, Scope } from '../../server/database/index.ts'
import type { Format } from '../run.ts'

export type State = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export type Export = {
  id: string
  agencyId: number
  userId: number
  report: string
  format: Format
  table: string | undefined
  query: Record<string, unknown>
  state: State
  server: string
  tries: number
  rowsDone: number
  rowsTotal: number | null
  bytes: number | null
  fileName: string | null
  fileType: string | null
  error: string | null
  errorValues: Record<string, string | number>
  createdAt: number
  endedAt: number | null
}

type Row = Record<string, string | number | null>
const toExport = (row: Row): Export => ({
  id: String(row.id),
  agencyId: Number(row.agency_id),
  userId: Number(row.user_id),
  report: String(row.report),
  format: row.format as Format,
  table: (row.table_name as string | null) ?? undefined,
  query: JSON.parse(String(row.parameters)),
  state: row.state as State,
  server: String(row.server),
  tries: Number(row.tries),
  rowsDone: Number(row.rows_done),
  rowsTotal: row.rows_total === null ? null : Number(row.rows_total),
  bytes: row.bytes === null ? null : Number(row.bytes),
  fileName: row.file_name as string | null,
  fileType: row.file_type as string | null,
  error: row.error as string | null,
  errorValues: row.error_values ? JSON.parse(String(row.error_values)) : {},
  createdAt: Number(row.created_at),
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
})

const active: State[] = ['waiting', 'running']

export type NewExport = Pick<Export, 'id' | 'userId' | 'report' | 'format' | 'table' | 'query' | 'server' | 'createdAt'>

export async function addExport({ knex }: Database, scope: Scope, one: NewExport): Promise<void> {
  await knex('exports').insert({
    id: one.id,
    agency_id: scope.agencyId,
    user_id: one.userId,
    report: one.report,
    format: one.format,
    table_name: one.table ?? null,
    parameters: JSON.stringify(one.query),
    state: 'waiting',
    server: one.server,
    created_at: one.createdAt,
    seen_at: one.createdAt,
  })
}

/** A person's own, the newest first. */
export async function listExports({ knex }: Database, scope: Scope, userId: number, limit = 100): Promise<Export[]> {
  const mine = knex('exports').where({ agency_id: scope.agencyId, user_id: userId })
  return (await mine.orderBy('created_at', 'desc').orderBy('id').limit(limit)).map(toExport)
}

export async function readExport(
  { knex }: Database,
  scope: Scope,
  userId: number,
  id: string,
): Promise<Export | undefined> {
  const row = await knex('exports').where({ agency_id: scope.agencyId, user_id: userId, id }).first()
  return row && toExport(row)
}

export async function countActive({ knex }: Database, scope: Scope, userId: number): Promise<number> {
  const [row] = await knex('exports')
    .where({ agency_id: scope.agencyId, user_id: userId })
    .whereIn('state', active)
    .count({ n: '*' })
  return Number(row?.n ?? 0)
}

/** False when it was over already. */
export async function cancelExport({ knex }: Database, scope: Scope, userId: number, id: string, now: number) {
  const own = knex('exports').where({ agency_id: scope.agencyId, user_id: userId, id }).whereIn('state', active)
  return (await own.update({ state: 'cancelled', ended_at: now })) > 0
}

export async function removeExport({ knex }: Database, scope: Scope, userId: number, id: string): Promise<boolean> {
  const own = knex('exports').where({ agency_id: scope.agencyId, user_id: userId, id }).whereNotIn('state', active)
  return (await own.delete()) > 0
}

/**
 * The oldest that waits for this server, or that another has left alone for `patienceMs`; claimed by a guarded update, so by
 * one server only.
 */
export async function claimExport({ knex }: Database, server: string, now: number, patienceMs: number) {
  const row = await knex('exports')
    .where('state', 'waiting')
    .where((whose) => whose.where('server', server).orWhere('seen_at', '<', now - patienceMs))
    .orderBy('created_at')
    .first()
  if (!row) return undefined
  const taken = await knex('exports')
    .where({ id: row.id, state: 'waiting', tries: row.tries })
    .update({ state: 'running', server, tries: row.tries + 1, seen_at: now, rows_done: 0 })
  return taken > 0 ? { ...toExport(row), server, tries: row.tries + 1 } : undefined
}

/** A sign of life and how far it is; false when it is no longer ours: cancelled, or taken for dead. */
export async function touchExport(
  { knex }: Database,
  { id, server, tries }: Export,
  now: number,
  progress: { rowsDone: number; rowsTotal: number | null } | undefined,
): Promise<boolean> {
  const ours = knex('exports').where({ id, state: 'running', server, tries })
  const seen = progress ? { rows_done: progress.rowsDone, rows_total: progress.rowsTotal } : {}
  return (await ours.update({ seen_at: now, ...seen })) > 0
}

export type Ending =
  | { state: 'done'; bytes: number; fileName: string; fileType: string; rowsDone: number; rowsTotal: number | null }
  | { state: 'failed'; error: string; values: Record<string, string | number> }
  | { state: 'waiting' }

/** False when it is no longer ours. */
export async function endExport({ knex }: Database, { id, server, tries }: Export, now: number, ending: Ending) {
  const more =
    ending.state === 'done'
      ? {
          bytes: ending.bytes,
          file_name: ending.fileName,
          file_type: ending.fileType,
          rows_done: ending.rowsDone,
          rows_total: ending.rowsTotal,
        }
      : ending.state === 'failed'
        ? { error: ending.error, error_values: JSON.stringify(ending.values) }
        : {}
  return (
    (await knex('exports')
      .where({ id, state: 'running', server, tries })
      .update({ state: ending.state, ended_at: ending.state === 'waiting' ? null : now, ...more })) > 0
  )
}

/**
 * Runs whose server went away: this one's own of an earlier life (`own`), or silent since `silentSince`. The first time they
 * wait again, the second they failed.
 */
export async function reviveExports(
  { knex }: Database,
  whose: { server: string } | { silentSince: number },
  now: number,
): Promise<void> {
  const lost = () => {
    const running = knex('exports').where('state', 'running')
    return 'server' in whose ? running.where('server', whose.server) : running.where('seen_at', '<', whose.silentSince)
  }
  await lost().where('tries', '<', 2).update({ state: 'waiting', rows_done: 0 })
  await lost().where('tries', '>=', 2).update({ state: 'failed', error: 'export.cut_short', ended_at: now })
}

/** Those ended before `before` go; their ids, whose files go too. */
export async function expireExports({ knex }: Database, before: number): Promise<string[]> {
  const old = await knex('exports').whereNotIn('state', active).where('ended_at', '<', before).limit(500).pluck('id')
  if (old.length > 0) await knex('exports').whereIn('id', old).delete()
  return old
}

/** Of these files' ids, those that belong to an export that is alive or done. */
export async function wantedIds({ knex }: Database, ids: string[]): Promise<Set<string>> {
  const found = await knex('exports').whereIn('id', ids).whereIn('state', ['running', 'done']).pluck('id')
  return new Set(found)
}
