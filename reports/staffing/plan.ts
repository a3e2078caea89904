// What each half hour of a period asks for, and what is planned for it.
import { explainHref, figureQuery } from '../explain/figure.ts'
import { type Interval, localDay, metricOf } from '../metrics/index.ts'
import type { Context } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { CellValue, Table } from '../workbook/index.ts'
import { isWorked, weekdayOf } from './calls-forecast.ts'
import { column, sum } from './cells.ts'
import { demandOf, expectedOf } from './expected.ts'
import { agentsNeeded, outlookOf } from './outlook.ts'
import { type Past, slotAt } from './past.ts'
import type { Settings } from './store.ts'

export type Planned = Interval & { calls: number | null; needed: number | null; roster: number | undefined }

/** Where the calls that came in a half hour are told. */
export const cameHref = ({ asked }: Context, { from, to }: Interval) => {
  const where = asked.queueId ? { subject: asked.queueId } : {}
  return explainHref('offered', figureQuery({ family: 'queue', where, period: { from, to } }))
}

export async function planOf(context: Context, past: Past, settings: Settings, roster: number[][] | undefined) {
  const { db, scope, asked, timeZone, now } = context
  const { each: expected, note, specials } = await expectedOf(context, past)
  const where = asked.queueId ? { subject: asked.queueId } : {}
  const came = await readTotals(db, scope, { family: 'queue', cut: expected, timeZone, now, bySubject: true, where })
  const rows: Planned[] = []
  const cells: CellValue[][] = []
  let hoursNeeded = 0
  let hoursPlanned = 0
  const needed = new Map<number, number>()
  for (const [index, { from, to, calls }] of expected.entries()) {
    const hours = (to - from) / 3_600_000
    const rounded = calls === null ? null : Math.round(calls * 10) / 10
    // What cannot be foreseen needs nobody knows how many.
    const demand = rounded === null ? undefined : demandOf(past, settings, rounded)
    // The same demand comes back each day.
    const known = demand && (needed.get(demand.calls) ?? agentsNeeded(demand, settings.target))
    if (demand && known !== undefined) needed.set(demand.calls, known)
    const people = known === undefined ? undefined : Math.ceil(known / (1 - settings.shrinkage) - 1e-9)
    const [day, slot] = [localDay(from, timeZone), slotAt(from, timeZone)]
    const there = roster && (isWorked(specials.get(day), slot) ? roster[weekdayOf(day) - 1]?.[slot] : 0)
    hoursNeeded += (people ?? 0) * hours
    hoursPlanned += (there ?? 0) * hours
    rows.push({ from, to, calls, needed: known ?? null, roster: there })
    cells.push([
      from,
      from < now ? (metricOf('offered').of(together(came[index]!.keys, to - from)) ?? 0) : null,
      rounded,
      known ?? null,
      people ?? null,
      there ?? null,
      there === undefined || people === undefined ? null : there - people,
      there === undefined || !demand || rounded === 0 || past.ahtSeconds === 0
        ? null
        : outlookOf(demand, there * (1 - settings.shrinkage)).serviceLevel,
      settings.costHour > 0 && people !== undefined ? people * hours * settings.costHour : null,
      settings.costHour > 0 && there !== undefined ? there * hours * settings.costHour : null,
    ])
  }
  const total = (at: number) =>
    cells.some((row) => row[at] !== null) ? cells.reduce((all, row) => all + Number(row[at] ?? 0), 0) : null
  // Beside a part that is unknown there is no sum.
  const whole = (at: number) => (cells.every((row) => row[at] !== null) ? total(at) : null)
  const full: Table = {
    id: 'half_hours',
    title: 'Por media hora',
    columns: [
      column('interval', 'Media hora', 'interval'),
      column('came', 'Entraron', 'count', sum),
      column('expected', 'Esperadas', 'decimal', sum),
      column('needed', 'En línea', 'count'),
      column('people', 'Necesarios', 'count'),
      column('roster', 'Planificados', 'count'),
      column('gap', 'Diferencia', 'count'),
      column('level', 'Nivel previsto', 'ratio', {
        thresholds: { good: settings.target, warning: settings.target - 0.1 },
      }),
      column('cost_needed', 'Costo necesario ($)', 'decimal', sum),
      column('cost_planned', 'Costo planificado ($)', 'decimal', sum),
    ],
    rows: cells,
    totals: [null, total(1), whole(2), null, null, null, null, null, whole(8), total(9)],
    hrefs: rows.map((one) => [null, cameHref(context, one)]),
    hrefsTotal: [null, cameHref(context, asked.period)],
  }
  // What has not been set up takes no room.
  const empty = new Set([...(roster ? [] : [5, 6, 7, 9]), ...(settings.costHour > 0 ? [] : [8, 9])])
  const without = <Of>(list: readonly Of[]) => list.filter((_, index) => !empty.has(index))
  const table: Table = {
    ...full,
    columns: without(full.columns),
    rows: full.rows.map(without),
    totals: without(full.totals ?? []),
  }
  const calls = rows.reduce((all, one) => all + (one.calls ?? 0), 0)
  return { rows, note, table, calls, hoursNeeded, hoursPlanned: roster ? hoursPlanned : null }
}
