export { type Filled, type FillJob, fillFor } from './own-workbook.ts'
export { ownWorkbookRoutes } from './routes.ts'
export { fillInThread } from './thread.ts'
