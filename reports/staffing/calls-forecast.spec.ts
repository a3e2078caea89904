import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { dayNumber, fit, type HistoryDay, type Special, slotsADay, weekdayOf } from './calls-forecast.ts'
import { forecastCalls } from './forecast-error.ts'

const dayAt = (first: string, n: number) =>
  new Date(Date.parse(`${first}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10)
const hill = (slot: number) => (slot < 16 || slot >= 36 ? 0 : Math.exp(-(((slot - 22) / 6) ** 2)) + 0.3)
const weekdays = [1.25, 1.1, 1, 0.95, 0.9, 0.3, 0]
const holidays = new Map<number, Special>([10, 38, 59, 80].map((n) => [n, { name: 'Feriado' }]))

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
function poisson(mean: number, random: () => number): number {
  let count = 0
  for (let left = Math.exp(-mean) > 0 ? random() : 0, floor = Math.exp(-mean); left > floor; left *= random()) count++
  return count
}

type Centre = { days: number; seed: number; aDay: number; growth?: number; dueDates?: boolean; outages?: number[] }
/** A centre whose calls follow seasons known, with Poisson noise. */
function centre({ days, seed, aDay, growth = 0, dueDates = false, outages = [] }: Centre): HistoryDay[] {
  const random = randomFrom(seed)
  const whole = Array.from({ length: slotsADay }, (_, slot) => hill(slot)).reduce((a, b) => a + b)
  return Array.from({ length: days }, (_, n) => {
    const day = dayAt('2026-05-04', n)
    const special = holidays.get(n)
    const due = dueDates && Number(day.slice(8)) >= 6 && Number(day.slice(8)) <= 10 ? 1.5 : 1
    const volume = aDay * weekdays[weekdayOf(day) - 1]! * Math.exp(growth * n) * due * (special ? 0.05 : 1)
    const slots = Array.from({ length: slotsADay }, (_, slot) =>
      outages.includes(n) ? 0 : poisson((volume * hill(slot)) / whole, random),
    )
    return { day, calls: slots.reduce((a, b) => a + b, 0), slots, ...(special ? { special } : {}) }
  })
}

describe('calls expected', () => {
  it('days have their weekday', () => {
    assert.equal(weekdayOf('2026-05-04'), 1)
    assert.equal(weekdayOf('2026-05-10'), 7)
    assert.equal(dayNumber('1970-01-02'), 1)
  })
  for (const [name, more] of Object.entries({
    plain: {},
    growing: { growth: 0.004 },
    'with due dates': { dueDates: true },
    'with two days without a switch': { outages: [60, 101] },
  }))
    it(`${name}: nearer to what comes than the same day a week before`, async (t) => {
      for (const seed of [3, 11, 42]) {
        const { error, recipe } = await forecastCalls(centre({ days: 112, seed, aDay: 300, ...more }))
        const said = `${(100 * error!.wape).toFixed(1)} % against ${(100 * error!.naiveWape).toFixed(1)} %`
        t.diagnostic(`seed ${seed}: WAPE ${said}, MASE ${error!.mase!.toFixed(2)}; ${JSON.stringify(recipe)}`)
        assert.ok(error!.wape < 0.85 * error!.naiveWape, said)
        assert.ok(error!.mase! < error!.naiveMase!)
        assert.ok(error!.dayWape < error!.naiveDayWape)
      }
    })
  it('a holiday brings what holidays bring, not what its weekday does', () => {
    const history = centre({ days: 100, seed: 5, aDay: 300 })
    const fitted = fit(history, { halfLifeDays: 42, trend: false, month: false })
    const day = dayAt('2026-05-04', 105)
    const sum = (slots: number[]) => slots.reduce((a, b) => a + b, 0)
    const usual = sum(fitted.predict({ day }))
    assert.ok(Math.abs(usual - 375) < 30, `${usual}`)
    assert.ok(sum(fitted.predict({ day, special: { name: 'Feriado' } })) < 0.1 * usual)
    const short = fitted.predict({ day, special: { name: 'Asueto', open: [16, 24] } })
    assert.ok(sum(short.slice(16, 24)) > 50)
    assert.equal(sum(short.slice(24)), 0)
    assert.equal(sum(fitted.predict({ day: dayAt('2026-05-04', 104) })), 0, 'nobody calls on a Sunday')
  })
  it('a day gone wild changes little', () => {
    const history = centre({ days: 84, seed: 9, aDay: 300 })
    const wild = history.map((one, n) =>
      n === 77 ? { ...one, calls: one.calls * 20, slots: one.slots!.map((c) => c * 20) } : one,
    )
    const recipe = { halfLifeDays: 42, trend: false, month: false }
    const of = (days: HistoryDay[]) =>
      fit(days, recipe)
        .predict({ day: dayAt('2026-05-04', 84) })
        .reduce((a, b) => a + b, 0)
    assert.ok(Math.abs(of(wild) / of(history) - 1) < 0.2, `${of(wild)} ${of(history)}`)
  })
  it('any history gives numbers of calls, and nothing for one without calls', async () => {
    const history = fc
      .array(fc.array(fc.nat(400), { minLength: slotsADay, maxLength: slotsADay }), { minLength: 1, maxLength: 40 })
      .map((days) =>
        days.map(
          (slots, n): HistoryDay => ({
            day: dayAt('2026-01-01', n),
            calls: slots.reduce((a, b) => a + b, 0),
            slots,
            ...(slots[0]! % 9 === 1 ? { special: { name: 'x' } } : {}),
          }),
        ),
      )
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 0, max: 60 }), async (days, ahead) => {
        const slots = (await forecastCalls(days)).predict({ day: dayAt(days.at(-1)!.day, 1 + ahead) })
        assert.equal(slots.length, slotsADay)
        assert.ok(slots.every((calls) => Number.isFinite(calls) && calls >= 0))
      }),
      { numRuns: 20 },
    )
    const silent = centre({ days: 40, seed: 1, aDay: 0 })
    const forecast = await forecastCalls(silent)
    assert.deepEqual(new Set(forecast.predict({ day: '2026-07-01' })), new Set([0]))
    assert.equal(forecast.error, undefined)
    await assert.rejects(forecastCalls([{ day: '2026-01-01', calls: 3 }]), /half hours/)
  })
})
