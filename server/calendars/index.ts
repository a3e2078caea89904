export { type Calendars, createCalendars } from './calendars.ts'
export { nationalHolidays } from './holidays.ts'
export {
  type Calendar,
  type Hours,
  instantOf,
  isOpen,
  localTime,
  nextOpening,
  type SpecialDay,
  specialDayAt,
} from './opening.ts'
export { calendarRoutes } from './routes.ts'
export type { StoredCalendar } from './store.ts'
