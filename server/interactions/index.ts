export { dayStart } from './day.ts'
export type * from './facts.ts'
export {
  createInteractions,
  type InteractionFilter,
  type InteractionRow,
  type Interactions,
} from './interactions.ts'
export { createFactJournal, type FactJournal, type JournalOptions } from './journal.ts'
export { beginningId, endId, guessedCauses, stableId } from './once.ts'
export { inOrder } from './order.ts'
export { interactionRoutes } from './routes.ts'
export type { Story, StoryStep } from './story.ts'
