import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { begin, history, instant, length } from '../testing/history.ts'
import { textOf } from '../testing/text-of.ts'
import { catalogue, metricOf } from './catalogue.ts'
import { type Facts, noFacts, type StayFact } from './facts.ts'
import { cutPeriod, intervalSizes } from './intervals.ts'
import { sliceFacts, sliceWhole } from './slice.ts'
import { addTotals, noTotals, pausesByReason, tally } from './totals.ts'
import { WaitCounts } from './waits.ts'

const s = 1000
const noon = Date.parse('2026-03-02T15:00:00Z')
const hour = { from: noon, to: noon + 3600 * s }
const later = hour.to + 3600 * s

let serial = 0
function stay(
  atSecond: number,
  waitSeconds: number | null,
  outcome: StayFact['outcome'],
  more?: Partial<StayFact>,
): StayFact {
  const id = `s${++serial}`
  return {
    id,
    interactionId: `i${serial}`,
    channel: 'voice',
    topicId: null,
    queueId: 1,
    enqueuedAt: noon + atSecond * s,
    leftAt: waitSeconds === null ? null : noon + (atSecond + waitSeconds) * s,
    outcome,
    overflowReason: null,
    agentId: null,
    targetSeconds: 20,
    targetPercent: 80,
    shortAbandonSeconds: 5,
    ...more,
  }
}
const read = (facts: Facts, id: string, now = later) => metricOf(id).of(tally(sliceWhole(facts, hour, now)))

describe('the catalogue', () => {
  it('has an id once, and words in both languages', () => {
    assert.equal(new Set(catalogue.map((metric) => metric.id)).size, catalogue.length)
    for (const metric of catalogue) {
      for (const text of [metric.label, metric.definition])
        assert.ok(text.es.length > 2 && text.en.length > 2, metric.id)
      assert.ok(metric.version >= 1)
    }
  })
  it('holds every id of the definitions that this release computes', () => {
    for (const id of [
      'received offered answered rejected abandoned short_abandoned overflowed callbacks contained agent_rejected',
      'asa wait_abandoned wait_max wait_p50 wait_p90 talk hold wrap aht duration',
      'sl_offered sl_answered sl_late_abandons sl_all sl_removed',
      'occupancy utilisation paused asr lines_busy lines_peak lines_erlangs',
    ].flatMap((line) => line.split(' ')))
      assert.doesNotThrow(() => metricOf(id))
    assert.throws(() => metricOf('happiness'), /happiness/)
  })
  it('gives no value for a ratio over nothing, and zero for a count of nothing', () => {
    const empty = tally(sliceWhole(noFacts(), hour, later))
    for (const metric of catalogue) {
      const value = metric.of(empty)
      if (metric.unit === 'ratio') assert.equal(value, null, metric.id)
      if (metric.unit === 'count') assert.equal(value, 0, metric.id)
    }
    for (const id of ['asa', 'wait_abandoned', 'aht', 'duration', 'wait_max', 'wait_p90'])
      assert.equal(metricOf(id).of(empty), null, id)
  })
})

describe('stays, worked by hand', () => {
  // Answered after 10, 20 (just in time) and 40 s; abandoned after 3 (short), 12 and 60 s; one overflowed after 30 s; one
  // callback after 15 s; one still waiting; one refused at the door.
  const facts: Facts = {
    ...noFacts(),
    interactions: [
      {
        id: 'refused',
        channel: 'voice',
        direction: 'inbound',
        createdAt: noon,
        answeredAt: noon,
        endedAt: noon + s,
        rejectedReason: 'busy',
        contained: false,
        gateway: null,
        topicId: null,
      },
    ],
    stays: [
      stay(0, 10, 'answered'),
      stay(10, 20, 'answered'),
      stay(20, 40, 'answered'),
      stay(30, 3, 'abandoned'),
      stay(40, 12, 'abandoned'),
      stay(50, 60, 'abandoned'),
      stay(60, 30, 'overflowed', { overflowReason: 'timeout' }),
      stay(70, 15, 'callback'),
      stay(80, null, null),
      stay(90, 0, 'rejected'),
    ],
  }
  const expected: [string, number | null][] = [
    ['offered', 9],
    ['answered', 3],
    ['abandoned', 3],
    ['short_abandoned', 1],
    ['overflowed', 1],
    ['overflowed_timeout', 1],
    ['overflowed_full', 0],
    ['callbacks', 1],
    ['waiting', 1],
    ['rejected', 1],
    ['answered_within', 2],
    ['asa', (70 / 3) * s],
    ['wait_abandoned', 25 * s],
    ['wait_max', 60 * s],
    ['wait_p50', 15 * s], // 3 10 12 15 20 30 40 60
    ['wait_p90', 60 * s],
    ['sl_offered', 2 / 5],
    ['sl_answered', 2 / 3],
    ['sl_late_abandons', 2 / 4],
    ['sl_all', 2 / 9],
    ['sl_removed', 5 / 9], // 10, 20, 3, 12 and the callback's 15
    ['abandon_rate', 3 / 9],
  ]
  for (const [id, value] of expected) it(`${id} = ${value}`, () => assert.equal(read(facts, id), value))

  it('keeps the target that was in force: two stays with different T', () => {
    const two = { ...noFacts(), stays: [stay(0, 25, 'answered'), stay(1, 25, 'answered', { targetSeconds: 30 })] }
    assert.equal(read(two, 'sl_answered'), 0.5)
  })
})

