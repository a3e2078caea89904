import type { Database, Scope } from '../server/database/index.ts'
import type { CallCursor } from './calls-store.ts'
import { explainHref } from './explain/figure.ts'
import {
  type Interval,
  type IntervalSize,
  metricOf,
  periodQuery,
  type Text,
  type Totals,
  type Unit,
} from './metrics/index.ts'
import type { Names } from './store.ts'
import type { CellKind, CellValue, Chart, Column, Highlight, Language, Table, Total } from './workbook/index.ts'

export const channels = ['voice', 'chat', 'email', 'sms', 'social'] as const
export type Channel = (typeof channels)[number]
export const channelWords: Record<Channel, string> = {
  voice: 'Teléfono',
  chat: 'Chat',
  email: 'Correo',
  sms: 'SMS',
  social: 'Redes sociales',
}

export type Parameter = 'from' | 'to' | 'interval' | 'queue' | 'agent' | 'topic' | 'channel' | 'campaign' | 'form'

/** What was asked for, checked. */
export type Asked = {
  period: Interval
  interval: IntervalSize
  queueId?: number
  agentId?: number
  topicId?: number
  channel?: Channel
  campaignId?: number
  /** Of evaluations. */
  formId?: number
}

export type Context = {
  db: Database
  scope: Scope
  asked: Asked
  names: Names
  timeZone: string
  now: number
  /** Of whoever reads it; files are written in it. */
  language: Language
}

/** `note`: said above the figures. `csv`: the table that a csv holds where none is asked for; without it the last, the finest of most. */
export type Outcome = {
  highlights: Highlight[]
  tables: Table[]
  charts: Chart[]
  metrics: string[]
  note?: string
  csv?: string
}

/** Long lists of rows: never all in memory. */
export type Detail = {
  title: string
  columns: Column[]
  metrics: string[]
  count(context: Context): Promise<number>
  rows(context: Context): AsyncIterable<CellValue[][]>
  /** `links`: where each row is told whole. */
  page(
    context: Context,
    limit: number,
    after?: CallCursor,
  ): Promise<{ rows: CellValue[][]; links?: string[]; next?: CallCursor }>
}

export type Report = {
  id: string
  title: Text
  description: Text
  parameters: Parameter[]
  /** Over every agency: for administrators of the platform alone (`platformReports`). */
  platform?: true
} & ({ kind: 'summary'; run(context: Context): Promise<Outcome> } | { kind: 'detail'; detail: Detail })

const kinds = { count: 'count', ms: 'duration', ratio: 'ratio', erlangs: 'decimal', decimal: 'decimal' } as const

/** How the values of a unit are written. */
export const kindOfUnit = (unit: Unit): CellKind => kinds[unit]

/** The column of a metric, with how its total follows from other columns of the same table. */
export function metricColumn(id: string, total?: Total): Column {
  const metric = metricOf(id)
  const thresholds = id.startsWith('sl_') ? { thresholds: { good: 0.8, warning: 0.7 } } : {}
  return { id, title: metric.label.es, kind: kindOfUnit(metric.unit), total, ...thresholds }
}

export const summed: Total = { kind: 'sum' }

/** The service level, whose total needs the columns answered_within, answered, abandoned and short_abandoned beside it. */
export const levelColumn = (): Column =>
  metricColumn('sl_offered', {
    kind: 'quotient',
    over: ['answered_within'],
    under: ['answered', 'abandoned'],
    less: ['short_abandoned'],
  })

/** The value of each metric column. */
export function metricCells(columns: readonly Column[], totals: Totals): CellValue[] {
  return columns.map((column) => metricOf(column.id).of(totals))
}

/** `query`: whose figure it is (`figureQuery`). */
export function highlight(id: string, totals: Totals, query?: string): Highlight {
  const metric = metricOf(id)
  return {
    label: metric.label.es,
    kind: kindOfUnit(metric.unit),
    value: metric.of(totals),
    ...(query ? { explain: explainHref(id, query) } : {}),
  }
}

/** The address of the calls behind a figure. */
export function callsLink(
  period: Interval,
  more: { queue?: number; agent?: number; topic?: number; campaign?: number; channel?: Channel },
): string {
  let query = periodQuery(period)
  for (const name in more) {
    const value = more[name as keyof typeof more]
    if (value !== undefined) query += `&${name}=${value}`
  }
  return `/reports/calls?${query}`
}

export const intervalColumn = (size: IntervalSize): Column =>
  size === 'day'
    ? { id: 'interval', title: 'Día', kind: 'day' }
    : { id: 'interval', title: 'Intervalo', kind: 'interval' }
