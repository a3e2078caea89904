import assert from 'node:assert/strict'
import { it } from 'node:test'
import { onEachDatabase } from '../testing/database.ts'
import { arrivals, playDay } from './history.ts'
import type { HistorySetup } from './history-types.ts'
import { seedExample } from './index.ts'
import { openCalendarName } from './organisation-plan.ts'
import { chanceFrom } from './random.ts'
import { simulatedCurve } from './robots.ts'
import { historyDays, localHour, nationalHolidays } from './working-days.ts'

const zone = 'America/Argentina/Buenos_Aires'
// A Monday that is a holiday (Soberanía Nacional), at 17:42 in Santa Fe.
const now = Date.UTC(2026, 10, 23, 20, 42)
const clock = { now: () => now }

onEachDatabase('example centre', (db) => {
  it('fills an empty database once, with nothing in the future', async () => {
    const example = await seedExample({ db: db(), clock, seed: 7, password: 'vera-ejemplo' })
    assert.equal(example.created, true)
    assert.equal(example.users.filter((user) => user.extension?.startsWith('10')).length, 15)
    assert.equal(example.callers.length, 1500)
    const filled = await example.history
    assert.ok(filled.interactions > 9_000, `only ${filled.interactions} interactions`)
    const { knex } = db()
    for (const [table, column] of [
      ['interactions', 'ended_at'],
      ['queue_stays', 'left_at'],
      ['offers', 'ended_at'],
      ['talk_segments', 'ended_at'],
      ['wrap_ups', 'ended_at'],
      ['agent_states', 'ended_at'],
      ['tickets', 'updated_at'],
      ['dial_attempts', 'ended_at'],
      ['evaluations', 'updated_at'],
    ] as const) {
      const [row] = await knex(table).max({ last: column }).count({ rows: '*' })
      assert.ok(Number(row!.rows) > 100, `${table} is all but empty`)
      assert.ok(Number(row!.last) <= now, `${table} goes beyond now`)
      assert.equal(await knex(table).whereNull(column).first(), undefined, `${table} has something open`)
    }
    const today = await knex('interactions')
      .where('created_at', '>', localHour('2026-11-23', 0, zone))
      .count({ n: '*' })
      .first()
    assert.ok(Number(today!.n) > 200, 'today is living although it is a holiday')

    const closed = await knex('calendar_days')
      .join('calendars', 'calendars.id', 'calendar_days.calendar_id')
      .where('calendars.name', openCalendarName)
      .distinct('day')
      .pluck('day')
    assert.ok(closed.includes('2026-10-12'), 'nobody was due on a holiday of the history')
    assert.ok(!closed.some((day) => day >= '2026-11-23'), 'the simulation closes on none')

    const again = await seedExample({ db: db(), clock: { now: () => now + 86_400_000 }, seed: 7, password: 'another' })
    assert.equal(again.created, false)
    assert.equal((await again.history).interactions, 0)
  })

  it('completes a history that was cut short', async () => {
    const { knex } = db()
    const day = [localHour('2026-11-19', 0, zone), localHour('2026-11-20', 0, zone)] as const
    const before = await knex('interactions')
      .whereBetween('created_at', [...day])
      .orderBy('id')
      .pluck('id')
    const ids = (table: string, column: string) => knex(table).whereBetween(column, [...day])
    await ids('tickets', 'created_at').delete()
    await ids('evaluations', 'called_at').delete()
    await ids('campaign_records', 'loaded_at').delete()
    for (const [table, column] of Object.entries({
      interactions: 'created_at',
      queue_stays: 'enqueued_at',
      offers: 'offered_at',
      talk_segments: 'answered_at',
      wrap_ups: 'began_at',
      agent_states: 'began_at',
      interaction_notes: 'at',
      callbacks: 'requested_at',
      facts: 'at',
      dial_attempts: 'began_at',
      campaign_agents: 'joined_at',
    }))
      await ids(table, column).delete()
    const again = await seedExample({ db: db(), clock, seed: 7, password: 'x' })
    assert.equal((await again.history).interactions, before.length)
    assert.deepEqual(
      await knex('interactions')
        .whereBetween('created_at', [...day])
        .orderBy('id')
        .pluck('id'),
      before,
    )
  })

  it('refuses a database that is somebody else’s', async () => {
    await db()
      .knex('agencies')
      .update({ code: db().knex.raw("concat('real-', id)") })
    await assert.rejects(seedExample({ db: db(), clock, seed: 7, password: 'x' }), /DEMO=on/)
  })
})

