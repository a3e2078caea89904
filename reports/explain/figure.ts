import { createHash } from 'node:crypto'
import type { Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import {
  type AnyKind,
  catalogue,
  type Interval,
  kindOf,
  longestText,
  type Metric,
  periodQuery,
} from '../metrics/index.ts'
import { counts, type Where as RolledUpWhere, families as rolledUp } from '../rollups/index.ts'
import { measuresOf } from './measures-of.ts'

/** Families of figures that are read from their own tables each time, and of which facts each tells. */
export const readFamilies = {
  campaign: ['attempts', 'recordEvents', 'campaignSpans', 'plans'],
  disposition: ['disposed'],
  first_contact: ['firstContacts'],
  shift: ['shifts'],
  journey: ['journeys'],
  step: ['visits'],
  answer: ['answers'],
  way: ['passages'],
  ticket: ['tickets'],
  recording: ['recordings'],
  evaluation: ['evaluations'],
  evaluation_section: ['evaluatedSections'],
} as const satisfies Record<string, readonly AnyKind[]>
export type ReadFamily = keyof typeof readFamilies
export const isReadFamily = (family: string): family is ReadFamily => Object.hasOwn(readFamilies, family)

const numbers = ['subject', 'queueId', 'topicId', 'officeId', 'formId', 'reasonId', 'waitFrom', 'waitTo'] as const
const texts = ['label', 'node', 'step', 'answer', 'next', 'section'] as const
/**
 * Narrows a family. `topicId`, `officeId` (back office), `reasonId` (of a break): 0 is none. `waitFrom`, `waitTo`: whole seconds
 * waited, from and up to (without). `node`, `step`: of a flow; `answer`: chosen there; `next`: where it went then. `formId`,
 * `section`: of evaluations.
 */
export type Where = RolledUpWhere &
  Partial<Record<(typeof numbers)[number], number>> &
  Partial<Record<(typeof texts)[number], string>>

/** One number: which metric, of whom, when. */
export type Figure = {
  metric: Metric
  family: (typeof rolledUp)[number] | ReadFamily
  where: Where
  period: Interval
}

/** Of whom and when, as it stands in an address behind `metric`. */
export function figureQuery({ family, where, period }: Omit<Figure, 'metric'>): string {
  let query = `family=${family}`
  for (const name in where)
    if (where[name as keyof Where] !== undefined)
      query += `&${name}=${encodeURIComponent(String(where[name as keyof Where]))}`
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
    // Beside what every figure has, so that ids given away go on.
    ...[...numbers.slice(2), ...texts.slice(1)].flatMap((name) =>
      where[name] === undefined ? [] : [`${name}=${where[name]}`],
    ),
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
  const family = [...rolledUp, ...(Object.keys(readFamilies) as ReadFamily[])].find((one) => one === query.family)
  const instant = (name: 'from' | 'to') => {
    const text = String(query[name] ?? '')
    const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isNaN(at)) fields[name] = 'reports.invalid.instant'
    return at
  }
  const period = { from: instant('from'), to: instant('to') }
  if (period.to <= period.from) fields.to = 'reports.invalid.order'
  const where: Where = {}
  for (const name of numbers) {
    const value = query[name]
    if (value === undefined || value === '') continue
    if (/^\d{1,9}$/.test(String(value))) where[name] = Number(value)
    else fields[name] = 'reports.invalid.number'
  }
  for (const name of texts) {
    const value = query[name]
    if (typeof value === 'string') where[name] = value.slice(0, longestText).toWellFormed()
  }
  if (!family || (metric && !tells(family, metric, where))) fields.family = 'reports.invalid.family'
  if (Object.keys(fields).length > 0) throw new AppError('report.bad_parameters', 400, {}, fields)
  return { metric: metric as Metric, family: family as Figure['family'], where, period }
}

const calls = ['topicId', 'label'] as const
/** By what each family that is read can be narrowed. */
const narrowedBy: Record<ReadFamily, readonly (keyof Where)[]> = {
  campaign: ['subject'],
  disposition: ['subject', 'queueId', 'topicId'],
  first_contact: ['subject', 'queueId', ...calls],
  shift: ['queueId'],
  journey: calls,
  step: [...calls, 'node', 'step'],
  answer: [...calls, 'node', 'step', 'answer'],
  way: [...calls, 'step', 'next'],
  ticket: ['topicId', 'officeId'],
  recording: ['queueId'],
  evaluation: ['subject', 'queueId', 'formId'],
  evaluation_section: ['subject', 'queueId', 'formId', 'section'],
}

/** Whether a family tells of a metric's facts, so narrowed: otherwise it would answer nought, or of everybody. */
export function tells(family: Figure['family'], metric: Metric, where: Where = {}): boolean {
  const { over, under } = measuresOf(metric)
  const kinds = [...over, ...under].map(kindOf)
  if (!isReadFamily(family)) return kinds.every((kind) => counts(family, kind, where))
  const narrowed = (Object.keys(where) as (keyof Where)[]).filter((name) => where[name] !== undefined)
  return (
    kinds.every((kind) => (readFamilies[family] as readonly AnyKind[]).includes(kind)) &&
    // What was chosen: at some step.
    (family !== 'answer' || where.step !== undefined) &&
    narrowed.every((name) => narrowedBy[family].includes(name))
  )
}

// Times and waits are those of queues, people's time that of agents; `answer` and `way` mean nothing without a step.
const first = ['queue', 'agent', 'whole'] as const
const homes = [
  ...first,
  ...(Object.keys(readFamilies) as ReadFamily[]).filter((family) => family !== 'answer' && family !== 'way'),
]

/** The family whose figure a metric's is where nothing else is said: the same in every place, so the same id. */
export const familyOf = (metric: Metric): Figure['family'] | undefined => homes.find((family) => tells(family, metric))
