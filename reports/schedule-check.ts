import { AppError, type Role } from '../server/http/types.ts'
import { reportsFor } from './access.ts'
import { bundleFormats } from './bundle/index.ts'
import { ownWorkbookId } from './own-workbook/index.ts'
import { administratorsGroup, isOfPlatform } from './schedule-platform.ts'
import { type NewSchedule, periods } from './schedule-store.ts'
import { nextDue } from './schedule-times.ts'

export const groups = ['role:supervisor', 'role:agency_administrator', 'role:back_office'] as const

const address = /^[^\s@<>,;:"'()[\]\\]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i

/** Checks what somebody with that role typed. Throws `AppError` 400 with every wrong field. */
export function checkSchedule(input: NewSchedule, now: number, role?: Role): void {
  const fields: Record<string, string> = {}
  if (input.name.trim() === '' || input.name.length > 120) fields.name = 'reports.invalid.name'
  const known = reportsFor(role).some(({ id }) => id === input.report)
  if (!known && !ownWorkbookId(input.report)) fields.report = 'reports.invalid.report'
  if (!periods.includes(input.parameters.period)) fields.period = 'reports.invalid.relative_period'
  if (!Object.hasOwn(bundleFormats, input.format)) fields.format = 'reports.invalid.format'
  const named: readonly string[] = isOfPlatform(input) ? [administratorsGroup] : groups
  if (
    input.recipients.length === 0 ||
    input.recipients.length > 50 ||
    !input.recipients.every((one) => address.test(one) || named.includes(one))
  )
    fields.recipients =
      isOfPlatform(input) && input.recipients.some((one) => groups.some((group) => group === one))
        ? 'reports.invalid.administrators_only'
        : 'reports.invalid.recipients'
  try {
    const first = nextDue(input.cron, input.timeZone, now)
    const second = first && nextDue(input.cron, input.timeZone, first)
    if (!first) fields.cron = 'reports.invalid.never'
    else if (second && second - first < 3_600_000) fields.cron = 'reports.invalid.too_often'
  } catch {
    fields.cron = 'reports.invalid.cron'
  }
  if (Object.keys(fields).length > 0) throw new AppError('schedule.invalid', 400, {}, fields)
}
