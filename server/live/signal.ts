/** Tells those who asked, in this process, that something changed. A listener that fails stops neither the others nor the process. */
export type Signal<Event> = {
  emit(event: Event): void
  /** Returns how to stop listening. */
  on(listener: (event: Event) => void): () => void
}

export function createSignal<Event>(): Signal<Event> {
  const listeners = new Set<(event: Event) => void>()
  return {
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (error) {
          // Whoever changed something must not pay for it, and calls are up: a warning with the stack is what remains.
          process.emitWarning(error instanceof Error ? error : String(error))
        }
      }
    },
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
