// Calls expected by half hour, and what they demand.
import { cutPeriod, type Interval, localDay } from '../metrics/index.ts'
import type { Context } from '../report.ts'
import { fit, type Special } from './calls-forecast.ts'
import type { Demand } from './outlook.ts'
import { type Known, type Past, readPast, slotAt } from './past.ts'
import { knownPatience } from './patience.ts'
import { readSpecials, type Settings } from './store.ts'

const dayMs = 86_400_000

export const demandOf = (past: Known, { targetSeconds }: Settings, calls: number): Demand => ({
  calls,
  intervalSeconds: 1800,
  ahtSeconds: past.ahtSeconds,
  targetSeconds,
  patienceSeconds: knownPatience(past.patience),
})

export type Expected = Interval & { calls: number | null }

/** Of a longer period past days are not foreseen. */
const mostDays = 32
/** Why a day has no calls expected; said above the figures. */
const unforeseen = {
  never: 'Todavía no hay historia para prever llamadas: «Esperadas» y lo que sale de ella quedan sin valor.',
  long: `El período tiene más de ${mostDays} días: de los que ya pasaron, «Esperadas» y lo que sale de ella quedan sin valor.`,
  early: 'De los días en que todavía no había historia, «Esperadas» y lo que sale de ella quedan sin valor.',
}

/**
 * Calls expected in each half hour; of days that are over, as they were expected the evening before. Null: nothing could be foreseen
 * then, or there are so many days that each evening's forecast would take too long: that of now was fitted on those days.
 */
export async function expectedOf(
  { db, scope, asked, timeZone, now }: Context,
  past: Past,
): Promise<{ each: Expected[]; note: string | undefined; specials: Map<string, Special> }> {
  const specials = await readSpecials(db, scope, asked.queueId ?? 0)
  const cut = cutPeriod(asked.period, '30m', timeZone)
  const byDay = new Map<string, number[] | null>()
  const today = localDay(now, timeZone)
  const few = asked.period.to - asked.period.from <= mostDays * dayMs
  const each = cut.map((one) => {
    const day = localDay(one.from, timeZone)
    let slots = byDay.get(day)
    if (slots === undefined) {
      const before = day < today ? past.history.filter((known) => few && known.day < day) : undefined
      const usable = before?.some((known) => known.slots)
      const fitted = before ? (usable ? fit(before, past.forecast!.recipe) : undefined) : past.forecast
      slots = fitted?.predict({ day, special: specials.get(day) }) ?? null
      byDay.set(day, slots)
    }
    return { ...one, calls: slots?.[slotAt(one.from, timeZone)] ?? null }
  })
  const why = past.forecast ? (few ? 'early' : 'long') : 'never'
  return { each, note: each.some(({ calls }) => calls === null) ? unforeseen[why] : undefined, specials }
}

/** As `expectedOf`, for whoever has no past at hand. */
export async function expectedCalls(context: Context) {
  const { db, scope, asked, timeZone, now } = context
  return expectedOf(context, await readPast(db, scope, { queueId: asked.queueId ?? 0, timeZone, now }))
}
