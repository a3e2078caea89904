// Recordings as evidence: rules, listening by right, verification, legal hold, retention, compression, fetching.
export { recordingsCompanion } from './companion.ts'
export type { DiskState } from './disk.ts'
export { createMasking, type MaskingOptions, type OpenRecording } from './masking.ts'
export { createRecordings, type RecordingAlarms, type Recordings, type RecordingsOptions } from './recordings.ts'
export type { RecordingSource } from './remote.ts'
export { type RecordingRoutesOptions, recordingRoutes } from './routes.ts'
export type { RecordingRule, RuleQuestion } from './rules.ts'
export type { RuleAnswer } from './rules-store.ts'
