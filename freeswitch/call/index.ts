// A live call and what can be done with it.
export { createLiveCall } from './live-call.ts'
export { recordingPath } from './record.ts'
export * from './types.ts'
