import { cutPeriod, type Interval, localDay, metricOf, startOfDay } from '../metrics/index.ts'
import type { Context } from '../report.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { CellValue, Table } from '../workbook/index.ts'
import { column, sum } from './cells.ts'
import { demandOf } from './expected.ts'
import { outlookOf } from './outlook.ts'
import { type Past, slotAt } from './past.ts'
import { cameHref } from './plan.ts'
import { agentsThere } from './presence.ts'
import { type Settings, servingOf } from './store.ts'

const dayMs = 86_400_000

/**
 * What would have been said for the last day with calls on the evening before it, for who was there, beside what was. Nothing of
 * that day is in what it is said from: calls expected, handling and patience are learnt from the days before alone.
 */
export async function yesterday(context: Context, past: Past, settings: Settings) {
  const { db, scope, asked, timeZone, now } = context
  // The last day on which anybody called: after a holiday, yesterday says nothing.
  const last = past.history.findLast((day) => day.calls > 0)?.day ?? localDay(now - dayMs, timeZone)
  const from = startOfDay(last, timeZone)
  const cut = cutPeriod({ from, to: startOfDay(localDay(from + 1.5 * dayMs, timeZone), timeZone) }, '30m', timeZone)
  const known = await past.before(last)
  const special = past.history.find((one) => one.day === last)?.special
  const slots = known.forecast?.predict({ day: last, special })
  const where = asked.queueId ? { subject: asked.queueId } : {}
  const came = await readTotals(db, scope, { family: 'queue', cut, timeZone, now, bySubject: true, where })
  const people = await readTotals(db, scope, { family: 'agent', cut, timeZone, now })
  const serve = await servingOf(db, scope, asked.queueId)
  let off = 0
  let calls = 0
  const rows = cut.flatMap((one, index): CellValue[][] => {
    const totals = together(came[index]!.keys, one.to - one.from)
    const offered = metricOf('offered').of(totals) ?? 0
    const expected = slots?.[slotAt(one.from, timeZone)] ?? 0
    if (offered === 0 || known.ahtSeconds === 0 || expected === 0) return []
    // By the same T as is foreseen, which need not be the queue's own.
    let within = 0
    for (const [second, count] of totals.waits.answered) if (second < settings.targetSeconds) within += count
    const observed = within / offered
    const there = agentsThere(people[index]!.keys, one.to - one.from, { serve, queueId: asked.queueId })
    const { serviceLevel } = outlookOf(demandOf(known, settings, expected), there)
    off += Math.abs(serviceLevel - observed) * offered
    calls += offered
    return [[one.from, offered, expected, there, serviceLevel, observed, serviceLevel - observed]]
  })
  const table: Table = {
    id: 'yesterday',
    title: `Previsto y visto el ${last.split('-').reverse().join('/')}`,
    columns: [
      column('interval', 'Media hora', 'interval'),
      column('came', 'Entraron', 'count', sum),
      column('expected', 'Esperadas', 'decimal', sum),
      column('there', 'Agentes presentes', 'decimal'),
      column('predicted', 'Nivel previsto', 'ratio'),
      column('observed', 'Nivel visto', 'ratio'),
      column('off', 'Diferencia (puntos)', 'ratio'),
    ],
    rows,
    hrefs: rows.map(([at]) => {
      const one = cut.find(({ from }) => from === at) as Interval
      return [null, cameHref(context, one)]
    }),
  }
  return { table, error: calls > 0 ? off / calls : null }
}
