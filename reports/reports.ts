import { agentsReport } from './agents/report.ts'
import { callsReport } from './calls/report.ts'
import { queuesReport } from './queues/report.ts'
import type { Report } from './report.ts'
import { staffingReport } from './staffing/report.ts'

/** All reports, in the order of the menu. A new one is added here. */
export const reports: readonly Report[] = [queuesReport, agentsReport, callsReport, staffingReport]

export function reportOf(id: string): Report | undefined {
  return reports.find((report) => report.id === id)
}
