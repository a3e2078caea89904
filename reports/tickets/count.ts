// Tickets as the database counts them: for each figure what `ticketIn` says of every ticket, added up. A spec holds the two together.
import type { Database, Knex } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import { type Interval, noTotals, type Totals } from '../metrics/index.ts'

/** `agencyIds`: whose. */
type Asked = { agencyIds: readonly number[]; period: Interval; now: number; where?: Where }
const keys = ['agency_id', 'topic_id', 'back_office_id'] as const

/** When a period ends for a ticket: now, while it runs. */
export const endOf = ({ from, to }: Interval, now: number): number => Math.min(to, Math.max(now, from))

/** Tickets opened, solved or owed in the period. */
export function ticketsOf(db: Database, { agencyIds, period, now, where = {} }: Asked): Knex.QueryBuilder {
  const query = db
    .knex('tickets')
    .whereIn('agency_id', agencyIds)
    .where('created_at', '<', endOf(period, now))
    .where((or) => or.whereNull('solved_at').orWhere('solved_at', '>=', period.from))
  if (where.topicId !== undefined) query.where('topic_id', where.topicId || null)
  if (where.officeId !== undefined) query.where('back_office_id', where.officeId || null)
  return query
}

const measured = ['opened', 'solved', 'in_time', 'to_solve', 'pending', 'overdue'] as const
type Counts = Record<(typeof measured)[number], number | string | null>

/** The totals by agency, topic and back office: of each as many rows as there are such. */
export async function countTickets(
  db: Database,
  asked: Asked,
): Promise<{ agencyId: number; topicId: number | null; officeId: number | null; totals: Totals }[]> {
  const { from } = asked.period
  const end = endOf(asked.period, asked.now)
  const solved = `solved_at >= ${from} and solved_at < ${end}`
  const pending = `(solved_at is null or solved_at >= ${end})`
  const rows = (await ticketsOf(db, asked)
    .groupBy(keys)
    .select(
      ...keys,
      db.knex.raw(
        `sum(created_at >= ${from}) as opened, sum(${solved}) as solved,
         sum(${solved} and (due_at is null or solved_at <= due_at)) as in_time,
         sum(case when ${solved} and solved_at > created_at then solved_at - created_at else 0 end) as to_solve,
         sum(${pending}) as pending, sum(${pending} and due_at is not null and due_at < ${end}) as overdue`,
      ),
    )) as (Record<(typeof keys)[number], number> & Counts)[]
  return rows.map((row) => ({
    ...{ agencyId: row.agency_id, topicId: row.topic_id, officeId: row.back_office_id },
    totals: totalsOf(row),
  }))
}

/** Where an interval may begin within a period, ms: clocks of our days stand a multiple of so much apart. */
const quarterMs = 900_000

/** What was opened and solved in each interval of the cut; what is owed at its end does not add up, and is not told. */
export async function countFlows(db: Database, asked: Asked, cut: readonly Interval[]): Promise<Totals[]> {
  const { from } = asked.period
  const end = endOf(asked.period, asked.now)
  // Where a clock of another time was moved at another minute, by the instant.
  const step = cut.slice(1).every((one) => one.from % quarterMs === 0) ? quarterMs : 1
  const found = cut.map(() => noTotals())
  const read = async (column: 'created_at' | 'solved_at', counts: string) => {
    const rows = (await ticketsOf(db, asked)
      .where(column, '>=', from)
      .where(column, '<', end)
      .groupByRaw(`${column} - ${column} % ${step}`)
      .select(db.knex.raw(`min(${column}) as at, ${counts}`))) as (Partial<Counts> & { at: number | string })[]
    for (const { at, ...row } of rows) addCounts(found[placeOf(cut, Number(at))]!, row)
  }
  await read('created_at', 'count(*) as opened')
  await read(
    'solved_at',
    `count(*) as solved, sum(due_at is null or solved_at <= due_at) as in_time,
     sum(case when solved_at > created_at then solved_at - created_at else 0 end) as to_solve`,
  )
  return found
}

const totalsOf = (counts: Counts) => addCounts(noTotals(), counts)

function addCounts(totals: Totals, counts: Partial<Counts>): Totals {
  for (const name of measured) {
    const more = Number(counts[name] ?? 0)
    if (more !== 0) totals.sums[`tickets_${name}`] = (totals.sums[`tickets_${name}`] ?? 0) + more
  }
  return totals
}

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
