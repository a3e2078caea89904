export { default } from './vera-transfer.ts'
