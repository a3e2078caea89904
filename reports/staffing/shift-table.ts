import { figureQuery, type Where } from '../explain/figure.ts'
import { addRead, cutPeriod, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { type Context, intervalColumn, metricCells, metricColumn, summed } from '../report.ts'
import type { Table } from '../workbook/index.ts'
import { eachShift } from './shifts.ts'

const columns = [
  metricColumn('planned_agents'),
  metricColumn('present_agents'),
  metricColumn('scheduled', summed),
  metricColumn('adhered', summed),
  metricColumn('adherence', { kind: 'quotient', over: ['adhered'], under: ['scheduled'] }),
]
export const shiftMetrics = columns.map(({ id }) => id)

export type Shifts = { whole: Totals; each: Totals[]; queryOf(when: Interval): string }

/** What was planned and who was there, by the intervals of a cut; undefined: no roster held in any of it. */
export async function shiftsBy(
  { db, scope, asked, now }: Context,
  cut: readonly Interval[],
): Promise<Shifts | undefined> {
  const { queueId } = asked
  const period = { from: cut[0]!.from, to: cut.at(-1)!.to }
  const where: Where = queueId ? { queueId } : {}
  const whole = noTotals()
  const each = cut.map(() => noTotals())
  let found = false
  let place = 0
  for await (const shifts of eachShift(db, scope, { period, queueId, now })) {
    found ||= shifts.length > 0
    for (const one of shifts) {
      while (place + 1 < cut.length && cut[place]!.to <= one.from) place++
      for (const into of [whole, each[place]!]) addRead(into, 'shifts', one)
    }
  }
  return found ? { whole, each, queryOf: (when) => figureQuery({ family: 'shift', where, period: when }) } : undefined
}

/** Planned beside there, by interval: a shift's half hours begin and end at quarters. */
export async function shiftTable(context: Context): Promise<{ table: Table; shifts: Shifts } | undefined> {
  const { asked, timeZone } = context
  const cut = cutPeriod(asked.period, asked.interval, timeZone)
  const shifts = await shiftsBy(context, cut)
  if (!shifts) return undefined
  return {
    shifts,
    table: {
      id: 'shifts',
      title: 'Turnos planificados y cumplidos',
      columns: [intervalColumn(asked.interval), ...columns],
      rows: cut.map(({ from }, at) => [from, ...metricCells(columns, shifts.each[at]!)]),
      totals: [null, ...metricCells(columns, shifts.whole)],
      explain: cut.map(shifts.queryOf),
      explainTotal: shifts.queryOf(asked.period),
    },
  }
}
