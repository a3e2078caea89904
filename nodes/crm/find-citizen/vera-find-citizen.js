export { default } from './vera-find-citizen.ts'
