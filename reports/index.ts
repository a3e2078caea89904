// The reports' public face: what the platform, the command line and wallboards import.

export type { ReportRoutesOptions } from './access.ts'
export { bundleInThread } from './bundle/index.ts'
export { type Mailer, smtpMailer } from './deliver.ts'
export { createExports, type Exports } from './exports/index.ts'
export * from './metrics/index.ts'
export { reportOf, reports } from './reports.ts'
export * from './rollups/index.ts'
export { reportRoutes } from './routes.ts'
export { type File, type Format, formats, isFormat, makeAnswer, makeFile, prepare } from './run.ts'
export { createScheduler, type Scheduler } from './schedule.ts'
export { type Expected, forecast } from './staffing/forecast.ts'
export { readFacts, readNames } from './store.ts'
