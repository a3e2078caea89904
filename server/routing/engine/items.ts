import type { QueueExit } from '../types.ts'
import type { Core, Item } from './core.ts'
import type { EnterItem } from './events.ts'
import { levelAt } from './levels.ts'
import { exitItem, positionOf, refusal, signedInFor } from './line.ts'
import { returnToLine, withdraw } from './offers.ts'
import { setInLine } from './pools.ts'

/** Why an item entering now would leave at once; undefined when it may wait. */
export function admission(core: Core, queueId: number, agencyId: number, callback = false): QueueExit | undefined {
  const queue = core.queues.get(queueId)
  if (!queue || queue.removed || queue.settings.agencyId !== agencyId || (!queue.settings.open && !callback))
    return { exit: 'overflowed', reason: 'diverted' }
  const { maxSize } = queue.settings
  if (!callback && maxSize !== undefined && queue.line.size - queue.callbacks >= maxSize)
    return { exit: 'overflowed', reason: 'full' }
  return refusal(queue, callback)
}

/** Takes an item in, or answers with its exit at once. A stay known already is ignored. */
export function enter(core: Core, entering: EnterItem): void {
  const { keys = '', callbackKey, messages, restored, rank, ...work } = entering
  if (core.items.has(work.stayId)) return
  const refused = restored ? undefined : admission(core, work.queueId, work.agencyId, work.callback === true)
  const queue = core.queues.get(work.queueId)
  if (refused || !queue || queue.settings.agencyId !== work.agencyId) {
    const exit = refused ?? { exit: 'overflowed', reason: 'diverted' }
    core.out.push({ kind: 'exit', item: { ...work, state: 'waiting' }, exit })
    return
  }
  const priority = Math.min(9, Math.max(1, Math.round(work.priority) || 1))
  const item: Item = {
    work: { ...work, priority, state: 'waiting' },
    order: core.order++,
    rank: rank ?? rankOf(core, work.placeSince, priority),
    queue,
    group: queue.group,
    level: levelAt(queue.steps, core.now - work.placeSince).level,
    inLine: false,
    keys,
    callbackKey,
    messages,
    announced: 0,
  }
  core.items.set(work.stayId, item)
  queue.line.add(item)
  if (work.callback) queue.callbacks++
  item.group.items++
  returnToLine(core, item)
}

const rankOf = (core: Core, placeSince: number, priority: number) =>
  placeSince + (priority - 1) * core.rules.priorityStepMs

/** By a supervisor's order: the item's place among those of its queue is another from now on. */
export function moveInLine(core: Core, item: Item, wanted: number, rank: number | undefined): void {
  const priority = Math.min(9, Math.max(1, Math.round(wanted) || 1))
  const { inLine, queue } = item
  setInLine(core, item, false)
  queue.line.remove(item)
  item.work.priority = priority
  item.rank = rank ?? rankOf(core, item.work.placeSince, priority)
  queue.line.add(item)
  setInLine(core, item, inLine)
}

/** A rank in front of all that wait in the queue. */
export function frontRank(core: Core, queueId: number): number | undefined {
  const first = core.queues.get(queueId)?.line.first()
  return first && first.rank - 1
}

/** Takes an item out whatever it is in the middle of. */
export function leave(core: Core, item: Item, exit: QueueExit): void {
  withdraw(core, item)
  exitItem(core, item, exit)
}

/** A key of the caller; one without meaning here is ignored. */
export function pressKey(core: Core, item: Item, key: string): void {
  if (item.callbackKey !== undefined && key === item.callbackKey) leave(core, item, { exit: 'callback' })
  else if (key.length === 1 && item.keys.includes(key)) leave(core, item, { exit: 'key', key })
}

/** After agents signed out: lines that nobody serves any more overflow, where their queue says so. */
export function overflowUnserved(core: Core): void {
  for (const group of core.drained) {
    for (const queue of group.queues) {
      if (queue.settings.noAgents !== 'overflow' || signedInFor(queue) > 0) continue
      for (const item of [...queue.line]) {
        if (item.inLine && !item.work.callback) exitItem(core, item, { exit: 'overflowed', reason: 'no_agents' })
      }
    }
  }
  core.drained.clear()
}

/** Stops or takes up again everything of a channel whose carrier is away. Running offers keep their own end. */
export function setSuspended(core: Core, channel: Item['work']['channel'], suspended: boolean): void {
  if (suspended === core.suspended.has(channel)) return
  if (suspended) core.suspended.add(channel)
  else core.suspended.delete(channel)
  for (const item of [...core.items.values()]) {
    if (item.work.channel === channel && !item.offer) returnToLine(core, item)
  }
}

/**
 * Expected wait, ms, for who stands at `position` (1 is next): the handling times still to pass before an agent comes free.
 * Each agent signed in and not on break counts with the share that this queue has in all the waiting the agent may be
 * given. Undefined when nobody works or no handling time is known yet.
 */
export function estimateWait(core: Core, queueId: number, position: number): number | undefined {
  const queue = core.queues.get(queueId)
  if (!queue || queue.handled.length === 0) return undefined
  let working = 0
  const { group } = queue
  const lowest = queue.steps.at(-1)!.minLevel
  const own = Math.max(1, queue.line.size)
  for (const agent of core.agents.values()) {
    if (agent.unreachable || agent.state === 'offline' || agent.state === 'break') continue
    if (agent.settings.agencyId !== group.agencyId) continue
    let serves = false
    let waiting = 0
    for (const skill of agent.skills) {
      waiting += skill.group.items
      if (skill.group === group && skill.level >= lowest) serves = true
    }
    if (!serves) continue
    if (agent.state === 'available' && waiting === 0) return 0
    working += own / Math.max(own, waiting)
  }
  if (working === 0) return undefined
  const handling = queue.handled.reduce((sum, ms) => sum + ms, 0) / queue.handled.length
  return Math.round((position * handling) / working)
}

export { positionOf }
