export { rosterFileRoutes } from './routes.ts'
export { listFiles } from './store.ts'
