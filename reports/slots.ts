/** So many at once, the others in the order in which they came. `take` answers with how to leave (a second time does nothing). */
export type Slots = { take(): Promise<() => void> }

export function createSlots(most: number): Slots {
  let free = most
  const waiting: (() => void)[] = []
  return {
    async take() {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      let left = false
      return () => {
        if (left) return
        left = true
        const next = waiting.shift()
        // The place goes from one to the next without being free between them.
        if (next) next()
        else free++
      }
    },
  }
}

/** Rejects with what `late` makes when the work takes longer than `ms`; the work itself goes on unheard. */
export async function within<Of>(ms: number, work: Promise<Of>, late: () => Error): Promise<Of> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms).unref()
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
