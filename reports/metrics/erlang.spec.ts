import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { agentsFor, erlangA, erlangB, erlangC, erlangsForBlocking, linesFor } from './erlang.ts'

const near = (actual: number, expected: number, digits: number) =>
  assert.ok(Math.abs(actual - expected) < 0.5000001 * 10 ** -digits, `${actual} is not ${expected}`)
const half = 30 * 60

describe('Erlang B', () => {
  it('gives the tables of metrics.md', () => {
    near(erlangB(20, 30), 0.0084575, 7)
    near(erlangB(10, 10), 0.2145823, 7)
    near(erlangB(2, 2), 0.4, 12)
    near(erlangB(8.108, 15), 0.01, 5)
  })
  it('inverts', () => {
    near(erlangsForBlocking(15, 0.01), 8.108, 3)
    near(erlangsForBlocking(10, 0.02), 5.084, 4)
    near(erlangsForBlocking(30, 0.02), 21.9316, 4)
    near(erlangsForBlocking(100, 0.01), 84.0642, 4)
  })
  it('finds the lines for a traffic, and the inverse is an inverse', () => {
    assert.equal(linesFor(8.1, 0.01), 15)
    assert.equal(linesFor(8.12, 0.01), 16)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0.0001, max: 0.9, noNaN: true }),
        (lines, share) => {
          near(erlangB(erlangsForBlocking(lines, share), lines), share, 8)
        },
      ),
    )
  })
  it('refuses what is no traffic', () => {
    assert.throws(() => erlangB(-1, 2), /traffic/)
    assert.throws(() => erlangB(1, 1.5), /lines/)
    assert.throws(() => erlangsForBlocking(3, 1), /blocking/)
  })
})

describe('Erlang C', () => {
  const oracle: [number, number, number, number, number, { w: number; sl: number; asa: number; occ?: number }][] = [
    [100, half, 180, 14, 20, { w: 0.1741319, sl: 0.88835, asa: 7.835937, occ: 0.7142857 }],
    [360, half, 240, 55, 15, { w: 0.2387009, sl: 0.8458831, asa: 8.184032, occ: 0.8727273 }],
    [100, 2 * half, 180, 8, 20, { w: 0.1672665, sl: 0.8801483, asa: 10.03599 }],
    [200, half, 240, 30, 20, { w: 0.4276915, sl: 0.6760386, asa: 30.79379 }],
  ]
  for (const [calls, intervalSeconds, ahtSeconds, agents, targetSeconds, wanted] of oracle) {
    it(`${calls} calls of ${ahtSeconds} s on ${agents} agents`, () => {
      const got = erlangC({ calls, intervalSeconds, ahtSeconds, agents, targetSeconds })
      near(got.pWait, wanted.w, 7)
      near(got.serviceLevel, wanted.sl, 7)
      near(got.asaSeconds, wanted.asa, 6)
      if (wanted.occ) near(got.occupancy, wanted.occ, 7)
    })
  }
  it('says that an overloaded group never serves', () => {
    const got = erlangC({ calls: 100, intervalSeconds: half, ahtSeconds: 180, agents: 10, targetSeconds: 20 })
    assert.deepEqual(got, { pWait: 1, serviceLevel: 0, asaSeconds: Number.POSITIVE_INFINITY, occupancy: 1 })
  })
  it('staffs: one agent less misses the target', () => {
    const load = { calls: 100, intervalSeconds: half, ahtSeconds: 180, targetSeconds: 20 }
    const agents = agentsFor(load, 0.8)
    assert.ok(erlangC({ ...load, agents }).serviceLevel >= 0.8)
    assert.ok(erlangC({ ...load, agents: agents - 1 }).serviceLevel < 0.8)
  })
})

describe('Erlang A', () => {
  it('gives the oracle of metrics.md', () => {
    const got = erlangA({
      calls: 100,
      intervalSeconds: half,
      ahtSeconds: 180,
      agents: 13,
      targetSeconds: 20,
      patienceSeconds: 300,
    })
    near(got.pWait, 0.2257971, 7)
    near(got.pAbandon, 0.0249633, 7)
    near(got.asaSeconds, 7.488991, 6)
    near(got.occupancy, 0.7500282, 7)
    near(got.serviceLevel, 0.8581777, 7)
  })
  it('becomes Erlang C when nobody loses patience', () => {
    const load = { calls: 100, intervalSeconds: half, ahtSeconds: 180, agents: 14, targetSeconds: 20 }
    const patient = erlangA({ ...load, patienceSeconds: 1e9 })
    near(patient.pWait, erlangC(load).pWait, 5)
    near(patient.serviceLevel, erlangC(load).serviceLevel, 5)
    near(patient.asaSeconds, erlangC(load).asaSeconds, 3)
  })
  it('holds: carried work is offered work that did not leave', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 5, max: 900 }),
        (calls, agents, patienceSeconds) => {
          const got = erlangA({
            calls,
            agents,
            patienceSeconds,
            intervalSeconds: half,
            ahtSeconds: 180,
            targetSeconds: 20,
          })
          const offered = (calls / half) * 180
          near(got.occupancy * agents, offered * (1 - got.pAbandon), 6)
          assert.ok(got.serviceLevel >= 0 && got.serviceLevel <= 1 - got.pAbandon + 1e-9)
        },
      ),
    )
  })
})
