import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import {
  addTotals,
  cutPeriod,
  elapsedOf,
  type Interval,
  localDay,
  noTotals,
  sliceFacts,
  startOfDay,
  type Totals,
} from '../metrics/index.ts'
import { readFacts } from '../store.ts'
import { addBlock } from './block.ts'
import {
  type Family,
  journeysFor,
  type Key,
  type KeyedTotals,
  matches,
  tallyFamily,
  totalsVersion,
  type Where,
} from './families.ts'
import { readBlocks, readMarks, readProgress, type Size } from './store.ts'

export const quarterMs = 900_000

/** The totals of one interval of the cut, by key. */
export type IntervalTotals = Interval & { keys: KeyedTotals[] }

type Cut = {
  /** Touching intervals, in order (`cutPeriod`). */
  cut: readonly Interval[]
  timeZone: string
  now: number
  /** All queues and labels of a subject as one: many rows less where nobody asks for them. */
  bySubject?: boolean
  /** False where nobody asks for percentiles or a distribution: most of what is kept is waits. */
  waits?: boolean
  /** More intervals with something in them, over all keys, are refused: `AppError` `report.too_many_lines`. */
  most?: number
}
type Asked = Cut & { family: Family; where?: Where }

/** A stretch of one interval of the cut, and where its totals come from. */
type Piece = Interval & { source: Size | 'facts'; index: number }

/**
 * Totals by interval and key: from the roll-ups of whole days and quarters of an hour where they stand, from the facts where
 * they do not (now, the edges, what has just changed). The same figures either way.
 */
export async function readTotals(db: Database, scope: Scope, asked: Asked): Promise<IntervalTotals[]> {
  return (await readFamilies(db, scope, [asked.family], asked, asked.where))[asked.family]
}

/** As `readTotals` for several families, whose facts are read once. */
export async function readFamilies<Asked extends Family>(
  db: Database,
  scope: Scope,
  families: readonly Asked[],
  asked: Cut,
  where: Where = {},
): Promise<Record<Asked, IntervalTotals[]>> {
  const { cut, now, bySubject = false, waits = true, most = Number.POSITIVE_INFINITY } = asked
  let lines = 0
  const found = new Map(families.map((family) => [family, cut.map(() => new Map<string | number, KeyedTotals>())]))
  const sumOf = (family: Asked, index: number, { subject, queueId, label }: Key): Totals => {
    const keys = found.get(family)![index]!
    const id = bySubject ? subject : `${subject} ${queueId} ${label}`
    let sum = keys.get(id)
    if (!sum) {
      if (++lines > most) throw new AppError('report.too_many_lines', 400, { most })
      const totals = noTotals(elapsedOf({ ...(cut[index] as Interval), now }))
      sum = bySubject ? { subject, queueId: 0, label: '', totals } : { subject, queueId, label, totals }
      keys.set(id, sum)
    }
    return sum.totals
  }
  for (const run of runsOf(await piecesOf(db, scope, asked))) {
    const { source } = run[0] as Piece
    const whole = { from: run[0]!.from, to: run.at(-1)!.to }
    if (source === 'facts') {
      const pieces = run.filter((piece) => piece.from < now)
      if (pieces.length === 0) continue
      const facts = await readFacts(
        db,
        scope,
        { from: whole.from, to: pieces.at(-1)!.to },
        { journeys: journeysFor(families) },
      )
      for (const [place, slice] of sliceFacts(facts, pieces, now).entries())
        for (const family of families)
          for (const one of tallyFamily(slice, family))
            if (matches(one, where)) addTotals(sumOf(family, pieces[place]!.index, one), one.totals)
      continue
    }
    const byBegin = new Map(run.map((piece) => [piece.from, piece]))
    for (const family of families)
      for await (const block of eachBlock(db, scope, run, family, { where, waits })) {
        const piece = byBegin.get(block.beginsAt)
        if (!piece) continue
        addBlock(block, piece.to, (subject, queueId, label) => {
          const key = { subject, queueId, label }
          return matches(key, where) ? sumOf(family, piece.index, key) : undefined
        })
      }
  }
  const ended = (interval: Interval, one: KeyedTotals) => {
    // Nothing was kept of the end of the interval: no call was up then.
    if (one.totals.linesUntil < Math.min(interval.to, now)) one.totals.linesOpen = 0
    return one
  }
  const result = {} as Record<Asked, IntervalTotals[]>
  for (const [family, intervals] of found)
    result[family] = cut.map((interval, index) => ({
      ...interval,
      keys: [...intervals[index]!.values()].map((one) => ended(interval, one)),
    }))
  return result
}

