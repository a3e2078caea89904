import { explainHref, familyOf, figureQuery } from '../explain/figure.ts'
import { firstContactsOf, tooManyNote } from '../first-contact/index.ts'
import {
  besideWeekBefore,
  cutPeriod,
  elapsedOf,
  type Interval,
  metricOf,
  noTotals,
  type Totals,
  weekBefore,
} from '../metrics/index.ts'
import {
  type Context,
  callsLink,
  highlight,
  intervalColumn,
  kindOfUnit,
  levelColumn,
  metricColumn,
  type Report,
} from '../report.ts'
import { readFamilies, together } from '../rollups/index.ts'
import { shiftsBy } from '../staffing/shift-table.ts'
import type { CellValue, Table } from '../workbook/index.ts'
import { happenings } from './happenings.ts'
import { planSeries, planTable } from './plan.ts'

const dayMs = 86_400_000
const counted = ['received', 'contained', 'rejected_closed', 'offered', 'answered', 'abandoned', 'short_abandoned']
const ratios = ['sl_offered', 'containment', 'occupancy', 'adherence', 'fcr']
const timed = ['asa', 'wait_p90', 'wait_max', 'aht', 'talk', 'hold', 'wrap']

/** One page that says what happened, beside the same days a week before and beside the plan: roster and forecast. */
export const dayReport: Report = {
  id: 'day',
  kind: 'summary',
  title: { es: 'El día del supervisor', en: 'The supervisor’s day' },
  description: {
    es: 'En una página: qué pasó, comparado con la semana anterior, con los turnos planificados y con lo que se esperaba.',
    en: 'On one page: what happened, compared with the week before, with the roster and with what was expected.',
  },
  parameters: ['from', 'to'],
  async run(context) {
    const { asked, timeZone, now } = context
    // Of a day that goes on, only what has passed is comparable.
    const period = { from: asked.period.from, to: Math.max(asked.period.from + 1, Math.min(asked.period.to, now)) }
    const past = { from: weekBefore(period.from, timeZone), to: weekBefore(period.to, timeZone) }
    const daily = period.to - period.from > 2 * dayMs
    // While the day goes on, first contacts of a week before go up to a whole quarter of an hour: they are read anew only then.
    const quarter = asked.period.to > now ? 900_000 : 1
    const first = { from: past.from, to: Math.max(past.from + 1, Math.floor(past.to / quarter) * quarter) }
    const [here, before] = [await read(context, period, daily), await read(context, past, daily, first)]
    // The day as it was asked for and not up to this instant: the same number has the same address wherever it stands.
    const told = { ...here, period: asked.period, first: asked.period }
    const table = (id: string, title: string, ids: string[], kind: 'count' | 'ratio' | 'duration'): Table => ({
      id,
      title,
      columns: [
        { id: 'measure', title: 'Medida', kind: 'text', width: 30 },
        { id: 'now', title: 'Período', kind },
        { id: 'before', title: 'Semana anterior', kind },
        // 82 % -> 86 % are four points, not four per cent.
        { id: 'difference', title: kind === 'ratio' ? 'Diferencia (puntos)' : 'Diferencia', kind },
        ...(kind === 'ratio' ? [] : [{ id: 'change', title: 'Cambio', kind: 'ratio' as const }]),
      ],
      rows: ids.map((id) => {
        const [a, b] = [figureOf(id, here), figureOf(id, before)]
        const difference = a === null || b === null ? null : a - b
        const row: CellValue[] = [metricOf(id).label.es, a, b, difference]
        return kind === 'ratio' ? row : [...row, difference === null || !b ? null : difference / b]
      }),
      hrefs: ids.map((id) => [null, hrefOf(id, told), hrefOf(id, before)]),
    })
    const queues = queueTable(context, told, before)
    const hours = hourTable(context, here, before, daily)
    const plan = await planTable(context, daily)
    const tables: Table[] = [
      await happenings(context, told.period, here.hours, daily),
      plan.table,
      table('counts', 'Cantidades', counted, 'count'),
      table('levels', 'Niveles', ratios, 'ratio'),
      table('times', 'Tiempos', timed, 'duration'),
      queues,
      hours,
    ]
    const query = figureQuery({ family: 'queue', where: {}, period: asked.period })
    const note = [plan.note, here.tooMany || before.tooMany ? tooManyNote : undefined].filter(
      (one) => one !== undefined,
    )
    return {
      ...(note.length > 0 ? { note: note.join(' ') } : {}),
      highlights: [
        highlight('received', here.whole, figureQuery({ family: 'whole', where: {}, period: asked.period })),
        ...['answered', 'abandoned', 'sl_offered', 'asa', 'aht'].map((id) => highlight(id, here.queue, query)),
      ],
      tables,
      charts: [
        ...(plan.shifts
          ? [
              {
                id: 'agents',
                title: daily ? 'Tiempo de agentes: planificado y conectado' : 'Agentes: planificados y conectados',
                kind: 'line' as const,
                table: 'plan',
                category: 'interval',
                series: planSeries(daily),
              },
            ]
          : []),
        ...(plan.foreseen
          ? [
              {
                id: 'expected',
                title: 'Llamadas: esperadas y ofrecidas',
                kind: 'line' as const,
                table: 'plan',
                category: 'interval',
                series: ['expected', 'offered'],
              },
            ]
          : []),
        {
          id: 'offered',
          title: 'Ofrecidas, y una semana antes',
          kind: 'line',
          table: 'by_hour',
          category: 'interval',
          series: ['offered', 'offered_before'],
        },
        {
          id: 'level',
          title: 'Nivel de servicio por cola, y una semana antes',
          kind: 'bar',
          table: 'by_queue',
          category: 'queue',
          series: ['sl_offered', 'sl_before'],
        },
      ],
      metrics: [...counted, ...ratios, ...timed, ...(plan.shifts ? planSeries(daily) : [])],
    }
  },
}

