// Every command given to the switch against every command that it says it ran.
import { createHash } from 'node:crypto'

/** Texts given and texts seen; what is left when both are read is a finding. */
export class Ledger {
  readonly #open = new Map<string, { count: number; text: string }>()
  given = 0
  seen = 0

  give(text: string): void {
    this.given++
    this.#book(text, 1)
  }
  see(text: string): void {
    this.seen++
    this.#book(text, -1)
  }
  /** Commands that were not given but ran (`extra`), or were given and never ran. */
  left(): { extra: string[]; missing: string[] } {
    const all = [...this.#open.values()]
    return {
      extra: all.filter(({ count }) => count < 0).map(({ text }) => text),
      missing: all.filter(({ count }) => count > 0).map(({ text }) => text),
    }
  }
  clear(): void {
    this.#open.clear()
  }

  #book(text: string, by: number): void {
    const key = createHash('sha1').update(text).digest('base64')
    const entry = this.#open.get(key) ?? { count: 0, text: text.slice(0, 300) }
    entry.count += by
    if (entry.count === 0) this.#open.delete(key)
    else this.#open.set(key, entry)
  }
}
