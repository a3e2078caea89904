export { simulationRoutes } from './routes.ts'
export { createSimulations, type Simulations } from './simulations.ts'
