import { createHash } from 'node:crypto'
import type { Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { catalogue, type Interval, type Metric, periodQuery } from '../metrics/index.ts'
import { type Family, families, type Where } from '../rollups/index.ts'

/** One number: which metric, of whom, when. */
export type Figure = { metric: Metric; family: Family; where: Where; period: Interval }

/** Of whom and when, as it stands in an address behind `metric`. */
export function figureQuery({ family, where, period }: Omit<Figure, 'metric'>): string {
  let query = `family=${family}`
  for (const name in where) query += `&${name}=${encodeURIComponent(String(where[name as keyof Where]))}`
  return `${query}&${periodQuery(period)}`
}

/** Where a number is explained. */
export const explainHref = (metric: string, query: string) => `/reports/explain?metric=${metric}&${query}`

/** The same number, wherever it is shown, has the same id; another version of its metric has another. */
export function figureId({ agencyId }: Scope, figure: Figure): string {
  const { metric, family, where, period } = figure
  const said = [
    agencyId,
    metric.id,
    metric.version,
    family,
    where.subject,
    where.queueId,
    where.label,
    period.from,
    period.to,
  ]
  return `V-${createHash('sha256')
    .update(said.map((one) => one ?? '*').join('|'))
    .digest('hex')
    .slice(0, 10)
    .toUpperCase()}`
}

/** Reads a number's address. @throws AppError 400 that names what is wrong */
export function readFigure(query: Record<string, unknown>): Figure {
  const fields: Record<string, string> = {}
  const metric = catalogue.find((one) => one.id === query.metric)
  if (!metric) fields.metric = 'reports.invalid.metric'
  const family = families.find((one) => one === query.family)
  if (!family) fields.family = 'reports.invalid.family'
  const instant = (name: 'from' | 'to') => {
    const text = String(query[name] ?? '')
    const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isNaN(at)) fields[name] = 'reports.invalid.instant'
    return at
  }
  const period = { from: instant('from'), to: instant('to') }
  if (period.to <= period.from) fields.to = 'reports.invalid.order'
  const where: Where = {}
  for (const name of ['subject', 'queueId'] as const) {
    const value = query[name]
    if (value === undefined || value === '') continue
    if (/^\d{1,9}$/.test(String(value))) where[name] = Number(value)
    else fields[name] = 'reports.invalid.number'
  }
  if (typeof query.label === 'string') where.label = query.label.slice(0, 60)
  if (Object.keys(fields).length > 0) throw new AppError('report.bad_parameters', 400, {}, fields)
  return { metric: metric as Metric, family: family as Family, where, period }
}
