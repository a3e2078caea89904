import { agenciesReport } from './agencies/report.ts'
import { agentsReport } from './agents/report.ts'
import { answeredReport } from './answered/report.ts'
import { callsReport } from './calls/report.ts'
import { campaignsReport } from './campaigns/report.ts'
import { dayReport } from './day/report.ts'
import { evaluationsReport } from './evaluations/report.ts'
import { ivrReport } from './ivr/report.ts'
import { linesReport } from './lines/report.ts'
import { lostReport } from './lost/report.ts'
import { queuesReport } from './queues/report.ts'
import { recordingsReport } from './recordings/report.ts'
import type { Report } from './report.ts'
import { serviceLevelReport } from './service-level/report.ts'
import { staffingReport } from './staffing/report.ts'
import { ticketsReport } from './tickets/report.ts'
import { topicsReport } from './topics/report.ts'
import { waitsReport } from './waits/report.ts'

/** All reports, in the order of the menu. A new one is added here. */
export const reports: readonly Report[] = [
  dayReport,
  queuesReport,
  answeredReport,
  lostReport,
  serviceLevelReport,
  waitsReport,
  agentsReport,
  topicsReport,
  ivrReport,
  linesReport,
  campaignsReport,
  ticketsReport,
  recordingsReport,
  evaluationsReport,
  callsReport,
  staffingReport,
]

/** Over every agency, for administrators of the platform. Apart, so that whoever looks among `reports` (own workbooks) cannot meet them. */
export const platformReports: readonly Report[] = [agenciesReport]

export function reportOf(id: string): Report | undefined {
  return reports.find((report) => report.id === id)
}
