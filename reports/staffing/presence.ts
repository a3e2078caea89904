import type { KeyedTotals } from '../rollups/index.ts'

/**
 * How many agents a queue had on average in an interval: those who `serve` it (without it: all) and were at their desks, less
 * the time that other queues' contacts took of them. Without `queueId`: for all queues together. `keys` are the interval's
 * totals of the family agent, `elapsedMs` how much of it is over.
 */
export function agentsThere(
  keys: readonly KeyedTotals[],
  elapsedMs: number,
  { serve, queueId }: { serve?: ReadonlySet<number> | undefined; queueId?: number | undefined },
): number {
  let time = 0
  for (const { subject, queueId: of, totals } of keys) {
    if (serve && !serve.has(subject)) continue
    const sum = (...ids: string[]) => ids.reduce((all, id) => all + (totals.sums[id] ?? 0), 0)
    time += sum('busy', 'idle')
    if (queueId !== undefined && of !== queueId) time -= sum('talk', 'hold', 'wrap')
  }
  return elapsedMs > 0 ? Math.max(0, time) / elapsedMs : 0
}
