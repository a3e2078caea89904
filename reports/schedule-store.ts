import { type Database, insertId, type Scope, scopeOf } from '../server/database/index.ts'
import type { Bundle, BundleFormat } from './bundle/index.ts'

export type Period = 'today' | 'yesterday' | 'last_week' | 'last_month'
export const periods: readonly Period[] = ['today', 'yesterday', 'last_week', 'last_month']

/** `period` is counted from the instant a run is due; the rest is the report's own query. */
export type ScheduleParameters = { period: Period } & Record<string, string>

export type NewSchedule = {
  name: string
  report: string
  parameters: ScheduleParameters
  cron: string
  timeZone: string
  format: BundleFormat
  /** Addresses, and groups: `role:supervisor` is every active supervisor of the agency that has an address. */
  recipients: string[]
}

export type Schedule = NewSchedule & {
  id: number
  agencyId: number
  ownerId: number
  active: boolean
  /** From when on runs are due: its creation, or the last time it was switched on. */
  since: number
}

export type Run = {
  id: number
  scheduleId: number
  dueAt: number
  startedAt: number
  endedAt: number | null
  state: 'running' | 'retry' | 'sent' | 'failed'
  error: string | null
  kind: RunKind
  attempts: number
  nextTryAt: number | null
  /** Since then the mail server is being spoken to: nobody may send it again. */
  sendingAt: number | null
  receipt: string | null
}

export type RunKind = 'due' | 'now' | 'sample'

type Row = Record<string, string | number>

const toSchedule = (row: Row): Schedule => ({
  id: Number(row.id),
  agencyId: Number(row.agency_id),
  ownerId: Number(row.owner_id),
  name: String(row.name),
  report: String(row.report),
  parameters: JSON.parse(String(row.parameters)),
  cron: String(row.cron),
  timeZone: String(row.time_zone),
  format: row.format as BundleFormat,
  recipients: JSON.parse(String(row.recipients)),
  active: Boolean(row.active),
  since: Number(row.created_at),
})

const toRun = (row: Row): Run => ({
  id: Number(row.id),
  scheduleId: Number(row.schedule_id),
  dueAt: Number(row.due_at),
  startedAt: Number(row.started_at),
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
  state: row.state as Run['state'],
  error: row.error === null ? null : String(row.error),
  kind: row.kind as RunKind,
  attempts: Number(row.attempts),
  nextTryAt: row.next_try_at === null ? null : Number(row.next_try_at),
  sendingAt: row.sending_at === null ? null : Number(row.sending_at),
  receipt: row.receipt === null ? null : String(row.receipt),
})

export async function createSchedule(
  db: Database,
  scope: Scope,
  ownerId: number,
  schedule: NewSchedule,
  now: number,
): Promise<number> {
  return insertId(
    db.knex('schedules').insert({
      agency_id: scope.agencyId,
      owner_id: ownerId,
      name: schedule.name,
      report: schedule.report,
      parameters: JSON.stringify(schedule.parameters),
      cron: schedule.cron,
      time_zone: schedule.timeZone,
      format: schedule.format,
      recipients: JSON.stringify(schedule.recipients),
      active: true,
      created_at: now,
    }),
  )
}

export async function readSchedule(db: Database, scope: Scope, id: number): Promise<Schedule | undefined> {
  const row = await db.knex('schedules').where({ agency_id: scope.agencyId, id }).first()
  return row && toSchedule(row)
}

/** The agency's schedules with their latest run. */
export async function listSchedules(
  db: Database,
  scope: Scope,
): Promise<(Schedule & { owner: string; last: Run | undefined })[]> {
  const rows = await db
    .knex('schedules')
    .join('users', 'users.id', 'schedules.owner_id')
    .where('schedules.agency_id', scope.agencyId)
    .orderBy('schedules.name')
    .select('schedules.*', 'users.name as owner_name')
  const runs = await db
    .knex('schedule_runs')
    .where('agency_id', scope.agencyId)
    .whereIn('id', db.knex('schedule_runs').where('agency_id', scope.agencyId).groupBy('schedule_id').max('id'))
  const last = new Map(runs.map((run: Row) => [Number(run.schedule_id), toRun(run)]))
  return rows.map((row: Row) => ({
    ...toSchedule(row),
    owner: String(row.owner_name),
    last: last.get(Number(row.id)),
  }))
}

/** Switching on counts from now: what was due while it was off is not sent. False: there is no such schedule. */
export async function setActive(
  db: Database,
  scope: Scope,
  id: number,
  active: boolean,
  now: number,
): Promise<boolean> {
  const count = await db
    .knex('schedules')
    .where({ agency_id: scope.agencyId, id })
    .update(active ? { active, created_at: now } : { active })
  return count > 0
}

