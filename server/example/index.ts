export { officeCalendarName, openCalendarName, provinceCode } from './organisation-plan.ts'
export { type Example, type ExampleOptions, seedExample } from './seed.ts'
