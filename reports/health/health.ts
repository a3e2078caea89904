import { differences, reconcile } from '../../server/call-records/index.ts'
import type { Database, Scope } from '../../server/database/index.ts'
import { elapsedOf, type Interval, localDay } from '../metrics/index.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { Seal } from './seal.ts'

const whole = new Intl.NumberFormat('es-AR')
const many = (count: number, one: string, more: string) => `${whole.format(count)} ${count === 1 ? one : more}`

/**
 * Compares what the switch's records, the facts, the recordings and the roll-ups say of a period. Costs a count over the
 * period's calls; screens ask for it by itself, after the figures.
 */
export async function sealOf(
  db: Database,
  scope: Scope,
  period: Interval,
  { timeZone, now }: { timeZone: string; now: number },
): Promise<Seal> {
  const until = Math.min(period.to, now)
  const range = { from: Math.min(period.from, until), to: until }
  const records = await reconcile(db.knex, scope, range, now)
  const unexplained = records.compared ? await unexplainedOf(db, scope, range, now, records) : 0
  const { wrong: recount, compared: recounted, identity } = await recountOf(db, scope, range, timeZone, now)
  const days = new URLSearchParams({
    from: localDay(range.from, timeZone),
    to: localDay(Math.max(range.from, range.to - 1), timeZone),
  })
  const { expected, missing } = records.recordings
  const checks: Seal['checks'] = [
    {
      id: 'records',
      label: 'Llamadas de los registros del conmutador que están también en los hechos',
      compared: records.compared ? records.records : 0,
      wrong: unexplained,
      href: `/admin/call-records?day=${localDay(Math.max(range.from, range.to - 1), timeZone)}`,
    },
    {
      id: 'recordings',
      label: 'Grabaciones que debía haber y están',
      compared: expected,
      wrong: missing,
      href: `/recordings?${new URLSearchParams([...days, ['state', 'missing']])}`,
    },
    { id: 'rollups', label: 'Totales por intervalo iguales a los hechos', compared: recounted, wrong: recount },
    {
      id: 'identity',
      label: 'Ofrecidas = contestadas + perdidas + desbordadas + devoluciones + en espera',
      compared: identity.offered,
      wrong: identity.wrong,
    },
  ]
  const calls = records.compared ? Math.max(records.records, records.facts) : records.facts
  const faults = unexplained + recount + identity.wrong
  const text = [
    many(calls, 'llamada', 'llamadas'),
    ...(records.compared
      ? [`${whole.format(unexplained)} sin explicar`]
      : ['sin registros del conmutador para comparar']),
    ...(recount + identity.wrong > 0 ? [many(recount + identity.wrong, 'total no cierra', 'totales no cierran')] : []),
    missing > 0 ? `${many(missing, 'grabación falta', 'grabaciones faltan')}` : 'ninguna grabación falta',
  ].join(', ')
  return { state: faults > 0 ? 'bad' : missing > 0 ? 'warning' : 'good', text, checks, at: now }
}

/** Calls that only one side knows and nothing explains: not those going on, awaited, refused at the door or lost with a switch. */
async function unexplainedOf(
  db: Database,
  scope: Scope,
  range: Interval,
  now: number,
  records: { onlyRecords: number; onlyFacts: number; pending: number },
): Promise<number> {
  const open = records.onlyRecords + Math.max(0, records.onlyFacts - records.pending)
  if (open === 0) return 0
  const { onlyRecords, onlyFacts } = await differences(db.knex, scope, range, now, 1_000)
  const explained =
    onlyRecords.filter((one) => one.reason !== 'unrelated').length +
    onlyFacts.filter((one) => one.reason === 'switch_lost').length
  return Math.max(0, open - explained)
}

/** The counts of the roll-ups beside a plain count of the facts' rows. */
async function recountOf(db: Database, scope: Scope, range: Interval, timeZone: string, now: number) {
  if (range.to <= range.from) return { wrong: 0, compared: 0, identity: { offered: 0, wrong: 0 } }
  const [found] = await readTotals(db, scope, { family: 'whole', cut: [range], timeZone, now })
  const { sums } = together(found?.keys ?? [], elapsedOf({ ...range, now }))
  const of = (measure: string) => sums[measure] ?? 0
  const rows = async (table: string, column: string, more: (query: import('knex').Knex.QueryBuilder) => void) => {
    const query = db
      .knex(table)
      .where({ agency_id: scope.agencyId })
      .where(column, '>=', range.from)
      .where(column, '<', range.to)
    more(query)
    const [row] = (await query.count({ n: '*' })) as unknown as { n: number | string }[]
    return Number(row?.n ?? 0)
  }
  const offered = await rows('queue_stays', 'enqueued_at', (stays) =>
    stays.where((outcome) => outcome.whereNull('outcome').orWhereNot('outcome', 'rejected')),
  )
  const received = await rows('interactions', 'created_at', (calls) => calls.where('direction', 'inbound'))
  const offers = await rows('offers', 'offered_at', () => {})
  const wrong =
    Math.abs(offered - of('offered')) + Math.abs(received - of('received')) + Math.abs(offers - of('offers'))
  const parts = ['answered', 'abandoned', 'overflowed', 'callbacks', 'waiting'].reduce((sum, id) => sum + of(id), 0)
  return {
    wrong,
    compared: offered + received + offers,
    identity: { offered: of('offered'), wrong: Math.abs(of('offered') - parts) },
  }
}
