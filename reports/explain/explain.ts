import type { Database, Scope } from '../../server/database/index.ts'
import { elapsedOf, type Measure, metricOf, type Totals } from '../metrics/index.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { CellKind } from '../workbook/index.ts'
import { type Figure, figureId } from './figure.ts'
import { type Member, measuresOf, membersOf } from './members.ts'

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
export async function explain(
  db: Database,
  scope: Scope,
  figure: Figure,
  asked: { timeZone: string; now: number; counted: boolean; limit: number; after?: number },
): Promise<Explanation> {
  const { metric, family, where, period } = figure
  const [found] = await readTotals(db, scope, {
    family,
    where,
    cut: [period],
    timeZone: asked.timeZone,
    now: asked.now,
  })
  const totals = together(found?.keys ?? [], elapsedOf({ ...period, now: asked.now }))
  const { over, under, less } = measuresOf(metric)
  const parts = (ids: Measure[]) => ids.map((id) => partOf(id, totals))
  const quotient = metric.formula.kind === 'quotient'
  const { members, next } = await membersOf(db, scope, figure, asked)
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

/** Measures that are metrics too are called as there. */
const own: Partial<Record<Measure, { label: string; kind: CellKind }>> = {
  finished: { label: 'Interacciones terminadas', kind: 'count' },
  duration_total: { label: 'Duración total', kind: 'duration' },
  abandoned_late: { label: 'Perdidas después de T', kind: 'count' },
  left_within: { label: 'Salieron de la cola en plazo', kind: 'count' },
}

function partOf(measure: Measure, totals: Totals): Part {
  const known = own[measure]
  const metric = known ? undefined : metricOf(measure)
  return {
    measure,
    label: known?.label ?? (metric?.label.es as string),
    kind: known?.kind ?? (metric?.unit === 'ms' ? 'duration' : 'count'),
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
