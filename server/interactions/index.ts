export type * from './facts.ts'
export { createFactJournal, type FactJournal, type JournalOptions } from './journal.ts'
