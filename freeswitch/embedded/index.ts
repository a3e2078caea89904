// The embedded switch: what the rest of the platform may use.

export { causes, q850 } from './causes.ts'
export { type Citizens, type CitizensOptions, simulateCitizens } from './citizens.ts'
export { type Clock, runningClock } from './clock.ts'
export type { PhoneHabits, PhoneMode } from './phones.ts'
export {
  type EmbeddedOptions,
  type EmbeddedSwitch,
  type Line,
  type LineOptions,
  startEmbeddedSwitch,
} from './switch.ts'
