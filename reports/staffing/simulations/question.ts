import type { Database, Scope } from '../../../server/database/index.ts'
import { localDay } from '../../metrics/index.ts'
import { readTotals } from '../../rollups/index.ts'
import { readPast, slotAt } from '../past.ts'
import { knownPatience } from '../patience.ts'
import { agentsThere } from '../presence.ts'
import type { SimulatedAgent, SimulatedQueue, SimulationResult } from '../skills-simulation.ts'
import { readQueues, readSkills, readSpecials } from '../store.ts'

/** The running half hour: its queues and who is at their desks. */
export type Question = { queues: (SimulatedQueue & { name: string })[]; agents: SimulatedAgent[] }
/** With who is there, and with two more who know everything. */
export type Result = { as: SimulationResult; more: SimulationResult }

/** Who was at their desks in it is there now. */
const justNowMs = 300_000

/** What is missing where there is nothing to simulate: all queues have the same skill, nobody is there, or no calls are expected. */
export async function questionOf(
  db: Database,
  scope: Scope,
  { timeZone, now }: { timeZone: string; now: number },
): Promise<Question | 'no_skills' | 'no_agents' | 'no_calls'> {
  const queues = await readQueues(db, scope)
  const skills = await readSkills(db, scope)
  if (new Set(queues.map((one) => one.skillId)).size < 2) return 'no_skills'
  const cut = [{ from: now - justNowMs, to: now }]
  const [recent] = await readTotals(db, scope, { family: 'agent', cut, timeZone, now })
  const agents = [...new Set(recent!.keys.map((one) => one.subject))]
    .filter((id) => agentsThere(recent!.keys, justNowMs, { serve: new Set([id]) }) > 0.5)
    .map((id) => ({ id, skills: skills.get(id) ?? {} }))
  if (agents.length === 0) return 'no_agents'
  const day = localDay(now, timeZone)
  const played: Question['queues'] = []
  for (const queue of queues) {
    const past = await readPast(db, scope, { queueId: queue.id, timeZone, now })
    const special = (await readSpecials(db, scope, queue.id)).get(day)
    const calls = past.forecast?.predict({ day, special })[slotAt(now, timeZone)] ?? 0
    if (calls < 0.05 || past.ahtSeconds === 0) continue
    const { id, skillId, targetSeconds, name } = queue
    played.push({
      settings: { id, ...(skillId ? { skillId } : {}), levels: [], priority: 5, targetSeconds },
      callsPerHour: calls * 2,
      ahtSeconds: past.ahtSeconds,
      // Without any patience a short-handed queue would grow for ever.
      patienceSeconds: knownPatience(past.patience) ?? 600,
      name,
    })
  }
  return played.length > 0 ? { queues: played, agents } : 'no_calls'
}

export function withTwo(agents: readonly SimulatedAgent[]): SimulatedAgent[] {
  const all = Object.fromEntries(agents.flatMap(({ skills }) => Object.keys(skills).map((id) => [id, 5])))
  const last = Math.max(...agents.map(({ id }) => id))
  return [...agents, { id: last + 1, skills: all }, { id: last + 2, skills: all }]
}
