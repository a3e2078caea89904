/** Tells those who asked, in this process, that something changed. A listener that throws does not stop the others. */
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
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    on(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
