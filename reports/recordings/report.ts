import { setImmediate } from 'node:timers/promises'
import { cutPeriod } from '../metrics/index.ts'
import { type Context, intervalColumn, type Report, summed } from '../report.ts'
import type { CellValue, Column, Table } from '../workbook/index.ts'

type Counts = Record<
  'all' | 'present' | 'missing' | 'expected' | 'expired' | 'changed' | 'held' | 'ms' | 'bytes',
  number
>
type Row = {
  started_at: number | string
  queue_id: number | null
  state: string
  verified_state: string | null
  held: unknown
  duration_ms: number | string | null
  bytes: number | string | null
}

const figures: (Column & { of(one: Counts): CellValue })[] = [
  { id: 'all', title: 'Grabaciones', kind: 'count', total: summed, of: (one) => one.all },
  { id: 'present', title: 'Disponibles', kind: 'count', total: summed, of: (one) => one.present },
  { id: 'missing', title: 'Faltan', kind: 'count', total: summed, of: (one) => one.missing },
  { id: 'expected', title: 'Se esperan', kind: 'count', total: summed, of: (one) => one.expected },
  { id: 'expired', title: 'Vencidas por conservación', kind: 'count', total: summed, of: (one) => one.expired },
  { id: 'changed', title: 'No pasaron la verificación', kind: 'count', total: summed, of: (one) => one.changed },
  { id: 'held', title: 'Con reserva legal', kind: 'count', total: summed, of: (one) => one.held },
  { id: 'length', title: 'Duración', kind: 'duration', total: summed, of: (one) => one.ms },
  { id: 'megabytes', title: 'Tamaño (MB)', kind: 'decimal', total: summed, of: (one) => one.bytes / 1_000_000 },
]
const columns: Column[] = figures.map(({ of: _, ...column }) => column)
const none = (): Counts => ({
  ...{ all: 0, present: 0, missing: 0, expected: 0, expired: 0, changed: 0, held: 0, ms: 0, bytes: 0 },
})
const cells = (one: Counts) => figures.map((column) => column.of(one))

/** What was recorded, what is missing, and what it takes. */
export const recordingsReport: Report = {
  id: 'recordings',
  kind: 'summary',
  title: { es: 'Grabaciones', en: 'Recordings' },
  description: {
    es: 'Cuántas hay, cuáles faltan, cuáles no pasaron la verificación y cuánto ocupan, por cola y por intervalo.',
    en: 'How many there are, which are missing or failed their verification, and how much they take, by queue and interval.',
  },
  parameters: ['from', 'to', 'interval', 'queue'],
  async run(context) {
    const { asked, names, timeZone } = context
    const cut = cutPeriod(asked.period, asked.interval, timeZone)
    const whole = none()
    const times = cut.map(none)
    const queues = new Map<number, Counts>()
    let place = 0
    for await (const row of eachRecording(context)) {
      const at = Number(row.started_at)
      while (place + 1 < cut.length && cut[place]!.to <= at) place++
      const queue = queues.get(row.queue_id ?? 0) ?? none()
      queues.set(row.queue_id ?? 0, queue)
      for (const into of [whole, queue, times[place]!]) add(into, row)
    }
    const named = [...queues].map(([id, one]): CellValue[] => [
      id === 0 ? 'Sin cola' : (names.queues.get(id) ?? `Cola ${id}`),
      ...cells(one),
    ])
    const tables: Table[] = [
      {
        id: 'by_queue',
        title: 'Por cola',
        columns: [{ id: 'queue', title: 'Cola', kind: 'text', width: 28 }, ...columns],
        rows: named.sort((a, b) => String(a[0]).localeCompare(String(b[0]), 'es')),
        totals: [null, ...cells(whole)],
      },
      {
        id: 'by_interval',
        title: 'Por intervalo',
        columns: [intervalColumn(asked.interval), ...columns],
        rows: cut.map(({ from }, at) => [from, ...cells(times[at]!)]),
        totals: [null, ...cells(whole)],
      },
    ]
    return {
      highlights: figures
        .filter(({ id }) => id !== 'expected' && id !== 'held')
        .map((column) => ({ label: column.title, kind: column.kind, value: column.of(whole) })),
      tables,
      charts: [
        {
          id: 'recordings',
          title: 'Disponibles y faltantes',
          kind: 'stacked',
          table: 'by_interval',
          category: 'interval',
          series: ['present', 'missing'],
        },
      ],
      metrics: [],
    }
  },
}

function add(into: Counts, row: Row): void {
  into.all++
  if (row.state === 'present') into.present++
  else if (row.state === 'missing') into.missing++
  else if (row.state === 'expected') into.expected++
  else into.expired++
  if (row.verified_state !== null && row.verified_state !== 'ok') into.changed++
  if (row.held) into.held++
  into.ms += Number(row.duration_ms ?? 0)
  if (row.state === 'present') into.bytes += Number(row.bytes ?? 0)
}

const windowMs = 86_400_000

/** By the time they began, a day at a time. */
async function* eachRecording({ db, scope, asked }: Context): AsyncGenerator<Row> {
  const { period, queueId } = asked
  for (let from = period.from; from < period.to; from += windowMs) {
    const query = db
      .knex('recordings')
      .where('agency_id', scope.agencyId)
      .where('started_at', '>=', from)
      .where('started_at', '<', Math.min(from + windowMs, period.to))
    if (queueId) query.where('queue_id', queueId)
    yield* (await query
      .orderBy('started_at')
      .select('started_at', 'queue_id', 'state', 'verified_state', 'held', 'duration_ms', 'bytes')) as Row[]
    await setImmediate()
  }
}