describe('times and people, worked by hand', () => {
  const first = stay(3590, 20, 'answered')
  const facts: Facts = {
    interactions: [
      {
        id: 'a',
        channel: 'voice',
        direction: 'inbound',
        createdAt: noon,
        answeredAt: noon + 2 * s,
        endedAt: noon + 302 * s,
        rejectedReason: null,
        contained: false,
        gateway: 't',
        topicId: null,
      },
      {
        id: 'b',
        channel: 'voice',
        direction: 'inbound',
        createdAt: noon + 100 * s,
        answeredAt: noon + 101 * s,
        endedAt: noon + 201 * s,
        rejectedReason: null,
        contained: true,
        gateway: 't',
        topicId: null,
      },
      {
        id: 'c',
        channel: 'voice',
        direction: 'inbound',
        createdAt: noon + 302 * s,
        answeredAt: null,
        endedAt: noon + 304 * s,
        rejectedReason: 'closed',
        contained: false,
        gateway: 't',
        topicId: null,
      },
      {
        id: 'd',
        channel: 'voice',
        direction: 'outbound',
        createdAt: noon + 3000 * s,
        answeredAt: null,
        endedAt: noon + 3020 * s,
        rejectedReason: null,
        contained: false,
        gateway: 't',
        topicId: null,
      },
      {
        id: 'e',
        channel: 'voice',
        direction: 'outbound',
        createdAt: noon + 3100 * s,
        answeredAt: noon + 3110 * s,
        endedAt: null,
        rejectedReason: null,
        contained: false,
        gateway: 't',
        topicId: null,
      },
    ],
    stays: [first],
    offers: [
      {
        stayId: first.id,
        interactionId: first.interactionId,
        channel: 'voice',
        queueId: 1,
        agentId: 7,
        offeredAt: noon + 3591 * s,
        outcome: 'no_answer',
      },
      {
        stayId: first.id,
        interactionId: first.interactionId,
        channel: 'voice',
        queueId: 1,
        agentId: 8,
        offeredAt: noon + 3600 * s - 1,
        outcome: 'accepted',
      },
      {
        stayId: first.id,
        interactionId: first.interactionId,
        channel: 'voice',
        queueId: 1,
        agentId: 8,
        offeredAt: noon + 3600 * s,
        outcome: 'refused',
      },
    ],
    talks: [
      {
        id: 't1',
        channel: 'voice',
        topicId: null,
        interactionId: first.interactionId,
        stayId: first.id,
        queueId: 1,
        agentId: 8,
        answeredAt: noon + 3610 * s,
        endedAt: noon + 3730 * s,
        holdMs: 30 * s,
      },
    ],
    wrapUps: [
      {
        interactionId: first.interactionId,
        channel: 'voice',
        topicId: null,
        talkId: 't1',
        queueId: 1,
        agentId: 8,
        beganAt: noon + 3730 * s,
        endedAt: noon + 3740 * s,
      },
    ],
    agentStates: [
      { agentId: 8, state: 'offline', breakReasonId: null, from: noon - 999 * s, to: noon - 600 * s },
      { agentId: 8, state: 'available', breakReasonId: null, from: noon - 600 * s, to: noon + 600 * s },
      { agentId: 8, state: 'talking', breakReasonId: null, from: noon + 600 * s, to: noon + 1500 * s },
      { agentId: 8, state: 'break', breakReasonId: 3, from: noon + 1500 * s, to: noon + 2100 * s },
      { agentId: 8, state: 'break', breakReasonId: null, from: noon + 2100 * s, to: noon + 2400 * s },
      { agentId: 8, state: 'wrap_up', breakReasonId: null, from: noon + 2400 * s, to: null },
    ],
  }
  const now = noon + 3200 * s
  const expected: [string, number | null, number?][] = [
    ['received', 3],
    ['contained', 1],
    ['rejected', 1],
    ['agent_rejected', 1],
    ['agent_rejected_no_answer', 1],
    ['talk', 90 * s], // the stay began in this hour, so the talk counts here although it came in the next
    ['hold', 30 * s],
    ['wrap', 10 * s],
    ['aht', 130 * s],
    ['handling_average', 130 * s],
    ['duration', 200 * s], // (300 + 100) / 2
    ['asr', 1 / 2],
    ['busy', 1700 * s, now], // 900 talking, 800 of wrap-up until now
    ['idle', 600 * s, now],
    ['paused', 900 * s, now],
    ['logged_in', 3200 * s, now],
    ['occupancy', 1700 / 2300, now],
    ['utilisation', 1700 / 3200, now],
    ['lines_busy', 1, now], // e
    ['lines_peak', 2, now], // a with b; c takes a's line at the instant it is freed
    ['lines_erlangs', (302 + 101 + 2 + 20 + 100) / 3200, now],
  ]
  for (const [id, value, at] of expected)
    it(`${id} = ${value}`, () => assert.equal(read(facts, id, at ?? later), value))

  it('pauses by reason add up to the pauses', () => {
    assert.deepEqual(
      [...pausesByReason(tally(sliceWhole(facts, hour, now)))],
      [
        [3, 600 * s],
        [null, 300 * s],
      ],
    )
  })
  it('a percentile is always a wait that somebody had', () => {
    const waits = (seconds: number[]) => {
      const counts = new WaitCounts()
      for (const [place, second] of seconds.entries())
        counts.count((['answered', 'abandoned', 'other'] as const)[place % 3]!, second)
      return counts
    }
    assert.equal(waits([1, 2, 3, 4, 5, 6, 7, 8, 10, 9]).percentile(0.9), 9 * s)
    assert.equal(waits([7, 5, 5, 7, 5, 7]).percentile(0.5), 5 * s)
    // Longer than nearly all.
    assert.equal(waits([3, 90_000, 80_000, 90_000]).percentile(0.5), 80_000 * s)
    assert.equal(waits([]).percentile(0.5), null)
  })
})

