export { default } from './vera-ask.ts'
