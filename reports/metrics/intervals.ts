// Periods are cut in the agency's time zone: an agency's Monday is not UTC's. Where clocks change, an interval is shorter
// or longer on the wall but none is lost or counted twice, because intervals are pairs of instants that touch.

export const intervalSizes = ['15m', '30m', '1h', 'day'] as const
export type IntervalSize = (typeof intervalSizes)[number]

/** From `from` on, up to but without `to`; UTC ms. */
export type Interval = { from: number; to: number }

const written = new Map<number, string>()
/** An instant as it stands in an address. Long tables name the same ones again and again. */
function inAddress(instant: number): string {
  let text = written.get(instant)
  if (!text) {
    text = encodeURIComponent(new Date(instant).toISOString())
    if (written.size > 5_000) written.clear()
    written.set(instant, text)
  }
  return text
}
/** A period as it stands in an address: `from=...&to=...`. */
export const periodQuery = ({ from, to }: Interval): string => `from=${inAddress(from)}&to=${inAddress(to)}`

const minutes: Record<Exclude<IntervalSize, 'day'>, number> = { '15m': 15, '30m': 30, '1h': 60 }
const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  return format
}

/**
 * The wall clock at `instant` in `timeZone`, as ms since 1970 on a clock without offsets (use it with Date's UTC getters).
 * Throws a RangeError for an unknown zone.
 */
export function wallClock(instant: number, timeZone: string): number {
  let known = offsets.get(timeZone)
  const stretch = Math.floor(instant / stretchMs)
  let offset = known?.get(stretch)
  if (offset === undefined) {
    const first = stretch * stretchMs
    offset = readClock(first, timeZone) - first
    const last = first + stretchMs - 1
    if (readClock(last, timeZone) - last !== offset) return readClock(instant, timeZone)
    known ??= new Map()
    offsets.set(timeZone, known)
    if (known.size >= mostStretches) known.clear()
    known.set(stretch, offset)
  }
  return instant + offset
}

/** Reading a clock of Intl takes ten microseconds, and a month has thousands of quarters: a stretch without a change is read once. */
const offsets = new Map<string, Map<number, number>>()
/** No zone has changed its clocks twice in so short a time. */
const stretchMs = 6 * 3_600_000
const mostStretches = 20_000

function readClock(instant: number, timeZone: string): number {
  const part: Record<string, number> = {}
  for (const { type, value } of formatFor(timeZone).formatToParts(instant)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000)
}

/** How far the zone's clock is ahead of UTC at `instant`, ms. */
export function offsetAt(instant: number, timeZone: string): number {
  return wallClock(instant, timeZone) - instant
}

/** The first instant in (from, to] with another offset than `from`'s, when `to`'s differs. */
export function changeBetween(from: number, to: number, timeZone: string): number {
  const before = offsetAt(from, timeZone)
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(middle, timeZone) === before) low = middle
    else high = middle
  }
  return high
}

/** The instant at which the wall clock's day `midnight` (ms, whole days) begins, also where 0:00 is skipped or repeated. */
function dayBegins(midnight: number, timeZone: string): number {
  const guess = midnight - offsetAt(midnight, timeZone)
  const early = offsetAt(guess - dayMs / 2, timeZone)
  const late = offsetAt(guess + dayMs / 2, timeZone)
  if (early === late) return midnight - early
  const change = changeBetween(guess - dayMs / 2, guess + dayMs / 2, timeZone)
  if (midnight - late >= change) return midnight - late
  return Math.min(midnight - early, change)
}

/** The instant at which the local day `YYYY-MM-DD` begins. Throws a RangeError when the text is no date. */
export function startOfDay(day: string, timeZone: string): number {
  const midnight = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(midnight)) throw new RangeError(`not a date: ${day}`)
  return dayBegins(midnight, timeZone)
}

/** The local date of an instant, moved by whole days: `YYYY-MM-DD`. */
export function localDay(instant: number, timeZone: string, addDays = 0): string {
  return new Date(wallClock(instant, timeZone) + addDays * dayMs).toISOString().slice(0, 10)
}

/** The first boundary of `size` behind `instant`. */
function nextBoundary(instant: number, size: IntervalSize, timeZone: string): number {
  const wall = wallClock(instant, timeZone)
  if (size === 'day') {
    const next = dayBegins((Math.floor(wall / dayMs) + 1) * dayMs, timeZone)
    // A day that the zone never had (Samoa, 2011-12-30) begins when the one behind it does.
    return next > instant ? next : dayBegins((Math.floor(wall / dayMs) + 2) * dayMs, timeZone)
  }
  const step = minutes[size] * 60_000
  const next = instant + (Math.floor(wall / step) + 1) * step - wall
  if (offsetAt(next, timeZone) - (wall - instant) === 0) return next
  // Where the clock changes in the middle of an interval, the change itself is a boundary.
  return changeBetween(instant, next, timeZone)
}

/**
 * Cuts [from, to) at the wall clock's boundaries of `size` in `timeZone`. The first and the last interval are partial when
 * the period begins or ends between two boundaries. Throws a RangeError when the period is empty or the zone unknown.
 */
export function cutPeriod(period: Interval, size: IntervalSize, timeZone: string): Interval[] {
  if (!(period.to > period.from)) throw new RangeError('the period must end after it begins')
  const cut: Interval[] = []
  for (let from = period.from; from < period.to; ) {
    const to = Math.min(nextBoundary(from, size, timeZone), period.to)
    cut.push({ from, to })
    from = to
  }
  return cut
}

/** The index of the interval that holds `instant`, -1 for none. `cut` is in order and without gaps. */
export function intervalOf(cut: readonly Interval[], instant: number): number {
  let low = 0
  let high = cut.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const interval = cut[middle] as Interval
    if (instant < interval.from) high = middle - 1
    else if (instant >= interval.to) low = middle + 1
    else return middle
  }
  return -1
}
