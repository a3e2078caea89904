export {
  counts,
  type Family,
  families,
  type Key,
  type KeyedTotals,
  matches,
  readFlowLabel,
  subjectOf,
  type Where,
} from './families.ts'
export { type IntervalTotals, readFamilies, readTotals, together } from './read.ts'
export { createRollups, type Rollups } from './roller.ts'
