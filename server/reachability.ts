// Whether an agent's phone can be rung: what the switches say of registrations and what the agent's page says of itself.
import type { Registration } from './phones/index.ts'
import type { Unreachable } from './routing/index.ts'

/** What the page said last; undefined: there is no page, or it has not said anything. */
export type PageWord = { reachable: boolean; why?: Unreachable }

/** Why the agent cannot be rung; undefined: it can. */
export function unreachableWhy(
  registered: readonly Pick<Registration, 'agent'>[],
  page: PageWord | undefined,
): Unreachable | undefined {
  if (registered.some(({ agent }) => agent === 'desk')) return undefined
  if (page && !page.reachable) return page.why ?? 'phone'
  return registered.length > 0 ? undefined : 'phone'
}

export type ReachabilityOptions = {
  registered(extension: string): readonly Pick<Registration, 'agent'>[]
  /** False while the switches have not told who is registered: nobody is judged by that. */
  known(): boolean
  agents(): Promise<readonly { id: number; extension: string }[]>
  set(agentId: number, reachable: boolean, why?: Unreachable): void
}

/** Keeps routing told. */
export function createReachability({ registered, known, agents, set }: ReachabilityOptions) {
  const pages = new Map<number, PageWord>()
  let people: readonly { id: number; extension: string }[] = []
  const judge = ({ id, extension }: { id: number; extension: string }) => {
    if (!known()) {
      // What the page says of itself needs no switch.
      const page = pages.get(id)
      if (page && !page.reachable) set(id, false, page.why ?? 'phone')
      return
    }
    const why = unreachableWhy(registered(extension), pages.get(id))
    set(id, why === undefined, why)
  }
  return {
    /** The page of an agent says how its microphone and network are. */
    page(agentId: number, reachable: boolean, why?: Unreachable): void {
      pages.set(agentId, why ? { reachable, why } : { reachable })
      const person = people.find(({ id }) => id === agentId)
      if (person) judge(person)
    },
    /** Whether the browser of an extension may be rung: no page of its person has said that it cannot. */
    browserWorks: (extension: string): boolean =>
      !people.some((person) => person.extension === extension && pages.get(person.id)?.reachable === false),
    phone(extension: string): void {
      for (const person of people) if (person.extension === extension) judge(person)
    },
    /** Everybody anew: at start, when people change, when a switch has told its list. */
    async all(): Promise<void> {
      people = await agents()
      for (const person of people) judge(person)
    },
  }
}
