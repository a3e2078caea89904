import { setImmediate } from 'node:timers/promises'
import { cutPeriod, type Interval } from '../metrics/index.ts'
import { type Context, intervalColumn, type Report, summed } from '../report.ts'
import type { CellValue, Column, Table } from '../workbook/index.ts'

/** ms where it says time. */
type Counts = {
  opened: number
  solved: number
  inTime: number
  toSolve: number
  pending: number
  overdue: number
}
type Row = {
  id: number
  topic_id: number | null
  back_office_id: number | null
  created_at: number | string
  due_at: number | string | null
  solved_at: number | string | null
}

const figures: Column[] = [
  { id: 'opened', title: 'Abiertos', kind: 'count', total: summed },
  { id: 'solved', title: 'Resueltos', kind: 'count', total: summed },
  { id: 'in_time', title: 'Resueltos en término', kind: 'count', total: summed },
  {
    id: 'in_time_share',
    title: '% en término',
    kind: 'ratio',
    total: { kind: 'quotient', over: ['in_time'], under: ['solved'] },
  },
  { id: 'to_solve', title: 'Tiempo hasta resolver', kind: 'duration', total: summed },
  {
    id: 'to_solve_average',
    title: 'Promedio hasta resolver',
    kind: 'duration',
    total: { kind: 'quotient', over: ['to_solve'], under: ['solved'] },
  },
  { id: 'pending', title: 'Pendientes al cierre', kind: 'count', total: summed },
  { id: 'overdue', title: 'Vencidos al cierre', kind: 'count', total: summed },
]
const flows = figures.filter(({ id }) => id !== 'pending' && id !== 'overdue')
const cells = (columns: readonly Column[], one: Counts): CellValue[] => {
  const values: Record<string, CellValue> = {
    opened: one.opened,
    solved: one.solved,
    in_time: one.inTime,
    in_time_share: one.solved > 0 ? one.inTime / one.solved : null,
    to_solve: one.toSolve,
    to_solve_average: one.solved > 0 ? one.toSolve / one.solved : null,
    pending: one.pending,
    overdue: one.overdue,
  }
  return columns.map(({ id }) => values[id] ?? null)
}
const none = (): Counts => ({ opened: 0, solved: 0, inTime: 0, toSolve: 0, pending: 0, overdue: 0 })

