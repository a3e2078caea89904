// What boards show that takes longer to read than the figures of the moment: the day by half hours and its topics. Read only
// while a board asks for it, and never while a screen waits.
import {
  besideWeekBefore,
  cutPeriod,
  elapsedOf,
  type Interval,
  type IntervalTotals,
  type KeyedTotals,
  localDay,
  metricOf,
  readAgency,
  readFamilies,
  readNames,
  readTotals,
  startOfDay,
  together,
} from '../reports/index.ts'
import type { Database, Scope } from './database/index.ts'
import type { createFigures } from './figures.ts'
import type { Trend, WallNumbers } from './wallboards/index.ts'

/** Read at most so often, and never more than a hundredth of the time. */
const goodForMs = 10_000
const readingShare = 1 / 100
/** What was is looked at again at times: facts come late, and the example's past is still written when it starts. */
const weekAgoForMs = 300_000
const halfHourMs = 1_800_000

type Days = Record<'whole' | 'queue', IntervalTotals[]>
/** `made`: what boards have asked of this reading. */
type Halves = { day: Interval[]; timeZone: string; at: number; today: Days; before: Days; made: Map<string, Trend> }
type Topics = { keys: KeyedTotals[]; names: Map<number, string> }

export function createWallNumbers(options: {
  db: Database
  figures: Pick<ReturnType<typeof createFigures>, 'valuesNow'>
  now(): number
  log(line: string): void
}): WallNumbers {
  const { db, figures, now, log } = options
  const listeners = new Set<(agencyId: number) => void>()

  /** One reading for each agency: what was read last, while the next is on its way. */
  function behind<Read>(read: (scope: Scope) => Promise<Read>) {
    const known = new Map<number, { due: number; reading: boolean; last: Read | undefined }>()
    return (scope: Scope): Read | undefined => {
      const { agencyId } = scope
      const mine = known.get(agencyId) ?? { due: Number.NEGATIVE_INFINITY, reading: false, last: undefined }
      known.set(agencyId, mine)
      if (mine.reading || now() < mine.due) return mine.last
      mine.reading = true
      const began = performance.now()
      read(scope)
        .then((one) => {
          mine.last = one
        })
        // What was read before stays.
        .catch((error: Error) => log(`wallboards: ${error.message}`))
        .finally(() => {
          mine.reading = false
          mine.due = now() + Math.max(goodForMs, (performance.now() - began) / readingShare)
          for (const listener of listeners) listener(agencyId)
        })
      return mine.last
    }
  }

  const weekAgo = new Map<number, { day: string; at: number; days: Promise<Days> }>()
  const halvesOf = (day: string, timeZone: string): Interval[] => {
    const from = startOfDay(day, timeZone)
    return cutPeriod({ from, to: startOfDay(localDay(from, timeZone, 1), timeZone) }, '30m', timeZone)
  }
  const readDay = (scope: Scope, timeZone: string, day: string, at: number): Promise<Days> => {
    const cut = halvesOf(day, timeZone).filter(({ from }) => from <= at)
    return readFamilies(db, scope, ['whole', 'queue'], { cut, timeZone, now: at, bySubject: true, waits: false })
  }
  const halves = behind(async (scope): Promise<Halves> => {
    const at = now()
    const { timeZone } = await readAgency(db, scope)
    const day = localDay(at, timeZone)
    let then = weekAgo.get(scope.agencyId)
    if (then?.day !== day || at - then.at > weekAgoForMs) {
      then = { day, at, days: readDay(scope, timeZone, localDay(at, timeZone, -7), at) }
      weekAgo.set(scope.agencyId, then)
      then.days.catch(() => weekAgo.delete(scope.agencyId))
    }
    return {
      ...{ day: halvesOf(day, timeZone), timeZone, at },
      before: await then.days,
      today: await readDay(scope, timeZone, day, at),
      made: new Map(),
    }
  })
  const topics = behind(async (scope): Promise<Topics> => {
    const at = now()
    const { timeZone } = await readAgency(db, scope)
    const cut = [{ from: startOfDay(localDay(at, timeZone), timeZone), to: at + 1 }]
    const [today] = await readTotals(db, scope, { family: 'topic', cut, timeZone, now: at, waits: false })
    return { keys: today?.keys ?? [], names: (await readNames(db, scope)).topics }
  })

  return {
    values: figures.valuesNow,
    trend(scope, { metric, of, queueIds }) {
      const read = halves(scope)
      if (!read) return undefined
      const key = [metric, ...queueIds].join()
      const known = read.made.get(key)
      if (known) return known
      const wanted = new Set(queueIds)
      const point = (halves: IntervalTotals[]) => {
        const keys = halves
          .flatMap((half) => half.keys)
          .filter(({ subject }) => wanted.size === 0 || wanted.has(subject))
        const elapsed = halves.reduce((sum, { from, to }) => sum + elapsedOf({ from, to, now: read.at }), 0)
        return metricOf(metric).of(together(keys, elapsed))
      }
      const { day, timeZone } = read
      // Of all agents together the whole centre's own totals say the same, and are far fewer.
      const family = of === 'agent' ? 'whole' : of
      const trend: Trend = {
        at: day.map(({ from }) => from),
        today: read.today[family].map((half) => point([half])),
        before: besideWeekBefore(day, read.before[family], halfHourMs, timeZone).map((halves) =>
          halves.length > 0 ? point(halves) : null,
        ),
      }
      read.made.set(key, trend)
      return trend
    },
    topics(scope, queueIds) {
      const read = topics(scope)
      if (!read) return undefined
      // A call has no queue yet when it comes in: of queues, the stays in them are counted.
      const metric = metricOf(queueIds.length > 0 ? 'offered' : 'received')
      const counts = new Map<number, number>()
      for (const { subject, queueId, totals } of read.keys) {
        if (subject === 0 || (queueIds.length > 0 && !queueIds.includes(queueId))) continue
        counts.set(subject, (counts.get(subject) ?? 0) + (metric.of(totals) ?? 0))
      }
      return [...counts]
        .filter(([, count]) => count > 0)
        .sort((a, b) => b[1] - a[1] || a[0] - b[0])
        .map(([id, count]) => ({ id, name: read.names.get(id) ?? `#${id}`, count }))
    },
    onRead(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
