// The engine against queueing theory: with exponential arrivals, handling and patience a single queue must behave as M/M/N
// (Erlang C) and M/M/N+M (Erlang A). The expected values are the oracles of metrics.md.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEngine } from './engine.ts'
import { agentOf, queueOf } from './history.ts'
import { SortedList } from './sorted-list.ts'

/** Mulberry32: small, seeded, good enough for sampling. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

type Model = { perSecond: number; handlingS: number; agents: number; patienceS?: number; withinS: number }
type Means = { waited: number; abandoned: number; waitS: number; within: number; occupancy: number }
type Event = { at: number; order: number; run: () => void }

/** Runs the engine for `batches` batches of `perBatch` calls; one row of means a batch, the first (cold) one dropped. */
function simulate(model: Model, batches: number, perBatch: number, seed: number): Means[] {
  const draw = random(seed)
  const exponential = (mean: number) => -Math.log(1 - draw()) * mean * 1000
  const engine = createEngine()
  const events = new SortedList<Event>((a, b) => a.at - b.at || a.order - b.order)
  let order = 0
  let now = 0
  const later = (afterMs: number, run: () => void) => events.add({ at: now + afterMs, order: order++, run })
  engine.handle({ kind: 'queues', queues: [queueOf(1)] }, 0)
  engine.handle({ kind: 'agents', agents: Array.from({ length: model.agents }, (_, n) => agentOf(n + 1)) }, 0)
  for (let id = 1; id <= model.agents; id++) engine.handle({ kind: 'sign_in', agentId: id }, 0)

  const rows: Means[] = []
  const enteredAt = new Map<string, { at: number; batch: number }>()
  const batch = () => ({ waited: 0, abandoned: 0, waitS: 0, within: 0, occupancy: 0 })
  const sums = Array.from({ length: batches }, batch)
  const spans: { from: number; busyMs: number; to: number }[] = []
  let busy = 0
  let lastAt = 0
  let calls = 0

  const left = (stayId: string, answered: boolean) => {
    const entered = enteredAt.get(stayId)!
    enteredAt.delete(stayId)
    const sum = sums[entered.batch]!
    const waitMs = now - entered.at
    sum.waitS += waitMs / 1000
    if (waitMs > 0) sum.waited++
    if (!answered) sum.abandoned++
    else if (waitMs <= model.withinS * 1000) sum.within++
  }
  const obey = (commands: ReturnType<typeof engine.handle>) => {
    for (const command of commands) {
      if (command.kind !== 'offer') continue
      const { offerId, agentId, stayId } = command
      left(stayId, true)
      busy++
      engine.handle({ kind: 'accepted', offerId }, now)
      later(exponential(model.handlingS), () => {
        busy--
        obey(engine.handle({ kind: 'call_ended', agentId }, now))
      })
    }
  }
  const arrive = () => {
    const stayId = `s${calls}`
    const current = Math.floor(calls++ / perBatch)
    if (current >= batches) return
    spans[current] ??= { from: now, to: now, busyMs: 0 }
    enteredAt.set(stayId, { at: now, batch: current })
    const item = { interactionId: stayId, stayId, queueId: 1, agencyId: 1, channel: 'voice' as const, from: '' }
    obey(engine.handle({ kind: 'enter', item: { ...item, placeSince: now, enqueuedAt: now, priority: 5 } }, now))
    if (model.patienceS !== undefined && enteredAt.has(stayId)) {
      later(exponential(model.patienceS), () => {
        if (!enteredAt.has(stayId)) return
        left(stayId, false)
        engine.handle({ kind: 'leave', stayId }, now)
      })
    }
    later(exponential(1 / model.perSecond), arrive)
  }
  later(0, arrive)
  for (let event = events.first(); event; event = events.first()) {
    events.remove(event)
    const span = spans.at(-1)
    if (span && calls <= batches * perBatch) {
      span.busyMs += busy * (event.at - lastAt)
      span.to = event.at
    }
    lastAt = event.at
    now = event.at
    event.run()
  }
  for (let n = 1; n < batches; n++) {
    const { waited, abandoned, waitS, within } = sums[n]!
    const { from, to, busyMs } = spans[n]!
    rows.push({
      waited: waited / perBatch,
      abandoned: abandoned / perBatch,
      waitS: waitS / perBatch,
      within: within / perBatch,
      occupancy: busyMs / (to - from) / model.agents,
    })
  }
  return rows
}

/**
 * The mean of the batch means must lie within 3.5 standard errors of the oracle (batches are long against the memory of the
 * queue, so their means are nearly independent): a right engine fails once in some two thousand comparisons, and the seed is
 * fixed. The error itself must be small, or the comparison would say nothing.
 */
function compare(rows: Means[], expected: Partial<Means>, relative: number) {
  for (const [name, oracle] of Object.entries(expected) as [keyof Means, number][]) {
    const values = rows.map((row) => row[name])
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
    const error = Math.sqrt(variance / values.length)
    const said = `${name}: ${mean.toFixed(5)} ± ${error.toFixed(5)}, oracle ${oracle}`
    assert.ok(Math.abs(mean - oracle) <= 3.5 * error, said)
    assert.ok(error <= relative * oracle, `too coarse to tell: ${said}`)
  }
}

test('M/M/14, 100 calls in 30 min of 180 s: Erlang C', () => {
  const rows = simulate({ perSecond: 100 / 1800, handlingS: 180, agents: 14, withinS: 20 }, 41, 10_000, 7)
  compare(rows, { waited: 0.1741319, waitS: 7.835937, within: 0.88835, occupancy: 0.7142857 }, 0.04)
})

test('M/M/8, 100 calls in 60 min of 180 s: Erlang C', () => {
  const rows = simulate({ perSecond: 100 / 3600, handlingS: 180, agents: 8, withinS: 20 }, 41, 8_000, 11)
  compare(rows, { waited: 0.1672665, waitS: 10.03599, within: 0.8801483 }, 0.04)
})

test('M/M/13+M, patience 300 s: Erlang A', () => {
  const rows = simulate(
    { perSecond: 100 / 1800, handlingS: 180, agents: 13, patienceS: 300, withinS: 20 },
    41,
    5_000,
    13,
  )
  const oracle = { waited: 0.2257971, abandoned: 0.0249633, waitS: 7.488991, within: 0.8581777, occupancy: 0.7500282 }
  compare(rows, oracle, 0.03)
})
