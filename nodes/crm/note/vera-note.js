export { default } from './vera-note.ts'
