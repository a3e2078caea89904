export { default } from './vera-hang-up.ts'
