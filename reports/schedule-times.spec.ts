// When a schedule is due, against a slow count of its own: every quarter of an hour of the zone's year is looked at.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { nationalHolidays } from '../server/calendars/index.ts'
import type { Period, Schedule } from './schedule-store.ts'
import { dueRuns, isWorkingDay, nextDue, nextSending, periodOf } from './schedule-times.ts'
import { monday } from './testing/centre.ts'

const zone = 'America/Argentina/Buenos_Aires'
const hour = 3_600_000
const day = 24 * hour
const quarter = hour / 4
const tuesday7 = monday + 31 * hour
/** As many missed runs as are still sent. */
const kept = 7

const scheduleOf = (cron: string, timeZone: string, more: object = {}) =>
  ({ cron, timeZone, parameters: { period: 'yesterday', ...more } }) as unknown as Schedule

/** Each with two changes of its clocks; Buenos Aires had its last ones then. */
const years = [
  { timeZone: 'Europe/Madrid', from: '2026-02-01' },
  { timeZone: 'America/Santiago', from: '2026-02-01' },
  { timeZone: zone, from: '2007-10-01' },
  { timeZone: 'America/New_York', from: '2027-02-01' },
].map(({ timeZone, from }) => {
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  const start = Date.parse(`${from}T00:00Z`)
  const quarters = Array.from({ length: 300 * 96 }, (_, index) => {
    const at = start + index * quarter
    const [date = '', time = ''] = format.format(at).split(' ')
    return { at, date, time, weekday: new Date(`${date}T00:00Z`).getUTCDay() }
  })
  const dates = [...Map.groupBy(quarters, (one) => one.date)].slice(1, -1)
  return { timeZone, dates, from: dates[0]![1][0]!.at - 1, to: dates.at(-1)![1].at(-1)!.at }
})
type Year = (typeof years)[number]

type Pattern = { times: string[]; days?: number[]; weekdays?: number[] }
const cronOf = ({ times, days, weekdays }: Pattern) => {
  const hours = times.map((time) => Number(time.slice(0, 2))).join(',')
  return `${Number(times[0]!.slice(3))} ${hours} ${days?.join(',') ?? '*'} * ${weekdays?.join(',') ?? '*'}`
}
/** On each day that fits: at the first instant that is not before the time, which a gap may have swallowed and a repeated hour has twice. */
function countedApart(
  { dates }: Year,
  { times, days, weekdays }: Pattern,
  open: (date: string) => boolean = () => true,
) {
  return dates.flatMap(([date, quarters]) => {
    const fits =
      (days?.includes(Number(date.slice(8))) ?? true) &&
      (weekdays?.includes(quarters[0]!.weekday) ?? true) &&
      open(date)
    const instants = fits ? times.map((time) => quarters.find((one) => one.time >= time)?.at) : []
    return [...new Set(instants)].filter((at) => at !== undefined)
  })
}

const minutes = fc.constantFrom('00', '15', '30', '45')
const pattern: fc.Arbitrary<Pattern> = fc
  .record(
    {
      minute: minutes,
      // Night hours most: there the clocks change.
      hours: fc.uniqueArray(fc.oneof(fc.constantFrom(0, 1, 2, 3, 23), fc.integer({ min: 0, max: 23 })), {
        minLength: 1,
        maxLength: 3,
      }),
      days: fc.uniqueArray(fc.constantFrom(1, 15, 28, 29, 30, 31), { minLength: 1 }),
      weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    },
    { requiredKeys: ['minute', 'hours'] },
  )
  // Of both the day of the month and that of the week cron takes either: nobody is offered that.
  .map(({ minute, hours, days, weekdays }) => ({
    times: hours.sort((a, b) => a - b).map((one) => `${String(one).padStart(2, '0')}:${minute}`),
    ...(days ? { days } : weekdays ? { weekdays } : {}),
  }))
const year = fc.nat(years.length - 1)

