export { type Plan, plannedBy } from './campaigns.ts'
export { catalogue, metricOf } from './catalogue.ts'
export type {
  AgentStateSpan,
  AttemptFact,
  CampaignSpan,
  Facts,
  InteractionFact,
  OfferFact,
  RecordFact,
  StayFact,
  TalkFact,
  WrapUpFact,
} from './facts.ts'
export { noFacts } from './facts.ts'
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
export { type FactKind, kindOf, type Measure, measures, waitOf } from './measures.ts'
export type { Formula, Metric, Text, Unit } from './metric.ts'
export { longestCallMs, type Slice, sliceFacts, sliceWhole } from './slice.ts'
export {
  addFact,
  addLines,
  addLinesOf,
  addTotals,
  elapsedOf,
  noTotals,
  pausesByReason,
  type Totals,
  tally,
} from './totals.ts'
export { packWaits, reader, type WaitCounts, type Waits, type WaitsByOutcome } from './waits.ts'
