import { decodeText } from './text.ts'

export type QueueLimits = {
  /** Most events waiting. */
  events: number
  /** Most characters waiting, all together. */
  characters: number
  /** How long handlers may run before the socket gets its turn again, ms (50; the switch itself keeps 100,000 events). */
  sliceMs: number
}

/**
 * Events between the socket and their handlers. The socket must always be read (a client that does not read freezes
 * the switch's event socket for everyone), so handlers have a slice of time between two turns of the socket. Within it an
 * event is handled at once; past it events wait here, and what does not fit is dropped and counted. Texts wait
 * unparsed: a dropped event costs no parsing.
 */
export class EventQueue {
  readonly #limits: QueueLimits
  readonly #handle: (text: string) => void
  #texts: string[] = []
  #next = 0
  #characters = 0
  #scheduled = false
  /** When the handlers of this turn must stop; 0 between turns. */
  #until = 0
  dropped = 0

  constructor(handle: (text: string) => void, limits: Partial<QueueLimits> = {}) {
    this.#handle = handle
    this.#limits = { events: 20_000, characters: 128 * 1024 * 1024, sliceMs: 50, ...limits }
  }

  get length(): number {
    return this.#texts.length - this.#next
  }

  push(body: Buffer): void {
    if (this.length === 0 && this.#mayHandle()) {
      this.#handle(decodeText(body))
      return
    }
    if (this.length >= this.#limits.events || this.#characters + body.length > this.#limits.characters) {
      this.dropped++
      return
    }
    const text = decodeText(body)
    this.#texts.push(text)
    this.#characters += text.length
    this.#schedule()
  }

  clear(): void {
    this.#texts = []
    this.#next = 0
    this.#characters = 0
  }

  #mayHandle(): boolean {
    const now = performance.now()
    if (this.#until === 0) {
      this.#until = now + this.#limits.sliceMs
      this.#schedule()
    }
    return now < this.#until
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#drain()
    })
  }

  #drain(): void {
    this.#until = 0
    const until = performance.now() + this.#limits.sliceMs
    while (this.#next < this.#texts.length) {
      const text = this.#texts[this.#next] as string
      this.#texts[this.#next++] = ''
      this.#characters -= text.length
      this.#handle(text)
      if (performance.now() > until) break
    }
    if (this.#next === this.#texts.length) {
      this.#texts = []
      this.#next = 0
    } else {
      if (this.#next > 4096) {
        this.#texts = this.#texts.slice(this.#next)
        this.#next = 0
      }
      this.#schedule()
    }
  }
}
