import type { QueueExit } from '../types.ts'
import { type Core, type Group, type Item, type Queue, setTimer } from './core.ts'
import { LEVELS, levelAt } from './levels.ts'
import { setInLine } from './pools.ts'

/** Where an item stands: 1 is first. Offered ones count, since they are still in front. */
export const positionOf = (item: Item) => item.queue.line.indexOf(item) + 1

/** Agents signed in who serve the queue now or will once the wait has widened it. */
export function signedInFor(queue: Queue): number {
  let agents = 0
  for (let level = queue.steps.at(-1)!.minLevel; level <= LEVELS; level++) agents += queue.group.signedIn[level]!
  return agents
}

/** Why an item may not wait in the queue now; undefined when it may. A callback can wait for tomorrow's agents. */
export function refusal(queue: Queue, callback: boolean): QueueExit | undefined {
  if (queue.removed) return { exit: 'overflowed', reason: 'diverted' }
  if (!callback && queue.settings.noAgents === 'overflow' && signedInFor(queue) === 0)
    return { exit: 'overflowed', reason: 'no_agents' }
  return undefined
}

/** Takes the item out for good. The only place where an item leaves. */
export function exitItem(core: Core, item: Item, exit: QueueExit): void {
  if (!core.items.delete(item.work.stayId)) return
  setInLine(core, item, false)
  setTimer(core, item, undefined, () => {})
  item.queue.line.remove(item)
  if (item.work.callback) item.queue.callbacks--
  item.group.items--
  forgetQueue(core, item.queue)
  core.out.push({ kind: 'exit', item: { ...item.work }, exit })
}

/** Drops a removed queue when the last of its line has left. */
export function forgetQueue(core: Core, queue: Queue): void {
  if (!queue.removed || queue.line.size > 0) return
  queue.group.queues.delete(queue)
  if (core.queues.get(queue.settings.id) === queue) core.queues.delete(queue.settings.id)
}

/** Level and instants of an item by its queue's settings as they are now. */
export function schedule(core: Core, item: Item): void {
  const { settings, steps } = item.queue
  const { level, nextMs } = levelAt(steps, core.now - item.work.placeSince)
  if (level !== item.level) {
    const inLine = item.inLine
    setInLine(core, item, false)
    item.level = level
    setInLine(core, item, inLine)
  }
  item.widenAt = nextMs === undefined ? undefined : item.work.placeSince + nextMs
  item.expireAt =
    item.work.callback || settings.maxWaitMs === undefined ? undefined : item.work.enqueuedAt + settings.maxWaitMs
  const speaks = (item.messages ?? settings.messages.length) > 0 || settings.announcePosition
  item.announceAt = undefined
  if (speaks && settings.messageEveryMs > 0 && !item.work.callback) {
    const said = Math.floor(Math.max(0, core.now - item.work.enqueuedAt) / settings.messageEveryMs)
    item.announceAt = item.work.enqueuedAt + (said + 1) * settings.messageEveryMs
  }
}

/** Sets the item's timer to the first thing due. An item being offered only waits for the offer's end. */
export function armItem(core: Core, item: Item, fire: (item: Item) => void): void {
  const waits = item.inLine ? [item.widenAt, item.expireAt, item.announceAt] : []
  const at = Math.min(...waits.map((instant) => instant ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
  setTimer(core, item, Number.isFinite(at) ? at : undefined, () => fire(item))
}

/** Moves an item to the group of its queue after the queue's skill changed. */
export function regroup(core: Core, item: Item, group: Group): void {
  if (item.group === group) return
  const inLine = item.inLine
  setInLine(core, item, false)
  item.group.items--
  item.group = group
  group.items++
  setInLine(core, item, inLine)
}
