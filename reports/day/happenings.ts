import { explainHref, figureQuery } from '../explain/figure.ts'
import { type Interval, metricOf, type Totals } from '../metrics/index.ts'
import { type Context, callsLink } from '../report.ts'
import { readTotals } from '../rollups/index.ts'
import { shown } from '../view.ts'
import type { CellValue, Table } from '../workbook/index.ts'

type Hour = Interval & { queue: Totals; whole: Totals }

/** What a supervisor would tell of the day, each with the calls behind it. */
export async function happenings(
  context: Context,
  period: Interval,
  hours: readonly Hour[],
  daily: boolean,
): Promise<Table> {
  const { db, scope, timeZone, names } = context
  const rows: CellValue[][] = []
  const links: string[] = []
  const tell = (what: string, figure: string, when: string, link: string) => {
    rows.push([what, figure, when])
    links.push(link)
  }
  const text = (id: string, totals: Totals) => shown(metricOf(id).of(totals), kinds[metricOf(id).unit], timeZone)
  const when = ({ from }: Interval) => shown(from, daily ? 'day' : 'interval', timeZone)
  const most = (id: string, worst: 'high' | 'low', among = hours) => {
    const with_ = among.flatMap((hour) => {
      const value = metricOf(id).of(hour.queue)
      return value === null ? [] : [{ hour, value }]
    })
    return with_.sort((a, b) => (worst === 'high' ? b.value - a.value : a.value - b.value))[0]
  }
  const busiest = most('offered', 'high')
  if (busiest && busiest.value > 0)
    tell('Más llamadas', text('offered', busiest.hour.queue), when(busiest.hour), callsLink(busiest.hour, {}))
  // One call that hung up at closing time is not the worst of the day.
  const enough = (busiest?.value ?? 0) / 10
  const worst = most(
    'sl_offered',
    'low',
    hours.filter(({ queue }) => (metricOf('offered').of(queue) ?? 0) >= enough),
  )
  if (worst)
    tell('Peor nivel de servicio', text('sl_offered', worst.hour.queue), when(worst.hour), callsLink(worst.hour, {}))
  const longest = most('wait_max', 'high')
  if (longest && longest.value > 0)
    tell('Espera más larga', text('wait_max', longest.hour.queue), when(longest.hour), callsLink(longest.hour, {}))
  const lost = most('abandoned', 'high')
  if (lost && lost.value > 0)
    tell('Más perdidas', text('abandoned', lost.hour.queue), when(lost.hour), callsLink(lost.hour, {}))

  const within = (query: ReturnType<typeof db.knex>, column: string) =>
    query.where(column, '>=', period.from).where(column, '<', period.to)
  const [topics] = await readTotals(db, scope, {
    ...{ family: 'topic', cut: [period], timeZone, now: context.now },
    ...{ bySubject: true, waits: false },
  })
  const asked = topics?.keys.map(({ subject, totals }) => ({ subject, times: metricOf('received').of(totals) ?? 0 }))
  const topic = asked?.filter((one) => one.subject > 0 && one.times > 0).sort((a, b) => b.times - a.times)[0]
  if (topic)
    tell(
      `Temática más consultada: ${names.topics.get(topic.subject) ?? `#${topic.subject}`}`,
      shown(topic.times, 'count', timeZone),
      '',
      callsLink(period, { topic: topic.subject }),
    )
  const alarms = await within(db.knex('interactions').where({ agency_id: scope.agencyId, alarm: true }), 'created_at')
    .count({ n: '*' })
    .first()
  if (Number(alarms?.n) > 0)
    tell('Atendidas por el respaldo porque falló su flujo', shown(Number(alarms?.n), 'count', timeZone), '', '/alarms')
  const opened = await within(db.knex('tickets').where('agency_id', scope.agencyId), 'created_at')
    .count({ n: '*' })
    .first()
  if (Number(opened?.n) > 0)
    tell(
      'Tickets abiertos',
      shown(Number(opened?.n), 'count', timeZone),
      '',
      explainHref('tickets_opened', figureQuery({ family: 'ticket', where: {}, period })),
    )
  return {
    id: 'happenings',
    title: 'Qué pasó',
    columns: [
      { id: 'what', title: 'Qué', kind: 'text', width: 44 },
      { id: 'figure', title: 'Cuánto', kind: 'text', width: 16 },
      { id: 'when', title: 'Cuándo', kind: 'text', width: 20 },
    ],
    rows,
    links,
  }
}

const kinds = { count: 'count', ms: 'duration', ratio: 'ratio', erlangs: 'decimal', decimal: 'decimal' } as const
