import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentSettings, QueueSettings } from '../types.ts'
import { createEngine } from './engine.ts'
import type { Command, EngineEvent } from './events.ts'
import { agentOf, queueOf } from './history.ts'

function centre(queue: Partial<QueueSettings>, agents: AgentSettings[]) {
  const engine = createEngine()
  let now = 1_000_000
  const give = (event: EngineEvent) => engine.handle(event, now)
  give({ kind: 'queues', queues: [queueOf(1, queue)] })
  give({ kind: 'agents', agents })
  return {
    engine,
    give,
    enter: (stayId: string, more: { callbackKey?: string; placeSince?: number; callback?: true } = {}) =>
      give({
        kind: 'enter',
        item: {
          interactionId: stayId,
          stayId,
          queueId: 1,
          agencyId: 1,
          channel: 'voice',
          placeSince: now,
          enqueuedAt: now,
          priority: 5,
          from: '',
          ...more,
        },
      }),
    pass(ms: number): Command[] {
      const all: Command[] = []
      const until = now + ms
      for (let at = engine.nextDeadline(); at !== undefined && at <= until; at = engine.nextDeadline()) {
        now = at
        all.push(...give({ kind: 'tick' }))
      }
      now = until
      return all
    },
  }
}
const offersOf = (commands: Command[]) =>
  commands.flatMap((command) =>
    command.kind === 'offer' ? [[command.stayId, command.agentId, command.offerId] as const] : [],
  )
const exitsOf = (commands: Command[]) => commands.flatMap((command) => (command.kind === 'exit' ? [command.exit] : []))

test('levels widen as the wait grows, at the instant they say', () => {
  const levels = [
    { afterMs: 0, minLevel: 4 },
    { afterMs: 30_000, minLevel: 2 },
  ]
  const { give, enter, pass } = centre({ skillId: 7, levels }, [
    agentOf(1, { skills: { 7: 3 } }),
    agentOf(2, { skills: { 8: 5 } }),
  ])
  give({ kind: 'sign_in', agentId: 1 })
  give({ kind: 'sign_in', agentId: 2 })
  assert.deepEqual(offersOf(enter('a')), [])
  assert.deepEqual(offersOf(pass(29_999)), [])
  assert.deepEqual(
    offersOf(pass(1)).map(([stay, agent]) => [stay, agent]),
    [['a', 1]],
  )
})

test('a break asked for in a call begins after the wrap-up, and can be taken back', () => {
  const { engine, give, enter, pass } = centre({ wrapUpMs: 5_000 }, [agentOf(1)])
  give({ kind: 'sign_in', agentId: 1 })
  const [[, , offerId]] = offersOf(enter('a')) as [readonly [string, number, string]]
  give({ kind: 'accepted', offerId })
  give({ kind: 'break', agentId: 1, reasonId: 3 })
  assert.deepEqual([engine.agent(1)!.state, engine.agent(1)!.next], ['talking', 'break'])
  give({ kind: 'ready', agentId: 1 })
  assert.equal(engine.agent(1)!.next, undefined)
  give({ kind: 'break', agentId: 1, reasonId: 3 })
  give({ kind: 'call_ended', agentId: 1 })
  assert.equal(engine.agent(1)!.state, 'wrap_up')
  pass(5_000)
  assert.deepEqual([engine.agent(1)!.state, engine.agent(1)!.breakReasonId], ['break', 3])
})

test('the longest idle is offered first', () => {
  const { give, enter, pass } = centre({}, [agentOf(1), agentOf(2), agentOf(3)])
  for (const agentId of [3, 1, 2]) {
    give({ kind: 'sign_in', agentId })
    pass(1_000)
  }
  assert.deepEqual(
    ['a', 'b', 'c'].map((stay) => offersOf(enter(stay))[0]![1]),
    [3, 1, 2],
  )
})

test('nobody signed in overflows at once, and when the last one leaves; a callback waits on', () => {
  const { engine, give, enter } = centre({ noAgents: 'overflow' }, [agentOf(1)])
  assert.deepEqual(exitsOf(enter('a')), [{ exit: 'overflowed', reason: 'no_agents' }])
  give({ kind: 'sign_in', agentId: 1 })
  give({ kind: 'break', agentId: 1 })
  assert.deepEqual(exitsOf(enter('b')), [])
  enter('c', { callback: true })
  assert.deepEqual(exitsOf(give({ kind: 'sign_out', agentId: 1 })), [{ exit: 'overflowed', reason: 'no_agents' }])
  assert.deepEqual(
    engine.waiting().map(({ stayId }) => stayId),
    ['c'],
  )
})

test('the wait is estimated from handling times and agents, and unknown without them', () => {
  const { engine, give, enter, pass } = centre({ wrapUpMs: 0 }, [agentOf(1), agentOf(2)])
  assert.deepEqual(engine.estimate(1), { position: 1 })
  assert.deepEqual(engine.estimate(5), {})
  give({ kind: 'sign_in', agentId: 1 })
  give({ kind: 'sign_in', agentId: 2 })
  for (const stay of ['a', 'b']) give({ kind: 'accepted', offerId: offersOf(enter(stay))[0]![2] })
  pass(100_000)
  give({ kind: 'call_ended', agentId: 1 })
  assert.deepEqual(engine.estimate(1), { position: 1, waitMs: 0 }, 'somebody is free')
  give({ kind: 'accepted', offerId: offersOf(enter('c'))[0]![2] })
  enter('d')
  assert.deepEqual(engine.estimate(1, 'd'), { position: 1, waitMs: 50_000 })
  assert.deepEqual(engine.estimate(1), { position: 2, waitMs: 100_000 })
  give({ kind: 'sign_out', agentId: 2 })
  give({ kind: 'break', agentId: 1 })
  give({ kind: 'call_ended', agentId: 1 })
  give({ kind: 'call_ended', agentId: 2 })
  assert.deepEqual(engine.estimate(1), { position: 2 }, 'nobody works')
})
