export { topicRoutes } from './routes.ts'
export { type BreakReason, createTopics, type Disposition, type EntryInput, type Topic, type Topics } from './topics.ts'
