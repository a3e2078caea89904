import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { readFigure } from '../explain/figure.ts'
import { reportOf } from '../reports.ts'
import { prepare } from '../run.ts'
import { fillCentre, monday } from '../testing/centre.ts'

it('a step whose texts are cut in the middle of a sign is reported and explained', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  const agency_id = scope.agencyId
  const { id: interaction_id, created_at } = await db.knex('interactions').where({ agency_id }).first()
  const long = `${'a'.repeat(199)}😀`
  await db.knex('facts').insert({
    ...{ id: 'f', agency_id, interaction_id, kind: 'interaction.step', at: created_at },
    body: JSON.stringify({ node: long, name: long, detail: long }),
  })
  const day = { from: '2026-03-02', to: '2026-03-02' }
  const { report, ...context } = await prepare(db, scope, reportOf('ivr')!, day, monday + 2 * 86_400_000)
  assert.ok(report.kind === 'summary')
  const { tables } = await report.run(context)
  assert.equal(tables.find(({ id }) => id === 'steps')?.rows.length, 1)
  const address = { metric: 'step_calls', family: 'step', from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' }
  assert.ok(readFigure({ ...address, node: long, step: long }).where.step?.isWellFormed())
})
