import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import { type Database, insertId, type Scope } from '../server/database/index.ts'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { makeAnswer } from './answer.ts'
import { explain } from './explain/explain.ts'
import { figureId, readFigure } from './explain/figure.ts'
import { isFlowFamily } from './ivr/totals.ts'
import { metricOf } from './metrics/index.ts'
import { reports } from './reports.ts'
import { makeFile, prepare } from './run.ts'
import { type Centre, fillCentre, monday, noon } from './testing/centre.ts'
import { unexplained } from './testing/unexplained.ts'
import { type CellValue, cellExplained, figureColumns } from './workbook/index.ts'

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
    explain: (string | null)[] | null
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
  const step = (interaction_id: string, at: number, name: string, choice = '', detail = choice) =>
    knex('facts').insert({
      ...{ id: uid(), agency_id, interaction_id, kind: 'interaction.step', at },
      body: JSON.stringify({
        node: name,
        name,
        place: ++serial,
        ...(detail ? { detail } : {}),
        ...(choice ? { choice } : {}),
      }),
    })
  const calls = await knex('interactions').where({ agency_id }).orderBy('created_at').select('*')
  for (const call of calls) {
    const at = Number(call.created_at)
    await step(call.id, at, 'Bienvenida')
    await step(call.id, at, 'Menú', call.contained ? '9' : '1', '30123456')
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

/** Tickets, recordings, topics and dispositions. */
async function addRest(db: Database, scope: Scope, { queueA, ana, beto, supervisor }: Centre): Promise<void> {
  const { knex } = db
  const agency_id = scope.agencyId
  const insert = async (table: string, row: object) =>
    ((await knex(table).insert({ agency_id, ...row })) as number[])[0]!
  const taxes = await insert('topics', { name: 'Impuestos' })
  const office = await insert('back_offices', { name: 'Rentas' })
  const solved = await insert('dispositions', { name: 'Resuelta', resolved: true })
  const not = await insert('dispositions', { name: 'Queda pendiente', resolved: false })
  const calls = await knex('interactions').where({ agency_id }).orderBy(['created_at', 'id']).select('id')
  const citizen = await insertId(
    knex('citizens').insert({ name: 'Ana', search: 'ana', created_at: noon, updated_at: noon }),
  )
  for (const [at, { id }] of calls.entries())
    await knex('interactions')
      .where({ id })
      .update({
        topic_id: at % 2 ? taxes : null,
        citizen_id: citizen,
        disposition_id: at % 3 === 0 ? solved : at % 3 === 1 ? not : null,
      })
  const hour = 3_600_000
  for (const slot of [24, 25, 26]) await insert('staffing_roster', { queue_id: 0, weekday: 1, slot, agents: 2 })
  for (const [number, [created_at, due_at, solved_at]] of [
    [noon, noon + 4 * hour, noon + hour],
    [noon, noon + hour, noon + 2 * hour],
    [noon, noon + hour, null],
    [monday - hour, monday, monday + 30 * hour],
    [monday - hour, null, null],
  ].entries())
    await insert('tickets', {
      ...{ number: number + 1, subject: 'Bache', state: 'open', origin: 'agent', created_at, updated_at: created_at },
      ...{ due_at, solved_at, topic_id: number % 2 ? taxes : null, back_office_id: number > 1 ? office : null },
    })
  for (const [at, state] of ['present', 'missing', 'expected', 'expired', 'present'].entries())
    await insert('recordings', {
      ...{ id: uid(), interaction_id: calls[at].id, queue_id: at < 3 ? queueA : null, kind: 'call', path: 'x', state },
      ...{ started_at: noon + at * hour, duration_ms: 60_000, bytes: 1_500_000, held: at === 4 },
      ...{ verified_state: at === 0 ? 'changed' : null },
    })
  const form_id = await insert('evaluation_forms', { name: 'Atención', created_at: 0 })
  const asks = { pass: 80, sections: ['trato', 'datos'].map((id) => ({ id, title: id, weight: 1, questions: [] })) }
  const version = { form_id, number: 1, state: 'published', content: JSON.stringify(asks), updated_at: 0 }
  const version_id = await insert('evaluation_form_versions', version)
  for (const [at, [score, fatal, passed]] of (
    [
      [9_050, 0, true],
      [0, 1, false],
      [null, 0, null],
    ] as const
  ).entries()) {
    const id = uid()
    const published_at = noon + at * hour
    await insert('evaluations', {
      ...{ id, interaction_id: calls[at].id, called_at: noon, agent_id: at ? beto : ana, queue_id: at ? queueA : null },
      ...{ form_id, version_id, evaluator_id: supervisor, state: at ? 'published' : 'closed', comment: '' },
      ...{ score, fatal, passed, created_at: noon, updated_at: published_at, published_at },
      ...(at ? {} : { disputed_at: noon, score_before: 8_000 }),
    })
    await insert('evaluation_sections', { evaluation_id: id, section: 'trato', score })
    await insert('evaluation_sections', { evaluation_id: id, section: 'datos', score: score === 0 ? 5_000 : null })
  }
  await insert('agent_states', {
    ...{ id: uid(), agent_id: ana, state: 'break', began_at: noon + 2 * hour, ended_at: noon + 2.5 * hour },
  })
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

  it('explains every figure, and the explanation says the same', async () => {
    const scope = await makeAgency(db())
    const centre = await fillCentre(db(), scope)
    await addSteps(db(), scope)
    await addRest(db(), scope, centre)
    const hours = { from: '2026-03-02T14:00:00Z', to: '2026-03-02T19:00:00Z', interval: '1h' }
    const queries: Record<string, string>[] = [
      hours,
      {
        ...hours,
        queue: String(centre.queueA),
        topic: String((await db().knex('topics').where({ agency_id: scope.agencyId }).first('id')).id),
      },
    ]
    const known = new Map<string, number | null>()
    for (const query of queries)
      for (const report of summaries) {
        const asked = Object.fromEntries(
          Object.entries(query).filter(([name]) => (report.parameters as string[]).includes(name)),
        )
        // What takes neither a queue nor a topic says the same again.
        if (query !== hours && !asked.queue && !asked.topic) continue
        const context = await prepare(db(), scope, report, asked, now)
        const { highlights, tables } = await report.run(context)
        const check = async (where: string, value: CellValue, href: string | undefined) => {
          if (typeof value !== 'number') return
          assert.ok(href, `${where}: ${value} is not explained`)
          if (!href.startsWith('/reports/explain?')) return
          const figure = readFigure(Object.fromEntries(new URLSearchParams(href.split('?')[1])))
          const id = figureId(scope, figure)
          const asked = { timeZone: context.timeZone, now, counted: true, limit: 1_000 }
          if (!known.has(id)) {
            const found = await explain(db(), scope, figure, asked)
            assert.equal(found.id, id)
            known.set(id, found.value)
            if (found.value) assert.ok(found.members.length > 0, `${where}: nothing behind ${value}`)
            // Rolled up or not: what is told one by one adds up to it.
            const told = found.members.reduce((sum, { over, under }) => [sum[0]! + over, sum[1]! + under], [0, 0])
            if (figure.metric.formula.kind === 'sum' && found.next === undefined)
              assert.equal(told[0], found.value, `${where}: ${href}`)
            if (isFlowFamily(figure.family) && figure.metric.formula.kind === 'quotient')
              assert.equal(told[0]! / told[1]!, found.value, `${where}: ${href}`)
          }
          const said = known.get(id)
          assert.ok(
            typeof said === 'number' && Math.abs(said - value) < 1e-6 * Math.max(1, Math.abs(value)),
            `${where}: ${value}, explained ${said} (${href})`,
          )
        }
        for (const one of highlights)
          if (!unexplained[`${report.id}/highlights`]) await check(`${report.id}: ${one.label}`, one.value, one.explain)
        for (const table of tables)
          for (const column of figureColumns(table)) {
            const where = `${report.id}/${table.id}.${table.columns[column]!.id}`
            if (unexplained[where] ?? unexplained[`${report.id}/${table.id}`]) continue
            const cells = table.rows.map((row, at) => ({
              name: `${where}, ${row[0]}`,
              value: row[column] ?? null,
              href: cellExplained(table, column, at),
            }))
            for (const { name, value, href } of cells) assert.ok(value === null || href, `${name} is not explained`)
            // Of many rows the first and those with the most in them say as much as all.
            const most = cells.toSorted((a, b) => Number(b.value ?? 0) - Number(a.value ?? 0))
            for (const { name, value, href } of new Set(
              [cells[0], ...most.slice(0, 2)].filter((one) => one !== undefined),
            ))
              await check(name, value, href)
            await check(`${where}, total`, table.totals?.[column] ?? null, cellExplained(table, column))
          }
      }
    assert.ok(known.size > 200, `only ${known.size} figures`)
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

  it('tells the targets in force of the calls it tells of, each once, also when they change and two hold at once', async () => {
    const scope = await makeAgency(db())
    const { queueA } = await fillCentre(db(), scope)
    const { knex } = db()
    const change = (seconds: number, from: number, to: number) =>
      knex('queue_stays')
        .where({ agency_id: scope.agencyId, queue_id: queueA })
        .where('enqueued_at', '>=', from)
        .where('enqueued_at', '<', to)
        .update({ target_seconds: seconds })
    await change(33, noon, noon + 3_600_000)
    const told = async (more: Record<string, string> = {}) => {
      const answer = await ask(db(), scope, 'service-level', { ...day, queue: String(queueA), ...more })
      const { rows, totals } = answer.tables.find(({ id }) => id === 'targets')!
      const offered = answer.tables.find(({ id }) => id === 'by_queue')!
      const column = offered.columns.findIndex(({ id }) => id === 'offered')
      assert.equal(totals!.at(-1), offered.totals?.[column] ?? 0)
      return rows.map((row) => row[3])
    }
    const voice = await told()
    assert.ok(voice.includes(33_000) && new Set(voice).size === voice.length, `${voice}`)
    assert.deepEqual(await told({ channel: 'voice' }), voice)
    assert.deepEqual(await told({ channel: 'chat' }), [])
  })

  it('tells what was lost, how long people waited and where they left', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    await addSteps(db(), scope)
    const waits = rowsOf(await ask(db(), scope, 'waits'), 'distribution')
    // Up to 5 s: one lost at 3 s; 10 to 15: one answered; 20: one; 40: one; 60: one lost; 90: one overflowed.
    const busy = waits.filter((row) => Number(row.answered) + Number(row.abandoned) + Number(row.left_otherwise))
    assert.deepEqual(
      busy.map((row) => [row.wait, row.answered, row.abandoned, row.left_otherwise]),
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
      rowsOf(ivr, 'steps').map((row) => [
        row.step,
        ...['calls', 'on', 'queued', 'contained', 'left'].map((id) => row[`step_${id}`]),
      ]),
      [
        ['Bienvenida', 9, 8, 0, 0, 1],
        ['Menú', 8, 0, 6, 1, 0],
      ],
    )
    assert.equal(figures(ivr)['Cortaron en el IVR'], 1)
    assert.deepEqual(
      rowsOf(ivr, 'choices').map((row) => [row.choice, row.answer_times]),
      [
        ['1', 7],
        ['9', 1],
      ],
    )
    // What callers typed is in the story of their call only.
    assert.ok(!JSON.stringify(ivr).includes('30123456'))
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
      [
        queue!.queue,
        ...['', '_present', '_missing', '_changed', '_held', '_megabytes'].map((end) => queue![`recordings${end}`]),
      ],
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

  it('an hour of the day stands beside the same hour on the wall a week before, over a change of clocks', async () => {
    const scope = await makeAgency(db())
    const { agencyId: agency_id } = scope
    await db().knex('agencies').where({ id: agency_id }).update({ time_zone: 'America/Santiago' })
    const queue_id = await insertId(db().knex('queues').insert({ agency_id, code: 'a', name: 'A' }))
    for (const text of ['2026-08-30T10:05-04:00', '2026-09-06T10:05-03:00'])
      await db()
        .knex('queue_stays')
        .insert({
          ...{ id: uid(), agency_id, interaction_id: uid(), queue_id, enqueued_at: Date.parse(text) },
          ...{ left_at: Date.parse(text) + 1_000, outcome: 'answered', priority: 5, target_seconds: 20 },
          ...{ target_percent: 80, short_abandon_seconds: 5 },
        })
    const sunday = { from: '2026-09-06', to: '2026-09-06' }
    const told = (await makeAnswer(
      await prepare(
        db(),
        scope,
        reports.find((one) => one.id === 'day')!,
        sunday,
        Date.parse('2026-09-06T10:24-03:00'),
      ),
    )) as Told
    const rows = rowsOf(told, 'by_hour').filter((row) => row.offered || row.offered_before)
    assert.deepEqual(
      rows.map((row) => [row.interval, row.offered, row.offered_before]),
      [[new Date('2026-09-06T10:00-03:00').toISOString(), 1, 1]],
    )
    assert.deepEqual(rowsOf(told, 'counts').find(({ measure }) => measure === metricOf('offered').label.es)?.before, 1)
  })
})
