import type { Scope } from '../database/index.ts'
import type { DeskPorts } from './ports.ts'

/** Lists change seldom and every desk reads them all the time: an answer is good for five seconds. */
export function remembered(lists: DeskPorts['lists']): DeskPorts['lists'] {
  const kept = new Map<string, { at: number; answer: Promise<unknown> }>()
  const entries = Object.entries(lists).map(([name, read]) => [
    name,
    (scope: Scope, ...more: unknown[]) => {
      const key = `${name} ${scope.agencyId} ${more.join()}`
      const known = kept.get(key)
      if (known && performance.now() - known.at < 5_000) return known.answer
      if (kept.size > 500) kept.clear()
      const answer = (read as (...all: unknown[]) => Promise<unknown>)(scope, ...more)
      kept.set(key, { at: performance.now(), answer })
      answer.catch(() => kept.delete(key))
      return answer
    },
  ])
  return Object.fromEntries(entries) as DeskPorts['lists']
}
