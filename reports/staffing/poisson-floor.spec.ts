import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { forecastCalls } from './forecast-error.ts'
import { poissonDeviation, poissonFloor } from './poisson-floor.ts'

const rates = fc.oneof(fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0, max: 400, noNaN: true }))

/** By adding up each number of calls with its chance. */
function addedUp(rate: number): number {
  let chance = Math.exp(-rate)
  let sum = rate * chance
  for (let calls = 1; calls < rate + 40 + 12 * Math.sqrt(rate + 1); calls++) {
    chance *= rate / calls
    sum += Math.abs(calls - rate) * chance
  }
  return sum
}

it('is what adding up every outcome gives', () => {
  fc.assert(
    fc.property(rates, (rate) => {
      const added = addedUp(rate)
      assert.ok(Math.abs(poissonDeviation(rate) - added) <= 1e-9 * (1 + added), `${rate}`)
    }),
  )
  assert.throws(() => poissonDeviation(-1), RangeError)
  assert.throws(() => poissonDeviation(Number.NaN), RangeError)
})

it('lies under the spread, near it by 0.798 where calls are many, and shrinks as half hours are taken together', () => {
  fc.assert(
    fc.property(fc.array(rates, { minLength: 1, maxLength: 48 }), (all) => {
      const whole = all.reduce((sum, one) => sum + one, 0)
      for (const rate of all) assert.ok(poissonDeviation(rate) <= Math.sqrt(rate) + 1e-12)
      const [apart, together] = [poissonFloor(all), poissonFloor([whole])]
      if (whole === 0) assert.deepEqual([apart, together], [null, null])
      else assert.ok(together! <= apart! + 1e-9, 'a day is known better than its half hours')
    }),
  )
  assert.ok(Math.abs(poissonDeviation(1e6) / 1e3 - Math.sqrt(2 / Math.PI)) < 1e-3)
})

it('is the error of a forecast that has learnt the rates, on calls drawn from them', async () => {
  let seed = 7
  const draw = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return (seed >> 8) / 0x7fffff
  }
  const poisson = (rate: number) => {
    let calls = 0
    for (let left = Math.exp(-rate), chance = draw(); chance > left; calls++) chance *= draw()
    return calls
  }
  const history = Array.from({ length: 84 }, (_, index) => {
    const slots = Array.from({ length: 48 }, (_, slot) => (slot >= 16 && slot < 40 ? poisson(8) : 0))
    const day = new Date(Date.UTC(2026, 0, 5 + index)).toISOString().slice(0, 10)
    return { day, slots, calls: slots.reduce((sum, one) => sum + one, 0) }
  })
  const { error } = await forecastCalls(history)
  const floor = poissonDeviation(8) / 8
  assert.ok(Math.abs(error!.floorWape! - floor) < 0.01, `${error!.floorWape} is near ${floor}`)
  assert.ok(error!.wape > floor * 0.93 && error!.wape < floor * 1.2, `${error!.wape}`)
  assert.ok(error!.naiveWape > floor * 1.2, 'last week’s own chance comes on top')
  assert.ok(error!.floorDayWape! < error!.floorWape! / 3)
})
