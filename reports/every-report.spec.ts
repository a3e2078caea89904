import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import type { Database, Scope } from '../server/database/index.ts'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { weekBefore } from './day/report.ts'
import { metricOf } from './metrics/index.ts'
import { reports } from './reports.ts'
import { makeAnswer, makeFile, prepare } from './run.ts'
import { fillCentre, monday, noon } from './testing/centre.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = monday + 2 * 86_400_000
const day = { from: '2026-03-02', to: '2026-03-02', interval: '1h' }
const summaries = reports.filter((report) => report.kind === 'summary')

type Cell = string | number | null
type Told = {
  highlights: { label: string; value: Cell }[]
  tables: {
    id: string
    title: string
    columns: { id: string; kind: string; total?: { kind: string } }[]
    rows: Cell[][]
    totals: Cell[] | null
    links: string[] | null
    explain: string[] | null
  }[]
}
const ask = async (db: Database, scope: Scope, id: string, query: Record<string, string> = day): Promise<Told> =>
  (await makeAnswer(await prepare(db, scope, reports.find((one) => one.id === id)!, query, now))) as Told
const figures = ({ highlights }: Told) => Object.fromEntries(highlights.map(({ label, value }) => [label, value]))
/** Rows of a table as objects by column. */
const rowsOf = ({ tables }: Told, id: string) => {
  const table = tables.find((one) => one.id === id)!
  return table.rows.map((row) => Object.fromEntries(table.columns.map((column, at) => [column.id, row[at]])))
}

let serial = 0
const uid = () => `00000000-0000-4000-9000-${String(++serial).padStart(12, '0')}`

async function addSteps(db: Database, scope: Scope): Promise<void> {
  const { knex } = db
  const agency_id = scope.agencyId
  const step = (interaction_id: string, at: number, name: string, detail = '') =>
    knex('facts').insert({
      ...{ id: uid(), agency_id, interaction_id, kind: 'interaction.step', at },
      body: JSON.stringify({ node: name, name, ...(detail ? { detail } : {}) }),
    })
  const calls = await knex('interactions').where({ agency_id }).orderBy('created_at').select('*')
  for (const call of calls) {
    const at = Number(call.created_at)
    await step(call.id, at, 'Bienvenida')
    await step(call.id, at, 'Menú', call.contained ? '9' : '1')
    // The survey after the talk is not the way in.
    if (!call.contained && !call.rejected_reason) await step(call.id, at + 500_000, 'Encuesta', '5')
  }
  const id = uid()
  await knex('interactions').insert({
    ...{ id, agency_id, channel: 'voice', direction: 'inbound', from_address: '1', to_address: '2' },
    ...{ created_at: noon, answered_at: noon, ended_at: noon + 4_000 },
  })
  await step(id, noon, 'Bienvenida')
}