const setup: HistorySetup = {
  agencyId: 1,
  number: '147',
  callsADay: 900,
  queues: [1, 2, 3].map((id) => ({
    id,
    skillId: id === 3 ? undefined : id,
    priority: 5,
    weight: id,
    option: `${id}`,
    topicIds: [id * 10],
  })),
  agents: Array.from({ length: 9 }, (_, id) => ({
    id: id + 1,
    skillIds: new Set([1 + (id % 2), 2]),
    shift: id < 5 ? [8, 14] : [12, 18],
  })),
  citizens: [{ id: 1, phone: '+543420000001', dni: '99000001' }],
  dispositions: [{ item: 1, weight: 1 }],
  breaks: { short: 1, lunch: 2, meeting: 3 },
}

it('plays days that are whole: every stay has one end, every talk its offer, nobody does two things at once', () => {
  for (let seed = 0; seed < 12; seed++) {
    for (const window of historyDays(now, zone, new Set()).slice(-2)) {
      const rows = playDay(setup, window, chanceFrom(seed))
      const again = playDay(setup, window, chanceFrom(seed))
      assert.deepEqual(again, rows, 'the same seed gives the same day')
      const calls = new Set(rows.interactions.map((one) => one.id))
      const outcomes = Object.groupBy(rows.queue_stays, (stay) => String(stay.outcome))
      assert.deepEqual(
        Object.keys(outcomes).filter((one) => !['answered', 'abandoned', 'overflowed', 'callback'].includes(one)),
        [],
      )
      const accepted = new Map(rows.offers.filter((one) => one.outcome === 'accepted').map((one) => [one.stay_id, one]))
      assert.equal(accepted.size, outcomes.answered?.length)
      assert.equal(rows.talk_segments.length, outcomes.answered?.length)
      assert.equal(rows.wrap_ups.length, rows.talk_segments.length)
      for (const stay of rows.queue_stays) {
        assert.ok(calls.has(stay.interaction_id))
        assert.ok(stay.left_at! >= stay.enqueued_at && stay.left_at! <= window.closes)
      }
      for (const talk of rows.talk_segments) {
        const offer = accepted.get(talk.stay_id)!
        assert.equal(offer.agent_id, talk.agent_id)
        assert.equal(offer.ended_at, talk.answered_at)
        const call = rows.interactions.find((one) => one.id === talk.interaction_id)!
        assert.ok(call.ended_at! >= talk.ended_at!)
      }
      const busy = rows.agent_states
        .filter((span) => span.state === 'talking')
        .reduce((sum, span) => sum + span.ended_at! - span.began_at, 0)
      assert.equal(
        busy,
        rows.talk_segments.reduce((sum, talk) => sum + talk.ended_at! - talk.answered_at, 0),
      )
      for (const spans of Object.values(Object.groupBy(rows.agent_states, (span) => span.agent_id))) {
        for (const [index, span] of spans!.entries()) {
          assert.ok(span.ended_at! > span.began_at && span.ended_at! <= window.closes)
          if (index > 0) assert.equal(span.began_at, spans![index - 1]!.ended_at, 'no gap, no overlap')
        }
      }
    }
  }
})

it('brings as many calls as its history in each hour of an office day, and an even pace otherwise', () => {
  const [monday] = historyDays(now, zone, new Set())
  const days = Array.from({ length: 40 }, (_, seed) => arrivals(monday!, 600, chanceFrom(seed)))
  for (let hour = 8; hour < 18; hour++) {
    const from = localHour(monday!.day, hour, zone)
    const seen = days.flat().filter((at) => at >= from && at < from + 3_600_000).length / days.length
    assert.ok(Math.abs(simulatedCurve(1, hour) - seen) < 6, `${hour}: ${simulatedCurve(1, hour)} and ${seen}`)
  }
  assert.deepEqual([simulatedCurve(1, 3), simulatedCurve(0, 12), simulatedCurve(6, 20)], [60, 60, 60])
})

it('knows Argentina’s holidays', async () => {
  const days = new Map((await nationalHolidays([2026])).map(({ day, name }) => [day, name]))
  for (const day of [
    '2026-02-16',
    '2026-03-24',
    '2026-04-02',
    '2026-06-15',
    '2026-08-17',
    '2026-10-12',
    '2026-11-23',
    '2026-12-08',
  ])
    assert.ok(days.has(day), day)
  assert.ok(!days.has('2026-12-24'))
})
