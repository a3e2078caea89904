export { default } from './vera-menu.ts'
