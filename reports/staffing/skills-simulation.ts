// Several queues that share agents by skill: no formula holds, so the routing engine itself is run on a clock of its own.
import { setImmediate } from 'node:timers/promises'
import { type AgentSettings, createEngine, type QueueSettings } from '../../server/routing/index.ts'

export type SimulatedQueue = {
  settings: Pick<QueueSettings, 'id' | 'skillId' | 'levels' | 'priority' | 'targetSeconds'>
  callsPerHour: number
  ahtSeconds: number
  /** Mean, exponential; undefined: nobody hangs up. */
  patienceSeconds?: number | undefined
}
export type SimulatedAgent = Pick<AgentSettings, 'id' | 'skills'>

export type Simulated = {
  queueId: number
  calls: number
  /** Served within T / offered; null: no calls. */
  serviceLevel: number | null
  pAbandon: number | null
  asaSeconds: number | null
  pWait: number | null
}
export type SimulationResult = { queues: Simulated[]; calls: number; occupancy: number }

/** Mulberry32: seeded, so that the same question has the same answer. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Happening = { at: number; run(): void }

/** The earliest first; a heap in an array. */
function agenda() {
  const heap: Happening[] = []
  const before = (a: number, b: number) => heap[a]!.at < heap[b]!.at
  const swap = (a: number, b: number) => {
    const kept = heap[a]!
    heap[a] = heap[b]!
    heap[b] = kept
  }
  return {
    first: () => heap[0],
    add(one: Happening) {
      let at = heap.push(one) - 1
      for (let up = (at - 1) >> 1; at > 0 && before(at, up); up = (at - 1) >> 1) {
        swap(at, up)
        at = up
      }
    },
    take(): Happening | undefined {
      const first = heap[0]
      const last = heap.pop()
      if (!last || heap.length === 0) return first
      heap[0] = last
      for (let at = 0; ; ) {
        const left = 2 * at + 1
        if (left >= heap.length) break
        const least = left + 1 < heap.length && before(left + 1, left) ? left + 1 : left
        if (!before(least, at)) break
        swap(at, least)
        at = least
      }
      return first
    },
  }
}

const yieldEvery = 400
/** `progress` hears how many calls have come. */
export type PlayOptions = {
  calls: number
  seed?: number
  signal?: AbortSignal
  progress?: (calls: number) => void
}

/**
 * Plays `calls` calls (after a tenth of them to warm up) of exponential arrivals, handling and patience through the routing
 * engine. Gives way to others every few hundred calls, and stops between two of them once `signal` says so.
 */
