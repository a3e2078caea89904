export { default } from './vera-ticket-status.ts'
