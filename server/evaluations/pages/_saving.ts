// Keeps what somebody works on: a moment after each change, one sending at a time, again and again while there is no network.
import { PostError, t } from '../../http/browser/index.ts'

const pauseMs = 700
const againMs = 4_000

export type Saving = {
  changed(): void
  /** Settles when everything is kept. @throws what the server said */
  now(): Promise<void>
}

/** `keep`: beside the server, on this machine, until the server has it. */
export function createSaving(options: {
  status: HTMLElement
  send(): Promise<void>
  keep?: { put(): void; drop(): void }
}): Saving {
  const { status, send, keep } = options
  let dirty = false
  let running: Promise<void> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Somebody else's work must not be written over: only a reload helps. */
  let stopped: Error | undefined

  function show(state: 'saving' | 'saved' | 'unsaved' | 'stopped', text?: string): void {
    status.dataset.state = state
    status.textContent = text ?? t(`evaluations.${state}`)
  }
  async function once(): Promise<void> {
    if (stopped) throw stopped
    while (dirty) {
      dirty = false
      show('saving')
      try {
        await send()
        // What was typed meanwhile is over what the server has now.
        if (dirty) keep?.put()
      } catch (error) {
        dirty = true
        const refused = error instanceof PostError && error.status >= 400 && error.status < 500
        if (refused && error.status === 409) stopped = error
        show(stopped ? 'stopped' : 'unsaved', refused ? error.message : undefined)
        if (!refused) later(againMs)
        throw error
      }
    }
    keep?.drop()
    show('saved')
  }
  function now(): Promise<void> {
    clearTimeout(timer)
    running ??= once().finally(() => {
      running = undefined
    })
    return running
  }
  function later(ms: number): void {
    clearTimeout(timer)
    // What went wrong stands beside the button.
    timer = setTimeout(() => void now().catch(() => {}), ms)
  }
  addEventListener('beforeunload', (event) => {
    if (dirty || running) event.preventDefault()
  })
  addEventListener('online', () => dirty && later(0))
  return {
    changed() {
      dirty = true
      keep?.put()
      if (stopped) return
      show('unsaved')
      later(pauseMs)
    },
    async now() {
      await now()
      if (dirty) await now()
    },
  }
}
