export { catalogue, metricOf } from './catalogue.ts'
export type { EvaluationFact, SectionFact } from './evaluations.ts'
export type {
  AgentStateSpan,
  AttemptFact,
  CampaignSpan,
  DialFact,
  Facts,
  InteractionFact,
  OfferFact,
  RecordFact,
  StayFact,
  TalkFact,
  WrapUpFact,
} from './facts.ts'
export { noFacts } from './facts.ts'
export { againWithinMs, type Contact, type FirstContactFact, firstContacts } from './first-contacts.ts'
export {
  cutPeriod,
  type Interval,
  type IntervalSize,
  intervalOf,
  intervalSizes,
  localDay,
  offsetAt,
  periodQuery,
  startOfDay,
  wallClock,
} from './intervals.ts'
export {
  type AnswerFact,
  type JourneyEnd,
  type JourneyFact,
  longestText,
  nameless,
  passagesOf,
  type Step,
  visitsOf,
} from './journeys.ts'
export {
  type AnyKind,
  addsOf,
  type FactKind,
  type FactOf,
  kindOf,
  type Measure,
  measures,
  type ReadKind,
  readKinds,
  waitOf,
} from './measures.ts'
export type { Formula, Metric, Text, Unit } from './metric.ts'
export { type Plan, type PlanFact, plannedBy } from './plans.ts'
export type { RecordingFact } from './recordings.ts'
export type { ShiftFact } from './shifts.ts'
export { longestCallMs, type Slice, sliceFacts, sliceWhole } from './slice.ts'
export { type TicketFact, type TicketRow, ticketIn } from './tickets.ts'
export {
  addFact,
  addLines,
  addLinesOf,
  addRead,
  addTotals,
  elapsedOf,
  noTotals,
  pausesByReason,
  type Totals,
  tally,
} from './totals.ts'
export { packWaits, reader, type WaitCounts, type Waits, type WaitsByOutcome } from './waits.ts'
export { besideWeekBefore, weekBefore } from './week-before.ts'
