export { default } from './vera-save-citizen.ts'
