/** Ended legs that are remembered: late commands about them go where they were. */
const ENDED_KEPT = 5_000
/** Legs that count as living at most; more means that their ends were never heard. */
const LIVING_KEPT = 50_000

/** Which leg is on which switch. Learned from events and lists; bounded. */
export class Legs {
  readonly #living = new Map<string, string>()
  readonly #ended = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  /** A leg here whose phone rings on another switch -> the leg there. */
  readonly #twins = new Map<string, string>()

  /** True when it was not known. A leg that ended stays ended: events may come late. */
  learn(uuid: string, node: string): boolean {
    const known = this.#living.get(uuid)
    if (known === node || this.#ended.has(uuid)) return false
    if (known !== undefined) this.#count(known, -1)
    this.#living.set(uuid, node)
    this.#count(node, 1)
    if (this.#living.size > LIVING_KEPT) this.end(this.#living.keys().next().value as string)
    return known === undefined
  }

  end(uuid: string): void {
    const node = this.#living.get(uuid)
    if (node === undefined) return
    this.#living.delete(uuid)
    this.#twins.delete(uuid)
    this.#count(node, -1)
    this.#ended.set(uuid, node)
    if (this.#ended.size > ENDED_KEPT) this.#ended.delete(this.#ended.keys().next().value as string)
  }

  /** Where it is or was. */
  nodeOf(uuid: string): string | undefined {
    return this.#living.get(uuid) ?? this.#ended.get(uuid)
  }
  isLiving(uuid: string): boolean {
    return this.#living.has(uuid)
  }
  on(node: string): string[] {
    return [...this.#living].flatMap(([uuid, where]) => (where === node ? [uuid] : []))
  }
  count(node: string): number {
    return this.#counts.get(node) ?? 0
  }

  /** All legs of a node but those in `living` are over. */
  keep(node: string, living: ReadonlySet<string>): void {
    for (const uuid of this.on(node)) if (!living.has(uuid)) this.end(uuid)
    for (const uuid of living) this.learn(uuid, node)
  }

  pair(leg: string, twin: string): void {
    if (leg !== twin && this.#living.has(leg)) this.#twins.set(leg, twin)
  }
  twinOf(leg: string): string | undefined {
    const twin = this.#twins.get(leg)
    return twin !== undefined && this.#living.has(twin) ? twin : undefined
  }

  #count(node: string, change: number): void {
    this.#counts.set(node, this.count(node) + change)
  }
}
