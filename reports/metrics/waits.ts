/** How many stays waited so many whole seconds. */
export type Waits = Map<number, number>
export const waitOutcomes = ['answered', 'abandoned', 'other'] as const
export type WaitOutcome = (typeof waitOutcomes)[number]
export type WaitsByOutcome = Readonly<Record<WaitOutcome, Waits>>

/** Waits as kept (`packWaits`): bytes, and where those of one key begin. */
type Packed = { bytes: Uint8Array; at: number }

/**
 * The waits of stays that left, by outcome. They add up as bytes and are read only when somebody asks: most figures of a long
 * table need none of them.
 */
export class WaitCounts implements WaitsByOutcome {
  #counted: Record<WaitOutcome, Waits> | undefined
  /** Made when there is one: most totals of a long table have none. */
  #packed: Packed[] | undefined
  #left = false

  /** One more stay that waited so many whole seconds. */
  count(outcome: WaitOutcome, second: number): void {
    this.#counted ??= none()
    const waits = this.#counted[outcome]
    waits.set(second, (waits.get(second) ?? 0) + 1)
  }

  addPacked(bytes: Uint8Array, at: number): void {
    this.#packed ??= []
    this.#packed.push({ bytes, at })
  }

  /** They were left where they are kept: whoever asks for them all the same is told so. */
  leaveOut(): void {
    this.#left = true
  }

  add(more: WaitCounts): void {
    if (more.#packed) {
      this.#packed ??= []
      for (const one of more.#packed) this.#packed.push(one)
    }
    if (more.#left) this.#left = true
    if (!more.#counted) return
    this.#counted ??= none()
    for (const outcome of waitOutcomes) {
      const waits = this.#counted[outcome]
      for (const [second, count] of more.#counted[outcome]) waits.set(second, (waits.get(second) ?? 0) + count)
    }
  }

  get answered(): Waits {
    return this.#read().answered
  }
  get abandoned(): Waits {
    return this.#read().abandoned
  }
  get other(): Waits {
    return this.#read().other
  }

  /** Those that waited at least `from` whole seconds and fewer than `to`. */
  within(from: number, to: number): WaitCounts {
    const some = new WaitCounts()
    some.#counted = none()
    const all = this.#read()
    for (const outcome of waitOutcomes)
      for (const [second, count] of all[outcome])
        if (second >= from && second < to) some.#counted[outcome].set(second, count)
    return some
  }

  /** Stays of an outcome, however long they waited. */
  countOf(outcome: WaitOutcome): number {
    let sum = 0
    for (const count of this.#read()[outcome].values()) sum += count
    return sum
  }

  #read(): Record<WaitOutcome, Waits> {
    if (this.#left) throw new Error('these totals were read without their waits')
    this.#counted ??= none()
    const counted = this.#counted
    for (const { bytes, at } of this.#packed ?? [])
      unpackWaits(bytes, at, (outcome, second, count) => {
        const waits = counted[waitOutcomes[outcome] as WaitOutcome]
        waits.set(second, (waits.get(second) ?? 0) + count)
      })
    this.#packed = undefined
    return counted
  }

  /**
   * The smallest wait, in whole seconds, that at least `share` (0..1] of the stays does not exceed (nearest rank): always a
   * wait that somebody really had, told in ms. Null when nobody waited.
   */
  percentile(share: number): number | null {
    if (this.#left) throw new Error('these totals were read without their waits')
    let count = 0
    let last = -1
    const rare: Waits = new Map()
    const add = (second: number, more: number) => {
      count += more
      if (second < often.length) {
        often[second]! += more
        if (second > last) last = second
      } else rare.set(second, (rare.get(second) ?? 0) + more)
    }
    for (const outcome of waitOutcomes) for (const [second, more] of this.#counted?.[outcome] ?? []) add(second, more)
    for (const { bytes, at } of this.#packed ?? []) unpackWaits(bytes, at, (_, second, more) => add(second, more))
    // Without rounding, 0.9 x 10 and the like land a hair above the whole number.
    let left = Math.max(1, Math.ceil(Number((share * count).toFixed(9))))
    let found: number | null = null
    for (let second = 0; second <= last; second++) {
      left -= often[second]!
      if (left <= 0 && found === null) found = second * 1000
    }
    often.fill(0, 0, last + 1)
    if (found !== null || count === 0) return found
    for (const second of Float64Array.from(rare.keys()).sort()) {
      left -= rare.get(second) as number
      if (left <= 0) return second * 1000
    }
    return null
  }
}

/** Nearly all waits are shorter. All zero between two uses. */
const often = new Float64Array(7_200)
const none = (): Record<WaitOutcome, Waits> => ({ answered: new Map(), abandoned: new Map(), other: new Map() })

/** For each outcome how many different seconds, then each as the step from the one before and the count of stays. */
export function packWaits(waits: WaitsByOutcome, write: (whole: number) => void): void {
  for (const outcome of waitOutcomes) {
    const of = waits[outcome]
    write(of.size)
    let before = 0
    for (const second of Float64Array.from(of.keys()).sort()) {
      write(second - before)
      write(of.get(second) as number)
      before = second
    }
  }
}

function unpackWaits(
  bytes: Uint8Array,
  at: number,
  take: (outcome: number, second: number, count: number) => void,
): void {
  const read = reader(bytes, at)
  for (let outcome = 0; outcome < waitOutcomes.length; outcome++) {
    let second = 0
    for (let left = read(); left > 0; left--) {
      second += read()
      take(outcome, second, read())
    }
  }
}

/** Reads whole numbers, seven bits a byte, the least first; up to 2^53. @throws RangeError at the end of the bytes */
export function reader(bytes: Uint8Array, from = 0): () => number {
  let at = from
  return () => {
    let byte = bytes[at++] as number
    if (byte < 128) return byte
    let value = byte & 127
    for (let scale = 128; ; scale *= 128) {
      byte = bytes[at++] as number
      if (byte === undefined) throw new RangeError('kept totals end in the middle')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
}
