import { figureQuery, type Where } from '../explain/figure.ts'
import { addRead, againWithinMs, cutPeriod, type Interval, metricOf, noTotals, type Totals } from '../metrics/index.ts'
import { type Context, intervalColumn, metricCells, metricColumn, summed } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import { shown } from '../view.ts'
import type { Column, Table } from '../workbook/index.ts'
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
  const many = await isTooMany({ db, scope, timeZone, now }, period)
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
  const total = { totals: [null, ...metricCells(columns, whole)], explainTotal: queryOf(period) }
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

/** They are read one by one and not rolled up: more would take too long. */
const mostContacts = 1_000_000
const tooManyNote =
  '«Resuelto en el primer contacto» no se calcula sobre tantas interacciones: elegí un período más corto para verlo.'

async function isTooMany(
  { db, scope, timeZone, now }: Pick<Context, 'db' | 'scope' | 'timeZone' | 'now'>,
  period: Interval,
  most = mostContacts,
): Promise<boolean> {
  const cut = [{ from: period.from - againWithinMs, to: Math.max(period.to, Math.min(period.to + againWithinMs, now)) }]
  const [found] = await readTotals(db, scope, { family: 'whole', cut, timeZone, now, waits: false })
  return (metricOf('received').of(together(found!.keys, 0)) ?? 0) > most
}

/** Of all of a period that is known already, at least in part; undefined: of none of it, or there are too many. */
export async function firstContactsOf(
  context: Pick<Context, 'db' | 'scope' | 'timeZone' | 'now'>,
  period: Interval,
  most: number,
): Promise<{ totals: Totals; query: string } | undefined> {
  const { db, scope, now } = context
  if (period.from + againWithinMs > now || (await isTooMany(context, period, most))) return undefined
  const totals = noTotals()
  for await (const some of eachFirstContact(db, scope, { period, where: {}, now }))
    for (const one of some) addRead(totals, 'firstContacts', one)
  return { totals, query: figureQuery({ family: 'first_contact', where: {}, period }) }
}

/** What cannot be known yet of the period; undefined: everything is. */
function noteOf({ asked, timeZone, now }: Pick<Context, 'asked' | 'timeZone' | 'now'>): string | undefined {
  const known = now - againWithinMs
  if (asked.period.to <= known) return undefined
  const from = Math.max(asked.period.from, known)
  return `«Resuelto en el primer contacto» espera 7 días a que la persona vuelva: lo que llegó desde el ${shown(from, 'day', timeZone)} todavía no se sabe y no entra.`
}
