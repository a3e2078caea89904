import assert from 'node:assert/strict'
import { it } from 'node:test'
import { aheadOf } from './ahead.ts'
import type { AgentRow } from './now.ts'
import type { Prospect } from './ports.ts'

const agent = (id: number, state: AgentRow['state'], more: Partial<AgentRow> = {}): AgentRow => ({
  ...{ id, name: `${id}`, state, since: 0, answered: 0, ahtMs: null, occupancy: null },
  ...more,
})
const prospect = (more: Partial<Prospect> = {}): Prospect => ({
  queueId: 0,
  halfHours: [{ from: 1, to: 2, calls: 41.6, needed: 5 }],
  target: { target: 0.8, targetSeconds: 20 },
  serving: undefined,
  error: 0.037,
  with: (agents) => ({ serviceLevel: agents / 10 + 0.001 }),
  ...more,
})
const people = [
  agent(1, 'available'),
  agent(2, 'talking', { queueId: 7 }),
  agent(3, 'wrap_up', { queueId: 8 }),
  agent(4, 'break'),
  agent(5, 'offline'),
  agent(6, 'available', { unreachable: 'phone' }),
]

it('counts who is at the desk and can be rung, and says what two more would change', () => {
  assert.deepEqual(aheadOf([prospect()], people), [
    {
      queueId: 0,
      halfHours: [{ from: 1, calls: 42, needed: 5, short: 2 }],
      agents: 3,
      targetSeconds: 20,
      level: 0.3,
      levelMore: 0.5,
      errorPoints: 4,
    },
  ])
})
it('of a queue: who serves it, without those whom another queue’s caller has', () => {
  const [row] = aheadOf([prospect({ queueId: 7, serving: new Set([1, 2, 3, 4]) })], people)
  assert.equal(row?.agents, 2)
  assert.equal(aheadOf([prospect({ queueId: 7, serving: new Set([3]) })], people)[0]?.agents, 0)
})
it('says nothing where the past says nothing', () => {
  const [row] = aheadOf([prospect({ halfHours: [], error: null, with: () => undefined })], people)
  assert.deepEqual([row?.level, row?.levelMore, row?.errorPoints, row?.halfHours], [null, null, null, []])
})
