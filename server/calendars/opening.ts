// When a calendar is open. Pure: the clock and the zone are arguments.

/** Local times `HH:MM`; `closes` may be `24:00`. A day whose hours pass midnight is written as two. */
export type Hours = { weekday: number; opens: string; closes: string }
/** A day unlike the others: a holiday (no hours: closed) or special hours. */
export type SpecialDay = { day: string; name: string; opens?: string | undefined; closes?: string | undefined }
export type Calendar = { hours: readonly Hours[]; days: readonly SpecialDay[] }

type Local = { day: string; weekday: number; time: string }

const formats = new Map<string, Intl.DateTimeFormat>()
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The local day, weekday (1 Monday .. 7 Sunday) and time of an instant (UTC ms). */
export function localTime(at: number, timeZone: string): Local {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
    formats.set(timeZone, format)
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return {
    day: `${part.year}-${part.month}-${part.day}`,
    weekday: weekdays.indexOf(part.weekday as string) + 1,
    time: `${part.hour}:${part.minute}`,
  }
}

const intervalsOf = (calendar: Calendar, day: string, weekday: number): { opens: string; closes: string }[] => {
  const special = calendar.days.find((other) => other.day === day)
  if (!special) return calendar.hours.filter((hours) => hours.weekday === weekday)
  return special.opens && special.closes ? [{ opens: special.opens, closes: special.closes }] : []
}

/** True from the minute of `opens` on, until the one of `closes`. */
export function isOpen(calendar: Calendar, at: number, timeZone: string): boolean {
  const { day, weekday, time } = localTime(at, timeZone)
  return intervalsOf(calendar, day, weekday).some(({ opens, closes }) => opens <= time && time < closes)
}

/** The special day of that instant, to say why it is closed. */
export function specialDayAt(calendar: Calendar, at: number, timeZone: string): SpecialDay | undefined {
  const { day } = localTime(at, timeZone)
  return calendar.days.find((special) => special.day === day)
}

/** The next instant (UTC ms) at which it opens, `at` itself when open; undefined when it does not within 370 days. */
export function nextOpening(calendar: Calendar, at: number, timeZone: string): number | undefined {
  if (isOpen(calendar, at, timeZone)) return at
  let { day, weekday } = localTime(at, timeZone)
  for (let n = 0; n < 370; n++) {
    const openings = intervalsOf(calendar, day, weekday)
      .filter(({ opens, closes }) => opens < closes)
      .map(({ opens }) => instantOf(day, opens, timeZone))
      .filter((instant) => instant > at && isOpen(calendar, instant, timeZone))
    if (openings.length > 0) return Math.min(...openings)
    day = new Date(Date.parse(`${day}T12:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
    weekday = (weekday % 7) + 1
  }
  return undefined
}

/** A local day and time as an instant; a time that a change of the clocks leaves out is moved forward. */
export function instantOf(day: string, time: string, timeZone: string): number {
  const wanted = Date.parse(`${day}T${time === '24:00' ? '00:00' : time}:00Z`) + (time === '24:00' ? 86_400_000 : 0)
  let instant = wanted
  for (let n = 0; n < 3; n++) {
    const local = localTime(instant, timeZone)
    const off = wanted - Date.parse(`${local.day}T${local.time}:00Z`)
    if (off === 0) return instant
    instant += off
  }
  return instant
}
