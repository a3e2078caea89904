// What the screen says of the next half hours, with the agents who are at their desks at this instant.
import type { AgentRow } from './now.ts'
import type { Prospect } from './ports.ts'

export type AheadRow = {
  queueId: number
  /** `short`: how many agents more than are there now it needs; 0: enough are there. */
  halfHours: { from: number; calls: number; needed: number; short: number }[]
  /** Nothing is to come in any of them: a night, a holiday. */
  idle: boolean
  agents: number
  targetSeconds: number
  /** Service level of the running half hour with those agents and with two more, ratios; null where the past says nothing. */
  level: number | null
  levelMore: number | null
  /** How far such a level was off on the last day with calls, points of a hundred; null: not known. */
  errorPoints: number | null
}

const atDesk = new Set<AgentRow['state']>(['available', 'offered', 'talking', 'wrap_up'])
export const agentsMore = 2

/** Whole hundredths: less would change with every glance and say nothing. */
const rounded = (ratio: number | undefined) => (ratio === undefined ? null : Math.round(ratio * 100) / 100)

export function aheadOf(prospects: readonly Prospect[], agents: readonly AgentRow[]): AheadRow[] {
  return prospects.map((one) => {
    // Who is with another queue's caller is not there for this one.
    const there = agents.filter(
      ({ id, state, queueId, unreachable }) =>
        atDesk.has(state) &&
        !unreachable &&
        (one.serving?.has(id) ?? true) &&
        (one.queueId === 0 || queueId === undefined || state === 'available' || queueId === one.queueId),
    ).length
    return {
      queueId: one.queueId,
      halfHours: one.halfHours.map(({ from, calls, needed }) => ({
        from,
        calls: Math.round(calls),
        needed,
        short: Math.max(0, needed - there),
      })),
      idle: one.halfHours.length > 0 && one.halfHours.every(({ calls }) => Math.round(calls) === 0),
      agents: there,
      targetSeconds: one.target.targetSeconds,
      level: rounded(one.with(there)?.serviceLevel),
      levelMore: rounded(one.with(there + agentsMore)?.serviceLevel),
      errorPoints: one.error === null ? null : Math.round(one.error * 100),
    }
  })
}
