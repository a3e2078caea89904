export type { Question } from './question.ts'
export { simulationRoutes } from './routes.ts'
export { createSimulations, type Simulations } from './simulations.ts'