/** Every agency's active schedules with the instant of their latest due run; the platform's own work. */
export async function activeSchedules(
  db: Database,
): Promise<{ schedule: Schedule; scope: Scope; lastDue: number | null }[]> {
  const rows = await db.knex('schedules').where({ active: true })
  const dues = await db
    .knex('schedule_runs')
    // One sent by hand says nothing about what is due.
    .where('kind', 'due')
    .groupBy('schedule_id')
    .select('schedule_id')
    .max({ due: 'due_at' })
  const last = new Map(dues.map((row: Row) => [Number(row.schedule_id), Number(row.due)]))
  return rows.map((row: Row) => {
    const schedule = toSchedule(row)
    return { schedule, scope: scopeOf(schedule.agencyId), lastDue: last.get(schedule.id) ?? null }
  })
}

/** Takes a due run; undefined when it was taken before, by us or by another server. */
export async function claimRun(
  db: Database,
  scope: Scope,
  scheduleId: number,
  dueAt: number,
  now: number,
  kind: RunKind = 'due',
): Promise<number | undefined> {
  try {
    return await insertId(
      db.knex('schedule_runs').insert({
        agency_id: scope.agencyId,
        schedule_id: scheduleId,
        due_at: dueAt,
        started_at: now,
        state: 'running',
        kind,
      }),
    )
  } catch (error) {
    if (db.dialect.isDuplicate(error)) return undefined
    throw error
  }
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

/** Runs that began before `before` and never ended: their server died in the middle. */
export async function staleRuns(
  db: Database,
  before: number,
): Promise<{ run: Run; scope: Scope; schedule: Schedule }[]> {
  const rows = await db.knex('schedule_runs').where({ state: 'running' }).where('started_at', '<', before)
  const found = []
  for (const row of rows) {
    const scope = scopeOf(Number(row.agency_id))
    const schedule = await readSchedule(db, scope, Number(row.schedule_id))
    if (schedule) found.push({ run: toRun(row), scope, schedule })
  }
  return found
}

export async function readOwner(
  db: Database,
  scope: Scope,
  ownerId: number,
): Promise<{ name: string; email: string | null; active: boolean } | undefined> {
  const row = await db.knex('users').where({ agency_id: scope.agencyId, id: ownerId }).first('name', 'email', 'active')
  return row && { name: row.name, email: row.email, active: Boolean(row.active) }
}

/** From here on nobody else sends it; false when the run is no longer ours. */
export async function beginSending(db: Database, scope: Scope, runId: number, attempts: number, now: number) {
  const mine = db.knex('schedule_runs').where({ agency_id: scope.agencyId, id: runId, state: 'running', attempts })
  return (await mine.whereNull('sending_at').update({ sending_at: now })) > 0
}

/** Nothing has left: it is tried again at `at`. */
export async function retryRun(db: Database, scope: Scope, runId: number, at: number, error: string) {
  const running = db.knex('schedule_runs').where({ agency_id: scope.agencyId, id: runId, state: 'running' })
  const later = { state: 'retry', next_try_at: at, sending_at: null, error: error.slice(0, 2000) }
  return (await running.update(later)) > 0
}

/** Runs whose next try is due, each taken by one server only. */
export async function claimRetries(
  db: Database,
  now: number,
): Promise<{ run: Run; scope: Scope; schedule: Schedule }[]> {
  const rows = await db
    .knex('schedule_runs')
    .where({ state: 'retry' })
    .where('next_try_at', '<=', now)
    .orderBy('due_at')
  const found = []
  for (const row of rows) {
    const attempts = Number(row.attempts) + 1
    const taken = await db
      .knex('schedule_runs')
      .where({ id: row.id, state: 'retry', attempts: row.attempts })
      .update({ state: 'running', attempts, started_at: now, next_try_at: null })
    const scope = scopeOf(Number(row.agency_id))
    const schedule = taken > 0 ? await readSchedule(db, scope, Number(row.schedule_id)) : undefined
    if (schedule) found.push({ run: toRun({ ...row, state: 'running', attempts, started_at: now }), scope, schedule })
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

/** Groups become addresses; each address once. */
export async function readAddresses(db: Database, scope: Scope, recipients: readonly string[]): Promise<string[]> {
  const roles = recipients.flatMap((one) => (one.startsWith('role:') ? [one.slice(5)] : []))
  const people: string[] =
    roles.length === 0
      ? []
      : await db
          .knex('users')
          .where({ agency_id: scope.agencyId, active: true })
          .whereIn('role', roles)
          .whereNotNull('email')
          .pluck('email')
  const all = [...recipients.filter((one) => !one.startsWith('role:')), ...people.filter((one) => one !== '')]
  return [...new Map(all.map((one) => [one.toLowerCase(), one])).values()]
}