describe('for any history and any cut', () => {
  const zone = fc.constantFrom('America/Santiago', 'America/Argentina/Buenos_Aires', 'Australia/Lord_Howe')
  const period = { from: begin, to: begin + length }
  const cases = fc.record({ facts: history, zone, size: fc.constantFrom(...intervalSizes), now: instant })

  it('offered = answered + abandoned + overflowed + callbacks + waiting, in each interval and in the total', () => {
    fc.assert(
      fc.property(cases, ({ facts, zone, size, now }) => {
        const slices = [...sliceFacts(facts, cutPeriod(period, size, zone), now), sliceWhole(facts, period, now)]
        for (const slice of slices) {
          const totals = tally(slice)
          const value = (id: string) => metricOf(id).of(totals) as number
          assert.equal(
            value('offered'),
            value('answered') + value('abandoned') + value('overflowed') + value('callbacks') + value('waiting'),
          )
          const reasons = ['timeout', 'full', 'no_agents', 'diverted'].map((reason) => value(`overflowed_${reason}`))
          assert.equal(
            value('overflowed'),
            reasons.reduce((total, one) => total + one),
          )
        }
      }),
      { numRuns: 60 },
    )
  })
  it('intervals add up to the whole', () => {
    fc.assert(
      fc.property(cases, ({ facts, zone, size, now }) => {
        const parts = sliceFacts(facts, cutPeriod(period, size, zone), now)
        const whole = tally(sliceWhole(facts, period, now))
        const sum = noTotals(whole.elapsed)
        for (const part of parts.toReversed()) addTotals(sum, tally(part))
        for (const metric of catalogue) assert.equal(metric.of(sum), metric.of(whole), metric.id)
        assert.equal(textOf(sum), textOf(whole))
      }),
      { numRuns: 60 },
    )
  })
  it('ratios stay between 0 and 1, or have no value', () => {
    fc.assert(
      fc.property(cases, ({ facts, now }) => {
        const whole = tally(sliceWhole(facts, period, now))
        for (const metric of catalogue) {
          const value = metric.of(whole)
          if (value === null) continue
          assert.ok(Number.isFinite(value), metric.id)
          if (metric.unit === 'ratio') assert.ok(value >= 0 && value <= 1, `${metric.id} = ${value}`)
        }
      }),
      { numRuns: 60 },
    )
  })
})
