// Random histories of a small centre for the property tests: commands of fast-check turned into events that make sense.
import fc from 'fast-check'
import type { AgentSettings, QueueSettings } from '../types.ts'

export const queueOf = (id: number, more: Partial<QueueSettings> = {}): QueueSettings => ({
  id,
  agencyId: 1,
  code: `q${id}`,
  name: `Cola ${id}`,
  channel: 'voice',
  priority: 5,
  levels: [],
  noAgents: 'wait',
  ringMs: 15_000,
  wrapUpMs: 0,
  targetSeconds: 20,
  targetPercent: 80,
  shortAbandonSeconds: 5,
  record: false,
  messages: [],
  messageEveryMs: 0,
  announcePosition: false,
  open: true,
  ...more,
})

export const agentOf = (id: number, more: Partial<AgentSettings> = {}): AgentSettings => ({
  id,
  agencyId: 1,
  name: `Agente ${id}`,
  extension: `${1000 + id}`,
  skills: {},
  ...more,
})

/** Steps are drawn with free numbers; the runner takes them modulo whatever exists at that moment. */
export type Step =
  | { do: 'enter'; queue: number; priority: number; sinceMs: number; callback: boolean; foreign: boolean }
  | { do: 'leave' | 'key'; pick: number }
  | { do: 'accept'; pick: number }
  | { do: 'end' | 'finish' | 'extend'; pick: number }
  | { do: 'refuse'; pick: number; outcome: 'no_answer' | 'refused' | 'failed' | 'caller_gone' }
  | { do: 'sign_in' | 'sign_out' | 'ready' | 'break'; pick: number }
  | { do: 'reachable'; pick: number; reachable: boolean }
  | { do: 'engage'; pick: number }
  | { do: 'move'; pick: number; priority: number; front: boolean }
  | { do: 'queues'; queues: QueueSettings[] }
  | { do: 'agents'; agents: AgentSettings[] }
  | { do: 'suspend' | 'resume' }
  | { do: 'pass'; ms: number }

const level = fc.integer({ min: 1, max: 5 })

const queue = (id: number): fc.Arbitrary<QueueSettings> =>
  fc
    .record({
      skillId: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      levels: fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 90_000 }), minLevel: level }), { maxLength: 3 }),
      maxWaitMs: fc.option(fc.integer({ min: 1_000, max: 200_000 }), { nil: undefined }),
      maxSize: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
      noAgents: fc.constantFrom('wait' as const, 'wait' as const, 'overflow' as const),
      wrapUpMs: fc.constantFrom(0, 10_000),
      messages: fc.constantFrom<string[]>([], ['a', 'b']),
      messageEveryMs: fc.constantFrom(0, 20_000),
      announcePosition: fc.boolean(),
      open: fc.constantFrom(true, true, true, false),
    })
    .map((more) => queueOf(id, { ...more, messages: [...more.messages], agencyId: id <= 3 ? 1 : 2 }))

export const queues = fc
  .tuple(...[1, 2, 3, 4].map(queue))
  .chain((all) => fc.subarray(all, { minLength: 2 }) as fc.Arbitrary<QueueSettings[]>)

const agent = (id: number): fc.Arbitrary<AgentSettings> =>
  fc
    .dictionary(fc.constantFrom('1', '2', '3'), level)
    .map((skills) => agentOf(id, { skills: skills as Record<number, number>, agencyId: id <= 5 ? 1 : 2 }))

export const agents = fc
  .tuple(...[1, 2, 3, 4, 5, 6, 7].map(agent))
  .chain((all) => fc.subarray(all, { minLength: 3 }) as fc.Arbitrary<AgentSettings[]>)

const pick = fc.nat(1_000)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('enter' as const),
      queue: fc.integer({ min: 1, max: 4 }),
      priority: fc.integer({ min: 1, max: 9 }),
      sinceMs: fc.constantFrom(0, 0, 0, 60_000, 600_000),
      callback: fc.constantFrom(false, false, false, true),
      foreign: fc.constantFrom(...Array<boolean>(15).fill(false), true),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('accept' as const), pick }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'end', 'finish', 'finish', 'extend'), pick }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'key'), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      pick,
      outcome: fc.constantFrom('no_answer' as const, 'refused', 'failed', 'caller_gone'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('sign_in' as const, 'sign_in', 'ready'), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sign_out' as const, 'break'), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reachable' as const), pick, reachable: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('engage' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      pick,
      priority: fc.integer({ min: 1, max: 9 }),
      front: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('queues' as const), queues }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('agents' as const), agents }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('suspend' as const, 'resume', 'resume', 'resume') }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 60_000 }) }) },
)

export const history = fc.record({
  queues,
  agents,
  manned: fc.boolean(),
  steps: fc.array(step, { minLength: 20, maxLength: 120 }),
})
