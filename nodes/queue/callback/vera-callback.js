export { default } from './vera-callback.ts'
