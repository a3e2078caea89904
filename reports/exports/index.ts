export { createExports, type Exports } from './exports.ts'
export { exportRoutes } from './routes.ts'
