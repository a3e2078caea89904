// A month of many interactions: the report of queues from the roll-ups beside plain SQL over the same facts, on MariaDB and on
// SQLite. BENCH_INTERACTIONS sets how many (1,000,000); the goal is told for 10,000,000. What is rolled up grows with the agents and
// not with the calls: BENCH_AGENTS sets how many (one for 3,000 interactions).
import { createRollups, makeAnswer, prepare, reportOf } from '../reports/index.ts'
import type { Database, Scope } from '../server/database/index.ts'
import { makeAgency } from '../server/testing/database.ts'
import { type Bench, median, type Row } from './bench.ts'
import { onBothDatabases } from './databases.ts'

const interactions = Number(process.env.BENCH_INTERACTIONS ?? 1_000_000)
const queues = 40
/** Each works for one queue. */
const agents = queues * Math.max(1, Math.round(Number(process.env.BENCH_AGENTS ?? interactions / 3_000) / queues))
/** Every so manieth call took three steps of a flow of 40: beyond 2,500,000 of such calls a disk gets full of what says nothing new. */
const stepsEvery = Math.max(1, Math.round(interactions / 2_500_000))
const monthBegins = Date.parse('2026-03-01T03:00:00Z')
const now = Date.parse('2026-04-02T12:00:00Z')
const workingDays = 22
const hour = 3_600_000

/** Facts made by the database itself from a row of numbers: 22 days of 10 hours. */
async function fill(db: Database, { agencyId }: Scope): Promise<void> {
  const mysql = db.dialect.name === 'mysql'
  const id = (letter: string) => (mysql ? `concat('${letter}', 100000000 + n)` : `'${letter}' || (100000000 + n)`)
  const div = (over: string, under: number) => (mysql ? `(${over} div ${under})` : `(${over} / ${under})`)
  const perDay = Math.ceil(interactions / workingDays)
  const day = div('n', perDay)
  // Two weekdays are left out after each five.
  const at = `(${monthBegins} + ${8 * hour} + (${day} + ${div(day, 5)} * 2) * 86400000 + ${div(`(n % ${perDay}) * ${10 * hour}`, perDay)})`
  const wait = '((n * 7919 % 90) * 1000 + n % 1000)'
  const talk = '(60000 + n * 31 % 300000)'
  const queue = `(1 + n * 13 % ${queues})`
  const agent = `(${queue} + n % ${agents / queues} * ${queues})`
  const outcome = `case when n % 100 < 88 then 'answered' when n % 100 < 94 then 'abandoned' when n % 100 < 98 then 'overflowed' else 'callback' end`
  const write = async (table: string, columns: Record<string, string>, where = '1 = 1') => {
    const step = 500_000
    for (let from = 0; from < interactions; from += step) {
      const to = Math.min(from + step, interactions) - 1
      const numbers = mysql
        ? `(select seq as n from seq_${from}_to_${to}) as numbers`
        : `(with recursive c(n) as (select ${from} union all select n + 1 from c where n < ${to}) select n from c) as numbers`
      await db.knex.raw(
        `insert into ${table} (agency_id, ${Object.keys(columns).join(', ')}) select ${agencyId}, ${Object.values(columns).join(', ')} from ${numbers} where ${where}`,
      )
    }
  }
  const answered = 'n % 100 < 88'
  const ended = `${at} + ${wait} + case when ${answered} then ${talk} else 0 end`
  await write('interactions', {
    ...{ id: id('i'), channel: `'voice'`, direction: `'inbound'`, from_address: `'342'`, to_address: `'0800'` },
    ...{ created_at: at, answered_at: at, ended_at: ended, contained: '0', alarm: '0', gateway: `'red'` },
    topic_id: '1 + n % 12',
  })
  await write('queue_stays', {
    ...{ id: id('s'), interaction_id: id('i'), queue_id: queue, enqueued_at: at, left_at: `${at} + ${wait}`, outcome },
    overflow_reason: `case when n % 100 between 94 and 97 then 'timeout' end`,
    ...{ agent_id: `case when ${answered} then ${agent} end`, priority: '5', target_seconds: '20' },
    ...{ target_percent: '80', short_abandon_seconds: '5' },
  })
  await write('offers', {
    ...{ id: id('o'), interaction_id: id('i'), stay_id: id('s'), queue_id: queue, agent_id: agent },
    ...{
      offered_at: at,
      ended_at: `${at} + ${wait}`,
      outcome: `case when ${answered} then 'accepted' else 'caller_gone' end`,
    },
  })
  const talked = `${at} + ${wait}`
  await write(
    'talk_segments',
    {
      ...{ id: id('t'), interaction_id: id('i'), stay_id: id('s'), queue_id: queue, agent_id: agent },
      ...{ answered_at: talked, ended_at: `${talked} + ${talk}`, hold_ms: '(n % 7) * 1000', holds: 'n % 2' },
    },
    answered,
  )
  await write(
    'wrap_ups',
    {
      ...{ id: id('w'), interaction_id: id('i'), talk_id: id('t'), queue_id: queue, agent_id: agent },
      ...{ began_at: `${talked} + ${talk}`, ended_at: `${talked} + ${talk} + 15000` },
    },
    answered,
  )
  const text = (...parts: string[]) => (mysql ? `concat(${parts.join(', ')})` : parts.join(' || '))
  for (const [place, node] of [
    '1 + n % 4',
    `5 + ${div('n * 7919', 97)} % 12`,
    `17 + ${div('n * 7907', 89)} % 24`,
  ].entries()) {
    const said = [
      `'{"node":"n'`,
      node,
      `'","name":"Paso '`,
      node,
      `'","place":${place},"choice":"'`,
      `n % 9`,
      `' Opción"}'`,
    ]
    await write(
      'facts',
      {
        ...{ id: id('abc'[place] as string), interaction_id: id('i'), kind: `'interaction.step'`, at },
        body: text(...said.map((part) => (part.startsWith("'") ? part : `(${part})`))),
      },
      `n % ${stepsEvery} = 0`,
    )
  }
  for (const table of ['interactions', 'queue_stays', 'talk_segments', 'wrap_ups', 'offers', 'facts'])
    await db.knex.raw(mysql ? `analyze table ${table}` : `analyze ${table}`)
}