const beforeHrefs = (before: Read, queueId?: number) => [
  ...[...queueColumns, 'sl_offered'].map(() => null).concat(null),
  hrefOf('sl_offered', before, queueId),
  hrefOf('offered', before, queueId),
]

type Hour = Interval & { queue: Totals; whole: Totals }
type Read = Record<DayFamily, Totals> & {
  period: Interval
  /** Of first contacts. */
  first: Interval
  tooMany: boolean
  queues: Map<number, Totals>
  hours: Hour[]
}

/** Of more than a few days each row is a day. */
async function read(context: Context, period: Interval, daily: boolean, first = period): Promise<Read> {
  const { db, scope, asked, timeZone, now } = context
  const cut = cutPeriod(period, daily ? 'day' : '1h', timeZone)
  const found = await readFamilies(db, scope, ['whole', 'queue', 'agent'], { cut, timeZone, now, bySubject: true })
  const elapsed = elapsedOf({ ...period, now })
  const all = (family: 'whole' | 'queue' | 'agent') => found[family].flatMap((one) => one.keys)
  const queues = Map.groupBy(all('queue'), (one) => one.subject)
  const shifts = await shiftsBy({ ...context, asked: { ...asked, period } }, [period])
  const contacts = await firstContactsOf(context, first)
  return {
    period,
    shift: shifts?.whole ?? noTotals(),
    first,
    tooMany: contacts === 'too_many',
    first_contact: typeof contacts === 'object' ? contacts : noTotals(),
    whole: together(all('whole'), elapsed),
    queue: together(all('queue'), elapsed),
    agent: together(all('agent'), elapsed),
    queues: new Map([...queues].map(([id, keys]) => [id, together(keys, elapsed)])),
    hours: cut.map((one, at) => ({
      ...one,
      queue: together(found.queue[at]!.keys, elapsedOf({ ...one, now })),
      whole: together(found.whole[at]!.keys, elapsedOf({ ...one, now })),
    })),
  }
}

type DayFamily = 'shift' | 'first_contact' | 'whole' | 'queue' | 'agent'
const homeOf = (id: string) => familyOf(metricOf(id)) as DayFamily

