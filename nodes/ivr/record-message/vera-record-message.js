export { default } from './vera-record-message.ts'