/** What was promised to citizens: opened, solved, owed and late. */
export const ticketsReport: Report = {
  id: 'tickets',
  kind: 'summary',
  title: { es: 'Tickets', en: 'Tickets' },
  description: {
    es: 'Abiertos, resueltos en término, pendientes y vencidos, por temática y por área.',
    en: 'Opened, solved in time, pending and overdue, by topic and by back office.',
  },
  parameters: ['from', 'to', 'interval', 'topic'],
  async run(context) {
    const { db, scope, asked, names, timeZone, now } = context
    const { period, interval } = asked
    const cut = cutPeriod(period, interval, timeZone)
    const end = Math.min(period.to, Math.max(now, period.from))
    const whole = none()
    const topics = new Map<number, Counts>()
    const offices = new Map<number, Counts>()
    const times = cut.map(none)
    const of = (map: Map<number, Counts>, id: number | null) => {
      const found = map.get(id ?? 0) ?? none()
      map.set(id ?? 0, found)
      return found
    }
    for await (const row of eachTicket(context, end)) {
      const [created, due, solved] = [Number(row.created_at), time(row.due_at), time(row.solved_at)]
      const into = [whole, of(topics, row.topic_id), of(offices, row.back_office_id)]
      const add = (id: keyof Counts, by: number, at?: number) => {
        for (const one of into) one[id] += by
        if (at !== undefined) times[placeOf(cut, at)]![id] += by
      }
      if (created >= period.from) add('opened', 1, created)
      if (solved !== null && solved >= period.from && solved < end) {
        add('solved', 1, solved)
        add('toSolve', solved - created, solved)
        if (due === null || solved <= due) add('inTime', 1, solved)
      }
      // Solved later than the period ended: then it was still owed.
      if (solved === null || solved >= end) {
        add('pending', 1)
        if (due !== null && due < end) add('overdue', 1)
      }
    }
    const officeNames = new Map<number, string>(
      (await db.knex('back_offices').where({ agency_id: scope.agencyId }).select('id', 'name')).map(
        ({ id, name }: { id: number; name: string }) => [id, name],
      ),
    )
    const table = (
      id: string,
      title: string,
      first: Column,
      map: Map<number, Counts>,
      name: (id: number) => string,
    ) => ({
      id,
      title,
      columns: [first, ...figures],
      rows: [...map]
        .map(([id, one]) => [name(id), ...cells(figures, one)])
        .sort((a, b) => Number(b[1]) - Number(a[1]) || String(a[0]).localeCompare(String(b[0]), 'es')),
      totals: [null, ...cells(figures, whole)],
    })
    const tables: Table[] = [
      table('by_topic', 'Por temática', { id: 'topic', title: 'Temática', kind: 'text', width: 28 }, topics, (id) =>
        id === 0 ? 'Sin temática' : (names.topics.get(id) ?? `#${id}`),
      ),
      table('by_office', 'Por área', { id: 'office', title: 'Área', kind: 'text', width: 28 }, offices, (id) =>
        id === 0 ? 'Sin área' : (officeNames.get(id) ?? `#${id}`),
      ),
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(interval), ...flows],
        rows: cut.map(({ from }, at) => [from, ...cells(flows, times[at]!)]),
        totals: [null, ...cells(flows, whole)],
      },
    ]
    return {
      highlights: [
        { label: 'Abiertos', kind: 'count', value: whole.opened },
        { label: 'Resueltos', kind: 'count', value: whole.solved },
        { label: '% en término', kind: 'ratio', value: whole.solved > 0 ? whole.inTime / whole.solved : null },
        {
          label: 'Promedio hasta resolver',
          kind: 'duration',
          value: whole.solved > 0 ? whole.toSolve / whole.solved : null,
        },
        { label: 'Pendientes al cierre', kind: 'count', value: whole.pending },
        { label: 'Vencidos al cierre', kind: 'count', value: whole.overdue },
      ],
      tables,
      charts: [
        {
          id: 'flow',
          title: 'Abiertos y resueltos',
          kind: 'line',
          table: 'by_interval',
          category: 'interval',
          series: ['opened', 'solved'],
        },
        {
          id: 'topics',
          title: 'Pendientes y vencidos por temática',
          kind: 'bar',
          table: 'by_topic',
          category: 'topic',
          series: ['pending', 'overdue'],
        },
      ],
      metrics: [],
    }
  },
}

const time = (value: number | string | null) => (value === null ? null : Number(value))

/** The interval of the cut in which an instant of the period lies. */
function placeOf(cut: readonly Interval[], at: number): number {
  let [low, high] = [0, cut.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (cut[middle]!.from <= at) low = middle
    else high = middle - 1
  }
  return low
}

const batch = 10_000

/** Tickets opened, solved or owed in the period, in pieces. */
async function* eachTicket({ db, scope, asked }: Context, end: number): AsyncGenerator<Row> {
  let after = 0
  for (;;) {
    const query = db
      .knex('tickets')
      .where('agency_id', scope.agencyId)
      .where('id', '>', after)
      .where('created_at', '<', end)
      .where((or) => or.whereNull('solved_at').orWhere('solved_at', '>=', asked.period.from))
    if (asked.topicId) query.where('topic_id', asked.topicId)
    const rows = (await query
      .orderBy('id')
      .limit(batch)
      .select('id', 'topic_id', 'back_office_id', 'created_at', 'due_at', 'solved_at')) as Row[]
    yield* rows
    if (rows.length < batch) return
    after = rows.at(-1)!.id
    await setImmediate()
  }
}