export async function simulateSkills(
  queues: readonly SimulatedQueue[],
  agents: readonly SimulatedAgent[],
  { calls, seed = 1, signal, progress }: PlayOptions,
): Promise<SimulationResult> {
  const draw = randomFrom(seed)
  const exponentialMs = (seconds: number) => -Math.log(1 - draw()) * seconds * 1000
  const engine = createEngine()
  const happenings = agenda()
  let now = 0
  const later = (afterMs: number, run: () => void) => happenings.add({ at: now + afterMs, run })
  engine.handle({ kind: 'queues', queues: queues.map(({ settings }) => queueOf(settings)) }, 0)
  engine.handle({ kind: 'agents', agents: agents.map(agentOf) }, 0)
  for (const { id } of agents) engine.handle({ kind: 'sign_in', agentId: id }, 0)

  const coldCalls = Math.ceil(calls / 10)
  const results = new Map(
    queues.map(({ settings }) => [settings.id, { calls: 0, answered: 0, within: 0, lost: 0, waitMs: 0, waited: 0 }]),
  )
  const waiting = new Map<string, { at: number; queue: SimulatedQueue; counts: boolean }>()
  let begun = 0
  let busy = 0
  let busyMs = 0
  let measuredFrom = -1
  let measuredTo = 0
  let lastAt = 0

  function left(stayId: string, answered: boolean): SimulatedQueue {
    const stay = waiting.get(stayId)!
    waiting.delete(stayId)
    if (stay.counts) {
      const result = results.get(stay.queue.settings.id)!
      const waitMs = now - stay.at
      result.calls++
      result.waitMs += waitMs
      if (waitMs > 0) result.waited++
      if (!answered) result.lost++
      else if (waitMs <= stay.queue.settings.targetSeconds * 1000) result.within++
    }
    return stay.queue
  }
  function obey(commands: ReturnType<typeof engine.handle>): void {
    for (const command of commands) {
      if (command.kind !== 'offer') continue
      const { offerId, agentId, stayId } = command
      const queue = left(stayId, true)
      busy++
      obey(engine.handle({ kind: 'accepted', offerId }, now))
      later(exponentialMs(queue.ahtSeconds), () => {
        busy--
        obey(engine.handle({ kind: 'call_ended', agentId }, now))
      })
    }
  }
  function arrive(queue: SimulatedQueue): void {
    if (begun >= calls + coldCalls) return
    const stayId = `s${begun++}`
    const counts = begun > coldCalls
    if (counts && measuredFrom < 0) measuredFrom = now
    waiting.set(stayId, { at: now, queue, counts })
    const { id: queueId, priority } = queue.settings
    const item = { interactionId: stayId, stayId, queueId, agencyId: 1, channel: 'voice' as const, from: '' }
    obey(engine.handle({ kind: 'enter', item: { ...item, placeSince: now, enqueuedAt: now, priority } }, now))
    if (queue.patienceSeconds !== undefined && waiting.has(stayId))
      later(exponentialMs(queue.patienceSeconds), () => {
        if (!waiting.has(stayId)) return
        left(stayId, false)
        obey(engine.handle({ kind: 'leave', stayId }, now))
      })
    later(exponentialMs(3600 / queue.callsPerHour), () => arrive(queue))
  }
  for (const queue of queues)
    if (queue.callsPerHour > 0) later(exponentialMs(3600 / queue.callsPerHour), () => arrive(queue))

  let turns = 0
  for (;;) {
    // The engine's own clock: who has waited long is offered to more agents.
    const due = engine.nextDeadline()
    const next = happenings.first()
    if (!next && (waiting.size === 0 || due === undefined)) break
    // Without calls to come and without anybody to serve them, some wait for ever.
    if (!next && agents.length === 0) break
    const at = next && (due === undefined || next.at <= due) ? next.at : due!
    if (measuredFrom >= 0 && begun < calls + coldCalls) {
      busyMs += busy * (at - Math.max(lastAt, measuredFrom))
      measuredTo = at
    }
    lastAt = at
    now = Math.max(now, at)
    if (next && next.at === at) happenings.take()!.run()
    else obey(engine.handle({ kind: 'tick' }, now))
    if (++turns % yieldEvery === 0) {
      await setImmediate()
      signal?.throwIfAborted()
      progress?.(Math.max(0, begun - coldCalls))
    }
  }
  const counted = [...results.values()].reduce((sum, one) => sum + one.calls, 0)
  const length = measuredTo - measuredFrom
  return {
    calls: counted,
    occupancy: agents.length > 0 && length > 0 ? busyMs / length / agents.length : 0,
    queues: [...results].map(([queueId, one]) => {
      const share = (count: number) => (one.calls > 0 ? count / one.calls : null)
      return {
        queueId,
        calls: one.calls,
        serviceLevel: share(one.within),
        pAbandon: share(one.lost),
        asaSeconds: share(one.waitMs / 1000),
        pWait: share(one.waited),
      }
    }),
  }
}

const queueOf = (settings: SimulatedQueue['settings']): QueueSettings => ({
  agencyId: 1,
  code: `${settings.id}`,
  name: '',
  channel: 'voice',
  noAgents: 'wait',
  ringMs: 15_000,
  wrapUpMs: 0,
  targetPercent: 80,
  shortAbandonSeconds: 5,
  record: false,
  messages: [],
  messageEveryMs: 0,
  announcePosition: false,
  open: true,
  ...settings,
})

const agentOf = ({ id, skills }: SimulatedAgent): AgentSettings => ({
  id,
  agencyId: 1,
  name: '',
  extension: `${id}`,
  skills,
})
