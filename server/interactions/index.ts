export type {
  AgentState,
  Channel,
  Fact,
  FactBody,
  FactSink,
  OfferOutcome,
  OverflowReason,
  RejectedReason,
  StayOutcome,
} from './facts.ts'
export { createFactJournal, type FactJournal, type JournalOptions } from './journal.ts'
