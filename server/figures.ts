// The numbers of the screens, computed by the catalogue of reports/metrics over the facts of the agency's day.
import {
  type Interval,
  type KeyedTotals,
  localDay,
  metricOf,
  readFamilies,
  startOfDay,
  type Totals,
  together,
} from '../reports/index.ts'
import type { DayFigures } from './agents/index.ts'
import type { Database, Scope } from './database/index.ts'
import type { MetricsNow, TodayFigures } from './supervision/index.ts'

/**
 * However many screens ask, the facts are read at most so often, ms: a wall shows a change within a second. A day so long
 * that reading it takes its time is read less often, so that reading never takes more than an eighth of the process.
 */
const rememberMs = 400
const readingShare = 1 / 8
const recentMs = 30 * 60_000

/** The agency's day up to the last half hour, and that half hour; `ends`: where the day ends. */
/** `sums`: what was added up of it already: many boards ask for the same. */
type Day = { at: number; ends: number; earlier: Parts; recent: Parts; sums: Map<string, Totals> }
export type AskedValue = {
  metric: string
  of: 'whole' | 'queue' | 'agent'
  span: 'day' | 'recent'
  queueIds: readonly number[]
}
type Parts = Interval & { families: Record<'whole' | 'queue' | 'agent', KeyedTotals[]> }

const periodQuery = ({ from, to }: Interval) =>
  new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() }).toString()

export function createFigures(db: Database, now: () => number) {
  const days = new Map<number, { at: number; goodForMs: number; day: Promise<Day> }>()

  async function read(scope: Scope): Promise<Day> {
    const at = now()
    const agency = await db.knex('agencies').where({ id: scope.agencyId }).first('time_zone')
    const timeZone = agency?.time_zone ?? 'UTC'
    const from = startOfDay(localDay(at, timeZone), timeZone)
    // From a whole minute on: so that who asks where the number comes from can name the period.
    const middle = Math.max(from, Math.floor(at / 60_000) * 60_000 - recentMs)
    const cut = [
      { from, to: middle },
      { from: middle, to: at + 1 },
    ].filter((one) => one.to > one.from)
    const found = await readFamilies(db, scope, ['whole', 'queue', 'agent'], {
      cut,
      timeZone,
      now: at,
      bySubject: true,
    })
    const parts = (index: number, interval: Interval): Parts => ({
      ...interval,
      families: {
        whole: found.whole[index]?.keys ?? [],
        queue: found.queue[index]?.keys ?? [],
        agent: found.agent[index]?.keys ?? [],
      },
    })
    // As long as it has lasted: the instant itself is in it, and takes no time.
    const recent = parts(cut.length - 1, { ...(cut.at(-1) as Interval), to: at })
    const ends = startOfDay(localDay(from + 1.5 * 86_400_000, timeZone), timeZone)
    return {
      at,
      ends,
      recent,
      sums: new Map(),
      earlier: cut.length > 1 ? parts(0, cut[0] as Interval) : parts(-1, { from, to: from }),
    }
  }
  function day(scope: Scope): Promise<Day> {
    const known = days.get(scope.agencyId)
    if (known && now() - known.at < known.goodForMs) return known.day
    const began = performance.now()
    const made = { at: now(), goodForMs: known?.goodForMs ?? rememberMs, day: read(scope) }
    days.set(scope.agencyId, made)
    made.day.then(
      () => (made.goodForMs = Math.max(rememberMs, (performance.now() - began) / readingShare)),
      () => days.delete(scope.agencyId),
    )
    return made.day
  }
  type Named = keyof Parts['families']
  const totalsOf = (parts: readonly Parts[], family: Named, subjects?: ReadonlySet<number>) =>
    together(
      parts.flatMap((one) => one.families[family].filter((key) => subjects?.has(key.subject) ?? true)),
      parts.reduce((all, one) => all + one.to - one.from, 0),
    )
  const one = (subject: number | undefined) => (subject === undefined ? undefined : new Set([subject]))
  const reader = (totals: Totals) => (id: string) => metricOf(id).of(totals)
  const ofDay = ({ earlier, recent }: Day, family: Named, subject?: number) =>
    reader(totalsOf([earlier, recent], family, one(subject)))
  const subjects = ({ earlier, recent }: Day, family: Named) =>
    new Set([earlier, recent].flatMap((parts) => parts.families[family].map((key) => key.subject)))

  function figuresOf(today: Day, family: Named, subject?: number): TodayFigures {
    const of = ofDay(today, family, subject)
    const recent = reader(totalsOf([today.recent], family, one(subject)))
    return {
      received: of('received') ?? 0,
      offered: of('offered') ?? 0,
      answered: of('answered') ?? 0,
      abandoned: of('abandoned') ?? 0,
      overflowed: of('overflowed') ?? 0,
      callbacks: of('callbacks') ?? 0,
      serviceLevel: of('sl_offered'),
      serviceLevelRecent: recent('sl_offered'),
      asaMs: of('asa'),
      ahtMs: of('aht'),
      waitMaxMs: of('wait_max'),
    }
  }

  /** Of which period they are, for the address that explains one. */
  const explainOf = ({ at, ends, earlier, recent }: Day): MetricsNow['explain'] => ({
    day: periodQuery({ from: earlier.to > earlier.from ? earlier.from : recent.from, to: ends }),
    recent: periodQuery({ from: recent.from, to: Math.floor(at / 60_000) * 60_000 + 60_000 }),
  })

  return {
    async metricsNow(scope: Scope): Promise<MetricsNow> {
      const today = await day(scope)
      const whole = ofDay(today, 'whole')
      return {
        countedAt: today.at,
        explain: explainOf(today),
        // As the reports have it: of the contacts of queues; what comes in and the lines are of the whole.
        total: {
          ...figuresOf(today, 'queue'),
          received: whole('received') ?? 0,
          linesBusy: whole('lines_busy') ?? 0,
        },
        queues: Object.fromEntries([...subjects(today, 'queue')].map((id) => [id, figuresOf(today, 'queue', id)])),
        agents: Object.fromEntries(
          [...subjects(today, 'agent')].map((id) => {
            const of = ofDay(today, 'agent', id)
            return [id, { answered: of('answered') ?? 0, ahtMs: of('aht'), occupancy: of('occupancy') }]
          }),
        ),
      }
    },
    /** Any metrics of the catalogue, of some queues together or (none named) of the whole; in the order they are asked. */
    async valuesNow(scope: Scope, asked: readonly AskedValue[]): Promise<(number | null)[]> {
      const today = await day(scope)
      return asked.map(({ metric, of, span, queueIds }) => {
        const key = [of, span, ...queueIds].join()
        let totals = today.sums.get(key)
        if (!totals) {
          const parts = span === 'recent' ? [today.recent] : [today.earlier, today.recent]
          totals = totalsOf(parts, of, queueIds.length > 0 ? new Set(queueIds) : undefined)
          today.sums.set(key, totals)
        }
        return metricOf(metric).of(totals)
      })
    },
    /** One agent's day. */
    async agentDay(scope: Scope, agentId: number): Promise<DayFigures> {
      const of = ofDay(await day(scope), 'agent', agentId)
      return {
        answered: of('answered') ?? 0,
        notAnswered: of('agent_rejected') ?? 0,
        ahtMs: of('aht'),
        talkMs: of('talk') ?? 0,
        pausedMs: of('paused') ?? 0,
        occupancy: of('occupancy'),
      }
    },
  }
}
