import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { makeBundle } from '../bundle/index.ts'
import { checkSchedule } from '../schedule-check.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { readParts } from './archive.ts'
import { sampleWorkbook } from './sample.ts'
import { ownWorkbookId, scheduledAs } from './scheduled.ts'
import { addWorkbook, removeWorkbook } from './store.ts'

it('a schedule sends the workbook filled, and says so when it is gone', async () => {
  const db = await freshDatabase()
  const [scope, other] = [await makeAgency(db), await makeAgency(db)]
  const { supervisor } = await fillCentre(db, scope)
  const upload = {
    fileName: 'a.xlsx',
    content: Buffer.from(await sampleWorkbook()),
    notes: [],
    userId: supervisor,
    at: 0,
  }
  const id = (await addWorkbook(db, scope, 'Mi día', upload))!
  const wanted = {
    report: scheduledAs(id),
    query: { from: '2026-03-02', to: '2026-03-02' },
    format: 'xlsx' as const,
    now: monday + 2 * 86_400_000,
  }
  const { title, files, highlights } = await makeBundle(db, scope, wanted)
  assert.deepEqual([title, files[0]!.name], ['Mi día', 'mi-dia-2026-03-02.xlsx'])
  assert.deepEqual(highlights[0], { label: 'Ofrecidas a la cola', value: '6' })
  const sheet = (await readParts(Buffer.from(files[0]!.bytes))).get('xl/worksheets/sheet1.xml')!.toString()
  assert.match(sheet, /r="B7"[^>]*><v>6<\/v>/)
  await assert.rejects(makeBundle(db, other, wanted), /fue eliminada/)
  await removeWorkbook(db, scope, id)
  await assert.rejects(makeBundle(db, scope, wanted), /fue eliminada/)
  await db.close()
})

it('is named so that no report can be taken for it', () => {
  assert.equal(ownWorkbookId('queues'), undefined)
  assert.equal(ownWorkbookId("workbook:1' or 1=1"), undefined)
  const schedule = {
    name: 'x',
    report: 'workbook:no',
    parameters: { period: 'yesterday' as const },
    cron: '0 7 * * *',
    timeZone: 'America/Argentina/Buenos_Aires',
    format: 'xlsx' as const,
    recipients: ['a@example.org'],
  }
  assert.throws(() => checkSchedule(schedule, 0))
})
