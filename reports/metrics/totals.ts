import type { StayFact } from './facts.ts'
import { type FactKind, isOffered, measures, waitOf } from './measures.ts'
import type { Line, Slice, Span } from './slice.ts'

/** How many stays waited so many whole seconds. */
export type Waits = Map<number, number>

/**
 * All that the metrics of an interval are computed from: what its facts add up to. Totals of touching intervals, and of
 * several keys in one interval, add up with `addTotals`.
 */
export type Totals = {
  /** Measures, and `paused.<reason>` for each break reason (0: none given). Times in ms; what is not there is 0. */
  sums: Record<string, number>
  /** Stays that left, by outcome: the waits that percentiles, distributions and patience are read from. */
  waits: { answered: Waits; abandoned: Waits; other: Waits }
  /** The longest wait of a stay that left, ms; -1: none. */
  waitMax: number
  /** The most calls at once, and the calls that went on when the last interval with lines ended. */
  linesPeak: number
  linesOpen: number
  /** Where the interval that `linesOpen` speaks of ends, UTC ms; -1: none. */
  linesUntil: number
  /** Length of the time looked at, ms: of the interval, up to now while it runs. */
  elapsed: number
}

export function noTotals(elapsed = 0): Totals {
  return {
    sums: {},
    waits: { answered: new Map(), abandoned: new Map(), other: new Map() },
    waitMax: -1,
    linesPeak: 0,
    linesOpen: 0,
    linesUntil: -1,
    elapsed,
  }
}

/** What the facts of a slice add up to. */
export function tally(slice: Slice): Totals {
  const totals = noTotals(elapsedOf(slice))
  for (const kind of Object.keys(measures) as FactKind[])
    for (const one of slice[kind]) addFact(totals, kind, one, slice.now)
  addLines(totals, slice.lines, totals.elapsed > 0 ? slice.to : -1)
  return totals
}

/** Up to now while the interval runs, ms. */
export function elapsedOf(slice: { from: number; to: number; now: number }): number {
  return Math.max(0, Math.min(slice.to, slice.now) - slice.from)
}

type AnyFact = Slice[FactKind][number]

/** Adds one fact of a kind. */
export function addFact(totals: Totals, kind: FactKind, one: AnyFact, now: number): void {
  const { sums } = totals
  const adds = measures[kind] as Record<string, (one: AnyFact, now: number) => number | boolean>
  for (const id in adds) {
    const more = Number(adds[id]!(one, now))
    if (more !== 0) sums[id] = (sums[id] ?? 0) + more
  }
  if (kind === 'stays') addWait(totals, one as StayFact)
  if (kind === 'states' && (one as Span).state === 'break') {
    const span = one as Span
    const id = `paused.${span.breakReasonId ?? 0}`
    sums[id] = (sums[id] ?? 0) + span.to - span.from
  }
}

function addWait(totals: Totals, stay: StayFact): void {
  const wait = waitOf(stay)
  if (wait === undefined || !isOffered(stay)) return
  totals.waitMax = Math.max(totals.waitMax, wait)
  const { outcome } = stay
  const waits = totals.waits[outcome === 'answered' || outcome === 'abandoned' ? outcome : 'other']
  const second = Math.floor(wait / 1000)
  waits.set(second, (waits.get(second) ?? 0) + 1)
}

/** Peak and what goes on at the end of an interval that ends at `until` (-1: it has not begun). */
export function addLines(totals: Totals, lines: readonly Line[], until: number): void {
  totals.linesUntil = until
  totals.linesOpen = lines.reduce((open, line) => open + Number(line.open), 0)
  const begins = Float64Array.from(lines, (line) => line.from).sort()
  const ends = Float64Array.from(lines, (line) => line.to).sort()
  let gone = 0
  begins.forEach((begin, index) => {
    // A line freed at the very instant another is taken is the same line.
    while (gone < ends.length && (ends[gone] as number) <= begin) gone++
    totals.linesPeak = Math.max(totals.linesPeak, index + 1 - gone)
  })
}

