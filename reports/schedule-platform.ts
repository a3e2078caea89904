// Schedules of reports over every agency: administrators of the platform make them and get them, and nobody else so much as sees them.
import type { FastifyRequest } from 'fastify'
import type { Database } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { reportRoles } from './access.ts'
import { platformReports } from './reports.ts'
import type { NewSchedule, Owner, Schedule } from './schedule-store.ts'

export const administratorsGroup = 'role:administrator' as const
export const isOfPlatform = ({ report }: Pick<NewSchedule, 'report'>): boolean =>
  platformReports.some(({ id }) => id === report)

/** Whether somebody may know of it, change it and send it. */
export const maySee = ({ session }: Pick<FastifyRequest, 'session'>, schedule: Pick<NewSchedule, 'report'>): boolean =>
  session.role === 'administrator' || !isOfPlatform(schedule)

/** Whether its owner still may, as they are by now; else no mail of ours tells them its name and whom it goes to. */
export const ownerSees = ({ role, agencyId }: Owner, schedule: Schedule): boolean =>
  role === 'administrator' || (reportRoles.includes(role) && agencyId === schedule.agencyId && !isOfPlatform(schedule))

/** Of these recipients the addresses of administrators of the platform, whatever their agency, and whoever is none. */
export async function administratorsAmong(
  db: Database,
  recipients: readonly string[],
): Promise<{ to: string[]; others: string[] }> {
  const emails: string[] = await db
    .knex('users')
    .where({ role: 'administrator', active: true })
    .whereNotNull('email')
    .whereNot('email', '')
    .orderBy('id')
    .pluck('email')
  const known = new Map(emails.map((one) => [one.toLowerCase(), one]))
  const typed = recipients.filter((one) => one !== administratorsGroup)
  const found = typed.flatMap((one) => known.get(one.toLowerCase()) ?? [])
  const group = recipients.includes(administratorsGroup) ? known.values() : []
  return {
    to: [...new Set([...found, ...group])],
    others: typed.filter((one) => !known.has(one.toLowerCase())),
  }
}

/** @throws AppError 400 where such a report would go to somebody who is no administrator of the platform */
export async function checkRecipients(db: Database, schedule: NewSchedule): Promise<void> {
  if (!isOfPlatform(schedule)) return
  const { others } = await administratorsAmong(db, schedule.recipients)
  if (others.length > 0)
    throw new AppError('schedule.invalid', 400, {}, { recipients: 'reports.invalid.administrators_only' })
}
