import type { AgentSettings, QueueSettings } from '../types.ts'
import type { Agent, Core, Queue } from './core.ts'
import { byRank } from './core.ts'
import { levelSteps } from './levels.ts'
import { exitItem, forgetQueue, regroup } from './line.ts'
import { endOffer, returnToLine } from './offers.ts'
import { countSignedIn, groupOf, setInLine, setPooled, skillsOf } from './pools.ts'
import { setState } from './presence.ts'
import { SortedList } from './sorted-list.ts'

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** Takes the whole set of queues; who waits in a queue that is gone leaves as diverted, running offers finish first. */
export function setQueues(core: Core, queues: QueueSettings[]): void {
  const wanted = new Map(queues.map((queue) => [queue.id, queue]))
  for (const queue of [...core.queues.values()]) {
    const settings = wanted.get(queue.settings.id)
    if (!settings || settings.agencyId !== queue.settings.agencyId) removeQueue(core, queue)
  }
  for (const settings of queues) {
    const known = core.queues.get(settings.id)
    if (known && (!known.removed || known.settings.agencyId === settings.agencyId)) changeQueue(core, known, settings)
    else addQueue(core, settings)
  }
}

function addQueue(core: Core, settings: QueueSettings): void {
  const group = groupOf(core, settings.agencyId, settings.skillId ?? 0)
  const line = new SortedList(byRank)
  const queue: Queue = { settings, steps: levelSteps(settings), group, line, callbacks: 0, removed: false, handled: [] }
  group.queues.add(queue)
  core.queues.set(settings.id, queue)
}

function removeQueue(core: Core, queue: Queue): void {
  queue.removed = true
  for (const item of [...queue.line]) {
    if (!item.offer) exitItem(core, item, { exit: 'overflowed', reason: 'diverted' })
  }
  forgetQueue(core, queue)
}

function changeQueue(core: Core, queue: Queue, settings: QueueSettings): void {
  if (same(queue.settings, settings) && !queue.removed) return
  queue.removed = false
  queue.settings = settings
  queue.steps = levelSteps(settings)
  const group = groupOf(core, settings.agencyId, settings.skillId ?? 0)
  queue.group.queues.delete(queue)
  queue.group = group
  group.queues.add(queue)
  for (const item of [...queue.line]) {
    regroup(core, item, group)
    if (!item.offer) {
      setInLine(core, item, false)
      returnToLine(core, item)
    }
  }
}

/** Takes the whole set of agents. One who is gone finishes the call under way and is offered nothing more. */
export function setAgents(core: Core, agents: AgentSettings[]): void {
  const wanted = new Map(agents.map((agent) => [agent.id, agent]))
  for (const agent of [...core.agents.values()]) {
    const settings = wanted.get(agent.settings.id)
    if (!settings) removeAgent(core, agent)
    else {
      agent.removed = false
      if (!same(agent.settings, settings)) changeAgent(core, agent, settings)
    }
  }
  for (const settings of agents) {
    if (!core.agents.has(settings.id)) addAgent(core, settings)
  }
}

function addAgent(core: Core, settings: AgentSettings): void {
  const agent: Agent = {
    settings,
    skills: [],
    state: 'offline',
    since: core.now,
    idleSince: core.now,
    misses: 0,
    pooled: false,
    removed: false,
    told: 'offline',
  }
  agent.skills = skillsOf(core, agent)
  core.agents.set(settings.id, agent)
  core.changed.add(agent)
}

function removeAgent(core: Core, agent: Agent): void {
  agent.removed = true
  if (agent.state === 'offered' || agent.state === 'talking' || agent.state === 'wrap_up') return
  if (agent.state !== 'offline') setState(core, agent, 'offline')
  core.agents.delete(agent.settings.id)
}

function changeAgent(core: Core, agent: Agent, settings: AgentSettings): void {
  if (agent.offer && settings.agencyId !== agent.settings.agencyId) {
    const { id, item } = agent.offer
    core.out.push({ kind: 'cancel', offerId: id, stayId: item.work.stayId, agentId: settings.id })
    endOffer(core, agent.offer, 'failed')
  }
  const { pooled } = agent
  const signedIn = agent.state !== 'offline'
  setPooled(core, agent, false)
  if (signedIn) countSignedIn(core, agent, -1)
  agent.settings = settings
  agent.skills = skillsOf(core, agent)
  if (signedIn) countSignedIn(core, agent, 1)
  setPooled(core, agent, pooled)
  core.changed.add(agent)
}
