// Which calls are drawn. The seed is kept: with it anybody draws the same again, from the same calls, in whatever order.
import { createHash } from 'node:crypto'

export type Candidate = { recordingId: string; interactionId: string; agentId: number; calledAt: number }

/** A call's lot: sha256 of the seed, a space, and the recording's id. The lowest win. */
export const lotOf = (seed: string, recordingId: string): string =>
  createHash('sha256').update(`${seed} ${recordingId}`).digest('hex')

/** Of each agent the `quota` calls with the lowest lots; keeps only as many as it needs. */
export function createLots(seed: string, quota: (agentId: number) => number) {
  const best = new Map<number, { lot: string; one: Candidate }[]>()
  const seen = new Map<number, number>()
  const cut = (list: { lot: string }[], agentId: number) => {
    list.sort((a, b) => (a.lot < b.lot ? -1 : 1))
    list.length = Math.min(list.length, quota(agentId))
  }
  return {
    add(one: Candidate): void {
      const { agentId } = one
      seen.set(agentId, (seen.get(agentId) ?? 0) + 1)
      const list = best.get(agentId) ?? []
      best.set(agentId, list)
      list.push({ lot: lotOf(seed, one.recordingId), one })
      if (list.length > 2 * quota(agentId) + 16) cut(list, agentId)
    },
    /** How many there were of each agent. */
    seen: (agentId: number) => seen.get(agentId) ?? 0,
    agents: () => [...seen.keys()],
    /** In the order of their lots. */
    winners(): Candidate[] {
      return [...best].flatMap(([agentId, list]) => {
        cut(list, agentId)
        return list.map(({ one }) => one)
      })
    },
  }
}

/**
 * How many of an agent's calls are drawn by `now`: while the period runs, as much of them as has gone by of it, so that not all come from its
 * first days; from its end on, all.
 */
export function drawnBy(now: number, { from, to }: { from: number; to: number }, wanted: number): number {
  if (now >= to) return wanted
  return now <= from ? 0 : Math.ceil((wanted * (now - from)) / (to - from))
}
