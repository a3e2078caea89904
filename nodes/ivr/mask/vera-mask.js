export { default } from './vera-mask.ts'
