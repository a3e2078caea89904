import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { metricOf } from './catalogue.ts'
import { type AttemptFact, type Facts, noFacts } from './facts.ts'
import { plannedBy } from './plans.ts'
import { sliceFacts, sliceWhole } from './slice.ts'
import { addTotals, noTotals, tally } from './totals.ts'

const s = 1000
const hour = { from: 0, to: 3600 * s }
const ids = [
  ...['attempts', 'contacted', 'contact_rate', 'dropped', 'drop_rate', 'records_loaded', 'records_tried'],
  ...['list_penetration', 'attempts_per_record', 'records_completed', 'records_succeeded', 'campaign_time'],
  ...['contacts_per_hour', 'successes_per_hour'],
]
const attempt = (at: number, answeredBy: AttemptFact['answeredBy'], ring = 0, silence: number | null = null) => ({
  campaignId: 1,
  beganAt: at * s,
  answeredAt: answeredBy ? (at + ring) * s : null,
  answeredBy,
  connectedAt: silence === null ? null : (at + ring) * s + silence,
})
const record = (firstAttemptAt: number | null, closedAt: number | null = null, success = false) => ({
  campaignId: 1,
  loadedAt: 0,
  firstAttemptAt,
  closedAt,
  success,
})

it('a campaign, worked by hand', () => {
  const facts: Facts = {
    ...noFacts(),
    // Human with an agent after 2 s (in time), after 2.001 s and never (dropped); a machine; nobody.
    attempts: [
      attempt(0, 'human', 5, 2_000),
      attempt(60, 'human', 5, 2_001),
      attempt(120, 'human', 5),
      attempt(180, 'machine', 8),
      attempt(240, null),
    ],
    records: [record(0, 400 * s, true), record(60 * s, 500 * s), record(120 * s), record(null), record(null)],
    campaignSpans: [
      { campaignId: 1, from: -1800 * s, to: 900 * s },
      { campaignId: 1, from: 2700 * s, to: null },
    ],
  }
  const totals = tally(sliceWhole(facts, hour, hour.to))
  const read = Object.fromEntries(ids.map((id) => [id, metricOf(id).of(totals)]))
  assert.deepEqual(read, {
    attempts: 5,
    contacted: 3,
    contact_rate: 3 / 5,
    dropped: 2,
    drop_rate: 2 / 3,
    records_loaded: 5,
    records_tried: 3,
    list_penetration: 3 / 5,
    attempts_per_record: 5 / 3,
    records_completed: 2,
    records_succeeded: 1,
    campaign_time: 1800 * s,
    contacts_per_hour: 6,
    successes_per_hour: 2,
  })
})

it('a plan is due evenly between its ends', () => {
  const plan = { from: 100, to: 200, records: 40 }
  assert.deepEqual(
    [0, 100, 150, 200, 900].map((at) => plannedBy(plan, at)),
    [0, 0, 20, 40, 40],
  )
  assert.equal(plannedBy({ from: 5, to: 5, records: 3 }, 5), 3)
})

const instant = fc.integer({ min: -100, max: 10_100 })
const maybe = fc.option(instant)
const any: fc.Arbitrary<Facts> = fc
  .record({
    attempts: fc.array(
      fc.record({
        campaignId: fc.constantFrom(1, 2),
        beganAt: instant,
        answeredAt: maybe,
        answeredBy: fc.constantFrom('human' as const, 'machine' as const, null),
        connectedAt: maybe,
      }),
    ),
    records: fc.array(
      fc.record({
        campaignId: fc.constantFrom(1, 2),
        loadedAt: instant,
        firstAttemptAt: maybe,
        closedAt: maybe,
        success: fc.boolean(),
      }),
    ),
    campaignSpans: fc.array(fc.record({ campaignId: fc.constantFrom(1, 2), from: instant, to: maybe })),
  })
  .map((told) => ({ ...noFacts(), ...told }))

it('any campaign: intervals add up to the whole, parts never exceed what they are of, nothing is divided by nothing', () => {
  fc.assert(
    fc.property(any, fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { maxLength: 8 }), (facts, cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), 10_000]
      const cut = ends.slice(1).map((to, at) => ({ from: ends[at]!, to }))
      const whole = tally(sliceWhole(facts, { from: 0, to: 10_000 }, 20_000))
      const sum = sliceFacts(facts, cut, 20_000).map(tally).reduce(addTotals, noTotals())
      for (const id of ids) {
        const value = metricOf(id).of(whole)
        assert.equal(metricOf(id).of(sum), value, id)
        if (value !== null) assert.ok(value >= 0, id)
      }
      const of = (id: string) => metricOf(id).of(whole) ?? 0
      assert.ok(of('dropped') <= of('contacted') && of('contacted') <= of('attempts'))
      assert.ok(of('records_succeeded') <= of('records_completed'))
      assert.equal(metricOf('contact_rate').of(whole) === null, of('attempts') === 0)
    }),
  )
})
