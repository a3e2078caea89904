import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import { readXlsx } from 'hucre/xlsx'
import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import { freshDatabase, makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { makeAnswer } from './answer.ts'
import { eachCall } from './calls-store.ts'
import { reportOf } from './reports.ts'
import { makeFile, prepare } from './run.ts'
import { fillCentre, monday, noon } from './testing/centre.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = monday + 2 * 86_400_000
const day = { from: '2026-03-02', to: '2026-03-02' }

type Answer = {
  total?: number
  next?: string | null
  tables: {
    id: string
    columns: { id: string }[]
    rows: (string | number | null)[][]
    totals: (number | null)[]
    links: string[]
  }[]
}
async function answer(db: Database, scope: Scope, id: string, query: Record<string, string>): Promise<Answer> {
  return (await makeAnswer(await prepare(db, scope, reportOf(id)!, query, now))) as Answer
}
const column = (table: Answer['tables'][number], id: string) => table.columns.findIndex((one) => one.id === id)
const bytesOf = async (content: AsyncIterable<Uint8Array | string>) => {
  const parts: Buffer[] = []
  for await (const part of content) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

onEachDatabase('reports', (db) => {
  it('count the day of a small centre, by queue and by interval', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    // The neighbour's calls are nobody else's.
    await fillCentre(db(), await makeAgency(db()))
    const { tables } = await answer(db(), scope, 'queues', { ...day, interval: '30m' })
    const [byQueue, byInterval, both] = tables as [Answer['tables'][0], Answer['tables'][0], Answer['tables'][0]]
    const cell = (row: (string | number | null)[], id: string) => row[column(byQueue, id)]
    assert.deepEqual(
      byQueue.rows.map((row) => row[0]),
      ['=Salud;"x"', 'Impuestos'],
    )
    const taxes = byQueue.rows[1]!
    assert.deepEqual(
      [
        'offered',
        'answered',
        'abandoned',
        'short_abandoned',
        'answered_within',
        'sl_offered',
        'asa',
        'wait_max',
        'talk',
        'hold',
        'wrap',
        'aht',
      ].map((id) => cell(taxes, id)),
      [5, 3, 2, 1, 2, 2 / 4, 70_000 / 3, 60_000, 135_000, 45_000, 30_000, 70_000],
    )
    assert.equal(cell(byQueue.rows[0]!, 'sl_offered'), null)
    assert.equal(byInterval.rows.length, 48)
    assert.deepEqual(
      byInterval.rows.filter((row) => row[1] !== 0).map((row) => [row[0], row[1]]),
      [
        [new Date(noon).toISOString(), 5],
        [new Date(noon + 1_800_000).toISOString(), 1],
      ],
    )
    assert.equal(both.rows.length, 2)
    assert.match(
      byQueue.links[1]!,
      /^\/reports\/calls\?from=2026-03-02T03%3A00%3A00.000Z&to=2026-03-03T03%3A00%3A00.000Z&queue=\d+$/,
    )
  })

  it('a call that was lost in the queue it was sent on to says that it went through another', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const stay = await db().knex('queue_stays').where({ agency_id: scope.agencyId, outcome: 'answered' }).first()
    const left = Number(stay.left_at) + 60_000
    await db()
      .knex('queue_stays')
      .insert({
        ...stay,
        id: `s${scope.agencyId}`,
        enqueued_at: left - 3_000,
        left_at: left,
        outcome: 'abandoned',
        agent_id: null,
      })
    const [calls] = (await answer(db(), scope, 'calls', day)).tables as [Answer['tables'][0]]
    const [result, reason, id] = ['result', 'reason', 'id'].map((one) => column(calls, one)) as [number, number, number]
    const row = calls.rows.find((one) => one[id] === stay.interaction_id)!
    assert.deepEqual([row[result], row[reason]], ['Perdida', 'Pasó por otra cola'])
    assert.ok(calls.rows.filter((one) => one[reason] === 'Pasó por otra cola').length === 1)
  })
  it('show the people: their calls, their time, their breaks', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const { tables } = await answer(db(), scope, 'agents', { ...day, interval: '1h' })
    const [byAgent, pauses] = tables as [Answer['tables'][0], Answer['tables'][0]]
    const cells = (row: (string | number | null)[], ...ids: string[]) => ids.map((id) => row[column(byAgent, id)])
    const [ana, beto] = byAgent.rows as [Answer['tables'][0]['rows'][0], Answer['tables'][0]['rows'][0]]
    const ids = ['handled', 'talk', 'busy', 'idle', 'paused', 'logged_in', 'occupancy', 'utilisation']
    assert.deepEqual(cells(ana, ...ids), [2, 90_000, 1_800_000, 3_600_000, 1_800_000, 7_200_000, 1 / 3, 1 / 4])
    assert.deepEqual(cells(beto, ...ids), [1, 45_000, 0, 3_600_000, 0, 3_600_000, 0, 0])
    assert.deepEqual(pauses.rows, [['Ana Ñandú', 'Almuerzo', 1_800_000]])
  })

  it('list the calls, each once whatever the size of the pages', async () => {
    const scope = await makeAgency(db())
    const centre = await fillCentre(db(), scope)
    const list = await answer(db(), scope, 'calls', day)
    assert.equal(list.total, 8)
    const results = list.tables[0]!.rows.map((row) => row[column(list.tables[0]!, 'result')])
    assert.deepEqual(results.sort(), [
      'Contestada',
      'Contestada',
      'Contestada',
      'Desbordada',
      'Perdida',
      'Perdida',
      'Rechazada',
      'Resuelta en el IVR',
    ])
    for (const size of [1, 3, 8]) {
      const ids: string[] = []
      const filter = { from: monday, to: monday + 86_400_000 }
      for await (const batch of eachCall(db(), scope, filter, now, size)) ids.push(...batch.map((call) => call.id))
      assert.equal(new Set(ids).size, 8)
      assert.equal(ids.length, 8)
    }
    assert.equal((await answer(db(), scope, 'calls', { ...day, queue: String(centre.queueA) })).total, 5)
    assert.equal((await answer(db(), scope, 'calls', { ...day, agent: String(centre.ana) })).total, 2)
  })
})

