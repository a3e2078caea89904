import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { flowTotals, isFlowFamily } from '../ivr/totals.ts'
import {
  type AnyKind,
  addFact,
  addRead,
  addsOf,
  addTotals,
  elapsedOf,
  type FactKind,
  type FactOf,
  type Interval,
  kindOf,
  type Measure,
  metricOf,
  noTotals,
  type ReadKind,
  readKinds,
  type Totals,
  type Unit,
} from '../metrics/index.ts'
import { longestDays } from '../parameters.ts'
import { type Family, readTotals, together } from '../rollups/index.ts'
import { countTickets } from '../tickets/count.ts'
import type { CellKind } from '../workbook/index.ts'
import { type Figure, figureId, isReadFamily, type ReadFamily, type Where } from './figure.ts'
import { measuresOf } from './measures-of.ts'
import { membersOf } from './members.ts'
import type { Member } from './source.ts'
import { sources } from './sources.ts'

export type Part = { measure: Measure; label: string; kind: CellKind; value: number }
export type Explanation = {
  id: string
  value: number | null
  /** Above the line; below it what is added and what is taken away. Empty below: the number is a plain sum. */
  over: Part[]
  under: Part[]
  less: Part[]
  /** Targets in force when the stays began, the most frequent first. */
  targets: { seconds: number; percent: number; stays: number }[]
  members: (Member & { recording?: 'present' | 'missing' | 'expected' })[]
  next?: number
}

/** What a number is made of. */
export async function explain(db: Database, scope: Scope, figure: Figure, asked: Asked): Promise<Explanation> {
  const { metric } = figure
  const { totals, members, next } = await (isReadFamily(figure.family) ? read : rolledUp)(db, scope, figure, asked)
  const { over, under, less } = measuresOf(metric)
  const parts = (ids: Measure[]) => ids.map((id) => partOf(id, totals))
  const quotient = metric.formula.kind === 'quotient'
  return {
    id: figureId(scope, figure),
    value: metric.of(totals),
    over: metric.formula.kind === 'sum' || quotient || metric.formula.kind === 'lines' ? parts(over) : [],
    under: quotient ? parts(under) : [],
    less: quotient ? parts(less) : [],
    targets: await targetsOf(db, scope, figure),
    members: await withRecordings(db, scope, members),
    ...(next === undefined ? {} : { next }),
  }
}

type Asked = { timeZone: string; now: number; counted: boolean; limit: number; after?: number }
type Found = { totals: Totals; members: Member[]; next?: number }

async function rolledUp(db: Database, scope: Scope, figure: Figure, asked: Asked): Promise<Found> {
  const { where, period } = figure
  const { subject, queueId, label } = where
  const key = Object.fromEntries(Object.entries({ subject, queueId, label }).filter(([, one]) => one !== undefined))
  const [found] = await readTotals(db, scope, {
    family: figure.family as Family,
    where: key,
    cut: [period],
    timeZone: asked.timeZone,
    now: asked.now,
  })
  const totals = together(found?.keys ?? [], elapsedOf({ ...period, now: asked.now }))
  return { totals: narrowed(totals, where), ...(await membersOf(db, scope, figure, asked)) }
}

/** Of all breaks those for one reason, of all stays those that waited so long. */
function narrowed(totals: Totals, { reasonId, waitFrom = 0, waitTo = Number.POSITIVE_INFINITY }: Where): Totals {
  if (reasonId !== undefined) return { ...totals, sums: { paused: totals.sums[`paused.${reasonId}`] ?? 0 } }
  if (waitFrom === 0 && waitTo === Number.POSITIVE_INFINITY) return totals
  const waits = totals.waits.within(waitFrom, waitTo)
  return { ...totals, waits, sums: { answered: waits.countOf('answered'), abandoned: waits.countOf('abandoned') } }
}

/**
 * All facts are read for the totals, and the page of members on the way: `after` counts facts. What is rolled up or counted is read no
 * further than the page.
 */
async function read(db: Database, scope: Scope, figure: Figure, asked: Asked): Promise<Found> {
  const { over, under, less } = measuresOf(figure.metric)
  const kinds = new Set<AnyKind>([...over, ...under].map(kindOf))
  let place = 0
  const { family, where, period } = figure
  // No report goes further; a list's life, which is read at once, begins at its beginning.
  if (family !== 'campaign' && period.to - period.from > (longestDays + 1 / 12) * 86_400_000)
    throw new AppError('report.period_too_long', 400, { days: longestDays }, { to: 'reports.invalid.period' })
  const { timeZone, now } = asked
  const rolled = await countedTotals(db, scope, { where, period, family: family as ReadFamily, timeZone, now })
  const totals = rolled ?? noTotals()
  const found: Found = { totals, members: [] }
  for await (const { kind, fact, told } of sources[family as keyof typeof sources](db, scope, {
    where,
    period,
    now: asked.now,
  })) {
    if (!kinds.has(kind)) continue
    place++
    if (!rolled) addAny(totals, kind, fact as never, now)
    else if (found.next !== undefined) break
    if (found.next !== undefined || place <= (asked.after ?? 0)) continue
    const adds = addsOf(kind)
    const sum = (ids: Measure[]) => ids.reduce((all, id) => all + Number(adds[id]?.(fact, asked.now) ?? 0), 0)
    const [above, below] = [sum(over), sum(under) - sum(less)]
    const counted = above !== 0 || below !== 0
    if (counted !== asked.counted) continue
    if (found.members.length === asked.limit) found.next = place - 1
    else found.members.push({ ...told, kind, place, over: above, under: below, counted })
  }
  return found
}

