import type { Database, Scope } from '../../server/database/index.ts'
import { localDay, startOfDay } from '../metrics/index.ts'
import type { Context } from '../report.ts'
import { readAgency, readNames } from '../store.ts'
import { demandOf } from './expected.ts'
import { type Expected, forecast } from './forecast.ts'
import { agentsNeeded, type Outlook, outlookOf } from './outlook.ts'
import { readPast } from './past.ts'
import { readSettings, type Settings, servingOf } from './store.ts'
import { yesterday } from './trial.ts'

/** What is to be expected of a queue (0: of all together) from the running half hour on. */
export type Prospect = {
  queueId: number
  /** Agents at their desks that each half hour needs for the target; empty where the past says nothing. */
  halfHours: (Expected & { needed: number })[]
  target: Pick<Settings, 'target' | 'targetSeconds'>
  /** Who may serve it; undefined: everybody. */
  serving: ReadonlySet<number> | undefined
  /** How far what would have been said was off on the last day with calls, a ratio (0.04: four points); null: not known. */
  error: number | null
  /** How the running half hour goes with so many agents at their desks; undefined where the past says nothing. */
  with(agents: number): Outlook | undefined
}

const dayMs = 86_400_000
const errors = new WeakMap<Database, Map<string, { day: string; error: Promise<number | null> }>>()

/** The same functions as the report of staffing, for screens: the past is read once a day and kept, and so is the error. */
export async function prospect(
  db: Database,
  scope: Scope,
  { now, queueId }: { now: number; queueId: number },
): Promise<Prospect> {
  const { timeZone } = await readAgency(db, scope)
  const past = await readPast(db, scope, { queueId, timeZone, now })
  const settings = await readSettings(db, scope, queueId)
  const day = localDay(now, timeZone)
  const from = startOfDay(day, timeZone)
  const to = startOfDay(localDay(from + 1.5 * dayMs, timeZone), timeZone)
  const asked = { period: { from, to }, interval: '30m' as const, ...(queueId ? { queueId } : {}) }
  const expected = await forecast(db, scope, { now, queueId })
  const demand = expected[0] && demandOf(past, settings, expected[0].calls)
  const usable = demand !== undefined && demand.calls > 0 && demand.ahtSeconds > 0

  const outlooks = new Map<number, Outlook>()

  async function errorOf(): Promise<number | null> {
    const known = errors.get(db) ?? new Map<string, { day: string; error: Promise<number | null> }>()
    errors.set(db, known)
    const key = `${scope.agencyId} ${queueId}`
    let one = known.get(key)
    if (one?.day !== day) {
      const names = await readNames(db, scope)
      const context: Context = { db, scope, asked, names, timeZone, now, language: 'es' }
      one = { day, error: yesterday(context, past, settings).then((trial) => trial.error) }
      known.set(key, one)
      one.error.catch(() => known.delete(key))
    }
    return one.error
  }
  return {
    queueId,
    halfHours: expected.map((one) => ({
      ...one,
      needed: agentsNeeded(demandOf(past, settings, one.calls), settings.target),
    })),
    target: { target: settings.target, targetSeconds: settings.targetSeconds },
    serving: await servingOf(db, scope, queueId),
    error: past.forecast ? await errorOf() : null,
    with(agents) {
      if (!usable) return undefined
      const found = outlooks.get(agents) ?? outlookOf(demand, agents)
      outlooks.set(agents, found)
      return found
    },
  }
}
