import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { cutPeriod, localDay, startOfDay, wallClock } from './intervals.ts'
import { besideWeekBefore, weekBefore } from './week-before.ts'

const at = (text: string) => Date.parse(text)
const weekMs = 7 * 86_400_000
const halfHour = 1_800_000
const santiago = 'America/Santiago'
const zones = [
  santiago,
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Europe/Madrid',
  'Antarctica/Troll',
  'UTC',
]
const dayOf = (instant: number, zone: string, add = 0) => {
  const from = startOfDay(localDay(instant, zone, add), zone)
  return cutPeriod({ from, to: startOfDay(localDay(instant, zone, add + 1), zone) }, '30m', zone)
}

it('a week before is the same time on the wall', () => {
  assert.equal(weekBefore(at('2026-03-10T12:00-04:00'), 'America/New_York'), at('2026-03-03T12:00-05:00'))
  // That Sunday begins at 1:00.
  assert.equal(weekBefore(at('2026-09-06T10:24-03:00'), santiago), at('2026-08-30T10:24-04:00'))
  assert.equal(weekBefore(at('2026-09-13T00:20-03:00'), santiago), at('2026-09-06T01:00-03:00'), 'it was skipped')
  // That Saturday has 23:30 twice.
  for (const offset of ['-03:00', '-04:00'])
    assert.equal(weekBefore(at(`2026-04-04T23:30${offset}`), santiago), at('2026-03-28T23:30-03:00'))
})

it('in any zone, at any instant: that wall clock, or the first instant behind the hour that was skipped', () => {
  const instant = fc.integer({ min: at('2010-01-01T00:00Z'), max: at('2030-01-01T00:00Z') })
  // Most days are like the others: those about a change are looked for.
  const near = fc
    .tuple(
      fc.constantFrom(
        ...['2026-03-08', '2026-03-29', '2026-04-05', '2026-09-06', '2026-10-04', '2026-10-25', '2026-11-01'],
      ),
      fc.integer({ min: -weekMs / 3, max: 10 * 86_400_000 }),
    )
    .map(([day, ms]) => at(`${day}T00:00Z`) + ms)
  fc.assert(
    fc.property(fc.oneof(instant, near), fc.constantFrom(...zones), (now, zone) => {
      const then = weekBefore(now, zone)
      assert.equal(localDay(then, zone), localDay(now, zone, -7))
      const off = wallClock(then, zone) - (wallClock(now, zone) - weekMs)
      assert.ok(off === 0 || wallClock(then, zone) - wallClock(then - 1, zone) > off, `${new Date(then).toISOString()}`)
    }),
    { numRuns: 400 },
  )
})

it('half hours stand beside those of the same wall clock, each of that day once', () => {
  const days = fc.integer({ min: at('2026-01-01T00:00Z') / 86_400_000, max: at('2027-01-01T00:00Z') / 86_400_000 })
  fc.assert(
    fc.property(days, fc.constantFrom(...zones), (day, zone) => {
      const [today, before] = [dayOf(day * 86_400_000, zone), dayOf(day * 86_400_000, zone, -7)]
      const beside = besideWeekBefore(today, before, halfHour, zone)
      assert.equal(beside.length, today.length)
      const step = ({ from }: { from: number }) => Math.floor(wallClock(from, zone) / halfHour)
      for (const [index, found] of beside.entries())
        for (const one of found) assert.equal(step(one), step(today[index]!) - weekMs / halfHour)
      // What is left over is what today does not have.
      const steps = new Set(today.map(step))
      const kept = before.filter((one) => steps.has(step(one) + weekMs / halfHour))
      assert.deepEqual(new Set(beside.flat()), new Set(kept))
      assert.equal(beside.flat().length, kept.length)
    }),
    { numRuns: 300 },
  )
})
