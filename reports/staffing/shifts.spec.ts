import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { makeAnswer } from '../answer.ts'
import { addRead, addTotals, metricOf, noTotals, type ShiftFact } from '../metrics/index.ts'
import { reportOf } from '../reports.ts'
import { makeFile, prepare } from '../run.ts'
import { fillCentre, monday, noon } from '../testing/centre.ts'
import { eachShift, type Shift } from './shifts.ts'
import { emptyRoster, saveStaffing } from './store.ts'

const hour = 3_600_000
const settings = { shrinkage: 0.3, costHour: 0, target: 0.8, targetSeconds: 20 }
const rosterOf = (agents: number) => {
  const roster = emptyRoster()
  // Monday from 12:00 to 13:30.
  for (const slot of [24, 25, 26]) roster[0]![slot] = agents
  return roster
}
type Told = {
  tables: { id: string; columns: { id: string }[]; rows: (string | number | null)[][]; totals: unknown[] }[]
}

const by = (userId: number) => ({ userId, shown: undefined })

onEachDatabase('the roster and who was there', (db) => {
  it('of each quarter only what was planned counts, and what was planned then', async () => {
    const scope = await makeAgency(db())
    const { ana, supervisor } = await fillCentre(db(), scope)
    const shifts = async (now = monday + 24 * hour): Promise<Shift[]> => {
      const found = []
      for await (const some of eachShift(db(), scope, { period: { from: noon, to: noon + 2 * hour }, now }))
        found.push(...some)
      return found
    }
    assert.deepEqual(await shifts(), [], 'no roster, no value')
    await saveStaffing(db(), scope, 0, { settings, roster: rosterOf(1), now: monday, ...by(supervisor) })
    // Ana and Beto are there from 12 to 13: two where one was planned; nobody after that.
    const adherence = (all: ShiftFact[]) => {
      const totals = noTotals()
      for (const one of all) addRead(totals, 'shifts', one)
      return ['scheduled', 'adhered', 'adherence'].map((id) => metricOf(id).of(totals))
    }
    assert.deepEqual(adherence(await shifts()), [1.5 * hour, hour, 2 / 3])
    assert.deepEqual(adherence(await shifts(noon + hour / 2)), [0.5 * hour, 0.5 * hour, 1], 'only what is over')
    // Planned anew at half past twelve: what was before stays as it was.
    await saveStaffing(db(), scope, 0, { settings, roster: rosterOf(4), now: noon + hour / 2, ...by(supervisor) })
    await saveStaffing(db(), scope, 0, { settings, roster: rosterOf(4), now: noon + hour, ...by(supervisor) })
    assert.deepEqual(adherence(await shifts()), [4.5 * hour, 1.5 * hour, 1.5 / 4.5])
    assert.equal((await db().knex('staffing_roster_past').where({ agency_id: scope.agencyId })).length, 3)
    // The neighbour planned nothing.
    const other = await makeAgency(db())
    for await (const some of eachShift(db(), other, { period: { from: noon, to: noon + hour }, now: monday * 2 }))
      assert.fail(JSON.stringify(some))
    assert.ok(ana)
  })

  it('a roster says nothing of the time before it was written, and the agency’s own takes the place of its queues’ from then on', async () => {
    const scope = await makeAgency(db())
    const { queueA, queueB, supervisor } = await fillCentre(db(), scope)
    const period = { from: noon, to: noon + 2 * hour }
    const weekMs = 7 * 24 * hour
    const later = monday + 10 * weekMs
    const planned = async (weeks: number): Promise<number | undefined> => {
      let sum: number | undefined
      const [from, to] = [period.from + weeks * weekMs, period.to + weeks * weekMs]
      for await (const some of eachShift(db(), scope, { period: { from, to }, now: later }))
        for (const one of some) sum = (sum ?? 0) + one.planned / hour
      return sum
    }
    const write = (queueId: number, agents: number, weeks: number) =>
      saveStaffing(db(), scope, queueId, {
        settings,
        roster: rosterOf(agents),
        now: monday + weeks * weekMs,
        ...by(supervisor),
      })
    const told = async () => [await planned(-1), await planned(0), await planned(1), await planned(2), await planned(3)]
    await write(queueA, 1, 0)
    assert.deepEqual(await told(), [undefined, 1.5, 1.5, 1.5, 1.5])
    await write(queueB, 2, 1)
    assert.deepEqual(await told(), [undefined, 1.5, 4.5, 4.5, 4.5])
    await write(0, 4, 2)
    assert.deepEqual(await told(), [undefined, 1.5, 4.5, 6, 6])
    // Emptied again.
    await write(0, 0, 3)
    assert.deepEqual(await told(), [undefined, 1.5, 4.5, 6, 4.5])
    // Two of one instant: the last one holds, and what was before stays.
    await write(queueA, 3, 3)
    await write(queueA, 2, 3)
    assert.deepEqual(await told(), [undefined, 1.5, 4.5, 6, 6])
  })

  it('a roster from before its begin was kept holds for the time before, as it did', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const row = { agency_id: scope.agencyId, queue_id: 0, weekday: 1, slot: 24 }
    await db()
      .knex('staffing_roster_past')
      .insert({ ...row, agents: 2, until_at: noon + hour / 4 })
    await db()
      .knex('staffing_roster')
      .insert({ ...row, agents: 6 })
    const found = []
    for await (const some of eachShift(db(), scope, { period: { from: noon, to: noon + hour / 2 }, now: noon + hour }))
      found.push(...some.map(({ planned, length }) => planned / length))
    assert.deepEqual(found, [2, 6])
  })

  it('nobody is planned for on a day on which all is closed, nor outside of a day’s own hours', async () => {
    const scope = await makeAgency(db())
    const { supervisor } = await fillCentre(db(), scope)
    const agency_id = scope.agencyId
    await saveStaffing(db(), scope, 0, { settings, roster: rosterOf(3), now: monday, ...by(supervisor) })
    const [calendar_id] = (await db().knex('calendars').insert({ agency_id, name: 'Provincial' })) as [number]
    const planned = async () => {
      let sum = 0
      const period = { from: monday, to: monday + 24 * hour }
      for await (const some of eachShift(db(), scope, { period, now: monday + 48 * hour }))
        for (const one of some) sum += one.planned
      return sum / hour
    }
    const [all, day] = [await planned(), { agency_id, calendar_id, day: '2026-03-02', name: 'Feriado' }]
    await db().knex('queues').where({ agency_id }).update({ calendar_id })
    assert.equal(await planned(), all)
    await db().knex('calendar_days').insert(day)
    assert.equal(await planned(), 0)
    await db().knex('calendar_days').where({ agency_id }).update({ opens: '12:00', closes: '13:00' })
    assert.equal(await planned(), 3)
    // Of two calendars the day is closed only where both say so; each queue's own roster goes by its own.
    const { agencyId } = scope
    const [one, two] = await db().knex('queues').where({ agency_id }).orderBy('id').pluck('id')
    const [other] = (await db().knex('calendars').insert({ agency_id, name: 'Municipal' })) as [number]
    await db().knex('queues').where({ agency_id, id: two }).update({ calendar_id: other })
    assert.equal(await planned(), all)
    await db()
      .knex('calendar_days')
      .insert({ ...day, calendar_id: other })
    assert.equal(await planned(), 3, 'while one of them is open')
    await db().knex('staffing_roster').where({ agency_id: agencyId, queue_id: 0 }).del()
    await db().knex('calendar_days').where({ calendar_id }).del()
    for (const queueId of [one, two])
      await saveStaffing(db(), scope, queueId, { settings, roster: rosterOf(2), now: monday, ...by(supervisor) })
    assert.equal(await planned(), (2 * all) / 3, 'only of the queue that is open')
  })

  it('the supervisor’s day stands beside its plan, on the screen and in every file', async () => {
    const scope = await makeAgency(db())
    const { supervisor } = await fillCentre(db(), scope)
    await saveStaffing(db(), scope, 0, { settings, roster: rosterOf(3), now: monday, ...by(supervisor) })
    const query = { from: '2026-03-02', to: '2026-03-02' }
    const context = await prepare(db(), scope, reportOf('day')!, query, monday + 24 * hour)
    const { tables } = (await makeAnswer(context)) as Told
    const plan = tables.find(({ id }) => id === 'plan')!
    const at = (id: string) => plan.columns.findIndex((column) => column.id === id)
    const noonRow = plan.rows[24]!
    assert.equal(plan.rows.length, 48)
    assert.deepEqual(
      ['planned_agents', 'present_agents', 'agents_gap', 'adherence', 'offered'].map((id) => noonRow[at(id)]),
      [3, 2, -1, 2 / 3, 5],
    )
    // An average over the night too says nothing of the day.
    assert.deepEqual(plan.totals!.slice(at('planned_agents'), at('adherence')), [null, null, null])
    const days = { from: '2026-03-02', to: '2026-03-04' }
    const two = (await makeAnswer(await prepare(db(), scope, reportOf('day')!, days, monday + 72 * hour))) as Told
    const daily = two.tables.find(({ id }) => id === 'plan')!
    const hours = daily.columns.findIndex(({ id }) => id === 'scheduled')
    const planned = daily.rows.map((row) => Number(row[hours]))
    assert.ok(planned.length === 3 && planned[0]! > 3 * hour)
    assert.equal(
      daily.totals![hours],
      planned.reduce((sum, one) => sum + one, 0),
    )
    for (const format of ['xlsx', 'csv', 'pdf'] as const) {
      const file = await makeFile(context, format, format === 'csv' ? { table: 'plan' } : {})
      const bytes = Buffer.concat(await file.content.map((piece) => Buffer.from(piece)).toArray())
      assert.ok(bytes.length > 1_000, format)
      if (format === 'csv') assert.match(bytes.toString(), /Agentes planificados/)
    }
    const without = await makeAgency(db())
    const bare = (await makeAnswer(await prepare(db(), without, reportOf('day')!, query, monday + 24 * hour))) as Told
    assert.ok(!bare.tables.find(({ id }) => id === 'plan')!.columns.some(({ id }) => id === 'planned_agents'))
  })
})

it('any shifts: parts add up to the whole, adherence lies between 0 and 1, and without a plan there is none', () => {
  const length = 900_000
  const shift = fc.record({
    planned: fc.nat(20).map((agents) => agents * length),
    there: fc.nat(20 * length),
    length: fc.constant(length),
  })
  const total = (all: readonly ShiftFact[]) => {
    const totals = noTotals()
    for (const one of all) addRead(totals, 'shifts', one)
    return totals
  }
  fc.assert(
    fc.property(fc.array(shift, { maxLength: 40 }), fc.nat(40), (all, at) => {
      const whole = total(all)
      const sum = addTotals(addTotals(noTotals(), total(all.slice(0, at))), total(all.slice(at)))
      assert.deepEqual(sum.sums, whole.sums)
      const value = metricOf('adherence').of(whole)
      if (all.every(({ planned }) => planned === 0)) assert.equal(value, null)
      else assert.ok(value! >= 0 && value! <= 1)
    }),
  )
})
