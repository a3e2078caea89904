import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dueAt, isOverdue, isPending, mayBecome, priorities, states, timesAfter, transitions } from './states.ts'

test('from every state somebody can close it, and from closed only reopen it', () => {
  for (const state of states) {
    const seen = new Set([state])
    for (const at of seen) for (const next of transitions[at]) seen.add(next)
    assert.ok(seen.has('closed'), state)
  }
  assert.deepEqual(transitions.closed, ['reopened'])
  assert.equal(mayBecome('solved', 'in_progress'), false)
  assert.equal(mayBecome('waiting', 'waiting'), true)
})
test('the time each priority gives', () => {
  assert.deepEqual(
    priorities.map((one) => dueAt(one, 0) / 3_600_000),
    [4, 24, 72, 120],
  )
  assert.equal(isOverdue({ state: 'open', dueAt: 10 }, 11), true)
  assert.equal(isOverdue({ state: 'open', dueAt: 10 }, 10), false)
  assert.equal(isOverdue({ state: 'solved', dueAt: 10 }, 11), false)
})
test('along any life, what is pending is neither solved nor closed, and what is closed was solved', () => {
  const step = fc.record({ to: fc.constantFrom(...states), priority: fc.constantFrom(...priorities), ms: fc.nat(1e6) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0
      let ticket: Parameters<typeof timesAfter>[0] = {
        state: 'open',
        priority: 'normal',
        createdAt: 0,
        dueAt: dueAt('normal', 0),
        solvedAt: null,
        closedAt: null,
      }
      for (const { to, priority, ms } of steps) {
        now += ms
        if (!mayBecome(ticket.state, to)) continue
        const reopenedAt = to === 'reopened' && ticket.state !== 'reopened' ? now : ticket.reopenedAt
        ticket = { ...ticket, ...timesAfter(ticket, { state: to, priority }, now), state: to, priority, reopenedAt }
        assert.equal(ticket.solvedAt === null, isPending(to))
        assert.equal(ticket.closedAt !== null, to === 'closed')
        assert.equal(ticket.dueAt, dueAt(priority, ticket.reopenedAt ?? 0))
      }
    }),
  )
})
