// What a name in somebody's workbook asks for: `vera.asa`, `vera.asa.mesa_de_entrada`, `vera.queues_by_hour`, `vera.calls`.
import { familyOf, tells } from '../explain/figure.ts'
import { catalogue, type IntervalSize, type Metric } from '../metrics/index.ts'
import type { Report } from '../report.ts'

export type Wanted =
  | { kind: 'figure'; metric: string; queueId?: number }
  | { kind: 'about'; what: About }
  | { kind: 'table'; report: string; table?: string; interval?: IntervalSize }
export const abouts = ['from', 'to', 'agency', 'generated', 'health'] as const
export type About = (typeof abouts)[number]

const intervals: Record<string, IntervalSize> = { '15m': '15m', half_hour: '30m', hour: '1h', day: 'day' }
/** As people say it -> the metric's id. */
const aliases: Record<string, string> = { service_level: 'sl_offered' }

/** What makes sense in a cell; those of one step of a flow do not. */
export const figures = catalogue.filter(familyOf)
/** Whether the name of a queue can stand behind it. */
export const isByQueue = (metric: Metric): boolean => {
  const family = familyOf(metric)
  return family === 'queue' || (family !== undefined && tells(family, metric, { queueId: 1 }))
}

/** A name of the house: `vera.` or `vera_` before it, whatever its case; undefined: somebody's own. */
export const ownName = (name: string): string | undefined => /^_?vera[._](.{1,200})$/i.exec(name)?.[1]?.toLowerCase()

/** «Mesa de Entrada» -> `mesa_de_entrada`, as it can stand in a name of Excel. */
export const slug = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')

export type Known = { reports: readonly Report[]; queues: ReadonlyMap<number, string> }

/** What the name asks for in one cell (`single`) or in many; undefined: nothing that Vera knows. */
export function readName(own: string, single: boolean, { reports, queues }: Known): Wanted | undefined {
  if (single) {
    const about = abouts.find((one) => one === own)
    if (about) return { kind: 'about', what: about }
    const [id = '', queue, ...more] = own.split('.')
    const metric = figures.find((one) => one.id === (aliases[id] ?? id))
    if (!metric || more.length > 0) return undefined
    if (queue === undefined) return { kind: 'figure', metric: metric.id }
    const numbered = /^queue_(\d{1,9})$/.exec(queue)?.[1]
    const found = [...queues].find(([queueId, name]) => queueId === Number(numbered) || slug(name) === queue)
    return found && { kind: 'figure', metric: metric.id, queueId: found[0] }
  }
  const [, base = '', size] = /^(.+?)(?:_by_(15m|half_hour|hour|day))?$/.exec(own) ?? []
  const [id, table, ...more] = base.split('.')
  const report = reports.find((one) => slug(one.id) === id)
  if (!report || more.length > 0) return undefined
  const interval = size === undefined ? undefined : intervals[size]
  if (interval && !report.parameters.includes('interval')) return undefined
  return { kind: 'table', report: report.id, ...(table ? { table } : {}), ...(interval ? { interval } : {}) }
}

/** Every name there is for one cell, or the beginnings of those for tables. */
export function allNames({ reports, queues }: Known, single: boolean): string[] {
  if (!single)
    return reports.flatMap((report) => [
      slug(report.id),
      ...(report.parameters.includes('interval')
        ? Object.keys(intervals).map((size) => `${slug(report.id)}_by_${size}`)
        : []),
    ])
  const byQueue = [...Object.keys(aliases), ...figures.filter(isByQueue).map(({ id }) => id)]
  return [
    ...[...abouts, ...Object.keys(aliases), ...figures.map(({ id }) => id)],
    ...byQueue.flatMap((id) => [...queues.values()].map((name) => `${id}.${slug(name)}`)),
  ]
}

/** The known name that is most like `own`; undefined when none is near. */
export function nearest(own: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const limit = Math.min(best?.distance ?? Infinity, Math.ceil(own.length / 3) + 1)
    if (Math.abs(name.length - own.length) >= limit) continue
    const distance = editDistance(own, name)
    if (distance < limit) best = { name, distance }
  }
  return best?.name
}

/** Levenshtein's: how many letters have to change, come or go. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length] as number
}
