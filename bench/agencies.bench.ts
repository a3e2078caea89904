// Agencies side by side: the report of 300 of them and all their seals, on SQLite and on MariaDB. Twenty have BENCH_TICKETS (20,000)
// open tickets each, as many solved ones and a week of 5,000 calls; the others 300 of each.
import { compareAgencies } from '../reports/agencies/seal.ts'
import { createRollups, makeAnswer, prepare, reportOf } from '../reports/index.ts'
import { platformReports } from '../reports/reports.ts'
import type { Database, Scope } from '../server/database/index.ts'
import { makeAgency } from '../server/testing/database.ts'
import { type Bench, median, type Row } from './bench.ts'
import { onBothDatabases } from './databases.ts'

const [agencies, large] = [300, 20]
const tickets = Number(process.env.BENCH_TICKETS ?? 20_000)
const calls = 5_000
const few = 300
const from = Date.parse('2026-03-01T03:00:00Z')
const now = Date.parse('2026-03-09T12:00:00Z')
const day = 86_400_000

/** Written by the database itself, so many rows for each agency: one in two tickets is solved, all calls are answered and recorded. */
async function fill(db: Database): Promise<Scope[]> {
  const scopes: Scope[] = []
  for (let n = 1; n <= agencies; n++) scopes.push(await makeAgency(db, `o${n}`))
  for (const { agencyId } of scopes) await db.knex('queues').insert({ agency_id: agencyId, code: 'a', name: 'Cola' })
  const mysql = db.dialect.name === 'mysql'
  const id = mysql ? `concat(a.id, '-', n)` : `a.id || '-' || n`
  const write = async (table: string, many: number, columns: Record<string, string>) => {
    for (const [count, where] of [
      [many, `a.id <= ${large}`],
      [few, `a.id > ${large}`],
    ] as const) {
      const numbers = mysql
        ? `seq_1_to_${count}`
        : `(with recursive c(n) as (select 1 union all select n + 1 from c where n < ${count}) select n from c)`
      const select = Object.values(columns).map((one) => (mysql ? one.replace(/\bn\b/g, 'seq') : one))
      await db.knex.raw(
        `insert into ${table} (agency_id, ${Object.keys(columns).join(', ')}) select a.id, ${select.join(', ')} from agencies a cross join ${numbers} numbers where ${where}`,
      )
    }
  }
  const opened = `(${now} - (n * 7919 % 300) * ${day} - n)`
  await write('tickets', tickets * 2, {
    ...{ number: 'n', subject: `'Luminaria'`, origin: `'agent'`, created_at: opened, updated_at: opened },
    ...{ state: `case when n % 2 = 0 then 'solved' else 'open' end`, due_at: `${opened} + ${20 * day}` },
    solved_at: `case when n % 2 = 0 then ${opened} + (n % 40) * ${day} / 2 end`,
  })
  const at = `(${from} + (n * 7919 % 5) * ${day} + 30000000 + n % 3600 * 1000)`
  const call = { id, interaction_id: id, queue_id: 'a.id', agent_id: '1' }
  await write('interactions', calls, {
    ...{ id, channel: `'voice'`, direction: `'inbound'`, created_at: at, answered_at: at, ended_at: `${at} + 90000` },
    ...{ contained: '0', alarm: '0' },
  })
  await write('queue_stays', calls, {
    ...{ ...call, enqueued_at: at, left_at: `${at} + n % 60 * 1000`, outcome: `'answered'`, priority: '5' },
    ...{ target_seconds: '20', target_percent: '80', short_abandon_seconds: '5' },
  })
  await write('offers', calls, { ...call, stay_id: id, offered_at: at, outcome: `'accepted'` })
  await write('talk_segments', calls, { ...call, stay_id: id, answered_at: at, ended_at: `${at} + 90000` })
  await write('recordings', calls, { ...call, kind: `'call'`, path: id, state: `'present'`, started_at: at })
  await write('call_records', calls, {
    ...{ core_uuid: `'c'`, uuid: id, interaction_id: id, switch_node: `'s'`, role: `'caller'`, direction: `'inbound'` },
    ...{ from_address: `'342'`, to_address: `'0800'`, started_at: at, ended_at: `${at} + 90000`, imported_at: at },
    ...{ hangup_cause: `'NORMAL_CLEARING'`, q850: '16', hangup_side: `'caller'`, state: `'joined'` },
  })
  for (const table of ['tickets', 'interactions', 'queue_stays', 'offers', 'recordings', 'call_records'])
    await db.knex.raw(mysql ? `analyze table ${table}` : `analyze ${table}`)
  return scopes
}

async function measure(name: string, db: Database): Promise<Row[]> {
  const say = (what: string) => console.log(`${name}: ${what} after ${Math.round(performance.now() / 1000)} s`)
  const scopes = await fill(db)
  say('written')
  const rollups = createRollups({ db, now: () => now })
  for (const scope of scopes) await rollups.run(scope)
  say('rolled up')
  const week = { from: '2026-03-01', to: '2026-03-07', interval: 'day' }
  const answer = async (report: (typeof platformReports)[number]) => {
    const began = performance.now()
    await makeAnswer(await prepare(db, scopes[0]!, report, week, now))
    say(report.id)
    return performance.now() - began
  }
  let later = now
  const seal = async () => {
    // What was compared a moment ago stands.
    later += 600_000
    const began = performance.now()
    const found = await compareAgencies(db, { from, to: from + 7 * day }, later).seal
    if (found.state !== 'good') throw new Error(found.text)
    say('seals')
    return performance.now() - began
  }
  const runs = async (work: () => Promise<number>) => median([await work(), await work(), await work()])
  return [
    { name: `${name}: ${agencies} agencies side by side, week`, value: await runs(() => answer(platformReports[0]!)) },
    { name: `${name}: their seals`, value: await runs(seal) },
    { name: `${name}: tickets of one of ${tickets * 2}`, value: await runs(() => answer(reportOf('tickets')!)) },
  ].map((row) => ({ ...row, value: Math.round(row.value), unit: 'ms' }))
}

export const bench: Bench = {
  name: '300 agencies side by side, and their seals',
  run: () => onBothDatabases('2G', measure),
}