/** What the report says of each queue and day, asked of the facts in the shortest SQL. */
async function plainSql(db: Database, { agencyId }: Scope): Promise<number> {
  const day = db.dialect.name === 'mysql' ? 'div' : '/'
  const began = performance.now()
  await db.knex.raw(
    `select s.queue_id, (s.enqueued_at - ${monthBegins}) ${day} 86400000 as day, count(*) as offered, sum(s.outcome = 'answered') as answered,
      sum(s.outcome = 'abandoned') as abandoned, sum(s.outcome = 'overflowed') as overflowed, sum(s.outcome = 'callback') as callbacks,
      sum(s.outcome = 'answered' and s.left_at - s.enqueued_at <= s.target_seconds * 1000) as in_time,
      sum(case when s.outcome = 'answered' then s.left_at - s.enqueued_at else 0 end) as waited, max(s.left_at - s.enqueued_at) as longest
     from queue_stays s where s.agency_id = ? and s.enqueued_at >= ? and s.enqueued_at < ? group by 1, 2`,
    [agencyId, monthBegins, now],
  )
  await db.knex.raw(
    `select t.queue_id, (s.enqueued_at - ${monthBegins}) ${day} 86400000 as day, sum(t.ended_at - t.answered_at - t.hold_ms) as talk, sum(t.hold_ms) as hold,
      sum(w.ended_at - w.began_at) as wrap from queue_stays s join talk_segments t on t.interaction_id = s.interaction_id and t.stay_id = s.id
       left join wrap_ups w on w.interaction_id = t.interaction_id and w.talk_id = t.id
     where s.agency_id = ? and s.enqueued_at >= ? and s.enqueued_at < ? group by 1, 2`,
    [agencyId, monthBegins, now],
  )
  return performance.now() - began
}

async function measure(name: string, db: Database): Promise<Row[]> {
  const scope = await makeAgency(db)
  const say = (line: string) => console.log(`${name}: ${line}`)
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const began = performance.now()
    await work()
    say(`${what} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    return performance.now() - began
  }
  await timed(`${interactions} interactions written`, () => fill(db, scope))
  const rolling = await timed('rolled up', () => createRollups({ db, now: () => now }).run(scope))
  const ask = async (id: 'queues' | 'agents' | 'ivr', interval: string) => {
    const began = performance.now()
    const report = reportOf(id)!
    const query = { from: '2026-03-01', to: '2026-03-31', interval }
    await makeAnswer(await prepare(db, scope, report, query, now))
    return performance.now() - began
  }
  const times: Record<string, number> = {}
  for (const [id, interval] of [
    ['queues', 'day'],
    ['queues', '30m'],
    ['agents', 'day'],
    ['ivr', 'day'],
  ] as const) {
    const runs = []
    for (let run = 0; run < 5; run++) runs.push(await ask(id, interval))
    times[`${id} by ${interval}`] = median(runs)
  }
  const plain = median([await plainSql(db, scope), await plainSql(db, scope), await plainSql(db, scope)])
  say(`plain SQL ${(plain / 1000).toFixed(2)} s`)
  const month = times['queues by day'] as number
  return [
    {
      name: `${name}: month of ${interactions} interactions, queues by day`,
      value: Math.round(month),
      unit: 'ms',
      target: 1000,
      ok: month < 1000,
      ratio: month / plain,
      peer: 'plain SQL over the facts',
    },
    { name: `${name}: queues by 30 minutes`, value: Math.round(times['queues by 30m'] as number), unit: 'ms' },
    { name: `${name}: ${agents} agents by day`, value: Math.round(times['agents by day'] as number), unit: 'ms' },
    {
      name: `${name}: IVR, month`,
      value: Math.round(times['ivr by day'] as number),
      unit: 'ms',
      target: 1000,
      ok: (times['ivr by day'] as number) < 1000,
    },
    {
      name: `${name}: rolled up from nothing`,
      value: Math.round(interactions / (rolling / 1000)),
      unit: 'interactions/s',
    },
  ]
}

export const bench: Bench = {
  name: 'a month of interactions: roll-ups beside plain SQL',
  run: () => onBothDatabases('6G', measure),
}
