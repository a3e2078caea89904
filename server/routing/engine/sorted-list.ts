/**
 * A list kept in order by binary search. Insertion moves memory, which for the ten thousand entries of a very full centre
 * costs microseconds; in exchange the first, the place of any entry and iteration in order are all at hand.
 * `compare` must be a total order that does not change while an entry is inside.
 */
export class SortedList<Entry> {
  readonly #compare: (a: Entry, b: Entry) => number
  readonly #entries: Entry[] = []

  constructor(compare: (a: Entry, b: Entry) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#entries.length
  }

  first(): Entry | undefined {
    return this.#entries[0]
  }

  /** How many entries come before this one, whether or not it is inside. */
  indexOf(entry: Entry): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(this.#entries[middle]!, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  add(entry: Entry): void {
    const at = this.indexOf(entry)
    if (at === this.#entries.length) this.#entries.push(entry)
    else this.#entries.splice(at, 0, entry)
  }

  /** Takes the entry out; false when it is not inside. */
  remove(entry: Entry): boolean {
    const at = this.indexOf(entry)
    if (this.#entries[at] !== entry) return false
    if (at === 0) this.#entries.shift()
    else this.#entries.splice(at, 1)
    return true
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.#entries[Symbol.iterator]()
  }
}
