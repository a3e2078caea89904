import type { DayWindow } from './history-types.ts'

const DAY_MS = 86_400_000

/** The day of an instant on the wall clock of a zone, `2026-11-23`. */
export function localDay(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)
}

/** UTC ms of an hour (0..24) of a local day. */
export function localHour(day: string, hour: number, timeZone: string): number {
  const asUtc = Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(asUtc)
    .find((part) => part.type === 'timeZoneName')?.value
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? []
  return asUtc - (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
}

export type Holiday = { day: string; name: string }

/**
 * Argentina's national holidays and non-working days for tourism of these years. Loaded when first asked for: the package
 * carries the whole world's.
 */
export async function nationalHolidays(years: number[]): Promise<Holiday[]> {
  const { default: Holidays } = await import('date-holidays')
  const calendar = new Holidays('AR')
  const days = new Map<string, string>()
  for (const year of years) {
    for (const { date, name, type } of calendar.getHolidays(year)) {
      if (type === 'public' || /fines turísticos/.test(name)) days.set(date.slice(0, 10), name)
    }
  }
  return [...days].map(([day, name]) => ({ day, name })).sort((a, b) => (a.day < b.day ? -1 : 1))
}

/**
 * The days of history: the working days of the four weeks before `now`, 8 to 18, and today until now. Today counts as open
 * whatever the calendar says (the try-out always is): since 8, or for the last two hours when that is longer.
 */
export function historyDays(
  now: number,
  timeZone: string,
  holidays: ReadonlySet<string>,
): (DayWindow & { day: string })[] {
  const today = localDay(now, timeZone)
  const days: (DayWindow & { day: string })[] = []
  for (let back = 28; back >= 1; back--) {
    const day = localDay(Date.parse(`${today}T12:00:00Z`) - back * DAY_MS, 'UTC')
    const weekday = new Date(`${day}T12:00:00Z`).getUTCDay()
    if (weekday === 0 || weekday === 6 || holidays.has(day)) continue
    const opens = localHour(day, 8, timeZone)
    const closesPlanned = localHour(day, 18, timeZone)
    days.push({ day, opens, closesPlanned, closes: closesPlanned + 1_200_000, office: true })
  }
  // Never more than half a day: the agents of the try-out are people too.
  const opens = Math.max(Math.min(localHour(today, 8, timeZone), now - 7_200_000), now - 43_200_000)
  days.push({ day: today, opens, closesPlanned: now, closes: now, office: false })
  return days
}
