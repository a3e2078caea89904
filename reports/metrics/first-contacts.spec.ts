import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { metricOf } from './catalogue.ts'
import { againWithinMs, type Contact, firstContacts } from './first-contacts.ts'
import type { Interval } from './intervals.ts'
import { addRead, addTotals, noTotals, type Totals } from './totals.ts'

const day = 86_400_000
const long = 60 * day
const contacts = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: long }),
      citizenId: fc.integer({ min: 1, max: 3 }),
      topicId: fc.integer({ min: 1, max: 2 }),
    }),
    {
      maxLength: 60,
    },
  )
  .map((list) => list.sort((a, b) => a.at - b.at))

/** As the store gives them: only those that the period needs, in pieces. */
function totalsOf(all: readonly Contact[], period: Interval, now: number): Totals {
  const to = Math.min(period.to + againWithinMs + 1, now)
  const needed = all.filter(({ at }) => at >= period.from - againWithinMs && at < to)
  const totals = noTotals()
  const found = firstContacts(period, now)
  const told = []
  for (let at = 0; at < needed.length; at += 3) told.push(...found.add(needed.slice(at, at + 3)))
  for (const one of [...told, ...found.end()]) addRead(totals, 'firstContacts', one)
  return totals
}

it('a week worked by hand', () => {
  const at = (days: number, citizenId = 1, topicId = 1) => ({ at: days * day, citizenId, topicId })
  // Back on day 3 and again on day 9, all one matter; another topic; another citizen, who comes back after exactly 7 days.
  const all = [at(0), at(0, 1, 2), at(1, 2), at(3), at(8, 2), at(9), at(20)]
  const first = totalsOf(all, { from: 0, to: 30 * day }, 22 * day)
  const read = (id: string) => metricOf(id).of(first)
  assert.deepEqual(['first_contacts', 'fcr_unknown', 'fcr_resolved', 'fcr'].map(read), [4, 1, 1, 1 / 3])
})

it('any contacts: the definition, counted slowly, says the same; cuts add up to the whole; nothing is divided by nothing', () => {
  fc.assert(
    fc.property(
      contacts,
      fc.integer({ min: 0, max: long }),
      fc.array(fc.integer({ min: 0, max: long }), { maxLength: 6 }),
      (all, now, cuts) => {
        const came = all.filter(({ at }) => at < now)
        const places = [...new Set([0, ...cuts, long + 1])].sort((a, b) => a - b)
        const sum = noTotals()
        for (const [index, from] of places.slice(0, -1).entries())
          addTotals(sum, totalsOf(came, { from, to: places[index + 1]! }, now))
        const slow = { first_contacts: 0, fcr_unknown: 0, fcr_resolved: 0 }
        for (const [index, one] of came.entries()) {
          const same = came.filter(
            (other, at) => at !== index && other.citizenId === one.citizenId && other.topicId === one.topicId,
          )
          const before = (other: Contact) => came.indexOf(other) < index
          if (same.some((other) => before(other) && one.at - other.at <= againWithinMs)) continue
          slow.first_contacts++
          if (one.at + againWithinMs > now) slow.fcr_unknown++
          else if (!same.some((other) => !before(other) && other.at - one.at <= againWithinMs)) slow.fcr_resolved++
        }
        for (const [id, value] of Object.entries(slow)) assert.equal(sum.sums[id] ?? 0, value, id)
        const whole = totalsOf(came, { from: 0, to: long + 1 }, now)
        assert.deepEqual(sum.sums, whole.sums)
        const known = slow.first_contacts - slow.fcr_unknown
        assert.equal(metricOf('fcr').of(whole), known > 0 ? slow.fcr_resolved / known : null)
      },
    ),
  )
})
