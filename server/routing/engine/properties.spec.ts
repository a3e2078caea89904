import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AgentSettings, QueueSettings } from '../types.ts'
import { createEngine } from './engine.ts'
import type { Command, EngineEvent } from './events.ts'
import { agentOf, history, queueOf, type Step } from './history.ts'

const STEP_MS = 120_000
const START = 1_000_000_000

type Known = {
  queueId: number
  agencyId: number
  placeSince: number
  priority: number
  order: number
  exits: number
  /** Moved by hand: the rank it was given; the rules of place and starvation are the mover's affair then. */
  rank?: number
}

/**
 * Plays a history on the engine and judges every command with a book of its own, kept only from events and commands. The
 * order within one `handle` is followed too: each offer is judged against what waits and who is free at that very moment.
 */
function play(story: { queues: QueueSettings[]; agents: AgentSettings[]; steps: Step[]; manned: boolean }) {
  const engine = createEngine({ priorityStepMs: STEP_MS, requireReachable: true })
  let now = START
  let queues = new Map<number, QueueSettings>()
  let agents = new Map<number, AgentSettings>()
  const stays = new Map<string, Known>()
  const offers = new Map<string, { agentId: number; stayId: string }>()
  const unreachable = new Set<number>()
  let suspended = false
  const seen = { offers: 0, exits: 0, accepted: 0, announced: 0, widened: 0, engaged: 0, moved: 0, withheld: 0 }

  /** Level wanted, worked out from the settings' words and not by the engine's own steps. */
  const wanted = (queue: QueueSettings, waitMs: number) => {
    if (queue.skillId === undefined || queue.levels.length === 0) return 1
    const ordered = [...queue.levels].sort((a, b) => a.afterMs - b.afterMs)
    const reached = ordered.filter((step, at) => at === 0 || step.afterMs <= waitMs)
    return Math.min(...reached.map((step) => step.minLevel))
  }
  const fits = (agentId: number, stay: Known) => {
    const agent = agents.get(agentId)
    const queue = queues.get(stay.queueId)
    if (!agent || !queue || agent.agencyId !== stay.agencyId) return false
    if (queue.skillId === undefined) return true
    return (agent.skills[queue.skillId] ?? 0) >= wanted(queue, now - stay.placeSince)
  }
  const rank = (stay: Known) => stay.rank ?? stay.placeSince + (stay.priority - 1) * STEP_MS
  const before = (a: Known, b: Known) => rank(a) < rank(b) || (rank(a) === rank(b) && a.order < b.order)
  const waitingIn = () => {
    const offered = new Set([...offers.values()].map((offer) => offer.stayId))
    return [...stays].filter(([id, stay]) => stay.exits === 0 && !offered.has(id))
  }

  function judge(commands: Command[], freeBefore: Set<number>) {
    for (const command of commands) {
      if (command.kind === 'offer') {
        seen.offers++
        const stay = stays.get(command.stayId)!
        assert.ok(stay && stay.exits === 0, 'offers something that is not waiting')
        assert.ok(!suspended, 'offers while suspended')
        assert.ok(!unreachable.has(command.agentId), 'offered to an agent out of reach')
        for (const other of offers.values()) {
          assert.notEqual(other.agentId, command.agentId, 'agent offered twice at once')
          assert.notEqual(other.stayId, command.stayId, 'item offered twice at once')
        }
        assert.ok(fits(command.agentId, stay), 'offered to an agent without skill or of another agency')
        const agent = engine.agent(command.agentId)
        assert.ok(agent?.state === 'offered', `offered to an agent who is ${agent?.state}`)
        if (wanted(queues.get(stay.queueId)!, 0) > wanted(queues.get(stay.queueId)!, now - stay.placeSince))
          seen.widened++
        for (const [, other] of waitingIn()) {
          if (other === stay || !fits(command.agentId, other)) continue
          assert.ok(!before(other, stay), 'an item before it in rank, fit for this agent, was passed over')
          if (other.rank !== undefined || stay.rank !== undefined) continue
          if (other.priority === stay.priority)
            assert.ok(other.placeSince >= stay.placeSince, 'order broken within a priority')
          assert.ok(stay.placeSince - other.placeSince <= 8 * STEP_MS, 'starved: passed over by a place far younger')
        }
        offers.set(command.offerId, { agentId: command.agentId, stayId: command.stayId })
        freeBefore.delete(command.agentId)
      } else if (command.kind === 'offer_ended') {
        assert.ok(offers.delete(command.offerId), 'an offer ended that was not running')
        if (command.outcome === 'accepted') seen.accepted++
      } else if (command.kind === 'exit') {
        seen.exits++
        const stay = stays.get(command.item.stayId)!
        assert.equal(++stay.exits, 1, 'an item left twice')
        for (const offer of offers.values()) assert.notEqual(offer.stayId, command.item.stayId, 'left while offered')
      } else if (command.kind === 'announce') {
        seen.announced++
        assert.equal(stays.get(command.stayId)!.exits, 0, 'spoke to one who left')
      }
    }
  }

  function invariants() {
    const at = engine.nextDeadline()
    const known = engine.agents()
    for (const agent of known) assert.equal(agent.unreachable !== undefined, unreachable.has(agent.id))
    const free = known.filter(
      (agent) => agent.state === 'available' && agent.restingUntil === undefined && !unreachable.has(agent.id),
    )
    const waiting = engine.waiting()
    const open = [...stays].filter(([, stay]) => stay.exits === 0).map(([id]) => id)
    assert.deepEqual(waiting.map((item) => item.stayId).sort(), open.sort(), 'waiting list and exits disagree')
    for (const agent of known) {
      const running = [...offers.values()].filter((offer) => offer.agentId === agent.id).length
      assert.equal(running, agent.state === 'offered' ? 1 : 0, `${running} offers for an agent ${agent.state}`)
      if (agent.restingUntil !== undefined)
        assert.ok(at !== undefined && agent.restingUntil >= at && agent.state === 'available')
    }
    if (suspended) return
    for (const [, stay] of waitingIn()) {
      for (const agent of free)
        assert.ok(!fits(agent.id, stay), 'a free agent and a waiting item fit and are left idle')
    }
    const { length } = waiting
    for (let i = 1; i < length; i++) {
      const [a, b] = [waiting[i - 1]!, waiting[i]!]
      if (a.queueId === b.queueId) assert.equal(engine.position(b.stayId), engine.position(a.stayId)! + 1)
    }
  }

  function give(event: EngineEvent) {
    judge(engine.handle(event, now), new Set())
    forgetGone()
    invariants()
  }
  function setQueues(next: QueueSettings[]) {
    queues = new Map(next.map((queue) => [queue.id, queue]))
    give({ kind: 'queues', queues: next })
  }
  function setAgents(next: AgentSettings[]) {
    // Who was removed in the middle of an offer keeps it to its end, but gets nothing new.
    agents = new Map(next.map((agent) => [agent.id, agent]))
    give({ kind: 'agents', agents: next })
  }
  /** Whoever was removed and comes back is a new one. */
  function forgetGone() {
    for (const id of unreachable) if (!engine.agent(id)) unreachable.delete(id)
  }
  const agentAt = (pick: number) => (pick % 7) + 1
  const inState = (state: string, pick: number) => {
    const some = engine.agents().filter((agent) => agent.state === state)
    return some[pick % (some.length || 1)]?.id
  }

  setQueues(story.queues)
  setAgents(story.agents)
  if (story.manned) for (const id of agents.keys()) give({ kind: 'sign_in', agentId: id })
  let count = 0
  for (const step of story.steps) {
    if (step.do === 'enter') {
      const stayId = `s${count++}`
      const agencyId = step.queue <= 3 !== step.foreign ? 1 : 2
      const placeSince = now - step.sinceMs
      stays.set(stayId, { queueId: step.queue, agencyId, placeSince, priority: step.priority, order: count, exits: 0 })
      const { queue: queueId, priority } = step
      const item = {
        interactionId: `i${stayId}`,
        stayId,
        queueId,
        agencyId,
        placeSince,
        priority,
        enqueuedAt: now,
        from: '',
      }
      give({
        kind: 'enter',
        item: { ...item, channel: 'voice', keys: '*', ...(step.callback ? { callback: true } : {}) },
      })
    } else if (step.do === 'pass') {
      const until = now + step.ms
      for (let at = engine.nextDeadline(); at !== undefined && at <= until; at = engine.nextDeadline()) {
        assert.ok(at >= now, 'a deadline in the past')
        now = at
        give({ kind: 'tick' })
      }
      now = until
    } else if (step.do === 'queues') setQueues(step.queues)
    else if (step.do === 'agents') setAgents(step.agents)
    else if (step.do === 'suspend' || step.do === 'resume') {
      suspended = step.do === 'suspend'
      give({ kind: step.do, channel: 'voice' })
    } else if (step.do === 'accept' || step.do === 'refuse') {
      const running = [...offers.keys()]
      const offerId = running[step.pick % (running.length || 1)] ?? 'none'
      if (step.do === 'accept') give({ kind: 'accepted', offerId })
      else give({ kind: 'not_accepted', offerId, outcome: step.outcome })
    } else if (step.do === 'leave' || step.do === 'key') {
      const stayId = `s${step.pick % (count || 1)}`
      if (step.do === 'leave') give({ kind: 'leave', stayId })
      else give({ kind: 'key', stayId, key: '*' })
    } else if (step.do === 'reachable') {
      const agentId = agentAt(step.pick)
      if (!engine.agent(agentId)) continue
      if (!step.reachable && engine.agent(agentId)!.state === 'available' && !unreachable.has(agentId)) seen.withheld++
      if (step.reachable) unreachable.delete(agentId)
      else unreachable.add(agentId)
      give({ kind: 'reachable', agentId, ...(step.reachable ? {} : { unreachable: 'phone' as const }) })
    } else if (step.do === 'engage') {
      const agentId = inState('available', step.pick) ?? 0
      give({ kind: 'engaged', agentId, interactionId: 'other', queueId: 1 })
      if (agentId === 0) continue
      assert.equal(engine.agent(agentId)!.state, 'talking')
      seen.engaged++
    } else if (step.do === 'move') {
      const some = [...stays].filter(([, stay]) => stay.exits === 0)
      const [stayId, stay] = some[step.pick % (some.length || 1)] ?? []
      if (!stay || !stayId) continue
      const ahead = step.front ? engine.front(stay.queueId) : undefined
      stay.priority = step.priority
      stay.rank = ahead ?? stay.placeSince + (step.priority - 1) * STEP_MS
      give({ kind: 'moved', stayId, priority: step.priority, ...(ahead === undefined ? {} : { rank: ahead }) })
      if (ahead !== undefined) assert.equal(engine.position(stayId), 1)
      seen.moved++
    } else if (step.do === 'end') give({ kind: 'call_ended', agentId: inState('talking', step.pick) ?? 0 })
    else if (step.do === 'finish') give({ kind: 'wrap_up_finished', agentId: inState('wrap_up', step.pick) ?? 0 })
    else if (step.do === 'extend')
      give({ kind: 'wrap_up_extended', agentId: inState('wrap_up', step.pick) ?? 0, ms: 5_000 })
    else if ('pick' in step) give({ kind: step.do, agentId: agentAt(step.pick) })
  }
  return seen
}

