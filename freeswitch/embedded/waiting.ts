import type { Channel } from './channel.ts'
import type { Message, Woken } from './leg-types.ts'

/** What a leg waits for while it does something: time, keys, orders, its end. */
export class Waiting {
  readonly messages: Message[] = []
  readonly keys: string[] = []
  readonly #leg: Channel
  #locked = false
  #break = false
  #waiter: { keys: boolean; until?: () => boolean; settle(woken: Woken | 'message'): void } | undefined

  constructor(leg: Channel) {
    this.#leg = leg
  }

  post(message: Message): void {
    this.messages.push(message)
    this.poke()
  }
  /** Ends the sound that plays; with `everything` also what waits behind it. */
  breakOff(everything: boolean): void {
    if (everything) this.messages.length = 0
    if (!this.#waiter) return
    this.#break = true
    this.poke()
  }

  /** Looks whether what the leg waits for has come. */
  poke(): void {
    const waiter = this.#waiter
    if (!waiter) return
    const woken = this.#due(waiter.keys, waiter.until)
    if (woken) waiter.settle(woken)
  }
  #due(keys: boolean, until?: () => boolean): Woken | 'message' | undefined {
    if (this.#leg.aborted) return 'abort'
    if (this.#break) {
      this.#break = false
      return 'break'
    }
    if (until?.()) return 'until'
    if (this.messages.length > 0 && !this.#locked) return 'message'
    if (keys && this.keys.length > 0) return 'key'
    return undefined
  }

  /**
   * Lets `ms` pass (Infinity: for ever) unless something comes first: a key (if `keys`), uuid_break, the end or another
   * course for the leg, `until` turning true at a poke. Messages that come meanwhile run inside, as in FreeSWITCH's play loop.
   */
  async pass(ms: number, keys = false, until?: () => boolean): Promise<Woken> {
    let left = ms
    for (;;) {
      const begun = this.#leg.core.clock.now()
      const woken = this.#due(keys, until) ?? (await this.#sleep(left, keys, until))
      if (woken !== 'message') return woken
      left -= this.#leg.core.clock.now() - begun
      await this.runMessages()
    }
  }
  #sleep(ms: number, keys: boolean, until?: () => boolean): Promise<Woken | 'message'> {
    return new Promise((resolve) => {
      const outer = this.#waiter
      let cancel: (() => void) | undefined
      const settle = (woken: Woken | 'message') => {
        cancel?.()
        this.#waiter = outer
        resolve(woken)
      }
      this.#waiter = { keys, ...(until ? { until } : {}), settle }
      if (ms < 1e12) cancel = this.#leg.core.clock.after(ms, () => settle('time'))
    })
  }
  async runMessages(): Promise<void> {
    while (this.messages.length > 0 && !this.#leg.aborted) {
      const message = this.messages.shift()!
      const before = this.#locked
      if (message.lock) this.#locked = true
      try {
        for (let left = message.loops; left !== 0 && !this.#leg.aborted; left--) {
          await this.#leg.core.execute(this.#leg, message.application, message.argument, message.id)
        }
      } finally {
        this.#locked = before
      }
    }
  }
}
