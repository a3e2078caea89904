import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { explain } from '../explain/explain.ts'
import { readFigure } from '../explain/figure.ts'
import { answersOf } from '../own-workbook/values.ts'
import { reportOf } from '../reports.ts'
import { prepare } from '../run.ts'
import { fillCentre, noon } from '../testing/centre.ts'
import { limit } from './limit.ts'

const weekMs = 7 * 86_400_000
/** The same day a week later, at 14:07: it goes on. */
const now = noon + weekMs + 2 * 3_600_000 + 420_000

it('one limit for report, day, workbook and explanation; what was is kept', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  const agency_id = scope.agencyId
  const [topic] = await db.knex('topics').insert({ agency_id, name: 'Impuestos' })
  const [citizen] = await db.knex('citizens').insert({ name: 'Ana', search: 'ana', created_at: 0, updated_at: 0 })
  const about = { topic_id: topic, citizen_id: citizen }
  await db.knex('interactions').where({ agency_id }).update(about)
  const run = async (id: string, query: Record<string, string> = {}) => {
    const { report, ...context } = await prepare(db, scope, reportOf(id)!, query, now)
    assert.ok(report.kind === 'summary')
    return report.run(context)
  }
  const dayOf = async () => {
    const { tables, note } = await run('day')
    const levels = tables.find(({ id }) => id === 'levels')!
    const at = levels.rows.findIndex(([label]) => label === 'Resuelto en el primer contacto')
    return { note, before: levels.rows[at]![2], href: levels.hrefs![at]![2] as string }
  }
  const explained = (href: string) => {
    const figure = readFigure(Object.fromEntries(new URL(href, 'http://x').searchParams))
    const asked = { timeZone: 'America/Argentina/Buenos_Aires', now, counted: true, limit: 10 }
    return explain(db, scope, figure, asked)
  }
  const past = { from: '2026-03-02', to: '2026-03-02' }
  const most = limit.most
  t.after(() => {
    limit.most = most
  })

  limit.most = 3
  const { note, before, href } = await dayOf()
  assert.equal(before, null)
  assert.match(note!, /período más corto/)
  await assert.rejects(explained(href), { code: 'report.too_many_contacts' })
  for (const id of ['agents', 'topics']) {
    const { tables, note } = await run(id, past)
    assert.match(note!, /período más corto/)
    const { rows, totals, explainTotal } = tables.find((table) => table.id === 'first_contacts')!
    assert.deepEqual([rows, totals, explainTotal], [[], [null, null, null, null, null], undefined])
  }
  const cell = async () => (await answersOf(db, scope, past, now)).cell({ kind: 'figure', metric: 'first_contacts' })
  assert.deepEqual([(await cell()).value, (await cell()).fault], [null, 'too_many_contacts'])

  limit.most = most
  const known = await dayOf()
  assert.equal(typeof known.before, 'number')
  assert.equal(known.note, undefined)
  // Up to a whole quarter of an hour, as its address says.
  assert.match(decodeURIComponent(known.href), /to=2026-03-02T17:00:00/)
  assert.equal((await explained(known.href)).value, known.before)
  assert.equal(typeof (await cell()).value, 'number')
  await db.knex('interactions').where({ agency_id }).update({ topic_id: null })
  assert.equal((await dayOf()).before, known.before, 'read anew')
})

it('no explanation reads more than a report', async () => {
  const figure = readFigure({
    ...{ metric: 'ivr_calls', family: 'journey' },
    ...{ from: '1970-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' },
  })
  const asked = { timeZone: 'UTC', now, counted: true, limit: 10 }
  await assert.rejects(explain({} as never, { agencyId: 1 } as never, figure, asked), {
    code: 'report.period_too_long',
  })
})
