import { type Database, insertId, type Scope, scopeOf } from '../server/database/index.ts'
import type { Role } from '../server/http/types.ts'
import type { BundleFormat } from './bundle/index.ts'

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
  /** Since then it is never sent; its history stays. */
  deletedAt: number | null
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

export type Row = Record<string, string | number>

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
  deletedAt: row.deleted_at === null ? null : Number(row.deleted_at),
})

export const toRun = (row: Row): Run => ({
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

/** Also one that was deleted. */
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
    .whereNull('schedules.deleted_at')
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
  return change(db, scope, id, active ? { active, created_at: now } : { active })
}

/** False: there is no such schedule. */
export async function setName(db: Database, scope: Scope, id: number, name: string): Promise<boolean> {
  return change(db, scope, id, { name })
}

/** Nobody changes what was deleted. */
async function change(db: Database, scope: Scope, id: number, changes: object): Promise<boolean> {
  const living = db.knex('schedules').where({ agency_id: scope.agencyId, id }).whereNull('deleted_at')
  return (await living.update(changes)) > 0
}

/** Those deleted since then, the latest first. */
export async function listDeleted(
  db: Database,
  scope: Scope,
  since: number,
): Promise<{ id: number; name: string; report: string; deletedAt: number }[]> {
  const rows = await db
    .knex('schedules')
    .where('agency_id', scope.agencyId)
    .where('deleted_at', '>', since)
    .orderBy('deleted_at', 'desc')
    .select('id', 'name', 'report', 'deleted_at')
  return rows.map((row: Row) => ({
    id: Number(row.id),
    name: String(row.name),
    report: String(row.report),
    deletedAt: Number(row.deleted_at),
  }))
}

export async function setRecipients(
  db: Database,
  scope: Scope,
  id: number,
  recipients: readonly string[],
): Promise<boolean> {
  return change(db, scope, id, { recipients: JSON.stringify(recipients) })
}

/** Every agency's active schedules with the instant of their latest due run; the platform's own work. */
export async function activeSchedules(
  db: Database,
): Promise<{ schedule: Schedule; scope: Scope; lastDue: number | null }[]> {
  const rows = await db.knex('schedules').where({ active: true }).whereNull('deleted_at')
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

export type Owner = { name: string; email: string | null; active: boolean; language: 'es' | 'en-US' } & {
  /** An administrator is one of the platform, and works for any agency. */
  role: Role
  agencyId: number
}
export async function readOwner(db: Database, ownerId: number): Promise<Owner | undefined> {
  const row = await db
    .knex('users')
    .where({ id: ownerId })
    .first('name', 'email', 'active', 'language', 'role', 'agency_id')
  if (!row) return undefined
  return {
    role: row.role,
    agencyId: row.agency_id,
    name: row.name,
    email: row.email,
    active: Boolean(row.active),
    language: row.language === 'en-US' ? 'en-US' : 'es',
  }
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

/** Days that the agency's calendars name: one opens if any of them opens on it. */
export async function readOwnDays(db: Database, scope: Scope): Promise<Map<string, boolean>> {
  const rows = await db.knex('calendar_days').where({ agency_id: scope.agencyId }).select('day', 'opens', 'closes')
  const days = new Map<string, boolean>()
  for (const { day, opens, closes } of rows) days.set(day, Boolean(days.get(day) || (opens && closes)))
  return days
}
