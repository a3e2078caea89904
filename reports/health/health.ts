import { differences, reconcile } from '../../server/call-records/index.ts'
import type { Database, Knex, Scope } from '../../server/database/index.ts'
import { explainHref, figureQuery } from '../explain/figure.ts'
import { elapsedOf, type Interval, localDay, metricOf } from '../metrics/index.ts'
import { readTotals, together } from '../rollups/index.ts'
import type { Language } from '../workbook/index.ts'
import type { Seal } from './seal.ts'
import { sealWords } from './words.ts'

/**
 * Compares what the switch's records, the facts, the recordings and the roll-ups say of a period. Costs a count over the
 * period's calls; screens ask for it by itself, after the figures.
 */
export async function sealOf(
  db: Database,
  scope: Scope,
  period: Interval,
  { timeZone, now, language = 'es' }: { timeZone: string; now: number; language?: Language },
): Promise<Seal> {
  const words = sealWords(language)
  const until = Math.min(period.to, now)
  const range = { from: Math.min(period.from, until), to: until }
  const records = await reconcile(db.knex, scope, range, now)
  const unexplained = records.compared
    ? await unexplainedOf(db, scope, range, now, records)
    : { count: 0, latest: undefined }
  // What is written between two looks is not wrong: only what is so twice.
  let found = await recountOf(db, scope, range, timeZone, now, language)
  if (found.wrong + found.identity.wrong > 0) found = await recountOf(db, scope, range, timeZone, now, language)
  const { wrong: recount, compared: recounted, identity } = found
  const verified = await verifiedOf(db, scope, range)
  const days = new URLSearchParams({
    from: localDay(range.from, timeZone),
    to: localDay(Math.max(range.from, range.to - 1), timeZone),
  })
  const { expected, missing } = records.recordings
  const checks: Seal['checks'] = [
    {
      id: 'records',
      label: words.labels.records,
      compared: records.compared ? records.records : 0,
      wrong: unexplained.count,
      href: `/admin/call-records?day=${localDay(unexplained.latest ?? Math.max(range.from, range.to - 1), timeZone)}`,
    },
    {
      id: 'recordings',
      label: words.labels.recordings,
      compared: expected,
      wrong: missing,
      href: `/recordings?${new URLSearchParams([...days, ['state', 'missing']])}`,
    },
    {
      id: 'verified',
      label: words.labels.verified,
      compared: verified.compared,
      wrong: verified.wrong,
      href: `/recordings?${new URLSearchParams([...days, ['state', 'broken']])}`,
    },
    {
      id: 'rollups',
      label: `${words.labels.rollups}${found.said === '' ? '' : ` (${found.said})`}`,
      compared: recounted,
      wrong: recount,
      ...(found.figure ? { href: explainHref(found.figure.metric, found.figure.query) } : {}),
    },
    {
      id: 'identity',
      label: words.labels.identity,
      compared: identity.offered,
      wrong: identity.wrong,
    },
  ]
  // Calls older than the first record are there and beside nothing.
  const older =
    records.compared && records.since !== undefined && records.since > range.from
      ? await callsOf(db, scope, { from: range.from, to: records.since })
      : 0
  const compared = Math.max(records.records, records.facts)
  const calls = records.compared ? older + compared : records.facts
  const faults = unexplained.count + recount + identity.wrong
  const text = [
    words.calls(calls),
    ...(older > 0 ? [words.comparedCalls(compared)] : []),
    ...(records.compared ? [words.unexplained(unexplained.count)] : [words.noRecords]),
    ...(recount + identity.wrong > 0 ? [words.totals(recount + identity.wrong)] : []),
    words.missing(missing),
    ...(verified.wrong > 0 ? [words.unverified(verified.wrong)] : []),
  ].join(', ')
  const state = faults > 0 ? 'bad' : missing + verified.wrong > 0 ? 'warning' : 'good'
  return { state, text, checks, at: now }
}

/** Calls that only one side knows and nothing explains: not those going on, awaited, refused at the door or lost with a switch. */
async function unexplainedOf(
  db: Database,
  scope: Scope,
  range: Interval,
  now: number,
  records: { onlyRecords: number; onlyFacts: number; pending: number },
): Promise<{ count: number; latest: number | undefined }> {
  const open = records.onlyRecords + Math.max(0, records.onlyFacts - records.pending)
  if (open === 0) return { count: 0, latest: undefined }
  const { onlyRecords, onlyFacts } = await differences(db.knex, scope, range, now, 1_000)
  const unexplained = [
    ...onlyRecords.filter((one) => one.reason === 'unrelated'),
    ...onlyFacts.filter((one) => one.reason === 'no_record'),
  ]
  const explained = onlyRecords.length + onlyFacts.filter((one) => one.reason === 'switch_lost').length
  const unrelated = onlyRecords.filter((one) => one.reason === 'unrelated').length
  return {
    count: Math.max(0, open - explained + unrelated),
    latest: unexplained.length > 0 ? Math.max(...unexplained.map((one) => one.at)) : undefined,
  }
}

