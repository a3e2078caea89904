import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Candidate, createLots, drawnBy, lotOf } from './lots.ts'

const candidate = (agentId: number, at: number): Candidate => ({
  ...{ recordingId: `r${agentId}x${at}`, interactionId: `i${at}`, agentId, calledAt: at },
})
const draw = (seed: string, quota: number, list: readonly Candidate[]) => {
  const lots = createLots(seed, () => quota)
  for (const one of list) lots.add(one)
  return lots.winners().map(({ recordingId }) => recordingId)
}
const calls = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(5_000)), { maxLength: 200 }).map((list) => {
  const all = new Map(list.map(([agent, at]) => [`${agent} ${at}`, candidate(agent, at)]))
  return [...all.values()]
})

test('as many as there are, none twice, and the same in whatever order the calls come', () => {
  fc.assert(
    fc.property(calls, fc.string(), fc.integer({ min: 0, max: 7 }), (list, seed, quota) => {
      const drawn = draw(seed, quota, list)
      assert.deepEqual(drawn.toSorted(), draw(seed, quota, list.toReversed()).toSorted())
      assert.equal(new Set(drawn).size, drawn.length)
      for (const agent of [1, 2, 3]) {
        const mine = list.filter(({ agentId }) => agentId === agent).map(({ recordingId }) => recordingId)
        const lowest = mine.toSorted((a, b) => (lotOf(seed, a) < lotOf(seed, b) ? -1 : 1)).slice(0, quota)
        assert.deepEqual(
          drawn.filter((id) => mine.includes(id)),
          lowest,
        )
      }
    }),
  )
})

test('every call is as likely as any other', () => {
  const list = Array.from({ length: 20 }, (_, at) => candidate(1, at))
  const times = new Map<string, number>()
  const seeds = 4_000
  for (let seed = 0; seed < seeds; seed++)
    for (const id of draw(String(seed), 5, list)) times.set(id, (times.get(id) ?? 0) + 1)
  // Each is expected 1,000 times with a deviation of 27; the seeds are fixed, so this always says the same.
  for (const [id, count] of times) assert.ok(Math.abs(count - seeds / 4) < 110, `${id}: ${count}`)
  assert.equal(times.size, 20)
})

test('while the period runs, so much as has gone by of it', () => {
  const period = { from: 0, to: 100 }
  assert.deepEqual(
    [-5, 0, 1, 40, 41, 99, 100, 500].map((now) => drawnBy(now, period, 5)),
    [0, 0, 1, 2, 3, 5, 5, 5],
  )
})
