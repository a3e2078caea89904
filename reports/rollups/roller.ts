import { type Database, type Knex, type Scope, scopeOf } from '../../server/database/index.ts'
import type { Fact } from '../../server/interactions/index.ts'
import {
  cutPeriod,
  type Interval,
  localDay,
  longestCallMs,
  noTotals,
  type Slice,
  sliceFacts,
  startOfDay,
} from '../metrics/index.ts'
import { readAgency, readFacts } from '../store.ts'
import { addBlock } from './block.ts'
import { ByKey, bounded, type Family, families, type KeyedTotals, tallyFamily, totalsVersion } from './families.ts'
import { quarterMs } from './read.ts'
import {
  addMarks,
  dropMark,
  firstFact,
  forgetTotals,
  type Mark,
  type Progress,
  readBlocks,
  readMarks,
  readProgress,
  replaceTotals,
  saveProgress,
} from './store.ts'

/**
 * A quarter of an hour is rolled up so long after its end, ms. Until then facts need not mark it; longer than any transaction
 * that writes facts lasts, and than the clocks of two servers differ.
 */
const graceMs = 180_000
/** How far one step goes, ms: an hour where there is much, a day where there is little. */
const [shortStep, longStep] = [3_600_000, 86_400_000]
const fewFacts = 3_000
const marksAtOnce = 50

export type RollupOptions = {
  db: Database
  now: () => number
  log?: (line: string) => void
  /** Between two looks for something to do, ms. */
  everyMs?: number
}

