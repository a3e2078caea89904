import type { QueueSettings } from '../types.ts'

/** Levels an agent may have in a skill; whoever has a skill has at least 1. */
export const LEVELS = 5

/** The level a queue asks for from `afterMs` of waiting on. */
export type LevelStep = { afterMs: number; minLevel: number }

const clamp = (level: number) => Math.min(LEVELS, Math.max(1, Math.round(level) || 1))

/**
 * A queue's steps in order, starting at 0 and never rising: a wait that grows may only widen the circle of agents,
 * or somebody who waited longer could be passed over for somebody who waited less.
 */
export function levelSteps(queue: Pick<QueueSettings, 'skillId' | 'levels'>): LevelStep[] {
  if (queue.skillId === undefined || queue.levels.length === 0) return [{ afterMs: 0, minLevel: 1 }]
  const ordered = [...queue.levels].sort((a, b) => a.afterMs - b.afterMs)
  const steps: LevelStep[] = []
  for (const { afterMs, minLevel } of ordered) {
    const last = steps.at(-1)
    if (!last) steps.push({ afterMs: 0, minLevel: clamp(minLevel) })
    else if (clamp(minLevel) < last.minLevel) steps.push({ afterMs: Math.max(0, afterMs), minLevel: clamp(minLevel) })
  }
  return steps
}

/** Level wanted after `waitMs`, and the wait at which it is next lowered (undefined: never again). */
export function levelAt(steps: LevelStep[], waitMs: number): { level: number; nextMs?: number } {
  let level = steps[0]!.minLevel
  for (const step of steps) {
    if (step.afterMs > waitMs) return { level, nextMs: step.afterMs }
    level = step.minLevel
  }
  return { level }
}
