import type { Facts, Interval } from '../metrics/index.ts'

const there = new Set(['available', 'offered', 'talking', 'wrap_up'])
const overlap = (one: { from: number; to: number }, other: Interval) =>
  Math.max(0, Math.min(one.to, other.to) - Math.max(one.from, other.from))

/**
 * How many agents a queue had on average in an interval: those who `serve` it and were at their desks, less the time that
 * other queues' contacts took of them. Without `queueId`: for all queues together.
 */
export function agentsThere(
  facts: Pick<Facts, 'agentStates' | 'talks' | 'wrapUps'>,
  interval: Interval,
  { now, serve, queueId }: { now: number; serve?: ReadonlySet<number> | undefined; queueId?: number | undefined },
): number {
  const mine = (agentId: number) => serve === undefined || serve.has(agentId)
  let time = 0
  for (const span of facts.agentStates)
    if (there.has(span.state) && mine(span.agentId)) time += overlap({ from: span.from, to: span.to ?? now }, interval)
  if (queueId !== undefined) {
    const others = (one: { queueId: number | null; agentId: number }) => one.queueId !== queueId && mine(one.agentId)
    for (const talk of facts.talks)
      if (others(talk)) time -= overlap({ from: talk.answeredAt, to: talk.endedAt ?? now }, interval)
    for (const wrap of facts.wrapUps)
      if (others(wrap)) time -= overlap({ from: wrap.beganAt, to: wrap.endedAt ?? now }, interval)
  }
  const length = Math.min(interval.to, now) - interval.from
  return length > 0 ? Math.max(0, time) / length : 0
}