test('no history breaks the rules of distribution', () => {
  const total = { offers: 0, exits: 0, accepted: 0, announced: 0, widened: 0, engaged: 0, moved: 0, withheld: 0 }
  fc.assert(
    fc.property(history, (story) => {
      const seen = play(story)
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += seen[key]
    }),
    { numRuns: 3000, seed: 20260401 },
  )
  // The judge is only worth something if the histories reach what it judges.
  assert.ok(Math.min(total.offers, total.exits, total.accepted, total.announced) > 500, JSON.stringify(total))
  assert.ok(Math.min(total.widened, total.engaged, total.moved, total.withheld) > 50, JSON.stringify(total))
})

test('the same history gives the same commands', () => {
  fc.assert(
    fc.property(history, (story) => assert.deepEqual(play(story), play(story))),
    { numRuns: 50 },
  )
})

test('a flood of first priority delays the last priority by eight steps at most', () => {
  const engine = createEngine({ priorityStepMs: STEP_MS })
  let now = START
  const enter = (stayId: string, priority: number) =>
    engine.handle(
      {
        kind: 'enter',
        item: {
          interactionId: stayId,
          stayId,
          queueId: 1,
          agencyId: 1,
          channel: 'voice',
          placeSince: now,
          enqueuedAt: now,
          priority,
          from: '',
        },
      },
      now,
    )
  engine.handle({ kind: 'queues', queues: [queueOf(1)] }, now)
  engine.handle({ kind: 'agents', agents: [agentOf(1)] }, now)
  enter('last', 9)
  enter('p1-0', 1)
  let commands = engine.handle({ kind: 'sign_in', agentId: 1 }, now)
  let served: string[] = []
  for (let n = 1; !served.includes('last') && n < 1000; n++) {
    const offer = commands.find((command) => command.kind === 'offer')!
    engine.handle({ kind: 'accepted', offerId: offer.offerId }, now)
    served = [...served, offer.stayId]
    now += 10_000
    enter(`p1-${n}`, 1)
    enter(`p1-${n}b`, 1)
    commands = engine.handle({ kind: 'call_ended', agentId: 1 }, now)
  }
  assert.ok(served.includes('last'))
  // Two arrive for each one served, so the line holds what came in half of the time served; nobody younger than the bound passed.
  const passed = served.slice(0, -1).map((stayId) => Number(/\d+$/.exec(stayId.replace('b', ''))![0]) * 10_000)
  assert.ok(Math.max(...passed) <= 8 * STEP_MS, 'passed over by somebody beyond the bound')
  assert.ok(served.length > 90, 'priority 1 did go first meanwhile')
})
