// The only SQL of schedules' runs and their kept files: who has a run, how it ended, what was sent.
import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import { type Database, insertId, type Scope, scopeOf } from '../server/database/index.ts'
import type { Bundle } from './bundle/index.ts'
import { type Row, type Run, type RunKind, readSchedule, type Schedule, toRun } from './schedule-store.ts'

/** Takes a due run; undefined when it was taken before, by us or by another server, or when its schedule was deleted. */
export async function claimRun(
  db: Database,
  scope: Scope,
  scheduleId: number,
  dueAt: number,
  now: number,
  kind: RunKind = 'due',
): Promise<number | undefined> {
  try {
    return await db.knex.transaction(async (trx) => {
      // The schedule's row is held: a deletion either came before, and nothing begins, or finds this run.
      const living = trx('schedules').where({ agency_id: scope.agencyId, id: scheduleId }).whereNull('deleted_at')
      if (!(await living.forUpdate().first('id'))) return undefined
      return insertId(
        trx('schedule_runs').insert({
          agency_id: scope.agencyId,
          schedule_id: scheduleId,
          due_at: dueAt,
          started_at: now,
          state: 'running',
          kind,
        }),
      )
    })
  } catch (error) {
    if (db.dialect.isDuplicate(error)) return undefined
    throw error
  }
}

/** From here on no run of it begins, and what has not left does not leave; false when there is none. */
export async function deleteSchedule(db: Database, scope: Scope, id: number, now: number): Promise<boolean> {
  return db.knex.transaction(async (trx) => {
    const living = trx('schedules').where({ agency_id: scope.agencyId, id }).whereNull('deleted_at')
    if ((await living.update({ deleted_at: now, active: false })) === 0) return false
    await endDeleted(trx, now)
    return true
  })
}

/** Ends runs of deleted schedules that are not being sent: those being made, and those that would be tried again. */
export async function endDeleted(knex: Knex, now: number): Promise<void> {
  const unsent = () =>
    knex('schedule_runs')
      .whereIn('state', ['retry', 'running'])
      .where((one) => one.where('state', 'retry').orWhereNull('sending_at'))
  // Looked for first: an update that looks for its rows locks those of others on its way, who then wait for each other.
  const ids = await unsent()
    .whereIn('schedule_id', knex('schedules').whereNotNull('deleted_at').select('id'))
    .pluck('id')
  if (ids.length === 0) return
  await unsent()
    .whereIn('id', ids)
    .update({
      ...{ state: 'failed', error: 'el envío programado se borró antes de que saliera' },
      ...{ ended_at: now, next_try_at: null },
    })
}

/** Ends a run that is still running; false when somebody else ended it. */
export async function endRun(
  db: Database,
  scope: Scope,
  runId: number,
  end: { state: 'sent' | 'failed'; error?: string; receipt?: string; now: number },
): Promise<boolean> {
  const count = await db
    .knex('schedule_runs')
    .where({ agency_id: scope.agencyId, id: runId, state: 'running' })
    .update({
      state: end.state,
      error: end.error?.slice(0, 2000) ?? null,
      receipt: end.receipt?.slice(0, 2000) ?? null,
      ended_at: end.now,
    })
  return count > 0
}

/** Runs of which nothing was heard since `before`, neither that they began nor that they are being sent: their server died in the middle. */
export async function staleRuns(
  db: Database,
  before: number,
): Promise<{ run: Run; scope: Scope; schedule: Schedule }[]> {
  const rows = await db
    .knex('schedule_runs')
    .where({ state: 'running' })
    .where('started_at', '<', before)
    .where((heard) => heard.whereNull('sending_at').orWhere('sending_at', '<', before))
  return withSchedules(db, rows)
}

/**
 * From here on nobody else sends it; undefined when the run is no longer ours. `to`: whose addresses it may come back from. Answers with
 * the id of its mail, the same at each attempt, which holds what a notification that it came back must know.
 */
export async function beginSending(
  db: Database,
  scope: Scope,
  { id, attempts, to }: { id: number; attempts: number; to: readonly string[] },
  now: number,
): Promise<string | undefined> {
  const run = { agency_id: scope.agencyId, id }
  const mine = db.knex('schedule_runs').where({ ...run, state: 'running', attempts })
  const token = db.knex.raw('coalesce(mail_token, ?)', [randomBytes(16).toString('hex')])
  const change = { sending_at: now, sent_to: JSON.stringify(to), mail_token: token }
  if ((await mine.whereNull('sending_at').update(change)) === 0) return undefined
  const { mail_token } = await db.knex('schedule_runs').where(run).first('mail_token')
  return `<vera-${id}-${mail_token}@vera>`
}