/** Bytes read at once, about: other work gets its turn between two reads. */
const bytesAtOnce = 500_000

/** What was kept of a run of pieces, never all of it in memory. */
async function* eachBlock(
  db: Database,
  scope: Scope,
  run: readonly Piece[],
  family: Family,
  narrowed: { where: Where; waits: boolean },
) {
  let size = 32
  for (let at = 0; at < run.length; ) {
    const pieces = run.slice(at, at + size)
    const begins = { from: pieces[0]!.from, to: pieces.at(-1)!.to }
    const blocks = await readBlocks(db.knex, scope, pieces[0]!.source as Size, family, begins, narrowed)
    yield* blocks
    at += pieces.length
    const bytes = blocks.reduce((sum, block) => sum + block.sums.length + (block.waits?.length ?? 0), 0)
    size = Math.max(1, Math.round((pieces.length * bytesAtOnce) / Math.max(bytes, bytesAtOnce / 8)))
    await setImmediate()
  }
}

/** All keys of an interval as one. */
export function together(keys: Iterable<Pick<KeyedTotals, 'totals'>>, elapsed: number): Totals {
  const sum = noTotals(elapsed)
  for (const one of keys) addTotals(sum, one.totals)
  return sum
}

/** Cuts the intervals into the largest pieces whose totals stand. */
async function piecesOf(db: Database, scope: Scope, { cut, timeZone, now }: Cut): Promise<Piece[]> {
  const period = { from: cut[0]!.from, to: cut.at(-1)!.to }
  const progress = await readProgress(db.knex, scope)
  if (progress?.version !== totalsVersion) return cut.flatMap((interval, index) => factsPieces(interval, index))
  // A day may begin before the period.
  const marks = await readMarks(db.knex, scope, { from: period.from - 2 * 86_400_000, to: period.to })
  const marked = { '15m': new Set<number>(), day: new Set<number>() }
  for (const mark of marks) marked[mark.size].add(mark.beginsAt)
  const quarterStands = (from: number) =>
    from % quarterMs === 0 && from + quarterMs <= progress.until && !marked['15m'].has(from)
  const dayStands = ({ from, to }: Interval) => {
    if (progress.timeZone !== timeZone || to > progress.until || marked.day.has(from)) return false
    for (const begin of marked['15m']) if (begin >= from && begin < to) return false
    return true
  }
  const pieces: Piece[] = []
  for (const [index, interval] of cut.entries()) {
    let at = interval.from
    while (at < interval.to) {
      const day = dayOf(at, timeZone)
      let piece: Piece
      if (day.from === at && day.to <= interval.to && dayStands(day)) piece = { ...day, source: 'day', index }
      else if (at + quarterMs <= interval.to && quarterStands(at))
        piece = { from: at, to: at + quarterMs, source: '15m', index }
      else {
        // Up to where a quarter may stand again; what is to come needs no cutting.
        const next = at >= Math.min(progress.until, now) ? interval.to : (Math.floor(at / quarterMs) + 1) * quarterMs
        piece = { from: at, to: Math.min(next, interval.to), source: 'facts', index }
        pieces.push(...factsPieces(piece, index))
        at = piece.to
        continue
      }
      pieces.push(piece)
      at = piece.to
    }
  }
  return pieces
}

let known: (Interval & { timeZone: string }) | undefined
/** The local day that holds an instant. */
function dayOf(at: number, timeZone: string): Interval {
  if (!known || known.timeZone !== timeZone || at < known.from || at >= known.to) {
    const from = startOfDay(localDay(at, timeZone), timeZone)
    known = { from, to: cutPeriod({ from, to: from + 26 * 3_600_000 }, 'day', timeZone)[0]!.to, timeZone }
  }
  return known
}

/** At most a day of facts is read at once. */
const factsRunMs = 86_400_000

function factsPieces({ from, to }: Interval, index: number): Piece[] {
  const pieces: Piece[] = []
  for (let at = from; at < to; at += factsRunMs)
    pieces.push({ from: at, to: Math.min(at + factsRunMs, to), source: 'facts', index })
  return pieces
}

/** Touching pieces of one source. */
function runsOf(pieces: readonly Piece[]): Piece[][] {
  const runs: Piece[][] = []
  for (const piece of pieces) {
    const run = runs.at(-1)
    const first = run?.[0]
    if (first?.source === piece.source && (piece.source !== 'facts' || piece.to - first.from <= factsRunMs))
      run!.push(piece)
    else runs.push([piece])
  }
  return runs
}
