import { figureQuery, tells } from './explain/figure.ts'
import { cutPeriod, elapsedOf, type Interval, metricOf, type Totals } from './metrics/index.ts'
import { type Context, callsLink, highlight, intervalColumn, metricCells } from './report.ts'
import { type Family, type KeyedTotals, readTotals, together, type Where } from './rollups/index.ts'
import type { CellValue, Column, Highlight, Table } from './workbook/index.ts'

export type Subjects = {
  family: Family
  where?: Where
  /** How a subject is called, in the order in which they are listed; whoever is not in it is `other`. */
  names: ReadonlyMap<number, string>
  other(id: number): string
  /** Title of the subjects' column and of the tables. */
  title: string
  tables: { bySubject: string; byInterval: string; both: string }
  /** Listed even when nothing happened. */
  always?: number
  /** Keys that count at all; default: every one. */
  when?(one: KeyedTotals): boolean
  /** Of the address of the calls behind a row. */
  callsOf?(id: number): { queue?: number; agent?: number; topic?: number }
}

export type BySubject = {
  whole: Totals
  /** `figureQuery` of the whole. */
  explainTotal: string
  bySubject: Table
  byInterval: Table
  both: Table
  /** Of the whole; no value where the family does not tell it, so narrowed. */
  highlight(id: string): Highlight
  /** What has no value for that, in words; undefined: nothing. */
  note: string | undefined
  /** The keys of each subject over the whole period, in the order of the tables. */
  subjects: { id: number; name: string; totals: Totals }[]
  intervals: (Interval & { totals: Totals })[]
}

/** Longer tables are no use to anybody, and would not fit in memory. */
const mostLines = 150_000

/**
 * Metrics of a family by subject, by interval and by both, every figure with its explanation and its calls. Throws `AppError`
 * when that would be too many lines.
 */
export async function bySubject(context: Context, columns: Column[], of: Subjects): Promise<BySubject> {
  const { db, scope, asked, timeZone, now } = context
  const { period, interval } = asked
  const { family, where = {}, when = () => true, callsOf } = of
  const cut = cutPeriod(period, interval, timeZone)
  const waits = columns.some(({ id }) => metricOf(id).formula.kind === 'wait_percentile')
  const read = await readTotals(db, scope, {
    ...{ family, cut, timeZone, now, where, waits },
    bySubject: true,
    most: mostLines,
  })
  const found = read.map((one) => ({ ...one, keys: one.keys.filter(when) }))
  const elapsed = elapsedOf({ ...period, now })
  const keys = Map.groupBy(
    found.flatMap((one) => one.keys),
    (one) => one.subject,
  )
  const ids = [...of.names.keys()].filter((id) => keys.has(id) || id === of.always)
  for (const id of keys.keys()) if (!of.names.has(id)) ids.push(id)
  const subjects = ids.map((id) => ({
    id,
    name: of.names.get(id) ?? of.other(id),
    totals: together(keys.get(id) ?? [], elapsed),
  }))
  const whole = together(subjects, elapsed)
  const known = (id: string) => tells(family, metricOf(id), where)
  const unknown = new Set(columns.filter(({ id }) => !known(id)))
  const cells = (sum: Totals) =>
    metricCells(columns, sum).map((value, at) => (unknown.has(columns[at]!) ? null : value))
  const totals = cells(whole)
  const explainOf = ({ from, to }: Interval, subject?: number) =>
    figureQuery({ family, where: subject === undefined ? where : { ...where, subject }, period: { from, to } })
  const explainTotal = explainOf(period)
  const named: Column = { id: family, title: of.title, kind: 'text' }
  const table = (id: string, title: string, front: Column[]): Table => ({
    id,
    title,
    columns: [...front, ...columns],
    rows: [],
    totals: [...front.map(() => null), ...totals],
    ...(callsOf ? { links: [] } : {}),
    explain: [],
    explainTotal,
  })
  const one = table(`by_${family}`, of.tables.bySubject, [named])
  const time = table('by_interval', of.tables.byInterval, [intervalColumn(interval)])
  const both = table(`by_${family}_and_interval`, of.tables.both, [named, intervalColumn(interval)])
  // The calls behind a figure are narrowed as it is.
  const { queueId: queue, agentId: agent, topicId: topic, channel } = asked
  const narrowed = { queue, agent, topic, channel }
  const add = (to: Table, front: CellValue[], sum: Totals, when: Interval, id?: number) => {
    to.rows.push([...front, ...cells(sum)])
    to.links?.push(callsLink(when, { ...narrowed, ...(id === undefined ? {} : callsOf?.(id)) }))
    to.explain?.push(explainOf(when, id))
  }
  const places = found.map((part) => new Map(part.keys.map((key) => [key.subject, key.totals])))
  for (const { id, name, totals: sum } of subjects) {
    add(one, [name], sum, period, id)
    for (const [place, part] of found.entries()) {
      const mine = places[place]!.get(id)
      if (mine) add(both, [name, part.from], mine, part, id)
    }
  }
  const intervals = found.map(({ keys, ...part }) => ({ ...part, totals: together(keys, elapsedOf({ ...part, now })) }))
  for (const { totals, ...part } of intervals) add(time, [part.from], totals, part)
  return {
    ...{ whole, explainTotal, bySubject: one, byInterval: time, both, subjects, intervals },
    highlight: (id) => (known(id) ? highlight(id, whole, explainTotal) : { ...highlight(id, whole), value: null }),
    note: unknown.size > 0 ? notByQueue([...unknown].map(({ title }) => title)) : undefined,
  }
}

const list = new Intl.ListFormat('es')
const notByQueue = (titles: string[]) =>
  `No se llevan por cola y quedan sin valor: ${list.format(titles.map((title) => `«${title}»`))}. Para verlas, pedí el informe sin elegir cola.`

/** The queues of the agency, narrowed by what was asked. */
export function queueSubjects({ asked, names }: Context): Subjects {
  return {
    family: 'queue',
    where: {
      ...(asked.queueId ? { subject: asked.queueId } : {}),
      ...(asked.channel ? { label: asked.channel } : {}),
    },
    names: names.queues,
    other: (id) => `Cola ${id}`,
    title: 'Cola',
    tables: { bySubject: 'Por cola', byInterval: 'Por intervalo', both: 'Cola e intervalo' },
    ...(asked.queueId ? { always: asked.queueId } : {}),
    callsOf: (id) => ({ queue: id }),
  }
}
