export { default } from './vera-survey.ts'
