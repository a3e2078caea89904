export { officeCalendarName, openCalendarName, provinceCode } from './organisation-plan.ts'
export { type RobotOptions, type Robots, simulatedCurve, startRobots } from './robots.ts'
export { type Example, type ExampleOptions, seedExample } from './seed.ts'
