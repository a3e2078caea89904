// What was drawn and not saved, kept in this browser: a crash, a cut or a closed tab loses nothing.

export type Draft<Drawn> = {
  drawn: Drawn
  /** The version of the board it began with. */
  version: number
  /** UTC ms of the last change. */
  at: number
}

const waitMs = 400

/** `key` names person and board: people share a computer. A browser that keeps nothing (private, full) is no reason to stop. */
export function keep<Drawn extends object>(
  key: string,
  store: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = localStorage,
) {
  let waiting: { draft: Draft<Drawn>; timer: ReturnType<typeof setTimeout> } | undefined
  const flush = () => {
    if (!waiting) return
    clearTimeout(waiting.timer)
    const { draft } = waiting
    waiting = undefined
    try {
      store.setItem(key, JSON.stringify(draft))
    } catch {
      // The question on leaving the page remains.
    }
  }
  return {
    flush,
    /** Kept in a moment: not at each letter. */
    later(draft: Draft<Drawn>): void {
      if (waiting) clearTimeout(waiting.timer)
      waiting = { draft, timer: setTimeout(flush, waitMs) }
    },
    drop(): void {
      if (waiting) clearTimeout(waiting.timer)
      waiting = undefined
      try {
        store.removeItem(key)
      } catch {
        // Then there is none either.
      }
    },
    /** What was left, if it can be read. */
    found(): Draft<Drawn> | undefined {
      try {
        const left = JSON.parse(store.getItem(key) ?? 'null') as Partial<Draft<Drawn>> | null
        const whole =
          typeof left?.drawn === 'object' &&
          left.drawn !== null &&
          Number.isFinite(left.at) &&
          Number.isFinite(left.version)
        return whole ? (left as Draft<Drawn>) : undefined
      } catch {
        return undefined
      }
    },
  }
}
