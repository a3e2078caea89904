export { catalogue, metricOf } from './catalogue.ts'
export type { AgentStateSpan, Facts, InteractionFact, OfferFact, StayFact, TalkFact, WrapUpFact } from './facts.ts'
export { noFacts } from './facts.ts'
export {
  cutPeriod,
  type Interval,
  type IntervalSize,
  intervalOf,
  intervalSizes,
  localDay,
  offsetAt,
  startOfDay,
  wallClock,
} from './intervals.ts'
export type { Metric, Text, Unit } from './metric.ts'
export { pausesByReason } from './people.ts'
export { type Slice, sliceFacts, sliceWhole } from './slice.ts'