it('figures of all reports agree with the file that Excel opens, totals too', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  const context = await prepare(db, scope, reportOf('queues')!, { ...day, interval: '30m' }, now)
  const file = await makeFile(context, 'xlsx')
  assert.equal(file.name, 'vera-queues-2026-03-02.xlsx')
  const bytes = await bytesOf(file.content)
  const book = new exceljs.Workbook()
  await book.xlsx.load(bytes as unknown as ArrayBuffer)
  assert.deepEqual(
    book.worksheets.map((sheet) => sheet.name),
    ['Portada', 'Por cola', 'Por intervalo', 'Cola e intervalo', 'Definiciones'],
  )
  const sheet = book.getWorksheet('Por cola')!
  const at = (title: string) => (sheet.getRow(1).values as string[]).indexOf(title)
  assert.equal(sheet.getCell(2, 1).value, '=Salud;"x"') // text, not a formula
  assert.equal(sheet.getCell(2, 1).type, exceljs.ValueType.String)
  assert.equal(sheet.getCell(3, at('Ofrecidas a la cola')).value, 5)
  assert.equal(sheet.getCell(3, at('Nivel de servicio')).value, 0.5)
  assert.equal(sheet.getCell(3, at('Nivel de servicio')).numFmt, '0.0%')
  assert.equal(sheet.getCell(3, at('Conversación')).numFmt, '[h]:mm:ss')
  const talk = sheet.getCell(3, at('Conversación'))
  assert.equal(talk.type, exceljs.ValueType.Date) // a real time, which adds up
  assert.equal(sheet.getCell(2, at('Nivel de servicio')).value, null)
  const total = sheet.getCell(4, at('Ofrecidas a la cola'))
  assert.equal(total.formula, 'SUBTOTAL(109,B2:B3)')
  assert.equal(total.result, 6)
  assert.equal(sheet.getCell(4, at('Nivel de servicio')).result, 0.5)
  assert.equal(sheet.views[0]?.state, 'frozen')
  assert.equal(sheet.autoFilter, 'A1:S3')
  assert.equal(sheet.pageSetup.orientation, 'landscape')
})

