/** A person who has not touched the desk for so long has left it to whoever sat there before. */
const IDLE_MS = 600_000

/** Which desks have a real person at them: in the example centre its robot steps aside for as long. */
export type Persons = {
  touch(agentId: number): void
  left(agentId: number): void
  has(agentId: number): boolean
  onChange(listener: (agentId: number, present: boolean) => void): () => void
  stop(): void
}

export function createPersons(clock: { now(): number; after(ms: number, run: () => void): () => void }): Persons {
  const present = new Map<number, () => void>()
  const listeners = new Set<(agentId: number, present: boolean) => void>()
  const tell = (agentId: number, here: boolean) => {
    for (const listener of listeners) listener(agentId, here)
  }
  const left = (agentId: number) => {
    const cancel = present.get(agentId)
    if (!cancel) return
    cancel()
    present.delete(agentId)
    tell(agentId, false)
  }
  return {
    touch(agentId) {
      const before = present.get(agentId)
      before?.()
      present.set(
        agentId,
        clock.after(IDLE_MS, () => left(agentId)),
      )
      if (!before) tell(agentId, true)
    },
    left,
    has: (agentId) => present.has(agentId),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      for (const cancel of present.values()) cancel()
      present.clear()
    },
  }
}