/** Recordings whose file was read again and is no longer what was recorded, or not there. */
async function verifiedOf(db: Database, { agencyId }: Scope, range: Interval) {
  const rows = (await db
    .knex('recordings')
    .where({ agency_id: agencyId, state: 'present' })
    .where('started_at', '>=', range.from)
    .where('started_at', '<', range.to)
    .whereNotNull('verified_state')
    .groupBy('verified_state')
    .select('verified_state as state')
    .count({ n: '*' })) as { state: string; n: number | string }[]
  const sum = (of: typeof rows) => of.reduce((all, row) => all + Number(row.n), 0)
  return { compared: sum(rows), wrong: sum(rows.filter(({ state }) => state !== 'ok')) }
}

type Counted = { metric: string; name: string; query: string; kept: number; facts: number }

/** The totals that are kept beside a plain count of the facts' rows: of the whole, and of each queue and outcome. */
async function recountOf(
  db: Database,
  scope: Scope,
  range: Interval,
  timeZone: string,
  now: number,
  language: Language,
) {
  const nothing = { wrong: 0, compared: 0, said: '', identity: { offered: 0, wrong: 0 } }
  if (range.to <= range.from) return { ...nothing, figure: undefined }
  const [kept] = await readTotals(db, scope, { family: 'whole', cut: [range], timeZone, now })
  const [byQueue] = await readTotals(db, scope, { family: 'queue', cut: [range], timeZone, now, bySubject: true })
  const elapsed = elapsedOf({ ...range, now })
  const { sums } = together(kept?.keys ?? [], elapsed)
  // One pass over the calls.
  const [calls] = (await within(db, scope, 'interactions', 'created_at', range).select(
    db.knex.raw(
      `sum(direction = 'inbound') as received, sum(contained) as contained, count(rejected_reason) as rejected`,
    ),
  )) as Record<'received' | 'contained' | 'rejected', number | string | null>[]
  const [offers] = (await within(db, scope, 'offers', 'offered_at', range).count({ n: '*' })) as {
    n: number | string
  }[]
  const whole = figureQuery({ family: 'whole', where: {}, period: range })
  const of = (metric: string, facts: number): Counted => ({
    ...{ metric, name: '', query: whole, kept: sums[metric] ?? 0, facts },
  })
  const counted = [
    ...(['received', 'contained', 'rejected'] as const).map((id) => of(id, Number(calls?.[id] ?? 0))),
    of('offers', Number(offers?.n ?? 0)),
  ]
  const rows = (await within(db, scope, 'queue_stays', 'enqueued_at', range)
    .groupBy('queue_id', 'outcome')
    .select('queue_id as queue', 'outcome')
    .count({ n: '*' })) as { queue: number; outcome: string | null; n: number | string }[]
  const names = new Map<number, string>(
    (await db.knex('queues').where({ agency_id: scope.agencyId }).select('id', 'name')).map((row) => [
      row.id,
      row.name,
    ]),
  )
  const subjects = Map.groupBy(byQueue?.keys ?? [], (key) => key.subject)
  for (const queue of new Set([...rows.map((row) => row.queue), ...subjects.keys()])) {
    const mine = together(subjects.get(queue) ?? [], elapsed).sums
    const query = figureQuery({ family: 'queue', where: { subject: queue }, period: range })
    for (const [metric, outcome] of outcomes) {
      const facts = Number(rows.find((row) => row.queue === queue && row.outcome === outcome)?.n ?? 0)
      counted.push({ metric, name: names.get(queue) ?? `Cola ${queue}`, query, kept: mine[metric] ?? 0, facts })
    }
  }
  const offered = rows.reduce((sum, row) => sum + (row.outcome === 'rejected' ? 0 : Number(row.n)), 0)
  counted.push(of('offered', offered))
  const differing = counted.filter((one) => one.kept !== one.facts)
  const [first] = differing
  const parts = ['answered', 'abandoned', 'overflowed', 'callbacks', 'waiting'].reduce(
    (sum, id) => sum + (sums[id] ?? 0),
    0,
  )
  return {
    wrong: differing.length,
    compared: counted.length,
    said: differing
      .slice(0, 3)
      .map(({ metric, name, kept, facts }) => {
        const label = [name, metricOf(metric).label[language === 'en-US' ? 'en' : 'es']].filter(Boolean).join(', ')
        return sealWords(language).differs(label, kept, facts)
      })
      .join('; '),
    figure: first ? { metric: first.metric, query: first.query } : undefined,
    identity: { offered: sums.offered ?? 0, wrong: Math.abs((sums.offered ?? 0) - parts) },
  }
}

const outcomes: readonly (readonly [metric: string, outcome: string | null])[] = [
  ['answered', 'answered'],
  ['abandoned', 'abandoned'],
  ['overflowed', 'overflowed'],
  ['callbacks', 'callback'],
  ['waiting', null],
]

async function callsOf(db: Database, scope: Scope, range: Interval): Promise<number> {
  const [row] = (await within(db, scope, 'interactions', 'created_at', range)
    .where('channel', 'voice')
    .count({ n: '*' })) as { n: number | string }[]
  return Number(row?.n ?? 0)
}

const within = (db: Database, { agencyId }: Scope, table: string, column: string, range: Interval) =>
  db
    .knex(table)
    .where({ agency_id: agencyId })
    .where(column, '>=', range.from)
    .where(column, '<', range.to) as Knex.QueryBuilder
