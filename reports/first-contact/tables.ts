import type { Database } from '../../server/database/index.ts'
import { figureQuery, type Where } from '../explain/figure.ts'
import { addRead, againWithinMs, cutPeriod, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { type Context, intervalColumn, metricCells, metricColumn, summed } from '../report.ts'
import { shown } from '../view.ts'
import type { Column, Table } from '../workbook/index.ts'
import { isTooMany, tooManyNote } from './limit.ts'
import { eachFirstContact, type FirstContact } from './source.ts'

const columns: Column[] = [
  metricColumn('first_contacts', summed),
  metricColumn('fcr_unknown', summed),
  metricColumn('fcr_resolved', summed),
  metricColumn('fcr', { kind: 'quotient', over: ['fcr_resolved'], under: ['first_contacts'], less: ['fcr_unknown'] }),
]
export const firstContactMetrics = columns.map(({ id }) => id)

export type Subject = {
  column: Column
  id(one: FirstContact): number
  name(id: number): string
  /** Narrows the family to a subject. */
  narrow(id: number): Where
}

/** First contacts by a subject and by day, each figure with its explanation. */
export async function firstContactsBy(
  { db, scope, asked, timeZone, now }: Context,
  where: Where,
  subject: Subject,
): Promise<{ bySubject: Table; byDay: Table; whole: Totals; query: string; note: string | undefined }> {
  const { period } = asked
  const many = await isTooMany(db, scope, period, { timeZone, now })
  // A citizen has days to come back: hours say nothing.
  const cut = cutPeriod(period, 'day', timeZone)
  const whole = noTotals()
  const days = cut.map(() => noTotals())
  const subjects = new Map<number, Totals>()
  let place = 0
  const stays = subject.column.id === 'agent'
  for await (const some of many ? [] : eachFirstContact(db, scope, { period, where, now, stays }))
    for (const one of some) {
      while (place + 1 < cut.length && cut[place]!.to <= one.at) place++
      const id = subject.id(one)
      const mine = subjects.get(id) ?? noTotals()
      subjects.set(id, mine)
      for (const into of [whole, days[place]!, mine]) addRead(into, 'firstContacts', one)
    }
  const queryOf = (when: Interval, more: Where = {}) =>
    figureQuery({ family: 'first_contact', where: { ...where, ...more }, period: when })
  const named = [...subjects]
    .map(([id, totals]) => ({ id, name: subject.name(id), totals }))
    .sort((a, b) => a.name.localeCompare(b.name, 'es'))
  const total = many
    ? { totals: [null, ...columns.map(() => null)] }
    : { totals: [null, ...metricCells(columns, whole)], explainTotal: queryOf(period) }
  return {
    whole,
    query: queryOf(period),
    note: many ? tooManyNote : noteOf({ asked, timeZone, now }),
    bySubject: {
      id: 'first_contacts',
      title: 'Resuelto en el primer contacto',
      columns: [subject.column, ...columns],
      rows: named.map(({ name, totals }) => [name, ...metricCells(columns, totals)]),
      explain: named.map(({ id }) => queryOf(period, subject.narrow(id))),
      ...total,
    },
    byDay: {
      id: 'first_contacts_by_day',
      title: 'Primer contacto, día por día',
      columns: [intervalColumn('day'), ...columns],
      rows: many ? [] : cut.map(({ from }, at) => [from, ...metricCells(columns, days[at]!)]),
      explain: many ? [] : cut.map((one) => queryOf(one)),
      ...total,
    },
  }
}

/** What is wholly known hardly changes: it is kept so long, and of so many periods. */
const keptForMs = 3_600_000
const mostKept = 500
type Kept = { at: number; totals: Totals }
const kept = new WeakMap<Database, Map<string, Kept>>()

/** Of all of a period that is known already, at least in part; undefined: of none of it. */
export async function firstContactsOf(
  { db, scope, timeZone, now }: Pick<Context, 'db' | 'scope' | 'timeZone' | 'now'>,
  period: Interval,
): Promise<Totals | 'too_many' | undefined> {
  if (period.from + againWithinMs > now) return undefined
  const mine = kept.get(db) ?? new Map<string, Kept>()
  kept.set(db, mine)
  const key = [scope.agencyId, period.from, period.to].join()
  const known = mine.get(key)
  if (known && Math.abs(now - known.at) < keptForMs) return known.totals
  mine.delete(key)
  if (await isTooMany(db, scope, period, { timeZone, now })) return 'too_many'
  const totals = noTotals()
  for await (const some of eachFirstContact(db, scope, { period, where: {}, now }))
    for (const one of some) addRead(totals, 'firstContacts', one)
  if (period.to + againWithinMs <= now) {
    for (const oldest of mine.keys()) if (mine.size >= mostKept) mine.delete(oldest)
    mine.set(key, { at: now, totals })
  }
  return totals
}

/** What cannot be known yet of the period; undefined: everything is. */
function noteOf({ asked, timeZone, now }: Pick<Context, 'asked' | 'timeZone' | 'now'>): string | undefined {
  const known = now - againWithinMs
  if (asked.period.to <= known) return undefined
  const from = Math.max(asked.period.from, known)
  return `«Resuelto en el primer contacto» espera 7 días a que la persona vuelva: lo que llegó desde el ${shown(from, 'day', timeZone)} todavía no se sabe y no entra.`
}
