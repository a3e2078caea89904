import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createCalendars, isOpen, nationalHolidays, nextOpening } from './index.ts'

const zone = 'America/Argentina/Buenos_Aires'
const week = [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '08:00', closes: '18:00' }))
const at = (text: string) => Date.parse(`${text}-03:00`)

describe('opening', () => {
  const calendar = {
    hours: week,
    days: [...nationalHolidays(2026), { day: '2026-12-24', name: 'Nochebuena', opens: '08:00', closes: '12:00' }],
  }
  it('follows the week, holidays and special hours', () => {
    assert.equal(isOpen(calendar, at('2026-11-24T08:00'), zone), true)
    assert.equal(isOpen(calendar, at('2026-11-24T07:59'), zone), false)
    assert.equal(isOpen(calendar, at('2026-11-24T18:00'), zone), false)
    assert.equal(isOpen(calendar, at('2026-11-23T10:00'), zone), false) // Soberanía Nacional, moved to Monday
    assert.equal(isOpen(calendar, at('2026-12-24T11:59'), zone), true)
    assert.equal(isOpen(calendar, at('2026-12-24T12:00'), zone), false)
  })
  it('finds the next opening over a long weekend', () => {
    assert.equal(nextOpening(calendar, at('2026-11-20T19:00'), zone), at('2026-11-24T08:00'))
    assert.equal(nextOpening({ hours: [], days: [] }, at('2026-11-20T19:00'), zone), undefined)
  })
  it('never gives a next opening that is closed or in the past', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00'), max: at('2026-12-30T00:00') }),
        fc.constantFrom(zone, 'Europe/Madrid', 'America/New_York'),
        (instant, where) => {
          const next = nextOpening(calendar, instant, where)
          assert.ok(next !== undefined && next >= instant && isOpen(calendar, next, where))
        },
      ),
      { numRuns: 60 },
    )
  })
})

it("equals the government's list of 2026", () => {
  // Ley 27.399, Resolución 164/2025 of the Jefatura de Gabinete.
  const official = [
    '01-01',
    '02-16',
    '02-17',
    '03-24',
    '04-02',
    '04-03',
    '05-01',
    '05-25',
    '06-15',
    '06-20',
    '07-09',
    '08-17',
    '10-12',
    '11-23',
    '12-08',
    '12-25',
  ]
  assert.deepEqual(
    nationalHolidays(2026).map(({ day }) => day),
    official.map((day) => `2026-${day}`),
  )
  const more = nationalHolidays(2026, true).map(({ day }) => day.slice(5))
  for (const bridge of ['03-23', '07-10', '12-07']) assert.ok(more.includes(bridge))
})

onEachDatabase('calendars', (db) => {
  const audit = { record: async () => {} }
  it('keeps hours and days, and what staff changed', async () => {
    const scope = await makeAgency(db())
    const calendars = createCalendars({ db: db(), audit })
    const id = await calendars.create(scope, undefined, { name: 'General', hours: week })
    await calendars.putDay(scope, undefined, id, {
      day: '2026-12-25',
      name: 'Guardia',
      opens: '09:00',
      closes: '10:00',
    })
    assert.equal(await calendars.addNational(scope, undefined, id, 2026, false), 15)
    const stored = await calendars.get(scope, id)
    assert.deepEqual(stored.hours, week)
    assert.equal(stored.days.find(({ day }) => day === '2026-12-25')?.name, 'Guardia')
    await calendars.removeDay(scope, undefined, id, '2026-01-01')
    assert.equal((await calendars.get(scope, id)).days.length, 15)
    await assert.rejects(calendars.create(scope, undefined, { name: 'General', hours: [] }), {
      code: 'calendar.name_taken',
    })
    await assert.rejects(
      calendars.update(scope, undefined, id, { name: 'x', hours: [{ weekday: 1, opens: '10:00', closes: '09:00' }] }),
      { code: 'calendar.hours_wrong' },
    )
    await assert.rejects(calendars.putDay(scope, undefined, id, { day: '2026-02-30', name: 'x' }), {
      code: 'calendar.day_wrong',
    })
    await calendars.remove(scope, undefined, id)
    assert.deepEqual(await calendars.list(scope), [])
  })
  it('is blind to other agencies', async () => {
    const [mine, theirs] = [await makeAgency(db()), await makeAgency(db())]
    const calendars = createCalendars({ db: db(), audit })
    const id = await calendars.create(mine, undefined, { name: 'General', hours: week })
    for (const work of [
      () => calendars.get(theirs, id),
      () => calendars.remove(theirs, undefined, id),
      () => calendars.update(theirs, undefined, id, { name: 'x', hours: [] }),
    ]) {
      await assert.rejects(work, { code: 'calendar.not_found' })
    }
  })
})