/** Keeps the roll-ups up to date. */
export function createRollups({ db, now, log = () => {}, everyMs = 30_000 }: RollupOptions) {
  const steps = new Map<number, number>()
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  /** One step for one agency. True: there is more to do. */
  async function step(scope: Scope): Promise<boolean> {
    const { timeZone } = await readAgency(db, scope)
    const target = quarterOf(now() - graceMs)
    let progress = await readProgress(db.knex, scope)
    if (progress?.version !== totalsVersion) {
      await forgetTotals(db, scope)
      const first = await firstFact(db.knex, scope)
      progress = { until: quarterOf(Math.min(first ?? target, target)), version: totalsVersion, timeZone }
      return (await saveProgress(db.knex, scope, undefined, progress)) && progress.until < target
    }
    if (progress.timeZone !== timeZone) {
      await cutDaysAnew(scope, progress, timeZone)
      return true
    }
    const again = await countAgain(scope, progress)
    if (progress.until >= target) return again
    await goOn(scope, progress, target)
    return true
  }

  /** From where it stands, up to `target`. */
  async function goOn(scope: Scope, progress: Progress, target: number): Promise<void> {
    const from = progress.until
    const to = Math.min(from + (steps.get(scope.agencyId) ?? shortStep), target)
    const facts = await readFacts(db, scope, { from, to }, { journeys: true })
    const count = facts.interactions.length + facts.stays.length + facts.agentStates.length
    steps.set(scope.agencyId, count < fewFacts ? longStep : shortStep)
    const quarters = quartersOf({ from, to })
    const slices = sliceFacts(facts, quarters, now())
    await db.transaction(async (trx) => {
      if (!(await saveProgress(trx, scope, progress, { ...progress, until: to }))) return
      await replaceTotals(trx, scope, '15m', totalsOf(slices.filter((slice) => !isOpen(slice))), { from, to })
      await addMarks(
        trx,
        scope,
        '15m',
        slices.filter(isOpen).map((slice) => slice.from),
      )
      await addMarks(trx, scope, 'day', daysThatEnd({ from, to }, progress.timeZone))
    })
  }

  /** What facts that came late have marked. True: something was done. */
  async function countAgain(scope: Scope, progress: Progress): Promise<boolean> {
    const marks = (await readMarks(db.knex, scope)).filter((mark) => mark.beginsAt < progress.until)
    const quarters = marks.filter((mark) => mark.size === '15m')
    let done = 0
    for (const mark of quarters) {
      if (done >= marksAtOnce) break
      const quarter = { from: mark.beginsAt, to: mark.beginsAt + quarterMs }
      const facts = await readFacts(db, scope, quarter, { journeys: true })
      const [slice] = sliceFacts(facts, [quarter], now())
      // Whoever still talks will tell: until then it is counted from the facts.
      if (isOpen(slice!)) {
        const day = dayOf(quarter.from, progress.timeZone).from
        await db.transaction(async (trx) => {
          await replaceTotals(trx, scope, '15m', [], quarter)
          await replaceTotals(trx, scope, 'day', [], { from: day, to: day + 1 })
        })
        continue
      }
      done++
      await db.transaction(async (trx) => {
        await replaceTotals(trx, scope, '15m', totalsOf([slice!]), quarter)
        await addMarks(trx, scope, 'day', [dayOf(quarter.from, progress.timeZone).from])
        await dropMark(trx, scope, mark)
      })
    }
    for (const mark of marks.filter((one) => one.size === 'day')) {
      const day = dayOf(mark.beginsAt, progress.timeZone)
      if (done >= marksAtOnce) break
      if (day.to > progress.until || quarters.some((one) => one.beginsAt >= day.from && one.beginsAt < day.to)) continue
      done++
      await addUpDay(scope, day, mark)
    }
    return done > 0
  }

  async function addUpDay(scope: Scope, day: Interval, mark: Mark): Promise<void> {
    const sums: { beginsAt: number; family: Family; totals: KeyedTotals[] }[] = []
    for (const family of families) {
      const keys = new ByKey(noTotals)
      for (const block of await readBlocks(db.knex, scope, '15m', family, day))
        addBlock(block, block.beginsAt + quarterMs, (...key) => keys.of(...key))
      const totals = bounded(family, keys.all())
      for (const { totals: sum } of totals) if (sum.linesUntil < day.to) sum.linesOpen = 0
      sums.push({ beginsAt: day.from, family, totals })
    }
    await db.transaction(async (trx) => {
      await replaceTotals(trx, scope, 'day', sums, { from: day.from, to: day.from + 1 })
      await dropMark(trx, scope, mark)
    })
  }

  async function cutDaysAnew(scope: Scope, progress: Progress, timeZone: string): Promise<void> {
    const from = (await firstFact(db.knex, scope)) ?? progress.until
    await db.transaction(async (trx) => {
      if (!(await saveProgress(trx, scope, progress, { ...progress, timeZone }))) return
      await replaceTotals(trx, scope, 'day', [], { from: 0, to: Number.MAX_SAFE_INTEGER })
      if (from < progress.until) await addMarks(trx, scope, 'day', daysThatEnd({ from, to: progress.until }, timeZone))
    })
  }

  /** Everything that there is to do, for all agencies or one. */
  async function run(only?: Scope): Promise<void> {
    const scopes = only ? [only] : (await db.knex('agencies').orderBy('id').pluck('id')).map(scopeOf)
    for (const scope of scopes) while (!stopped && (await step(scope)));
  }

  const forgetAll = async () => {
    for (const id of await db.knex('agencies').pluck('id')) await forgetTotals(db, scopeOf(id))
  }

  function look(first: () => Promise<unknown> = async () => {}): void {
    timer = undefined
    if (stopped) return
    running = first()
      .then(() => run())
      .catch((error) => log(`roll-ups: ${error.message}`))
      .finally(() => {
        running = undefined
        if (!stopped) timer = setTimeout(() => look(), everyMs).unref()
      })
  }

  return {
    /** Keeps at it. `anew`: rows were written past the journal. */
    start: ({ anew = false } = {}) => look(async () => anew && forgetAll()),
    async stop(): Promise<void> {
      stopped = true
      clearTimeout(timer)
      await running
    },
    run,
    /** Forgets what was kept of an agency and counts it anew from the facts. */
    async rebuild(scope: Scope): Promise<void> {
      await forgetTotals(db, scope)
      await run(scope)
    },
    /** Part of the transaction that stores facts: marks the intervals, already over, that they change. */
    mark: (trx: Knex, facts: readonly Fact[]) => markIntervals(trx, facts, now()),
  }
}

