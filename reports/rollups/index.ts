export { type Family, families, type Key, type KeyedTotals } from './families.ts'
export { type IntervalTotals, readFamilies, readTotals, together } from './read.ts'
export { createRollups, type Rollups } from './roller.ts'
export type { Where } from './store.ts'
