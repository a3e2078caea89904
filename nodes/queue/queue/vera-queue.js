export { default } from './vera-queue.ts'
