// The numbers of the screens, computed by the catalogue of reports/metrics over the facts of the agency's day.
import { type Facts, localDay, metricOf, noFacts, readFacts, sliceWhole, startOfDay, tally } from '../reports/index.ts'
import type { DayFigures } from './agents/index.ts'
import type { Database, Scope } from './database/index.ts'
import type { MetricsNow, TodayFigures } from './supervision/index.ts'

/**
 * However many screens ask, the facts are read at most so often, ms: a wall shows a change within a second. A day so long
 * that reading it takes its time is read less often, so that reading never takes more than an eighth of the process.
 */
const rememberMs = 250
const readingShare = 1 / 8
const recentMs = 30 * 60_000

type Day = { facts: Facts; from: number; now: number }

export function createFigures(db: Database, now: () => number) {
  const days = new Map<number, { at: number; goodForMs: number; day: Promise<Day> }>()

  async function read(scope: Scope): Promise<Day> {
    const at = now()
    const agency = await db.knex('agencies').where({ id: scope.agencyId }).first('time_zone')
    if (!agency) return { facts: noFacts(), from: at, now: at }
    const from = startOfDay(localDay(at, agency.time_zone), agency.time_zone)
    return { facts: await readFacts(db, scope, { from, to: at + 1 }), from, now: at }
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
  const ofQueue = (facts: Facts, queueId: number): Facts => ({
    ...noFacts(),
    stays: facts.stays.filter((stay) => stay.queueId === queueId),
    talks: facts.talks.filter((talk) => talk.queueId === queueId),
    wrapUps: facts.wrapUps.filter((wrapUp) => wrapUp.queueId === queueId),
  })
  const ofAgent = (facts: Facts, agentId: number): Facts => ({
    ...noFacts(),
    stays: facts.stays.filter((stay) => stay.agentId === agentId),
    offers: facts.offers.filter((offer) => offer.agentId === agentId),
    talks: facts.talks.filter((talk) => talk.agentId === agentId),
    wrapUps: facts.wrapUps.filter((wrapUp) => wrapUp.agentId === agentId),
    agentStates: facts.agentStates.filter((span) => span.agentId === agentId),
  })
  const value = (facts: Facts, { from, now: at }: Day) => {
    const totals = tally(sliceWhole(facts, { from, to: at + 1 }, at))
    return (id: string) => metricOf(id).of(totals)
  }
  function figuresOf(facts: Facts, today: Day): TodayFigures {
    const of = value(facts, today)
    const recent = value(facts, { ...today, from: Math.max(today.from, today.now - recentMs) })
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

  return {
    async metricsNow(scope: Scope): Promise<MetricsNow> {
      const today = await day(scope)
      const { facts } = today
      const queues = new Set(facts.stays.map((stay) => stay.queueId))
      const agents = new Set([...facts.agentStates, ...facts.talks].map((one) => one.agentId))
      return {
        total: { ...figuresOf(facts, today), linesBusy: value(facts, today)('lines_busy') ?? 0 },
        queues: Object.fromEntries([...queues].map((id) => [id, figuresOf(ofQueue(facts, id), today)])),
        agents: Object.fromEntries(
          [...agents].map((id) => {
            const of = value(ofAgent(facts, id), today)
            return [id, { answered: of('answered') ?? 0, ahtMs: of('aht'), occupancy: of('occupancy') }]
          }),
        ),
      }
    },
    /** One agent's day. */
    async agentDay(scope: Scope, agentId: number): Promise<DayFigures> {
      const today = await day(scope)
      const of = value(ofAgent(today.facts, agentId), today)
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
