export { firstContactMetrics, firstContactsBy, firstContactsOf } from './tables.ts'
