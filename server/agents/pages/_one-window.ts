// One window of a browser has the phone; the next one gets it when that one closes, or takes it.

export type OneWindow = {
  readonly mine: boolean
  /** Waits for its turn; `steal`: takes it from whoever has it. */
  ask(steal: boolean): void
  giveBack(): void
  stop(): void
}

const name = 'vera.phone'
/** Who has not got it by then is told that another window has it, ms. */
const late = 300

export function oneWindow(events: { onMine(): void; onTaken(): void; onLate(): void }): OneWindow {
  let mine = false
  let stopped = false
  let waiting: AbortController | undefined
  let give: (() => void) | undefined

  const holding = () => {
    mine = true
    events.onMine()
    return new Promise<void>((done) => {
      give = done
    })
  }
  return {
    get mine() {
      return mine
    },
    ask(steal) {
      waiting?.abort()
      const controller = new AbortController()
      waiting = controller
      // Only pages over https (or of this machine) have locks, and a microphone.
      if (!navigator.locks) return void holding()
      navigator.locks.request(name, steal ? { steal } : { signal: controller.signal }, holding).catch(() => {
        // Taken by another window, or no longer waited for.
        if (mine && !stopped && waiting === controller) events.onTaken()
      })
      setTimeout(() => {
        if (!mine && !stopped) events.onLate()
      }, late)
    },
    giveBack() {
      mine = false
      give?.()
    },
    stop() {
      stopped = true
      waiting?.abort()
      mine = false
      give?.()
    },
  }
}
