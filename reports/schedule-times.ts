// When a schedule is due and which days it tells of. Pure: the clock and the zone are arguments.
import { Cron } from 'croner'
import { nationalHolidays } from '../server/calendars/index.ts'
import { localDay } from './metrics/index.ts'
import type { NewSchedule, Period, Schedule } from './schedule-store.ts'

/** Of what fell due while everything was down, the newest so many are sent. */
const mostMissed = 7

/**
 * The first instant behind `after` at which the pattern (five fields) is due in the zone; throws for a bad pattern. A time that a
 * change of the clocks leaves out is due when they have jumped, one that comes twice the first time.
 */
export function nextDue(cron: string, timeZone: string, after: number): number | undefined {
  const [minute, hours = '', ...days] = cron.trim().split(/\s+/)
  if (days.length !== 3) throw new TypeError('a pattern has five fields')
  // Each hour of a list by itself: croner lets one that is left out go by if a later one of its list comes that day.
  const each = /^\d+(,\d+)+$/.test(hours) ? hours.split(',') : [hours]
  const nexts = each.flatMap((one) => {
    const pattern = [minute, one, ...days].join(' ')
    return new Cron(pattern, { timezone: timeZone, paused: true }).nextRun(new Date(after))?.getTime() ?? []
  })
  return nexts.length > 0 ? Math.min(...nexts) : undefined
}

/** Days that an agency's calendars name (`YYYY-MM-DD`): whether it opens on them. */
export type OwnDays = ReadonlyMap<string, boolean>

const holidays = new Map<number, Set<string>>()
/** Monday to Friday, in the zone; a day that the agency's calendars name is as they say, another one no national holiday. */
export function isWorkingDay(at: number, timeZone: string, own: OwnDays = new Map()): boolean {
  const day = localDay(at, timeZone)
  const weekday = new Date(`${day}T00:00Z`).getUTCDay()
  const year = Number(day.slice(0, 4))
  const off = holidays.get(year) ?? new Set(nationalHolidays(year).map((one) => one.day))
  holidays.set(year, off)
  return weekday !== 0 && weekday !== 6 && (own.get(day) ?? !off.has(day))
}

/** The next instant at which it is sent. */
export function nextSending(schedule: NewSchedule, after: number, own?: OwnDays): number | undefined {
  let at: number | undefined = after
  for (let left = 400; left > 0; left--) {
    at = nextDue(schedule.cron, schedule.timeZone, at)
    if (at === undefined || !schedule.parameters.workingDays || isWorkingDay(at, schedule.timeZone, own)) return at
  }
  return undefined
}

/** What has fallen due behind `after` up to `now`, oldest first; at most the newest `mostMissed`. */
export function dueRuns(schedule: Schedule, after: number, now: number, own?: OwnDays): number[] {
  const due: number[] = []
  let at: number | undefined = after
  for (let left = 20_000; left > 0; left--) {
    at = nextDue(schedule.cron, schedule.timeZone, at)
    if (at === undefined || at > now) break
    if (schedule.parameters.workingDays && !isWorkingDay(at, schedule.timeZone, own)) continue
    due.push(at)
    if (due.length > mostMissed) due.shift()
  }
  return due
}

/** The local days of a relative period, seen from `dueAt`: first and last, both inside. */
export function periodOf(period: Period, dueAt: number, timeZone: string): { from: string; to: string } {
  const day = (add: number) => localDay(dueAt, timeZone, add)
  if (period === 'today') return { from: day(0), to: day(0) }
  if (period === 'yesterday') return { from: day(-1), to: day(-1) }
  if (period === 'last_week') {
    const weekday = (new Date(`${day(0)}T00:00Z`).getUTCDay() + 6) % 7 // 0 Monday
    return { from: day(-weekday - 7), to: day(-weekday - 1) }
  }
  const first = Number(day(0).slice(8))
  const last = day(-first)
  return { from: `${last.slice(0, 8)}01`, to: last }
}
