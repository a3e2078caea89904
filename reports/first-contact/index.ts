export { tooManyNote } from './limit.ts'
export { firstContactMetrics, firstContactsBy, firstContactsOf } from './tables.ts'
