// Months of an agency's calendar. Instants UTC ms.
import { dayStart } from '../interactions/index.ts'

const localDay = (at: number, timeZone: string) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)

/** The first day of the month that `at` lies in, and of those around it. */
function firstOf(at: number, timeZone: string, months = 0): string {
  const [year, month] = localDay(at, timeZone).split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10)
}

export const monthStart = (at: number, timeZone: string): number => dayStart(firstOf(at, timeZone), timeZone)
/** Where the next month begins. */
export const nextMonth = (at: number, timeZone: string): number => dayStart(firstOf(at, timeZone, 1), timeZone)

/** Whether it is one whole month. */
export const isMonth = (from: number, to: number, timeZone: string): boolean =>
  monthStart(from, timeZone) === from && nextMonth(from, timeZone) === to
