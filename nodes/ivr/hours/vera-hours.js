export { default } from './vera-hours.ts'
