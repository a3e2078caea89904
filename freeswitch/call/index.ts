// A live call and what can be done with it.
export { callerNumber } from './caller.ts'
export { createLiveCall } from './live-call.ts'
export { recordingPath } from './record.ts'
export * from './types.ts'
