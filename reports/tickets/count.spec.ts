import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { addRead, addTotals, cutPeriod, intervalSizes, noTotals, type Totals, ticketIn } from '../metrics/index.ts'
import { countFlows, countTickets } from './count.ts'
import { eachTicket } from './source.ts'

const hour = 3_600_000
/** Around a change of clocks. */
const begin = Date.parse('2026-04-03T03:00Z')
/** Few enough to meet each other and the ends of periods; some at a quarter of an hour, some beside it. */
const instant = fc
  .tuple(fc.integer({ min: 0, max: 96 }), fc.constantFrom(0, 1, 900_000, 61_234))
  .map(([hours, more]) => begin + hours * hour + more)
const ticket = fc.record({
  createdAt: instant,
  dueAt: fc.option(instant),
  solvedAt: fc.option(instant),
  agency: fc.constantFrom(0, 1),
  topic: fc.constantFrom(null, 0, 1),
  office: fc.constantFrom(null, 0),
})
const asked = fc.record({
  ends: fc.uniqueArray(instant, { minLength: 2, maxLength: 2 }),
  now: instant,
  zone: fc.constantFrom('America/Santiago', 'America/Argentina/Buenos_Aires', 'Australia/Lord_Howe'),
  interval: fc.constantFrom(...intervalSizes),
  topic: fc.constantFrom(undefined, null, 0, 1),
})
const sums = ({ sums: of }: Totals) => Object.fromEntries(Object.entries(of).sort())
const flows = ['tickets_opened', 'tickets_solved', 'tickets_in_time', 'tickets_to_solve']

onEachDatabase('tickets counted by the database', (fresh) => {
  it('are those that the metrics count one by one, in whatever period, cut and narrowed', async () => {
    const { knex } = fresh()
    const scopes = [await makeAgency(fresh()), await makeAgency(fresh())]
    const made = async (table: string, row: object) => ((await knex(table).insert(row)) as number[])[0]!
    const of = { agency_id: scopes[0]!.agencyId }
    const topics = [await made('topics', { ...of, name: 'a' }), await made('topics', { ...of, name: 'b' })]
    const offices = [await made('back_offices', { ...of, name: 'a' })]
    await fc.assert(
      fc.asyncProperty(fc.array(ticket, { maxLength: 30 }), asked, async (tickets, { ends, now, zone, ...more }) => {
        await knex('tickets').del()
        for (const [number, one] of tickets.entries())
          await knex('tickets').insert({
            ...{ agency_id: scopes[one.agency]!.agencyId, number, subject: '', state: 'open', origin: 'agent' },
            ...{ topic_id: topics[one.topic ?? 2] ?? null, back_office_id: offices[one.office ?? 1] ?? null },
            ...{ created_at: one.createdAt, due_at: one.dueAt, solved_at: one.solvedAt, updated_at: one.createdAt },
          })
        const [from, to] = ends.sort((a, b) => a - b) as [number, number]
        const period = { from, to }
        const where = more.topic === undefined ? {} : { topicId: topics[more.topic ?? 2] ?? 0 }
        const cut = cutPeriod(period, more.interval, zone)
        const agencyIds = scopes.map(({ agencyId }) => agencyId)
        const all = await countTickets(fresh(), { agencyIds, period, now, where })
        for (const scope of scopes) {
          const found = new Map<string, Totals>()
          const whole = noTotals()
          const times = cut.map(() => noTotals())
          for await (const one of eachTicket(fresh(), scope, { period, now, where })) {
            const key = `${scope.agencyId} ${one.topicId} ${one.officeId}`
            found.set(key, found.get(key) ?? noTotals())
            for (const into of [whole, found.get(key)!]) addRead(into, 'tickets', ticketIn(one, period, now))
            for (const [at, interval] of cut.entries()) addRead(times[at]!, 'tickets', ticketIn(one, interval, now))
          }
          const counted = all.filter(({ agencyId }) => agencyId === scope.agencyId)
          assert.deepEqual(
            new Map(counted.map((one) => [`${one.agencyId} ${one.topicId} ${one.officeId}`, sums(one.totals)])),
            new Map([...found].map(([key, totals]) => [key, sums(totals)])),
          )
          const sum = noTotals()
          for (const { totals } of counted) addTotals(sum, totals)
          assert.deepEqual(sums(sum), sums(whole))
          const told = await countFlows(fresh(), { agencyIds: [scope.agencyId], period, now, where }, cut)
          const only = (totals: Totals) =>
            Object.fromEntries(Object.entries(sums(totals)).filter(([id]) => flows.includes(id)))
          assert.deepEqual(told.map(sums), times.map(only))
        }
      }),
      { numRuns: 60 },
    )
  })
})
