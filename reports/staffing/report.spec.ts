import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { makeAnswer } from '../answer.ts'
import { planTable } from '../day/plan.ts'
import { noFacts, sliceFacts } from '../metrics/index.ts'
import { reportOf } from '../reports.ts'
import { tallyFamily } from '../rollups/families.ts'
import { makeFile, prepare } from '../run.ts'
import { fillCentre, monday, noon } from '../testing/centre.ts'
import { forecast } from './forecast.ts'
import { readPast } from './past.ts'
import { agentsThere } from './presence.ts'
import { staffingReport } from './report.ts'
import { readRoster, writeRoster } from './roster-text.ts'
import { emptyRoster, readSettings, saveStaffing } from './store.ts'

type Answer = {
  note: string | null
  highlights: { label: string; value: number | null }[]
  tables: { id: string; columns: { id: string }[]; rows: (string | number | null)[][]; totals?: unknown[] }[]
}
const nextMonday = monday + 7 * 86_400_000

onEachDatabase('staffing', (db) => {
  it('expects of a Monday what the Monday before brought, and plans agents for it', async () => {
    const scope = await makeAgency(db())
    const { queueA, supervisor } = await fillCentre(db(), scope)
    await fillCentre(db(), await makeAgency(db()))
    const roster = emptyRoster()
    roster[0]![24] = 1
    await saveStaffing(db(), scope, queueA, {
      settings: { shrinkage: 0.5, costHour: 1000, target: 0.8, targetSeconds: 20 },
      roster,
      ...{ now: monday, userId: supervisor, shown: undefined },
    })
    const query = { from: '2026-03-09', to: '2026-03-09', queue: String(queueA) }
    const { tables } = (await makeAnswer(await prepare(db(), scope, staffingReport, query, nextMonday))) as Answer
    const table = tables[0]!
    const cell = (id: string) => table.rows[24]![table.columns.findIndex((one) => one.id === id)]
    assert.equal(table.rows.length, 48)
    assert.ok(Number(cell('expected')) > 0.5, 'five calls on one Monday of one week')
    assert.equal(cell('people'), Number(cell('needed')) * 2)
    assert.equal(cell('gap'), 1 - Number(cell('people')))
    assert.equal(cell('cost_planned'), 500)
    const expected = await forecast(db(), scope, { now: nextMonday + 12 * 3_600_000 + 60_000, queueId: queueA })
    assert.equal(expected.length, 4)
    assert.equal(expected[0]!.from, nextMonday + 12 * 3_600_000)
    assert.ok(Math.abs(expected[0]!.calls - Number(cell('expected'))) < 0.06)
    const file = await makeFile(await prepare(db(), scope, staffingReport, query, nextMonday), 'xlsx')
    assert.match(file.name, /^vera-staffing/)
    const csv = await makeFile(await prepare(db(), scope, staffingReport, query, nextMonday), 'csv')
    let text = ''
    for await (const part of csv.content) text += part
    assert.match(text, /^\ufeff?Media hora;/, 'half hours, and not how they were foreseen')
    assert.equal(text.trim().split('\n').length, 49)
  })
  it('what was known before a day is what was known on that morning, without anything of the day', async () => {
    const scope = await makeAgency(db())
    const { queueA } = await fillCentre(db(), scope)
    const timeZone = 'America/Argentina/Buenos_Aires'
    const asked = { queueId: queueA, timeZone }
    const later = await readPast(db(), scope, { ...asked, now: nextMonday })
    const monday1 = await later.before('2026-03-02')
    assert.deepEqual([monday1.history, monday1.ahtSeconds, monday1.patience.abandoned], [[], 0, 0])
    const tuesday = await later.before('2026-03-03')
    const then = await readPast(db(), scope, { ...asked, now: monday + 24 * 3_600_000 + 1 })
    assert.deepEqual(tuesday.history, then.history)
    assert.deepEqual([tuesday.ahtSeconds, tuesday.patience], [then.ahtSeconds, then.patience])
    assert.equal(tuesday.ahtSeconds, 70)
    const query = { from: '2026-03-03', to: '2026-03-03', queue: String(queueA) }
    const { tables, highlights } = (await makeAnswer(
      await prepare(db(), scope, staffingReport, query, monday + 30 * 3_600_000),
    )) as Answer
    assert.deepEqual(tables.find((one) => one.id === 'yesterday')!.rows, [], 'the only day cannot foresee itself')
    assert.equal(highlights.find((one) => one.label.startsWith('Error de este nivel'))!.value, null)
  })
  it('where nothing could be foreseen nothing is told, and of many days not what was fitted on them', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const planOf = async (from: string, to: string, now: number) => {
      const context = await prepare(db(), scope, reportOf('day')!, { from, to }, now)
      return (await planTable(context, true)).table
    }
    // The first day of all had no evening before with calls in it; of the two days behind it the second one had.
    const early = await planOf('2026-03-02', '2026-03-04', monday + 3 * 86_400_000)
    const at = early.columns.findIndex(({ id }) => id === 'expected')
    assert.equal(early.rows[0]![at], null)
    assert.ok(early.rows.slice(1).every((row) => typeof row[at] === 'number'))
    assert.equal(early.totals![at], null, 'no total beside a null')
    const many = await planOf('2026-01-26', '2026-03-04', monday + 3 * 86_400_000)
    assert.ok(many.rows.every((row) => row[at] === null))
  })
  it('a day that cannot be foreseen needs nobody knows how many agents, and the reports say why', async () => {
    const scope = await makeAgency(db())
    const { supervisor } = await fillCentre(db(), scope)
    const settings = { shrinkage: 0.3, costHour: 1000, target: 0.8, targetSeconds: 20 }
    const roster = emptyRoster()
    roster[0]![24] = 1
    const saving = { now: monday - 86_400_000, userId: supervisor, shown: undefined }
    await saveStaffing(db(), scope, 0, { settings, roster, ...saving })
    const now = monday + 3 * 86_400_000
    const answerOf = async (id: string, from: string, to: string) =>
      (await makeAnswer(await prepare(db(), scope, reportOf(id)!, { from, to }, now))) as Answer
    const early = await answerOf('staffing', '2026-03-02', '2026-03-04')
    const [table] = early.tables
    const cell = (row: readonly unknown[], id: string) => row[table!.columns.findIndex((one) => one.id === id)]
    const unknown = ['expected', 'needed', 'people', 'gap', 'level', 'cost_needed']
    for (const [slot, row] of table!.rows.entries())
      for (const id of unknown)
        assert.equal(cell(row, id) === null, slot < 48 || (id === 'level' && cell(row, id) === null), `${slot} ${id}`)
    assert.equal(cell(table!.rows[24]!, 'roster'), 1, 'what is planned stays')
    for (const id of ['expected', 'cost_needed']) assert.equal(cell(table!.totals!, id), null, 'no sum beside a gap')
    assert.deepEqual(
      early.highlights.slice(0, 2).map(({ value }) => value),
      [null, null],
    )
    const why = /^De los días en que todavía no había historia, «Esperadas» y lo que sale de ella quedan sin valor\.$/
    assert.match(early.note!, why)
    assert.match((await answerOf('day', '2026-03-02', '2026-03-04')).note!, why)
    assert.equal((await answerOf('day', '2026-03-04', '2026-03-04')).note, null)
    const long = await answerOf('day', '2026-01-26', '2026-03-04')
    const pdf = await makeFile(
      await prepare(db(), scope, reportOf('day')!, { from: '2026-01-26', to: '2026-03-04' }, now),
      'pdf',
    )
    assert.match(pdf.name, /pdf$/)
    assert.match(long.note!, /^El período tiene más de 32 días: de los que ya pasaron, «Esperadas»/)
  })
  it('an agency without calls has no figures, and nobody sees another’s plan', async () => {
    const scope = await makeAgency(db())
    const { note, tables, highlights } = (await makeAnswer(
      await prepare(db(), scope, staffingReport, { from: '2026-03-09', to: '2026-03-09' }, nextMonday),
    )) as Answer
    assert.ok(tables[0]!.rows.every((row) => row.slice(2).every((cell) => cell === null) && row.length === 5))
    assert.match(note!, /^Todavía no hay historia/)
    assert.equal(highlights[0]!.value, null)
    assert.deepEqual(await forecast(db(), scope, { now: nextMonday }), [])
    assert.equal((await readSettings(db(), scope, 1)).costHour, 0)
  })
})

