// The catalogue: every number of wallboards, screens, Excel and mail is one of these, computed here and nowhere else.
import { campaigns } from './campaigns.ts'
import * as counting from './counting.ts'
import { dispositions } from './dispositions.ts'
import { evaluations } from './evaluations.ts'
import { firstContactMetrics } from './first-contacts.ts'
import { journeys } from './journeys.ts'
import type { Metric } from './metric.ts'
import * as people from './people.ts'
import { plans } from './plans.ts'
import { recordings } from './recordings.ts'
import * as levels from './service-level.ts'
import { shifts } from './shifts.ts'
import { tickets } from './tickets.ts'
import * as times from './times.ts'

export const catalogue: readonly Metric[] = [
  counting.received,
  counting.offered,
  counting.answered,
  ...counting.rejected,
  counting.abandoned,
  counting.shortAbandoned,
  ...counting.overflowed,
  counting.callbacks,
  counting.waiting,
  counting.leftOtherwise,
  counting.contained,
  counting.containment,
  ...counting.offers,
  counting.handled,
  times.waitAnswered,
  times.asa,
  times.waitAbandonedTotal,
  times.waitAbandoned,
  times.waitMax,
  times.waitMedian,
  times.waitP90,
  times.talk,
  times.hold,
  times.wrap,
  times.aht,
  times.handlingAverage,
  times.duration,
  levels.answeredWithin,
  ...levels.serviceLevels,
  people.busyTime,
  people.idleTime,
  people.loggedIn,
  people.paused,
  people.occupancy,
  people.utilisation,
  people.dialled,
  people.dialledAnswered,
  people.seizures,
  people.seizuresAnswered,
  people.asr,
  people.lineTime,
  people.linesBusy,
  people.linesPeak,
  people.linesErlangs,
  ...campaigns,
  ...shifts,
  ...plans,
  ...firstContactMetrics,
  ...dispositions,
  ...journeys,
  ...tickets,
  ...recordings,
  ...evaluations,
]

const byId = new Map(catalogue.map((metric) => [metric.id, metric]))

/** The metric of that id; throws for an unknown one (a fault of ours, not of a user). */
export function metricOf(id: string): Metric {
  const metric = byId.get(id)
  if (!metric) throw new Error(`the catalogue has no metric ${id}`)
  return metric
}
