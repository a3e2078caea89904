import { type Agent, byIdle, byRank, type Core, type Group, type Item } from './core.ts'
import { LEVELS } from './levels.ts'
import { SortedList } from './sorted-list.ts'

const perLevel = <Value>(make: () => Value): Value[] => Array.from({ length: LEVELS + 1 }, make)

/** The group of an agency's skill (0: no skill wanted), made when first asked for. Agencies never share one. */
export function groupOf(core: Core, agencyId: number, skillId: number): Group {
  const key = `${agencyId}:${skillId}`
  const known = core.groups.get(key)
  if (known) return known
  const group: Group = {
    agencyId,
    skillId,
    waiting: perLevel(() => new SortedList(byRank)),
    idle: perLevel(() => new SortedList(byIdle)),
    signedIn: perLevel(() => 0),
    items: 0,
    queues: new Set(),
  }
  core.groups.set(key, group)
  return group
}

/** The groups an agent belongs to by the settings. */
export function skillsOf(core: Core, agent: Agent): Agent['skills'] {
  const { agencyId, skills } = agent.settings
  const groups = [{ group: groupOf(core, agencyId, 0), level: 1 }]
  for (const [skillId, level] of Object.entries(skills)) {
    const whole = Math.min(LEVELS, Math.floor(level))
    if (whole >= 1 && Number(skillId) > 0)
      groups.push({ group: groupOf(core, agencyId, Number(skillId)), level: whole })
  }
  return groups
}

/** Puts an agent among the free ones or takes the agent out. Call before anything of the sort order changes. */
export function setPooled(core: Core, agent: Agent, pooled: boolean): void {
  if (agent.pooled === pooled) return
  agent.pooled = pooled
  for (const { group, level } of agent.skills) {
    if (pooled) group.idle[level]!.add(agent)
    else group.idle[level]!.remove(agent)
  }
  if (pooled) core.seekers.add(agent)
  else core.seekers.delete(agent)
}

export function countSignedIn(core: Core, agent: Agent, by: 1 | -1): void {
  for (const { group, level } of agent.skills) {
    group.signedIn[level]! += by
    if (by < 0) core.drained.add(group)
  }
}

/** Puts an item among those that may be offered or takes it out. */
export function setInLine(core: Core, item: Item, inLine: boolean): void {
  if (item.inLine === inLine) return
  item.inLine = inLine
  const line = item.group.waiting[item.level]!
  if (inLine) {
    line.add(item)
    core.wanting.add(item)
  } else {
    line.remove(item)
    core.wanting.delete(item)
  }
}

/** The item whose turn it is among those this agent can serve. */
export function bestItem(agent: Agent): Item | undefined {
  let best: Item | undefined
  for (const { group, level } of agent.skills) {
    if (group.items === 0) continue
    for (let wanted = 1; wanted <= level; wanted++) {
      const first = group.waiting[wanted]!.first()
      if (first && (!best || byRank(first, best) < 0)) best = first
    }
  }
  return best
}

/** The agent longest without work among those who can serve this item. */
export function bestAgent(item: Item): Agent | undefined {
  let best: Agent | undefined
  for (let held = item.level; held <= LEVELS; held++) {
    const first = item.group.idle[held]!.first()
    if (first && (!best || byIdle(first, best) < 0)) best = first
  }
  return best
}