it('counts who is there, less what other queues took of them', () => {
  const interval = { from: noon, to: noon + 1_800_000 }
  const spans = [
    { agentId: 1, state: 'available', breakReasonId: null, from: noon - 1, to: null },
    { agentId: 2, state: 'talking', breakReasonId: null, from: noon, to: noon + 900_000 },
    { agentId: 3, state: 'break', breakReasonId: 1, from: noon, to: null },
  ]
  const talk = { interactionId: 'i', channel: 'voice', topicId: null, id: 't', stayId: null, holdMs: 0 }
  const facts = {
    ...noFacts(),
    agentStates: spans,
    talks: [{ ...talk, queueId: 2, agentId: 2, answeredAt: noon, endedAt: noon + 450_000 }],
  }
  const slice = sliceFacts(facts, [interval], interval.to)[0]!
  const keys = tallyFamily(slice, 'agent')
  const length = interval.to - interval.from
  assert.equal(agentsThere(keys, length, {}), 1.5)
  assert.equal(agentsThere(keys, length, { queueId: 1 }), 1.25)
  assert.equal(agentsThere(keys, length, { queueId: 1, serve: new Set([1]) }), 1)
})

it('a roster is read back as written; what is none is refused by its line', () => {
  const agents = fc.array(fc.array(fc.nat(9_999), { minLength: 48, maxLength: 48 }), { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(agents, (roster) => {
      assert.deepEqual(readRoster(writeRoster(roster)), { roster })
    }),
  )
  const pasted = readRoster('hora;lun;mar\n8:00;3;4\n08:30:00;2\n')
  assert.ok('roster' in pasted)
  assert.deepEqual(
    [pasted.roster[0]![16], pasted.roster[1]![16], pasted.roster[0]![17], pasted.roster[6]![16]],
    [3, 4, 2, 0],
  )
  assert.deepEqual(readRoster('8:00\t-3'), { wrongLine: 1 })
  assert.deepEqual(readRoster('hora\n8:15\t3'), { wrongLine: 2 })
  assert.deepEqual(readRoster('hora\n24:00\t3'), { wrongLine: 2 })
  assert.deepEqual(readRoster('8:00\t=1+1'), { wrongLine: 1 })
})
