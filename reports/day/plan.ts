import { explainHref, figureQuery } from '../explain/figure.ts'
import { cutPeriod, elapsedOf, type Interval } from '../metrics/index.ts'
import { type Context, intervalColumn, metricCells, metricColumn, summed } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import { expectedCalls } from '../staffing/expected.ts'
import { type Shifts, shiftsBy } from '../staffing/shift-table.ts'
import type { CellValue, Column, Table } from '../workbook/index.ts'

/** Of a half hour: how many agents, on average. Of a longer time an average, with the nights in it, says nothing. */
const agents: Column[] = [
  metricColumn('planned_agents'),
  metricColumn('present_agents'),
  { id: 'agents_gap', title: 'Agentes: diferencia', kind: 'decimal' },
  metricColumn('adherence'),
]
/** Of a day: their hours. */
const hours: Column[] = [metricColumn('scheduled', summed), metricColumn('present', summed), metricColumn('adherence')]
/** Those of them that a chart shows. */
export const planSeries = (daily: boolean): string[] => (daily ? hours : agents).slice(0, 2).map(({ id }) => id)
const calls: Column[] = [
  { id: 'expected', title: 'Esperadas', kind: 'decimal', total: summed },
  metricColumn('offered', summed),
  { id: 'calls_gap', title: 'Llamadas: diferencia', kind: 'decimal' },
]

/** The day beside its plan: agents of the roster and who was there, calls foreseen the evening before and those that came. */
export async function planTable(
  context: Context,
  daily: boolean,
): Promise<{ table: Table; shifts: Shifts | undefined; foreseen: boolean; note: string | undefined }> {
  const { db, scope, asked, timeZone, now } = context
  const cut = cutPeriod(asked.period, daily ? 'day' : '30m', timeZone)
  const shifts = await shiftsBy(context, cut)
  const { each: expected, note } = await expectedCalls(context)
  const came = await readTotals(db, scope, { family: 'queue', cut, timeZone, now, bySubject: true, waits: false })
  const queryOf = (when: Interval) => figureQuery({ family: 'queue', where: {}, period: when })
  const planned = shifts ? (daily ? hours : agents) : []
  const cellsOf = (totals: Shifts['whole']) => (daily ? metricCells(hours, totals) : agentsOf(totals))
  const foreseen = expected.some(({ calls }) => calls !== null)
  const rows = cut.map((one, at): CellValue[] => {
    // Of an interval that goes on all of it was foreseen, so that it cannot be compared yet.
    const over = one.to <= now
    const offered = together(came[at]!.keys, elapsedOf({ ...one, now })).sums.offered ?? 0
    const calls = expected
      .filter((each) => each.from >= one.from && each.from < one.to)
      // Beside a part that is unknown there is no sum.
      .reduce<number | null>((sum, each) => (sum === null || each.calls === null ? null : sum + each.calls), 0)
    return [
      one.from,
      ...(shifts ? cellsOf(shifts.each[at]!) : []),
      calls === null ? null : Math.round(calls * 10) / 10,
      one.from < now ? offered : null,
      over && calls !== null ? Math.round((offered - calls) * 10) / 10 : null,
    ]
  })
  const at = 1 + planned.length
  const sum = (column: number) => rows.reduce((all, row) => all + Number(row[column] ?? 0), 0)
  return {
    shifts,
    foreseen,
    note,
    table: {
      id: 'plan',
      title: daily ? 'Contra el plan, día por día' : 'Contra el plan, por media hora',
      columns: [
        daily ? intervalColumn('day') : { id: 'interval', title: 'Media hora', kind: 'interval' },
        ...planned,
        ...calls,
      ],
      rows,
      totals: [
        null,
        ...(shifts ? (daily ? cellsOf(shifts.whole) : [null, null, null, cellsOf(shifts.whole)[3]!]) : []),
        rows.every((row) => row[at] !== null) ? sum(at) : null,
        sum(at + 1),
        null,
      ],
      ...(shifts ? { explain: cut.map(shifts.queryOf), explainTotal: shifts.queryOf(asked.period) } : {}),
      hrefs: cut.map((one) => offeredAt(at + 1, queryOf(one))),
      hrefsTotal: offeredAt(at + 1, queryOf(asked.period)),
    },
  }
}

const offeredAt = (column: number, query: string) => [
  ...Array.from({ length: column }, () => null),
  explainHref('offered', query),
]

const [planned, present, , adherence] = agents as [Column, Column, Column, Column]
function agentsOf(totals: Shifts['whole']): CellValue[] {
  const [there, are, kept] = metricCells([planned, present, adherence], totals) as [CellValue, CellValue, CellValue]
  return [there, are, typeof there === 'number' && typeof are === 'number' ? are - there : null, kept]
}
