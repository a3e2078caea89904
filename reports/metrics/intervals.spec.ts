import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cutPeriod, intervalOf, intervalSizes, wallClock } from './intervals.ts'

const at = (text: string) => Date.parse(text)
const hours = (interval: { from: number; to: number }) => (interval.to - interval.from) / 3_600_000
const wall = (instant: number, zone: string) => new Date(wallClock(instant, zone)).toISOString().slice(0, 16)
const baires = 'America/Argentina/Buenos_Aires'
const zones = [
  baires,
  'America/Santiago',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'UTC',
]

describe('intervals', () => {
  it("cuts days at the agency's midnight, not at UTC's", () => {
    const days = cutPeriod({ from: at('2026-03-02T03:00Z'), to: at('2026-03-04T03:00Z') }, 'day', baires)
    assert.deepEqual(
      days.map((day) => wall(day.from, baires)),
      ['2026-03-02T00:00', '2026-03-03T00:00'],
    )
  })
  it('gives 96 quarters to a plain day', () => {
    const day = { from: at('2026-03-02T03:00Z'), to: at('2026-03-03T03:00Z') }
    assert.equal(cutPeriod(day, '15m', baires).length, 96)
    assert.equal(cutPeriod(day, '30m', baires).length, 48)
    assert.equal(cutPeriod(day, '1h', baires).length, 24)
  })
  it('keeps partial ends', () => {
    const cut = cutPeriod({ from: at('2026-03-02T11:10Z'), to: at('2026-03-02T12:20Z') }, '1h', baires)
    assert.deepEqual(cut.map(hours), [50 / 60, 20 / 60])
  })
  it('gives Santiago a day of 25 hours in April, its 23:00 twice', () => {
    // Saturday 2026-04-04 24:00 becomes 23:00.
    const days = cutPeriod({ from: at('2026-04-03T03:00Z'), to: at('2026-04-06T04:00Z') }, 'day', 'America/Santiago')
    assert.deepEqual(days.map(hours), [24, 25, 24])
    assert.deepEqual(
      days.map((day) => wall(day.from, 'America/Santiago')),
      ['2026-04-03T00:00', '2026-04-04T00:00', '2026-04-05T00:00'],
    )
    const saturday = cutPeriod(days[1]!, '1h', 'America/Santiago')
    assert.equal(saturday.length, 25)
    assert.equal(saturday.filter((hour) => wall(hour.from, 'America/Santiago').endsWith('T23:00')).length, 2)
  })
  it('gives Santiago a day of 23 hours in September, which begins at 1:00', () => {
    // Saturday 2026-09-05 24:00 becomes Sunday 1:00.
    const days = cutPeriod({ from: at('2026-09-05T04:00Z'), to: at('2026-09-08T03:00Z') }, 'day', 'America/Santiago')
    assert.deepEqual(days.map(hours), [24, 23, 24])
    assert.equal(wall(days[1]!.from, 'America/Santiago'), '2026-09-06T01:00')
    assert.equal(cutPeriod(days[1]!, '30m', 'America/Santiago').length, 46)
  })
  it('cuts at the change itself where the clock moves by half an hour', () => {
    // Lord Howe 2026-04-05: 2:00 becomes 1:30. The second 1:30 is an interval of its own.
    const cut = cutPeriod({ from: at('2026-04-04T14:00Z'), to: at('2026-04-04T17:30Z') }, '1h', 'Australia/Lord_Howe')
    assert.deepEqual(cut.map(hours), [1, 0.5, 1, 1])
  })
  it('skips the day that Samoa never had', () => {
    const cut = cutPeriod({ from: at('2011-12-29T10:00Z'), to: at('2012-01-01T10:00Z') }, 'day', 'Pacific/Apia')
    assert.deepEqual(
      cut.map((day) => wall(day.from, 'Pacific/Apia').slice(0, 10)),
      ['2011-12-29', '2011-12-31', '2012-01-01'],
    )
  })
  it('loses and doubles nothing, in any zone, for any period', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2005-01-01T00:00Z'), max: at('2030-01-01T00:00Z') }),
        fc.integer({ min: 1, max: 4 * 86_400_000 }),
        fc.constantFrom(...zones),
        fc.constantFrom(...intervalSizes),
        (from, length, zone, size) => {
          const cut = cutPeriod({ from, to: from + length }, size, zone)
          assert.equal(cut[0]!.from, from)
          assert.equal(cut.at(-1)!.to, from + length)
          cut.forEach((interval, index) => {
            assert.ok(interval.to > interval.from)
            if (index > 0) assert.equal(interval.from, cut[index - 1]!.to)
            assert.equal(intervalOf(cut, interval.from), index)
            assert.equal(intervalOf(cut, interval.to - 1), index)
          })
          assert.equal(intervalOf(cut, from - 1), -1)
          assert.equal(intervalOf(cut, from + length), -1)
        },
      ),
      { numRuns: 60 },
    )
  })
  it('refuses an empty period and an unknown zone', () => {
    assert.throws(() => cutPeriod({ from: 5, to: 5 }, '1h', baires), /period/)
    assert.throws(() => cutPeriod({ from: 5, to: 9 }, '1h', 'Marte/Olympus'), RangeError)
  })
})

it('the wall clock is Intl’s at any instant, beside a change of clocks too, asked for in any order', () => {
  const zones = [
    'America/Argentina/Buenos_Aires',
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Africa/Monrovia',
  ]
  const plain = (instant: number, timeZone: string) => {
    const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant)
    return Date.parse(`${text.replace(' ', 'T')}Z`) + (instant % 1000)
  }
  // Spring and autumn in New York, half an hour on Lord Howe, the day that Samoa never had, a change at an odd second.
  const changes = [
    '2026-03-08T07:00:00Z',
    '2026-11-01T06:00:00Z',
    '2026-04-04T15:00:00Z',
    '2011-12-30T10:00:00Z',
    '1972-01-07T00:44:30Z',
  ]
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -30_000_000, max: 30_000_000 }))
    .map(([at, by]) => Date.parse(at) + by)
  const any = fc.integer({ min: 0, max: Date.parse('2040-01-01T00:00:00Z') })
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.oneof(near, any), (zone, instant) => {
      assert.equal(wallClock(instant, zone), plain(instant, zone))
    }),
    { numRuns: 2_000 },
  )
  assert.throws(() => wallClock(0, 'No/Where'), RangeError)
})
