// The rules of staffing: agents for a demand, patience, and what comes of the routing engine where formulas hold.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { erlangC } from '../metrics/erlang.ts'
import { agentsNeeded, type Demand, outlookOf } from './outlook.ts'
import { knownPatience, patienceOf } from './patience.ts'
import { simulateSkills } from './skills-simulation.ts'

const demand: fc.Arbitrary<Demand> = fc.record({
  calls: fc.integer({ min: 1, max: 600 }),
  intervalSeconds: fc.constant(1800),
  ahtSeconds: fc.integer({ min: 20, max: 900 }),
  targetSeconds: fc.integer({ min: 0, max: 120 }),
  patienceSeconds: fc.option(fc.integer({ min: 10, max: 3600 }), { nil: undefined }),
})
const near = (actual: number, expected: number, by: number) =>
  assert.ok(Math.abs(actual - expected) <= by, `${actual} is not within ${by} of ${expected}`)

describe('agents for a demand', () => {
  it('one more never makes it worse, also by parts of an agent', () => {
    fc.assert(
      fc.property(
        demand,
        fc.integer({ min: 0, max: 120 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, n, more) => {
          const less = outlookOf(one, n)
          const now = outlookOf(one, n + more)
          assert.ok(now.serviceLevel >= less.serviceLevel - 1e-9)
          assert.ok(now.pAbandon <= less.pAbandon + 1e-9)
          assert.ok(now.asaSeconds <= less.asaSeconds + 1e-6)
        },
      ),
    )
  })
  it('needed ones reach the target, and one less does not', () => {
    fc.assert(
      fc.property(demand, fc.double({ min: 0.05, max: 0.97, noNaN: true }), (one, share) => {
        const agents = agentsNeeded(one, share)
        assert.ok(outlookOf(one, agents).serviceLevel >= share)
        if (agents > 0) assert.ok(outlookOf(one, agents - 1).serviceLevel < share)
      }),
    )
  })
  it('keeps them from being busy all the time', () => {
    const one = { calls: 600, intervalSeconds: 1800, ahtSeconds: 300, targetSeconds: 60, patienceSeconds: 60 }
    const agents = agentsNeeded(one, 0.5, 0.85)
    assert.ok(agents > agentsNeeded(one, 0.5))
    assert.ok(outlookOf(one, agents).occupancy <= 0.85)
    assert.ok(outlookOf(one, agents - 1).occupancy > 0.85)
  })
  it('infinite patience is Erlang C', () => {
    fc.assert(
      fc.property(demand, fc.integer({ min: 1, max: 100 }), (one, spare) => {
        const { patienceSeconds: _, ...patient } = one
        const load = { ...patient, agents: Math.ceil((one.calls / 1800) * one.ahtSeconds) + spare }
        near(outlookOf({ ...one, patienceSeconds: 1e9 }, load.agents).serviceLevel, erlangC(load).serviceLevel, 1e-4)
        assert.equal(outlookOf({ ...one, patienceSeconds: Number.POSITIVE_INFINITY }, load.agents).pAbandon, 0)
      }),
    )
  })
  it('knows a line without end, and one without calls', () => {
    const one = { calls: 100, intervalSeconds: 1800, ahtSeconds: 180, targetSeconds: 20 }
    assert.equal(outlookOf(one, 9.5).asaSeconds, Number.POSITIVE_INFINITY)
    assert.equal(agentsNeeded({ ...one, calls: 0 }, 0.8), 0)
    assert.throws(() => agentsNeeded(one, 1), /share/)
    assert.throws(() => outlookOf(one, -1), /agents/)
    const few = { ...one, calls: 1, ahtSeconds: 1, patienceSeconds: 100 }
    assert.equal(outlookOf(few, 500).serviceLevel, 1)
  })
})

describe('patience', () => {
  const random = (() => {
    let state = 7
    return () => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
  })()
  it('is found again although the patient were answered first', () => {
    const waits = { answered: new Map(), abandoned: new Map(), other: new Map() }
    for (let n = 0; n < 40_000; n++) {
      const patience = -Math.log(random()) * 120
      const answeredAfter = -Math.log(random()) * 40
      const [map, wait] = patience < answeredAfter ? [waits.abandoned, patience] : [waits.answered, answeredAfter]
      map.set(Math.floor(wait), (map.get(Math.floor(wait)) ?? 0) + 1)
    }
    const patience = patienceOf(waits)
    // 10,000 hung up: one per cent is one standard error.
    near(patience.meanSeconds!, 120, 4)
    const mean = [...waits.abandoned].reduce((sum, [second, n]) => sum + second * n, 0) / patience.abandoned
    assert.ok(mean < 40, 'those who hung up alone would say something else')
    const at60 = patience.curve.findLast(({ second }) => second < 60)!
    near(at60.share, Math.exp(-60 / 120), 0.02)
    assert.equal(knownPatience(patience), patience.meanSeconds)
  })
  it('is unknown where nobody hung up, and not believed where few did', () => {
    const waits = { answered: new Map([[10, 50]]), abandoned: new Map(), other: new Map() }
    assert.equal(patienceOf(waits).meanSeconds, undefined)
    assert.equal(knownPatience(patienceOf({ ...waits, abandoned: new Map([[3, 4]]) })), undefined)
  })
  it('the curve never rises and ends where everybody hung up', () => {
    const counts = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 20 })), {
        minLength: 1,
        maxLength: 30,
      })
      .map((pairs) => new Map(pairs))
    fc.assert(
      fc.property(counts, counts, (answered, abandoned) => {
        const { curve } = patienceOf({ answered, abandoned, other: new Map() })
        let before = 1
        for (const { share } of curve) {
          assert.ok(share >= -1e-12 && share <= before)
          before = share
        }
        const last = Math.max(...abandoned.keys())
        if (last >= Math.max(...answered.keys()) && !answered.has(last)) near(before, 0, 1e-12)
      }),
    )
  })
})