type OfFamily = { family: ReadFamily; where: Where; period: Interval; timeZone: string; now: number }

/** Where they need not be read one by one: from roll-ups, or counted by the database. */
async function countedTotals(db: Database, scope: Scope, asked: OfFamily): Promise<Totals | undefined> {
  const { family } = asked
  if (isFlowFamily(family)) return flowTotals(db, scope, { ...asked, family })
  if (family !== 'ticket') return undefined
  const totals = noTotals()
  for (const one of await countTickets(db, { ...asked, agencyIds: [scope.agencyId] })) addTotals(totals, one.totals)
  return totals
}

/** What all facts of a family that is read add up to: of any metric of it. */
export async function readTotalsOf(db: Database, scope: Scope, asked: OfFamily): Promise<Totals> {
  const { family, where, period, now } = asked
  const counted = await countedTotals(db, scope, asked)
  if (counted) return counted
  const totals = noTotals()
  for await (const { kind, fact } of sources[family](db, scope, { where, period, now }))
    addAny(totals, kind, fact as never, now)
  return totals
}

function addAny<Kind extends AnyKind>(totals: Totals, kind: Kind, fact: FactOf<Kind>, now: number): void {
  if (readKinds.has(kind)) addRead(totals, kind as ReadKind, fact as FactOf<ReadKind>)
  else addFact(totals, kind as FactKind, fact as FactOf<FactKind>, now)
}

/** Measures that are metrics too are called as there. */
const own: Partial<Record<Measure, { label: string; kind: CellKind }>> = {
  seizures: { label: 'Llamadas salientes', kind: 'count' },
  seizures_answered: { label: 'Llamadas salientes contestadas', kind: 'count' },
  finished: { label: 'Interacciones terminadas', kind: 'count' },
  duration_total: { label: 'Duración total', kind: 'duration' },
  abandoned_late: { label: 'Perdidas después de T', kind: 'count' },
  answers: { label: 'Veces en el paso', kind: 'count' },
  present: { label: 'Tiempo conectado', kind: 'duration' },
  shift_time: { label: 'Duración del intervalo', kind: 'duration' },
  left_within: { label: 'Salieron de la cola en plazo', kind: 'count' },
}

const kinds: Partial<Record<Unit, CellKind>> = { ms: 'duration', decimal: 'decimal' }

function partOf(measure: Measure, totals: Totals): Part {
  const known = own[measure]
  const metric = known ? undefined : metricOf(measure)
  return {
    measure,
    label: known?.label ?? (metric?.label.es as string),
    kind: known?.kind ?? kinds[metric?.unit ?? 'count'] ?? 'count',
    value: totals.sums[measure] ?? 0,
  }
}

async function targetsOf(db: Database, { agencyId }: Scope, { family, where, period }: Figure) {
  if (family !== 'queue' && family !== 'whole') return []
  const stays = db
    .knex('queue_stays')
    .where({ agency_id: agencyId })
    .where('enqueued_at', '>=', period.from)
    .where('enqueued_at', '<', period.to)
  if (family === 'queue' && where.subject) stays.where('queue_id', where.subject)
  const rows = (await stays
    .groupBy('target_seconds', 'target_percent')
    .select('target_seconds as seconds', 'target_percent as percent')
    .count({ stays: '*' })
    .orderBy('stays', 'desc')
    .limit(10)) as { seconds: number; percent: number; stays: number | string }[]
  return rows.map((row) => ({ seconds: Number(row.seconds), percent: Number(row.percent), stays: Number(row.stays) }))
}

async function withRecordings(db: Database, { agencyId }: Scope, members: Member[]) {
  const ids = [...new Set(members.flatMap((one) => one.interactionId ?? []))]
  const rows = await db
    .knex('recordings')
    .where({ agency_id: agencyId })
    .whereIn('interaction_id', ids)
    .select('interaction_id', 'state')
  const states = new Map(rows.map((row) => [row.interaction_id, row.state]))
  return members.map((one) => {
    const recording = one.interactionId && states.get(one.interactionId)
    return recording ? { ...one, recording } : one
  })
}