const figureOf = (id: string, read: Read): number | null => metricOf(id).of(read[homeOf(id)])

/** Where a figure is explained: of the whole, of a queue, or of an hour. */
const hrefOf = (id: string, { period, first = period }: { period: Interval; first?: Interval }, subject?: number) => {
  const family = homeOf(id)
  const when = family === 'first_contact' ? first : period
  return explainHref(id, figureQuery({ family, where: subject === undefined ? {} : { subject }, period: when }))
}

const queueColumns = ['offered', 'answered', 'answered_within', 'abandoned', 'short_abandoned']

function queueTable({ names }: Context, here: Read, before: Read): Table {
  const ids = [...names.queues.keys()].filter((id) => here.queues.has(id) || before.queues.has(id))
  const value = (id: string, totals: Totals | undefined) => (totals ? metricOf(id).of(totals) : null)
  return {
    id: 'by_queue',
    title: 'Por cola',
    columns: [
      { id: 'queue', title: 'Cola', kind: 'text', width: 28 },
      ...queueColumns.map((id) => metricColumn(id, { kind: 'sum' })),
      levelColumn(),
      { id: 'sl_before', title: 'Nivel de servicio, semana anterior', kind: 'ratio' },
      { id: 'offered_before', title: 'Ofrecidas, semana anterior', kind: 'count', total: { kind: 'sum' } },
    ],
    rows: ids.map((id) => [
      names.queues.get(id) ?? `Cola ${id}`,
      ...queueColumns.map((one) => value(one, here.queues.get(id)) ?? 0),
      value('sl_offered', here.queues.get(id)),
      value('sl_offered', before.queues.get(id)),
      value('offered', before.queues.get(id)) ?? 0,
    ]),
    totals: [
      null,
      ...queueColumns.map((one) => value(one, here.queue)),
      value('sl_offered', here.queue),
      value('sl_offered', before.queue),
      value('offered', before.queue),
    ],
    links: ids.map((id) => callsLink(here.period, { queue: id })),
    explain: ids.map((subject) => figureQuery({ family: 'queue', where: { subject }, period: here.period })),
    explainTotal: figureQuery({ family: 'queue', where: {}, period: here.period }),
    hrefs: ids.map((id) => beforeHrefs(before, id)),
    hrefsTotal: beforeHrefs(before),
  }
}

function hourTable({ timeZone }: Context, here: Read, before: Read, daily: boolean): Table {
  const pair = (id: string) => [
    { id, title: metricOf(id).label.es, kind: kindOfUnit(metricOf(id).unit) },
    { id: `${id}_before`, title: `${metricOf(id).label.es}, semana anterior`, kind: kindOfUnit(metricOf(id).unit) },
  ]
  const ids = ['offered', 'answered', 'abandoned', 'sl_offered']
  const beside = besideWeekBefore(here.hours, before.hours, daily ? dayMs : 3_600_000, timeZone).map((hours) => {
    const [first, last] = [hours[0], hours.at(-1)]
    if (!first || !last) return undefined
    const keys = hours.map(({ queue }) => ({ totals: queue }))
    return { queue: together(keys, 0), period: { from: first.from, to: last.to } }
  })
  return {
    id: 'by_hour',
    title: daily ? 'Día por día' : 'Hora por hora',
    columns: [
      daily ? intervalColumn('day') : { id: 'interval', title: 'Hora', kind: 'interval' },
      ...ids.flatMap(pair),
    ],
    rows: here.hours.map((hour, at) => [
      hour.from,
      ...ids.flatMap((id) => {
        const past = beside[at]
        return [metricOf(id).of(hour.queue), past ? metricOf(id).of(past.queue) : null]
      }),
    ]),
    links: here.hours.map((hour) => callsLink(hour, {})),
    hrefs: here.hours.map((hour, at) => [
      null,
      ...ids.flatMap((id) => [hrefOf(id, { period: hour }), beside[at] ? hrefOf(id, beside[at]) : null]),
    ]),
  }
}
