import type { StayFact } from './facts.ts'
import { addsOf, type FactKind, type FactOf, isOffered, measures, type ReadKind, waitOf } from './measures.ts'
import type { Line, Slice, Span } from './slice.ts'
import { WaitCounts } from './waits.ts'

/**
 * All that the metrics of an interval are computed from: what its facts add up to. Totals of touching intervals, and of
 * several keys in one interval, add up with `addTotals`.
 */
export type Totals = {
  /** Measures, and `paused.<reason>` for each break reason (0: none given). Times in ms; what is not there is 0. */
  sums: Record<string, number>
  /** Stays that left, by outcome: the waits that percentiles, distributions and patience are read from. */
  waits: WaitCounts
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
    waits: new WaitCounts(),
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
  addMeasures(totals, kind, one, now)
  if (kind === 'stays') addWait(totals, one as StayFact)
  if (kind === 'states' && (one as Span).state === 'break') {
    const span = one as Span
    const id = `paused.${span.breakReasonId ?? 0}`
    sums[id] = (sums[id] ?? 0) + span.to - span.from
  }
}

/** Adds one fact of a kind that is read and not rolled up. */
export function addRead<Kind extends ReadKind>(totals: Totals, kind: Kind, one: FactOf<Kind>): void {
  addMeasures(totals, kind, one, 0)
}

function addMeasures({ sums }: Totals, kind: FactKind | ReadKind, one: unknown, now: number): void {
  const adds = addsOf(kind)
  for (const id in adds) {
    const more = Number(adds[id]!(one, now))
    if (more !== 0) sums[id] = (sums[id] ?? 0) + more
  }
}

function addWait(totals: Totals, stay: StayFact): void {
  const wait = waitOf(stay)
  if (wait === undefined || !isOffered(stay)) return
  totals.waitMax = Math.max(totals.waitMax, wait)
  const { outcome } = stay
  totals.waits.count(outcome === 'answered' || outcome === 'abandoned' ? outcome : 'other', Math.floor(wait / 1000))
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
  totals.waits.add(more.waits)
  totals.waitMax = Math.max(totals.waitMax, more.waitMax)
  addLinesOf(totals, more)
  return totals
}

/** Adds the lines of `more`: the highest peak, and what goes on at the end of whatever ends last. */
export function addLinesOf(totals: Totals, more: Pick<Totals, 'linesPeak' | 'linesOpen' | 'linesUntil'>): void {
  totals.linesPeak = Math.max(totals.linesPeak, more.linesPeak)
  if (more.linesUntil > totals.linesUntil) totals.linesOpen = 0
  if (more.linesUntil >= totals.linesUntil) totals.linesOpen += more.linesOpen
  totals.linesUntil = Math.max(totals.linesUntil, more.linesUntil)
}

/** Time in each break reason (id; null where none was given), ms. Adds up to `paused`. */
export function pausesByReason(totals: Totals): Map<number | null, number> {
  const times = new Map<number | null, number>()
  for (const id in totals.sums)
    if (id.startsWith('paused.')) times.set(Number(id.slice(7)) || null, totals.sums[id] as number)
  return times
}
