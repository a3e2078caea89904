export { default } from './vera-play.ts'
