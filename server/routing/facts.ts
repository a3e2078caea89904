// The one place where routing takes the words of facts from their owner.
export type {
  AgentState,
  Channel,
  Fact,
  FactBody,
  FactSink,
  OfferOutcome,
  OverflowReason,
  StayOutcome,
  SupervisionMode,
} from '../interactions/index.ts'
