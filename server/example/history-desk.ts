import type { AgentSetup, DayRows, DayWindow, HistorySetup } from './history-types.ts'
import type { Chance } from './random.ts'

/** An agent's day as it is being played: what was done so far, and when the next call may come. */
export type Desk = {
  id: number
  skillIds: Set<number>
  /** The first instant at or after which this agent is idle for a call arriving at `at`; infinite once the shift is over. */
  freeFrom(at: number): number
  /** Rang from..to, for nothing; then rests. */
  ring(from: number, to: number, restMs?: number): void
  work(rings: number, talks: number, wraps: number, done: number): void
  /** The day's states, one after another without gaps, from sign-in to sign-out; all closed by `end`. */
  spans(end: number, chance: Chance): DayRows['agent_states']
}

type Mark = { state: string; at: number; until: number; reason: number | null }

/** An agent at the start of the shift, with the breaks that are due in it. */
export function deskOf(agent: AgentSetup, window: DayWindow, setup: HistorySetup, chance: Chance): Desk {
  const hour = 3_600_000
  const [from, to] = window.office ? agent.shift : [8, 8 + (window.closes - window.opens) / hour]
  const starts = window.opens + (from - 8) * hour + chance.between(1_000, 240_000)
  const ends = Math.round(
    Math.min(window.opens + (to - 8) * hour - chance.between(0, 60_000), window.closes - chance.between(5_000, 20_000)),
  )
  const breaks: { at: number; ms: number; reason: number }[] = []
  const length = ends - starts
  const plan = (share: number, minutes: [number, number], reason: number) => {
    const at = starts + length * (share + chance.next() * 0.12)
    breaks.push({ at, ms: chance.between(minutes[0] * 60_000, minutes[1] * 60_000), reason })
  }
  if (length > 2 * hour) {
    plan(0.22, [8, 15], setup.breaks.short)
    plan(0.48, [22, 34], setup.breaks.lunch)
    plan(0.76, [7, 13], setup.breaks.short)
    if (chance.chance(0.15)) plan(0.35, [15, 25], setup.breaks.meeting)
    breaks.sort((a, b) => a.at - b.at)
  }
  const done: Mark[] = []
  let free = starts
  let rest = starts

  /** Breaks that fall due before `at` are taken as soon as the agent is idle. */
  const takeBreaks = (at: number) => {
    for (let next = breaks[0]; next && Math.max(free, next.at) <= at; next = breaks[0]) {
      breaks.shift()
      const begins = Math.round(Math.max(free, next.at))
      const until = begins + next.ms
      if (until > ends) continue
      done.push({ state: 'break', at: begins, until, reason: next.reason })
      free = until
      rest = until
    }
  }
  return {
    id: agent.id,
    skillIds: agent.skillIds,
    freeFrom(at) {
      takeBreaks(Math.max(at, rest))
      const from = Math.max(free, rest)
      return Math.max(at, from) >= ends - 30_000 ? Number.POSITIVE_INFINITY : from
    },
    ring(from, to, restMs = 0) {
      done.push({ state: 'offered', at: from, until: to, reason: null })
      free = to
      rest = to + restMs
    },
    work(rings, talks, wraps, over) {
      done.push({ state: 'offered', at: rings, until: talks, reason: null })
      done.push({ state: 'talking', at: talks, until: wraps, reason: null })
      done.push({ state: 'wrap_up', at: wraps, until: over, reason: null })
      free = over
      rest = over
    },
    spans(end, chance) {
      if (ends <= starts) return []
      takeBreaks(ends)
      const list: DayRows['agent_states'] = []
      const add = (state: string, began_at: number, ended_at: number, break_reason_id: number | null) => {
        if (ended_at > began_at) {
          const whose = { agency_id: setup.agencyId, agent_id: agent.id }
          list.push({ id: chance.uuid(), ...whose, state, break_reason_id, began_at, ended_at })
        }
      }
      let at = starts
      for (const mark of done) {
        add('available', at, mark.at, null)
        add(mark.state, mark.at, mark.until, mark.reason)
        at = mark.until
      }
      const out = Math.round(Math.min(end, Math.max(at, ends)))
      add('available', at, out, null)
      return list
    },
  }
}
