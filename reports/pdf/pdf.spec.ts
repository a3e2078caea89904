import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { chartPicture } from '../chart/picture.ts'
import { reports } from '../reports.ts'
import { makeFile, prepare } from '../run.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import type { ChartView } from '../view.ts'

it('every report is a PDF, also of an agency without calls', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scopes = [await makeAgency(db), await makeAgency(db)]
  await fillCentre(db, scopes[0]!)
  for (const scope of scopes)
    for (const report of reports) {
      const query = { from: '2026-03-02', to: '2026-03-02', interval: '1h' }
      const context = await prepare(db, scope, report, query, monday + 2 * 86_400_000)
      const file = await makeFile(context, 'pdf')
      const bytes = Buffer.concat(await file.content.map((piece) => Buffer.from(piece)).toArray())
      assert.equal(file.name, `vera-${report.id}-2026-03-02.pdf`)
      assert.equal(bytes.subarray(0, 5).toString(), '%PDF-')
      assert.match(bytes.subarray(-8).toString(), /%%EOF/)
    }
})

it('a chart is a picture with something drawn on it', () => {
  const view: ChartView = {
    ...{ id: 'x', title: 'x', kind: 'line', valueKind: 'duration', flat: false, height: 260 },
    labels: ['08:00', '09:00'],
    series: [{ title: 'Espera', values: [60_000, null] }],
  }
  const picture = chartPicture(view)
  assert.equal(picture.subarray(1, 4).toString(), 'PNG')
  // Width and height stand in the header: twice as dense as the screen.
  assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1280, 520])
  const empty = chartPicture({ ...view, series: [{ title: 'Espera', values: [null, null] }] })
  assert.notDeepEqual(picture, empty)
})