it('each due instant comes once, through gaps, repeated hours and months of every length', () => {
  fc.assert(
    fc.property(year, pattern, (which, wanted) => {
      const one = years[which]!
      const found: number[] = []
      const cron = cronOf(wanted)
      for (let at: number | undefined = one.from; ; ) {
        at = nextDue(cron, one.timeZone, at)
        if (at === undefined || at > one.to) break
        found.push(at)
      }
      assert.deepEqual(found, countedApart(one, wanted))
    }),
    { numRuns: 40 },
  )
})

it('whatever the instant one asks from, the next one is the first behind it', () => {
  fc.assert(
    fc.property(
      year,
      pattern,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (which, wanted, part, near) => {
        const one = years[which]!
        const due = countedApart(one, wanted)
        // Around the changes of the clocks as often as anywhere.
        const odd = one.dates.filter(([, quarters]) => quarters.length !== 96)
        const around = odd[Math.floor(part * 0.999 * odd.length)]![1]
        const after = near
          ? around[Math.floor(part * 0.999 * around.length)]!.at - 2 * hour + 1
          : Math.floor(one.from + part * (one.to - one.from))
        assert.equal(odd.length, 2)
        const expected = due.find((at) => at > after)
        if (expected !== undefined) assert.equal(nextDue(cronOf(wanted), one.timeZone, after), expected)
      },
    ),
    { numRuns: 300 },
  )
})

it('every hour is every hour of the clock that runs, twice where it is repeated', () => {
  for (const { timeZone, dates, from } of years) {
    let at = from
    for (const [, quarters] of dates.filter(([, { length }]) => length !== 96)) {
      const whole = quarters.filter(({ time }) => time.endsWith(':00'))
      at = whole[0]!.at - 1
      for (const one of whole) {
        at = nextDue('0 * * * *', timeZone, at)!
        assert.equal(at, one.at)
      }
    }
  }
})

const national = new Set([2007, 2008, 2026, 2027, 2028].flatMap((one) => nationalHolidays(one).map((off) => off.day)))

it('servers that look now and then, and are down for days, make each run once; of a long silence the newest', () => {
  const looks = fc.array(
    fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 40, max: 1_200 }).map((hours) => hours * 120),
    ),
    { minLength: 30, maxLength: 120 },
  )
  const ownDays = fc.array(fc.tuple(fc.nat(297), fc.boolean()), { maxLength: 60 })
  fc.assert(
    fc.property(year, pattern, looks, fc.boolean(), ownDays, (which, wanted, gaps, workingDays, named) => {
      const one = years[which]!
      const own = new Map(named.map(([index, opens]) => [one.dates[index]![0], opens]))
      const open = (date: string) => {
        const weekday = new Date(`${date}T00:00Z`).getUTCDay()
        return !workingDays || (weekday !== 0 && weekday !== 6 && (own.get(date) ?? !national.has(date)))
      }
      const due = countedApart(one, wanted, open)
      const schedule = scheduleOf(cronOf(wanted), one.timeZone, workingDays ? { workingDays: '1' } : {})
      let lastDue = one.from
      let now = one.from
      for (const halfMinutes of gaps) {
        now = Math.min(now + halfMinutes * 30_000, one.to)
        const missed = due.filter((at) => at > lastDue && at <= now)
        const made = dueRuns(schedule, lastDue, now, own)
        assert.deepEqual(made, missed.slice(-kept))
        lastDue = made.at(-1) ?? lastDue
        assert.deepEqual(dueRuns(schedule, lastDue, now, own), [])
        const next = due.find((at) => at > now)
        if (next !== undefined) assert.equal(nextSending(schedule, now, own), next)
      }
    }),
    { numRuns: 25 },
  )
})

