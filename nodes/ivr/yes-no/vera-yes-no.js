export { default } from './vera-yes-no.ts'
