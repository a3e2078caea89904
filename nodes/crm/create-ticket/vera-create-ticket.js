export { default } from './vera-create-ticket.ts'