/** Adds `more` to `totals`. The time looked at is not added: several keys of one interval look at the same time. */
export function addTotals(totals: Totals, more: Totals): Totals {
  for (const id in more.sums) totals.sums[id] = (totals.sums[id] ?? 0) + (more.sums[id] as number)
  for (const outcome of ['answered', 'abandoned', 'other'] as const) {
    const waits = totals.waits[outcome]
    for (const [second, count] of more.waits[outcome]) waits.set(second, (waits.get(second) ?? 0) + count)
  }
  totals.waitMax = Math.max(totals.waitMax, more.waitMax)
  totals.linesPeak = Math.max(totals.linesPeak, more.linesPeak)
  if (more.linesUntil > totals.linesUntil) totals.linesOpen = 0
  if (more.linesUntil >= totals.linesUntil) totals.linesOpen += more.linesOpen
  totals.linesUntil = Math.max(totals.linesUntil, more.linesUntil)
  return totals
}

/** Time in each break reason (id; null where none was given), ms. Adds up to `paused`. */
export function pausesByReason(totals: Totals): Map<number | null, number> {
  const times = new Map<number | null, number>()
  for (const id in totals.sums)
    if (id.startsWith('paused.')) times.set(Number(id.slice(7)) || null, totals.sums[id] as number)
  return times
}

/** All stays that left, whatever became of them. */
export function allWaits({ waits }: Totals): Waits {
  const all: Waits = new Map(waits.other)
  for (const part of [waits.answered, waits.abandoned])
    for (const [second, count] of part) all.set(second, (all.get(second) ?? 0) + count)
  return all
}

/**
 * The smallest wait, in whole seconds, that at least `share` (0..1] of the stays does not exceed (nearest rank): always a
 * wait that somebody really had, told in ms. Null when nobody waited.
 */
export function percentile(waits: Waits, share: number): number | null {
  const count = [...waits.values()].reduce((all, one) => all + one, 0)
  if (count === 0) return null
  // Without rounding, 0.9 x 10 and the like land a hair above the whole number.
  let left = Math.max(1, Math.ceil(Number((share * count).toFixed(9))))
  for (const second of Float64Array.from(waits.keys()).sort()) {
    left -= waits.get(second) as number
    if (left <= 0) return second * 1000
  }
  return null
}

type Packed = { s: Record<string, number>; w?: object; m?: number; p?: number; o?: number }

/** As kept: the same totals give the same text, whatever the order in which they were added up. */
export function packTotals(totals: Totals): string {
  const s = Object.fromEntries(Object.entries(totals.sums).sort(([a], [b]) => (a < b ? -1 : 1)))
  const counts = (waits: Waits) => (waits.size > 0 ? Object.fromEntries(waits) : undefined)
  const { answered: a, abandoned: b, other: o } = totals.waits
  const w = { a: counts(a), b: counts(b), o: counts(o) }
  const packed: Packed = {
    s,
    ...(totals.waitMax >= 0 ? { w, m: totals.waitMax } : {}),
    ...(totals.linesPeak > 0 ? { p: totals.linesPeak, o: totals.linesOpen } : {}),
  }
  return JSON.stringify(packed)
}

/** What was packed of an interval that ends at `until`. */
export function unpackTotals(text: string, until: number): Totals {
  const packed = JSON.parse(text) as Packed & { w?: Record<'a' | 'b' | 'o', Record<string, number> | undefined> }
  const waits = (counts: Record<string, number> | undefined): Waits => {
    const map: Waits = new Map()
    for (const second in counts) map.set(Number(second), counts[second] as number)
    return map
  }
  return {
    sums: packed.s,
    waits: { answered: waits(packed.w?.a), abandoned: waits(packed.w?.b), other: waits(packed.w?.o) },
    waitMax: packed.m ?? -1,
    linesPeak: packed.p ?? 0,
    linesOpen: packed.o ?? 0,
    linesUntil: until,
    elapsed: 0,
  }
}
