import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import { figureQuery, type Where } from '../explain/figure.ts'
import type { Source } from '../explain/source.ts'
import { addRead, type Interval, noTotals, type Totals } from '../metrics/index.ts'
import { type Context, metricCells, metricColumn, summed } from '../report.ts'
import type { Table } from '../workbook/index.ts'

const windowMs = 86_400_000

/** Interactions with a disposition, a day at a time. `subject`: which one; `queueId`: that came by that queue. */
function dispositionsWithin(db: Database, { agencyId }: Scope, where: Where, { from, to }: Interval) {
  const calls = db
    .knex('interactions as i')
    .leftJoin('dispositions as d', 'd.id', 'i.disposition_id')
    .where('i.agency_id', agencyId)
    .where('i.created_at', '>=', from)
    .where('i.created_at', '<', to)
    .whereNotNull('i.disposition_id')
  if (where.subject) calls.where('i.disposition_id', where.subject)
  if (where.topicId) calls.where('i.topic_id', where.topicId)
  const { queueId } = where
  if (queueId)
    calls.whereExists((stay) =>
      stay.select('s.id').from('queue_stays as s').whereRaw('s.interaction_id = i.id').where('s.queue_id', queueId),
    )
  return calls
}

function* daysOf({ from, to }: Interval): Generator<Interval> {
  for (let at = from; at < to; at += windowMs) yield { from: at, to: Math.min(at + windowMs, to) }
}

export const dispositionSource: Source = async function* (db, scope, { where, period }) {
  for (const day of daysOf(period)) {
    const rows = await dispositionsWithin(db, scope, where, day)
      .orderBy(['i.created_at', 'i.id'])
      .select('i.id', 'i.created_at', 'd.name', 'd.resolved')
    for (const { id, created_at, name, resolved } of rows)
      yield {
        kind: 'disposed',
        fact: { resolved: Boolean(resolved) },
        told: {
          at: Number(created_at),
          interactionId: id,
          title: name ?? '',
          why: resolved ? 'resolved' : 'not_resolved',
        },
      }
    await setImmediate()
  }
}

/** How interactions ended, by disposition. */
export async function dispositions({
  db,
  scope,
  asked,
  names,
}: Context): Promise<{ table: Table; whole: Totals; query: string }> {
  const { period, topicId, queueId } = asked
  const where: Where = { ...(topicId ? { topicId } : {}), ...(queueId ? { queueId } : {}) }
  const whole = noTotals()
  const found = new Map<number, { totals: Totals; resolved: boolean }>()
  for (const day of daysOf(period)) {
    const rows = (await dispositionsWithin(db, scope, where, day)
      .groupBy('i.disposition_id', 'd.resolved')
      .select('i.disposition_id as id', 'd.resolved')
      .count({ n: '*' })) as { id: number; resolved: unknown; n: number | string }[]
    for (const row of rows) {
      const resolved = Boolean(row.resolved)
      const one = found.get(row.id) ?? { totals: noTotals(), resolved }
      found.set(row.id, one)
      for (const into of [whole, one.totals])
        for (let left = Number(row.n); left > 0; left--) addRead(into, 'disposed', { resolved })
    }
    await setImmediate()
  }
  const columns = [metricColumn('disposed', summed)]
  const all = whole.sums.disposed ?? 0
  const queryOf = (more: Where) => figureQuery({ family: 'disposition', where: { ...where, ...more }, period })
  const rows = [...found].sort(([, a], [, b]) => (b.totals.sums.disposed ?? 0) - (a.totals.sums.disposed ?? 0))
  return {
    whole,
    query: queryOf({}),
    table: {
      id: 'dispositions',
      title: 'Por tipificación',
      columns: [
        { id: 'disposition', title: 'Tipificación', kind: 'text', width: 30 },
        { id: 'resolved', title: '¿Resuelta?', kind: 'text', width: 12 },
        ...columns,
        { id: 'share', title: 'Parte', kind: 'ratio' },
      ],
      rows: rows.map(([id, { totals, resolved }]) => [
        names.dispositions.get(id) ?? `#${id}`,
        resolved ? 'Sí' : 'No',
        ...metricCells(columns, totals),
        all > 0 ? (totals.sums.disposed ?? 0) / all : null,
      ]),
      totals: [null, null, ...metricCells(columns, whole), null],
      explain: rows.map(([id]) => queryOf({ subject: id })),
      explainTotal: queryOf({}),
    },
  }
}
