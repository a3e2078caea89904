export { default } from './vera-say-option.ts'