const settings = (id: number, skillId?: number) => ({
  id,
  ...(skillId ? { skillId } : {}),
  levels: [],
  priority: 5,
  targetSeconds: 20,
})

describe('the routing engine on a clock of its own', () => {
  const calls = 30_000
  it('gives what Erlang C gives for one queue', async () => {
    const agents = Array.from({ length: 14 }, (_, n) => ({ id: n + 1, skills: {} }))
    const one = { settings: settings(1), callsPerHour: 200, ahtSeconds: 180 }
    const { queues, occupancy } = await simulateSkills([one], agents, { calls })
    near(queues[0]!.serviceLevel!, 0.88835, 0.015)
    near(queues[0]!.pWait!, 0.1741319, 0.02)
    near(occupancy, 0.7142857, 0.02)
  })
  it('gives what Erlang A gives where callers hang up', async () => {
    const agents = Array.from({ length: 13 }, (_, n) => ({ id: n + 1, skills: {} }))
    const one = { settings: settings(1), callsPerHour: 200, ahtSeconds: 180, patienceSeconds: 300 }
    const { queues } = await simulateSkills([one], agents, { calls })
    near(queues[0]!.serviceLevel!, 0.8581777, 0.015)
    near(queues[0]!.pAbandon!, 0.0249633, 0.004)
    near(queues[0]!.asaSeconds!, 7.488991, 0.8)
  })
  it('sharing agents lies between queues alone and one queue of all', async () => {
    const queues = [1, 2].map((id) => ({
      settings: settings(id, id),
      callsPerHour: 100,
      ahtSeconds: 180,
      patienceSeconds: 300,
    }))
    const skills = (n: number) => (n < 3 ? { 1: 3, 2: 3 } : n % 2 ? { 1: 3 } : { 2: 3 })
    const agents = Array.from({ length: 14 }, (_, n) => ({ id: n + 1, skills: skills(n) as Record<number, number> }))
    const found = await simulateSkills(queues, agents, { calls })
    const load = { intervalSeconds: 1800, ahtSeconds: 180, targetSeconds: 20, patienceSeconds: 300 }
    const apart = outlookOf({ ...load, calls: 50 }, 7).serviceLevel
    const pooled = outlookOf({ ...load, calls: 100 }, 14).serviceLevel
    for (const { serviceLevel } of found.queues)
      assert.ok(serviceLevel! > apart + 0.01 && serviceLevel! < pooled, `${apart} < ${serviceLevel} < ${pooled}`)
  })
  it('ends without agents, without calls, and when told to', async () => {
    const one = { settings: settings(1), callsPerHour: 60, ahtSeconds: 60 }
    const nobody = await simulateSkills([one], [], { calls: 100 })
    assert.equal(nobody.occupancy, 0)
    const { queues } = await simulateSkills([{ ...one, callsPerHour: 0 }], [{ id: 1, skills: {} }], { calls: 100 })
    assert.equal(queues[0]!.serviceLevel, null)
    const stop = AbortSignal.abort()
    await assert.rejects(simulateSkills([one], [{ id: 1, skills: {} }], { calls, signal: stop }))
  })
})