onEachDatabase('every report', (db) => {
  it('answers, adds up, and says the same in its xlsx', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    await addSteps(db(), scope)
    // The neighbour's are nobody else's.
    const other = await makeAgency(db())
    await fillCentre(db(), other)
    await addSteps(db(), other)
    for (const report of summaries) {
      const told = await ask(db(), scope, report.id)
      const context = await prepare(db(), scope, report, day, now)
      const outcome = await report.run(context)
      const file = await makeFile(context, 'xlsx')
      const parts: Buffer[] = []
      for await (const part of file.content) parts.push(Buffer.from(part))
      const book = new exceljs.Workbook()
      await book.xlsx.load(Buffer.concat(parts) as never)
      for (const [place, table] of told.tables.entries()) {
        const where = `${report.id}/${table.id}`
        for (const row of table.rows) assert.equal(row.length, table.columns.length, where)
        for (const list of [table.links, table.explain]) if (list) assert.equal(list.length, table.rows.length, where)
        for (const [at, column] of outcome.tables[place]!.columns.entries()) {
          if (column.total?.kind !== 'sum' || !table.totals) continue
          const sum = table.rows.reduce((all, row) => all + Number(row[at]), 0)
          assert.ok(
            Math.abs(sum - Number(table.totals[at])) < 1e-6,
            `${where}/${column.id}: ${sum}, ${table.totals[at]}`,
          )
        }
        if (table.rows.length === 0) continue
        const sheet = book.worksheets.find(
          (one) => one.name === table.title || one.name.startsWith(table.title.slice(0, 28)),
        )
        assert.ok(sheet, `${where}: no sheet`)
        let head = 0
        sheet.eachRow((row, at) => {
          if (head === 0 && row.getCell(1).text === outcome.tables[place]!.columns[0]!.title) head = at
        })
        assert.ok(head > 0, `${where}: no head`)
        for (const [at, column] of table.columns.entries()) {
          if (column.kind !== 'count' && column.kind !== 'duration' && column.kind !== 'ratio') continue
          const held = sheet.getRow(head + 1).getCell(at + 1).value
          const value = typeof held === 'object' && held !== null && 'text' in held ? Number(held.text) : held
          const said = table.rows[0]![at]
          if (said === null || said === undefined) assert.ok(value === null || value === '', `${where}/${column.id}`)
          else if (!(value instanceof Date)) {
            const number = column.kind === 'duration' ? Number(value) * 86_400_000 : Number(value)
            assert.ok(Math.abs(number - Number(said)) < 1, `${where}/${column.id}: ${number}, ${said}`)
          }
        }
      }
    }
  })

  it('answers an agency without calls', async () => {
    const scope = await makeAgency(db())
    for (const report of summaries) {
      const { highlights, tables } = await ask(db(), scope, report.id)
      for (const { label, value } of highlights)
        assert.ok(value === null || value === 0, `${report.id}: ${label} ${value}`)
      assert.ok(tables.length > 0)
    }
  })

  it('tells what was lost, how long people waited and where they left', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    await addSteps(db(), scope)
    const waits = rowsOf(await ask(db(), scope, 'waits'), 'distribution')
    // Up to 5 s: one lost at 3 s; 10 to 15: one answered; 20: one; 40: one; 60: one lost; 90: one overflowed.
    const busy = waits.filter(
      (row) => Number(row.answered_waits) + Number(row.abandoned_waits) + Number(row.other_waits),
    )
    assert.deepEqual(
      busy.map((row) => [row.wait, row.answered_waits, row.abandoned_waits, row.other_waits]),
      [
        ['0 s a 5 s', 0, 1, 0],
        ['10 s a 15 s', 1, 0, 0],
        ['20 s a 30 s', 1, 0, 0],
        ['30 s a 45 s', 1, 0, 0],
        ['1:00 min a 1:30 min', 0, 1, 0],
        ['1:30 min a 2:00 min', 0, 0, 1],
      ],
    )
    const ivr = await ask(db(), scope, 'ivr')
    assert.deepEqual(
      rowsOf(ivr, 'steps').map(({ step, calls, on, queued, contained, left }) => [
        step,
        calls,
        on,
        queued,
        contained,
        left,
      ]),
      [
        ['Bienvenida', 9, 8, 0, 0, 1],
        ['Menú', 8, 0, 6, 1, 0],
      ],
    )
    assert.equal(figures(ivr)['Cortaron en el IVR'], 1)
    assert.deepEqual(
      rowsOf(ivr, 'choices').map(({ choice, times }) => [choice, times]),
      [
        ['1', 7],
        ['9', 1],
      ],
    )
  })

  it('counts tickets and recordings as they stood when the period ended', async () => {
    const scope = await makeAgency(db())
    const agency_id = scope.agencyId
    const { queueA } = await fillCentre(db(), scope)
    const hour = 3_600_000
    const ticket = (number: number, created_at: number, due_at: number, solved_at: number | null) =>
      db()
        .knex('tickets')
        .insert({
          ...{ agency_id, number, subject: '=1+1', state: solved_at ? 'solved' : 'open', origin: 'agent' },
          ...{ created_at, updated_at: created_at, due_at, solved_at },
        })
    await ticket(1, noon, noon + 4 * hour, noon + hour)
    await ticket(2, noon, noon + hour, noon + 2 * hour)
    await ticket(3, noon, noon + hour, null)
    // Of the day before, solved the day after: owed and late on Monday.
    await ticket(4, monday - hour, monday, monday + 30 * hour)
    await ticket(5, monday - 9 * hour, monday, monday - hour)
    const { highlights } = await ask(db(), scope, 'tickets')
    assert.deepEqual(
      highlights.map(({ value }) => value),
      [3, 2, 1 / 2, 1.5 * hour, 2, 2],
    )
    const recording = (state: string, more: object = {}) =>
      db()
        .knex('recordings')
        .insert({
          ...{ id: uid(), agency_id, interaction_id: uid(), queue_id: queueA, kind: 'call', path: 'x', state },
          ...{ started_at: noon, duration_ms: 60_000, bytes: 1_000_000, ...more },
        })
    await recording('present', { verified_state: 'changed' })
    await recording('present', { held: true })
    await recording('missing')
    const [queue] = rowsOf(await ask(db(), scope, 'recordings'), 'by_queue')
    assert.deepEqual(
      [queue!.queue, queue!.all, queue!.present, queue!.missing, queue!.changed, queue!.held, queue!.megabytes],
      ['Impuestos', 3, 2, 1, 1, 1, 2],
    )
  })

  it('compares the day with the same day of the week before', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const next = await ask(db(), scope, 'day', { from: '2026-03-09', to: '2026-03-09' })
    assert.equal(
      next.tables.find((one) => one.id === 'counts')!.rows.find((row) => row[0] === metricOf('offered').label.es)?.[1],
      0,
    )
    const week = await ask(db(), scope, 'day', { from: '2026-02-27', to: '2026-03-05' })
    const days = week.tables.find((one) => one.id === 'by_hour')!
    assert.deepEqual([days.title, days.columns[0]!.kind], ['Día por día', 'day'])
    const told = await ask(db(), scope, 'day')
    assert.equal(told.tables.find((one) => one.id === 'by_hour')!.title, 'Hora por hora')
    const offered = told.tables
      .find((one) => one.id === 'counts')!
      .rows.find((row) => row[0] === metricOf('offered').label.es)!
    assert.deepEqual(offered.slice(1), [6, 0, 6, null])
    assert.deepEqual(
      rowsOf(told, 'happenings')
        .map(({ what }) => what)
        .slice(0, 2),
      ['Más llamadas', 'Peor nivel de servicio'],
    )
  })
})

it('a week before is the same local time, also over a change of clocks', () => {
  const zone = 'America/New_York'
  const noonOf = (day: string, offset: string) => Date.parse(`${day}T12:00:00${offset}`)
  assert.equal(weekBefore(noonOf('2026-03-10', '-04:00'), zone), noonOf('2026-03-03', '-05:00'))
})