it('days told by runs of every day lie side by side, whatever the clocks do', () => {
  const next = (date: string) => new Date(Date.parse(`${date}T00:00Z`) + day).toISOString().slice(0, 10)
  fc.assert(
    fc.property(year, fc.integer({ min: 0, max: 23 }), minutes, (which, h, minute) => {
      const one = years[which]!
      const due = countedApart(one, { times: [`${String(h).padStart(2, '0')}:${minute}`] })
      const told = due.map((at) => periodOf('yesterday', at, one.timeZone))
      for (const [index, { from, to }] of told.entries()) {
        assert.equal(from, to)
        if (index > 0) assert.equal(from, next(told[index - 1]!.to))
      }
      for (const [period, length] of [['last_week', 7]] as const) {
        const mondays = due.filter((_, index) => one.dates[index]![1][0]!.weekday === 1)
        const weeks = mondays.map((at) => periodOf(period satisfies Period, at, one.timeZone))
        for (const [index, { from, to }] of weeks.entries()) {
          assert.equal((Date.parse(to) - Date.parse(from)) / day + 1, length)
          if (index > 0) assert.equal(from, next(weeks[index - 1]!.to))
        }
      }
    }),
    { numRuns: 30 },
  )
})

it('the last day of a short month has no run of its 31st; the month told is whole', () => {
  const due = (at: string) => new Date(nextDue('0 7 31 * *', zone, Date.parse(at))!).toISOString()
  assert.equal(due('2026-01-31T10:00:00Z'), '2026-03-31T10:00:00.000Z')
  assert.equal(due('2026-03-31T10:00:00Z'), '2026-05-31T10:00:00.000Z')
  assert.deepEqual(periodOf('last_month', Date.parse('2028-03-31T10:00Z'), zone), {
    from: '2028-02-01',
    to: '2028-02-29',
  })
})

it('due instants keep the local hour through a change of clocks', () => {
  const next = (after: string) => new Date(nextDue('0 7 * * *', 'America/Santiago', Date.parse(after))!).toISOString()
  assert.equal(next('2026-04-04T03:00:00Z'), '2026-04-04T10:00:00.000Z')
  assert.equal(next('2026-04-05T03:00:00Z'), '2026-04-05T11:00:00.000Z')
})

it('of a long silence only the newest runs are made', () => {
  const due = dueRuns(scheduleOf('0 * * * *', zone), monday, monday + 48 * hour)
  assert.deepEqual(
    due,
    [42, 43, 44, 45, 46, 47, 48].map((n) => monday + n * hour),
  )
})

it('periods are whole local days', () => {
  assert.deepEqual(periodOf('yesterday', tuesday7, zone), { from: '2026-03-02', to: '2026-03-02' })
  assert.deepEqual(periodOf('last_week', tuesday7, zone), { from: '2026-02-23', to: '2026-03-01' })
  assert.deepEqual(periodOf('last_month', tuesday7, zone), { from: '2026-02-01', to: '2026-02-28' })
  assert.deepEqual(periodOf('today', tuesday7, zone), { from: '2026-03-03', to: '2026-03-03' })
})

it('on working days only: no weekend, no national holiday', () => {
  const at = (day: string) => Date.parse(`${day}T10:00:00Z`)
  assert.equal(isWorkingDay(at('2026-11-20'), zone), true)
  for (const day of ['2026-11-21', '2026-11-22', '2026-11-23', '2026-12-25'])
    assert.equal(isWorkingDay(at(day), zone), false)
  // What the agency's calendars say of a day goes before the nation's: a local holiday, an opening on a national one.
  const own = new Map([
    ['2026-11-20', false],
    ['2026-11-23', true],
    ['2026-11-21', true],
  ])
  assert.deepEqual(
    ['2026-11-20', '2026-11-23', '2026-11-21', '2026-11-24'].map((day) => isWorkingDay(at(day), zone, own)),
    [false, true, false, true],
  )
  const habiles = scheduleOf('0 7 * * 1-5', zone, { workingDays: '1' })
  const due = dueRuns(habiles, at('2026-11-20'), at('2026-11-25'))
  assert.deepEqual(
    due.map((one) => new Date(one).toISOString()),
    ['2026-11-24T10:00:00.000Z', '2026-11-25T10:00:00.000Z'],
  )
})