it('the streamed detail opens in two libraries, with cover, filter and totals', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  const context = await prepare(db, scope, reportOf('calls')!, day, now)
  const bytes = await bytesOf((await makeFile(context, 'xlsx')).content)
  const book = new exceljs.Workbook()
  await book.xlsx.load(bytes as unknown as ArrayBuffer)
  const sheet = book.getWorksheet('Llamadas')!
  assert.equal(sheet.rowCount, 10)
  assert.equal(sheet.autoFilter, 'A1:S9')
  const titles = sheet.getRow(1).values as string[]
  const talk = titles.indexOf('Conversación')
  assert.equal(sheet.getCell(10, talk).formula, 'SUBTOTAL(109,M2:M9)')
  assert.equal(sheet.getCell(2, titles.indexOf('Desde')).value, '+5493424567890')
  const again = await readXlsx(bytes)
  assert.deepEqual(
    again.sheets.map((one) => one.name),
    ['Portada', 'Llamadas', 'Definiciones'],
  )
  assert.equal(again.sheets[1]!.rows.length, 10)
})

it('csv is what an es-AR Excel wants, and harmless', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  const context = await prepare(db, scope, reportOf('queues')!, { ...day, interval: '1h' }, now)
  const text = (await bytesOf((await makeFile(context, 'csv')).content)).toString('utf8')
  assert.equal(text.charCodeAt(0), 0xfeff)
  const lines = text.slice(1).split('\r\n')
  assert.match(lines[0]!, /^Cola;Intervalo;Ofrecidas a la cola;/)
  assert.match(lines[1]!, /^"'=Salud;""x""";02\/03\/2026 12:00;1;0;/)
  assert.match(lines[2]!, /^Impuestos;02\/03\/2026 12:00;5;3;2;1;0;0;0;2;0,5;0,4;0:01:10;0:00:23;/)
})

it('bad parameters are told one by one', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  const centre = await fillCentre(db, scope)
  const other = await makeAgency(db)
  const refused = async (query: Record<string, unknown>, at = scope) => {
    const error = await prepare(db, at, reportOf('queues')!, query, now).then(
      () => assert.fail('was taken'),
      (one) => one,
    )
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.status, 400)
    return [error.code, ...Object.keys(error.fields ?? {})]
  }
  assert.deepEqual(await refused({ from: 'ayer', to: '2026-02-30', interval: '7m', queue: 'x' }), [
    'report.bad_parameters',
    'from',
    'to',
    'queue',
    'interval',
  ])
  assert.deepEqual(await refused({ from: '2026-03-02T10:00:00', to: '2026-03-03' }), ['report.bad_parameters', 'from'])
  assert.deepEqual(await refused({ from: '2026-03-03', to: '2026-03-02' }), ['report.bad_parameters', 'to'])
  assert.deepEqual(await refused({ from: ['2026-03-03', '2026-03-04'], to: '2026-03-09' }), [
    'report.bad_parameters',
    'from',
  ])
  assert.deepEqual(await refused({ from: '2020-01-01', to: '2026-03-02' }), ['report.period_too_long', 'to'])
  assert.deepEqual(await refused({ from: '2025-03-01', to: '2026-03-02', interval: '15m' }), [
    'report.too_fine',
    'interval',
  ])
  assert.deepEqual(await refused({ ...day, queue: String(centre.queueA) }, other), ['report.bad_parameters', 'queue'])
  const asked = (await prepare(db, scope, reportOf('queues')!, {}, now)).asked
  assert.deepEqual(asked.period, { from: now, to: now + 86_400_000 })
})
