/** Answers of a slow or absent source: what it said last, when it fails or takes too long. */
export type LastKnown = {
  /** @throws whatever `load` throws when nothing is known yet */
  ask<Value>(key: string, load: () => Promise<Value>): Promise<Value>
  /** Puts an answer there before anybody asked. */
  know(key: string, value: unknown): void
}

/** A caller is on the line, so a known answer is given after `patienceMs`; what comes later is for the next one. */
export function lastKnown({ patienceMs = 500, most = 5_000 } = {}): LastKnown {
  const known = new Map<string, unknown>()
  const know = (key: string, value: unknown) => {
    known.delete(key)
    known.set(key, value)
    // Dialled numbers come from outside: the memory must not grow with them.
    if (known.size > most) known.delete(known.keys().next().value as string)
  }
  return {
    know,
    async ask<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
      const fresh = load().then((value) => {
        know(key, value)
        return value
      })
      if (!known.has(key)) return fresh
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<Value>((resolve) => {
        timer = setTimeout(() => resolve(known.get(key) as Value), patienceMs)
      })
      try {
        return await Promise.race([fresh.catch(() => known.get(key) as Value), patience])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
