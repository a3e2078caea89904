export { default } from './vera-call-in.ts'
