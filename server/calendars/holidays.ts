import DateHolidays from 'date-holidays'
import type { SpecialDay } from './opening.ts'

/**
 * Argentina's national holidays of a year (Ley 27.399), moved ones on the day they are kept. `nonWorking` adds the days that
 * are not holidays but on which public offices may close: Maundy Thursday and the bridge days for tourism.
 * The 2026 list was checked against the government's (Resolución 164/2025 for the bridge days); the government may still move later years'.
 */
export function nationalHolidays(year: number, nonWorking = false): SpecialDay[] {
  const days = new Map<string, string>()
  for (const { date, type, name } of new DateHolidays('AR').getHolidays(year, 'es')) {
    const day = date.slice(0, 10)
    if (type === 'public') days.set(day, name.trim())
    // Christmas Eve and New Year's Eve are half days of the State's own staff, decreed each year.
    else if (nonWorking && (type === 'bank' || /turísticos/.test(name)) && !days.has(day)) days.set(day, name.trim())
  }
  return [...days].sort(([a], [b]) => a.localeCompare(b)).map(([day, name]) => ({ day, name }))
}