export type Rollups = ReturnType<typeof createRollups>

const quarterOf = (at: number) => Math.floor(at / quarterMs) * quarterMs

function quartersOf({ from, to }: Interval): Interval[] {
  const quarters = []
  for (let at = from; at < to; at += quarterMs) quarters.push({ from: at, to: at + quarterMs })
  return quarters
}

const isOpen = (slice: Slice) =>
  slice.talks.some((talk) => talk.endedAt === null) || slice.wrapUps.some((wrapUp) => wrapUp.endedAt === null)

const totalsOf = (slices: readonly Slice[]) =>
  slices.flatMap((slice) =>
    families.map((family) => ({ beginsAt: slice.from, family, totals: tallyFamily(slice, family) })),
  )

function dayOf(at: number, timeZone: string): Interval {
  const from = startOfDay(localDay(at, timeZone), timeZone)
  return cutPeriod({ from, to: from + 26 * 3_600_000 }, 'day', timeZone)[0] as Interval
}

/** Where the local days begin that end in (from, to]. */
function daysThatEnd({ from, to }: Interval, timeZone: string): number[] {
  const first = dayOf(from, timeZone).from
  return cutPeriod({ from: first, to: to + 1 }, 'day', timeZone)
    .filter((day) => day.to > from && day.to <= to)
    .map((day) => day.from)
}

async function markIntervals(trx: Knex, facts: readonly Fact[], now: number): Promise<void> {
  const over = quarterOf(now)
  const marks = new Map<number, Set<number>>()
  const of = (agencyId: number) => {
    const begins = marks.get(agencyId) ?? new Set<number>()
    marks.set(agencyId, begins)
    return begins
  }
  const mark = (agencyId: number, from: number, to = from) => {
    for (let at = quarterOf(from); at <= to && at < over; at += quarterMs) of(agencyId).add(at)
  }
  for (const fact of facts) {
    // From then on the agent was something else than was counted.
    if (fact.kind === 'agent.state') mark(fact.agencyId, fact.at, now)
    else if (fact.kind === 'line.dialled') mark(fact.agencyId, fact.at, Math.min(fact.endedAt, fact.at + longestCallMs))
    else if (fact.at < over) mark(fact.agencyId, fact.at)
  }
  const ids = [...new Set(facts.map((fact) => fact.interactionId).filter((id) => id !== ''))]
  const olds = await trx('interactions')
    .whereIn('id', ids)
    .where('created_at', '<', over)
    .select('id', 'agency_id', 'channel', 'created_at', 'ended_at')
  // Told late that it ended: what came behind was counted with it.
  const endedLate = new Set(
    facts.filter((fact) => fact.kind === 'interaction.ended' && fact.at < over).map((fact) => fact.interactionId),
  )
  for (const one of olds) {
    const created = Number(one.created_at)
    // A call holds its line all the while.
    const until = endedLate.has(one.id) ? now : Number(one.ended_at ?? now)
    mark(one.agency_id, created, one.channel === 'voice' ? Math.min(until, created + longestCallMs) : created)
  }
  if (olds.length > 0) {
    const agencyOf = new Map(olds.map((one) => [one.id, one.agency_id as number]))
    for (const [table, column] of [
      ['queue_stays', 'enqueued_at'],
      ['offers', 'offered_at'],
      ['talk_segments', 'answered_at'],
      ['wrap_ups', 'began_at'],
    ] as const) {
      const rows = await trx(table)
        .whereIn('interaction_id', [...agencyOf.keys()])
        .where(column, '<', over)
        .select('interaction_id', `${column} as at`)
      for (const row of rows) mark(agencyOf.get(row.interaction_id) as number, Number(row.at))
    }
  }
  for (const [agencyId, begins] of marks) if (begins.size > 0) await addMarks(trx, scopeOf(agencyId), '15m', begins)
}
