// A month of a large centre, made by the database itself from rows of numbers: 22 working days of ten hours, 40 queues, an agent
// for each 3,000 interactions. Not random: the same on each database.
import type { Database, Scope } from '../../server/database/index.ts'

export const monthBegins = Date.parse('2026-03-01T03:00:00Z')
/** When the reports are asked for: the month is over. */
export const monthNow = Date.parse('2026-04-02T12:00:00Z')
export const queues = 40
const topics = 12
const dispositions = 8
const workingDays = 22
const hour = 3_600_000
const day = 86_400_000
/** States of an agent in a day of ten hours. */
const spans = 12
const step = 250_000

/** Each works for one queue. */
export const agentsOf = (interactions: number) => queues * Math.max(1, Math.round(interactions / 3_000 / queues))

/** Interactions with their stays, offers, talks and wrap-ups; steps and a recording for one in four; a ticket for one in fifty. */
export async function fillMonth(
  db: Database,
  { agencyId }: Scope,
  interactions: number,
  say: (line: string) => void,
): Promise<void> {
  const agents = agentsOf(interactions)
  const mysql = db.dialect.name === 'mysql'
  const join = (...parts: string[]) => (mysql ? `concat(${parts.join(', ')})` : parts.join(' || '))
  const text = (words: string, of: string) => join(`'${words}'`, `(${of})`)
  const id = (letter: string) => text(letter, '100000000 + n')
  const div = (over: string, under: number) => (mysql ? `(${over} div ${under})` : `(${over} / ${under})`)
  /** The beginning of a working day: two weekdays are left out after each five. */
  const dayAt = (number: string) => `(${monthBegins} + ${8 * hour} + (${number} + ${div(number, 5)} * 2) * ${day})`
  const perDay = Math.ceil(interactions / workingDays)
  const at = `(${dayAt(div('n', perDay))} + ${div(`(n % ${perDay}) * ${10 * hour}`, perDay)})`
  const wait = '((n * 7919 % 90) * 1000 + n % 1000)'
  const talk = '(60000 + n * 31 % 300000)'
  const queue = `(1 + n * 13 % ${queues})`
  const agent = `(${queue} + n % ${agents / queues} * ${queues})`
  const outcome = `case when n % 100 < 88 then 'answered' when n % 100 < 94 then 'abandoned' when n % 100 < 98 then 'overflowed' else 'callback' end`
  const answered = 'n % 100 < 88'
  const talked = `${at} + ${wait}`
  const ended = `${talked} + case when ${answered} then ${talk} else 0 end`

  const write = async (table: string, columns: Record<string, string>, where = '1 = 1', count = interactions) => {
    const began = performance.now()
    for (let from = 0; from < count; from += step) {
      const to = Math.min(from + step, count) - 1
      const numbers = mysql
        ? `(select seq as n from seq_${from}_to_${to}) as numbers`
        : `(with recursive c(n) as (select ${from} union all select n + 1 from c where n < ${to}) select n from c) as numbers`
      await db.knex.raw(
        `insert into ${table} (agency_id, ${Object.keys(columns).join(', ')}) select ${agencyId}, ${Object.values(columns).join(', ')} from ${numbers} where ${where}`,
      )
    }
    say(`${table} in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  await write('queues', { code: text('c', '1 + n'), name: text('Cola ', '1 + n') }, '1 = 1', queues)
  await write('topics', { name: text('Temática ', '1 + n') }, '1 = 1', topics)
  await write('dispositions', { name: text('Tipificación ', '1 + n'), resolved: 'n % 2' }, '1 = 1', dispositions)
  await write(
    'users',
    { username: text('agente', '1 + n'), name: text('Agente ', '1 + n'), role: `'agent'`, created_at: '0' },
    '1 = 1',
    agents,
  )
  await write('interactions', {
    ...{ id: id('i'), channel: `'voice'`, direction: `'inbound'`, from_address: `'342'`, to_address: `'0800'` },
    ...{ created_at: at, answered_at: at, ended_at: ended, contained: '0', alarm: '0', gateway: `'red'` },
    ...{ topic_id: `1 + n % ${topics}`, disposition_id: `1 + n % ${dispositions}` },
  })
  await write('queue_stays', {
    ...{ id: id('s'), interaction_id: id('i'), queue_id: queue, enqueued_at: at, left_at: talked, outcome },
    overflow_reason: `case when n % 100 between 94 and 97 then 'timeout' end`,
    ...{ agent_id: `case when ${answered} then ${agent} end`, priority: '5', target_seconds: '20' },
    ...{ target_percent: '80', short_abandon_seconds: '5' },
  })
  await write('offers', {
    ...{ id: id('o'), interaction_id: id('i'), stay_id: id('s'), queue_id: queue, agent_id: agent },
    ...{ offered_at: at, ended_at: talked },
    outcome: `case when ${answered} then 'accepted' else 'caller_gone' end`,
  })
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
  const length = (10 * hour) / spans
  const place = div('n', agents)
  const spanAt = `(${dayAt(div(place, spans))} + (${place} % ${spans}) * ${length})`
  await write(
    'agent_states',
    {
      ...{ id: id('a'), agent_id: `1 + n % ${agents}`, began_at: spanAt, ended_at: `${spanAt} + ${length}` },
      state: `case when ${place} % 6 = 5 then 'break' when ${place} % 2 = 0 then 'available' else 'talking' end`,
    },
    '1 = 1',
    agents * spans * workingDays,
  )
  for (const [place, name] of ['Saludo', 'Menú principal'].entries()) {
    const began = `{"node":"n${place}","name":"${name}"`
    const body = place === 0 ? `'${began}}'` : join(`'${began},"detail":"'`, '(1 + n % 3)', `'"}'`)
    await write(
      'facts',
      {
        ...{ id: id(`f${place}`), interaction_id: id('i'), kind: `'interaction.step'`, at: `${at} - ${9_000 - place}` },
        body,
      },
      'n % 4 = 0',
    )
  }
  await write(
    'recordings',
    {
      ...{
        id: id('r'),
        interaction_id: id('i'),
        agent_id: agent,
        queue_id: queue,
        kind: `'call'`,
        path: text('x/', 'n'),
      },
      ...{ state: `case when n % 1000 = 0 then 'missing' else 'present' end`, started_at: talked },
      ...{ closed_at: `${talked} + ${talk}`, duration_ms: talk, bytes: `${talk} * 4`, verified_state: `'ok'` },
    },
    `n % 4 = 0 and ${answered}`,
  )
  await write(
    'tickets',
    {
      ...{ number: '1 + n', interaction_id: id('i'), subject: `'Reclamo'`, state: `'open'`, origin: `'agent'` },
      ...{ topic_id: `(select min(id) from topics where agency_id = ${agencyId}) + n % ${topics}` },
      ...{ created_at: at, updated_at: at, due_at: `${at} + ${3 * day}` },
      solved_at: `case when n % 3 < 2 then ${at} + n % 7 * ${day} end`,
    },
    'n % 50 = 0',
  )
  for (const table of tables) await db.knex.raw(mysql ? `analyze table ${table}` : `analyze ${table}`)
}

const tables = [
  ...['interactions', 'queue_stays', 'talk_segments', 'wrap_ups', 'offers', 'agent_states', 'facts', 'recordings'],
  'tickets',
]
