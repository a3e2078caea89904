// Listening to recordings, by those who may, on the record.
export { type RecordingRoutesOptions, recordingRoutes } from './routes.ts'