/**
 * Nothing of this attempt has left: it is tried again at `at`. False when the run is in another attempt by now: whoever looked at it
 * before may not take it from the server that sends it.
 */
export async function retryRun(
  db: Database,
  scope: Scope,
  { id, attempts, sendingAt }: { id: number; attempts: number; sendingAt?: null },
  at: number,
  error: string,
) {
  const running = db.knex('schedule_runs').where({ agency_id: scope.agencyId, id, attempts, state: 'running' })
  if (sendingAt === null) running.whereNull('sending_at')
  const later = { state: 'retry', next_try_at: at, sending_at: null, error: error.slice(0, 2000) }
  return (await running.update(later)) > 0
}

/** Runs whose next try is due, the oldest first. Nobody has them yet: see `claimRetry`. */
export async function dueRetries(db: Database, now: number): Promise<{ run: Run; scope: Scope; schedule: Schedule }[]> {
  const rows = await db
    .knex('schedule_runs')
    .where({ state: 'retry' })
    .where('next_try_at', '<=', now)
    .orderBy('due_at')
  return withSchedules(db, rows)
}

/** Takes the next try of a run; undefined when another server has it. */
export async function claimRetry(db: Database, scope: Scope, run: Run, now: number): Promise<Run | undefined> {
  const next = { state: 'running' as const, attempts: run.attempts + 1 }
  const taken = await db
    .knex('schedule_runs')
    .where({ agency_id: scope.agencyId, id: run.id, state: 'retry', attempts: run.attempts })
    .update({ ...next, started_at: now, next_try_at: null })
  return taken > 0 ? { ...run, ...next, startedAt: now, nextTryAt: null } : undefined
}

async function withSchedules(db: Database, rows: readonly Row[]) {
  const found = []
  for (const row of rows) {
    const scope = scopeOf(Number(row.agency_id))
    const schedule = await readSchedule(db, scope, Number(row.schedule_id))
    if (schedule) found.push({ run: toRun(row), scope, schedule })
  }
  return found
}

/** The latest runs of a schedule with the names of their kept files. */
export async function listRuns(db: Database, scope: Scope, scheduleId: number, most = 50) {
  const runs = await db
    .knex('schedule_runs')
    .where({ agency_id: scope.agencyId, schedule_id: scheduleId })
    .orderBy('id', 'desc')
    .limit(most)
  const ids = runs.map((run: Row) => run.id as number)
  const files = await db
    .knex('schedule_files')
    .where({ agency_id: scope.agencyId })
    .whereIn('run_id', ids)
    .select('id', 'run_id', 'name')
  return runs.map((row: Row) => ({
    ...toRun(row),
    files: files
      .filter((file: Row) => file.run_id === row.id)
      .map((file: Row) => ({ id: Number(file.id), name: String(file.name) })),
  }))
}

/** Larger ones are not kept: the report can be made again. */
const mostKept = 8_000_000

export async function keepFiles(
  db: Database,
  scope: Scope,
  runId: number,
  files: Bundle['files'],
  now: number,
): Promise<void> {
  for (const { name, type, bytes } of files)
    if (bytes.length <= mostKept)
      await db.knex('schedule_files').insert({
        ...{ agency_id: scope.agencyId, run_id: runId, name, type, created_at: now },
        content: Buffer.from(bytes),
      })
}

export async function readFile(db: Database, scope: Scope, scheduleId: number, fileId: number) {
  const row = await db
    .knex('schedule_files as f')
    .join('schedule_runs as r', 'r.id', 'f.run_id')
    .where({
      'f.agency_id': scope.agencyId,
      'f.id': fileId,
      'r.agency_id': scope.agencyId,
      'r.schedule_id': scheduleId,
    })
    .first('f.name', 'f.type', 'f.content')
  return row && { name: String(row.name), type: String(row.type), bytes: row.content as Buffer }
}

export async function forgetFiles(db: Database, before: number): Promise<void> {
  await db.knex('schedule_files').where('created_at', '<', before).delete()
}
