import type { Database, Scope } from '../server/database/index.ts'
import { AppError, type Audit, type Role } from '../server/http/types.ts'
import type { Bounces } from './bounces/index.ts'
import type { Exports } from './exports/index.ts'
import type { Filled, FillJob } from './own-workbook/own-workbook.ts'
import type { Report } from './report.ts'
import { platformReports, reportOf, reports } from './reports.ts'
import type { Scheduler } from './schedule.ts'
import type { Simulations } from './staffing/simulations/index.ts'

export type ReportRoutesOptions = {
  db: Database
  scheduler: Scheduler
  /** What came back of what was mailed; without it nothing is read. */
  bounces?: Pick<Bounces, 'state'>
  /** Without it queues that share agents are not simulated. */
  simulations?: Simulations
  audit?: Audit
  now?: () => number
  /** Long files in a thread of their own; without it all is made here. */
  exports?: Exports
  /** Somebody's own workbook in a thread; without it here. */
  fillWorkbook?: (scope: Scope, job: FillJob) => Promise<Filled>
  /** For the links in files. */
  publicUrl?: string
}

export const reportRoles: readonly Role[] = ['administrator', 'agency_administrator', 'supervisor', 'integration']

/** Those that somebody with such a role sees. */
export const reportsFor = (role: Role | undefined): readonly Report[] =>
  role === 'administrator' ? [...platformReports, ...reports] : reports

/** Throws `AppError` 404 for a report that is none, or none for that role. */
export function knownReport(id: string, role?: Role): Report {
  const report = reportOf(id) ?? reportsFor(role).find((one) => one.id === id)
  if (!report) throw new AppError('report.not_found', 404)
  return report
}
