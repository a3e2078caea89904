import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { english } from './english.ts'
import { readFigure } from './explain/figure.ts'
import { reportOf } from './reports.ts'
import { makeFile, prepare } from './run.ts'
import { fillCentre, monday, noon } from './testing/centre.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = monday + 2 * 86_400_000

onEachDatabase('reports of one queue', (db) => {
  it('have no value, and not nought, for what is not kept by queue', async () => {
    const scope = await makeAgency(db())
    const { queueA, queueB } = await fillCentre(db(), scope)
    const asked = (id: string, queue: number) =>
      prepare(
        db(),
        scope,
        reportOf(id)!,
        { from: '2026-03-02', to: '2026-03-02', ...(queue ? { queue: `${queue}` } : {}) },
        now,
      )
    const run = async (id: string, queue: number) => {
      const { report, ...context } = await asked(id, queue)
      assert.ok(report.kind === 'summary')
      return report.run(context)
    }
    const column = ({ tables }: Awaited<ReturnType<typeof run>>, id: string) => {
      const { columns, rows, totals } = tables[0]!
      const at = columns.findIndex((one) => one.id === id)
      return [...rows, totals!].map((row) => row[at])
    }
    const topics = await run('topics', queueA)
    assert.deepEqual(column(topics, 'received'), [null, null])
    assert.deepEqual(column(topics, 'contained'), [null, null])
    assert.deepEqual(column(topics, 'answered'), [3, 3])
    assert.equal(topics.highlights[0]!.value, null)
    assert.match(topics.note!, /No se llevan por cola.*«Recibidas» y «Resueltas en el IVR»/)
    assert.match(english(topics.note!), /^Not kept by queue.*«Received» and «.+»\. To see them, ask without a queue\./)
    for (const { title } of topics.charts) assert.notEqual(english(title), title)
    assert.deepEqual(column(await run('topics', 0), 'received'), [8, 8])
    // A book's own sum of empty cells would say nought again.
    const parts: Buffer[] = []
    for await (const part of (await makeFile(await asked('topics', queueA), 'xlsx')).content)
      parts.push(Buffer.from(part))
    const book = new exceljs.Workbook()
    await book.xlsx.load(Buffer.concat(parts) as never)
    const sheet = book.worksheets.find(({ name }) => name === 'Por temática')!
    const totals = sheet.getRow(sheet.rowCount)
    assert.deepEqual([totals.getCell(1).text, totals.getCell(2).text], ['Total', ''])

    const agents = await run('agents', queueA)
    for (const id of ['busy', 'idle', 'paused', 'logged_in', 'occupancy', 'utilisation'])
      assert.deepEqual(column(agents, id), [null, null, null], id)
    assert.deepEqual(column(agents, 'handled'), [2, 1, 3])
    assert.ok(!agents.tables.some(({ id }) => id.startsWith('pauses')))
    const all = await run('agents', 0)
    assert.equal(column(all, 'paused').at(-1), 1_800_000)
    assert.ok(all.tables.some(({ id }) => id === 'pauses'))
    assert.equal((await run('agents', queueB)).highlights.find(({ label }) => label === 'Pausas')?.value, null)
  })
})

const period = { from: noon, to: noon + 3_600_000 }
const read = (metric: string, more: Record<string, string>) => {
  const [from, to] = [period.from, period.to].map((at) => new Date(at).toISOString()) as [string, string]
  return () => readFigure({ metric, from, to, ...more })
}

it('an explanation refuses what its family does not tell, so narrowed', () => {
  const wrong: [string, Record<string, string>][] = [
    ['received', { family: 'queue', subject: '1' }],
    ['received', { family: 'agent' }],
    ['received', { family: 'topic', queueId: '1' }],
    ['offered', { family: 'whole', queueId: '1' }],
    ['busy', { family: 'agent', queueId: '1' }],
    ['busy', { family: 'whole', label: 'chat' }],
    ['attempts', { family: 'whole' }],
    ['attempts', { family: 'campaign', queueId: '1' }],
    ['tickets_opened', { family: 'ticket', subject: '1' }],
  ]
  for (const [metric, query] of wrong)
    assert.throws(read(metric, query), { code: 'report.bad_parameters' }, JSON.stringify(query))
  const right: [string, Record<string, string>][] = [
    ['received', { family: 'topic', subject: '1' }],
    ['answered', { family: 'agent', subject: '1', queueId: '1' }],
    ['busy', { family: 'agent', subject: '1' }],
    ['recordings', { family: 'recording', queueId: '0' }],
  ]
  for (const [metric, query] of right) assert.doesNotThrow(read(metric, query), JSON.stringify(query))
})
