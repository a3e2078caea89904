import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import multipart from '@fastify/multipart'
import type { Audit } from '../../server/http/types.ts'
import { freshDatabase, makeAgency } from '../../server/testing/database.ts'
import { createScheduler } from '../schedule.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { bareApp } from '../testing/door.ts'
import { readParts } from './archive.ts'
import { ownWorkbookRoutes } from './routes.ts'
import { sampleWorkbook } from './sample.ts'

async function start(t: TestContext) {
  const db = await freshDatabase()
  const scopes = [await makeAgency(db), await makeAgency(db)]
  const centre = await fillCentre(db, scopes[0]!)
  let scope = scopes[0]!
  const audited: string[] = []
  const app = bareApp(
    () => scope,
    () => ({ userId: centre.supervisor, role: 'supervisor' }),
  )
  t.after(async () => {
    await app.close()
    await db.close()
  })
  const now = () => monday + 15 * 3_600_000
  await app.register(multipart)
  const audit = {
    record: async (_scope: unknown, one: { action: string }) => void audited.push(one.action),
  } as unknown as Audit
  await app.register(ownWorkbookRoutes, { db, now, audit, scheduler: createScheduler({ db, mailer: undefined, now }) })
  const post = (url: string, bytes: Uint8Array, fields: Record<string, string> = {}) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'mi día.xlsx')
    const body = new Response(form)
    return body.arrayBuffer().then((payload) =>
      app.inject({
        method: 'POST',
        url,
        payload: Buffer.from(payload),
        headers: { 'content-type': body.headers.get('content-type')! },
      }),
    )
  }
  const as = (which: number) => {
    scope = scopes[which]!
  }
  return { app, post, audited, as }
}

it('takes a workbook, says what it understood, gives it filled and as it was', async (t) => {
  const { app, post, audited, as } = await start(t)
  const sample = Buffer.from((await app.inject('/reports/workbooks/sample')).rawPayload)
  const made = await post('/api/workbooks', sample)
  assert.equal(made.statusCode, 201)
  const { id, names } = made.json()
  assert.ok(names.every(({ state }: { state: string }) => state === 'good'))
  const [listed] = (await app.inject('/api/workbooks')).json().workbooks
  assert.deepEqual([listed.id, listed.name, listed.fileName], [id, 'mi día', 'mi día.xlsx'])

  const filled = await app.inject(`/api/workbooks/${id}/file?from=2026-03-02&to=2026-03-02`)
  assert.equal(filled.headers['content-disposition'], 'attachment; filename="mi-dia-2026-03-02.xlsx"')
  assert.match((await readParts(filled.rawPayload)).get('xl/worksheets/sheet1.xml')!.toString(), /<v>8<\/v>/)
  const original = await app.inject(`/api/workbooks/${id}/versions/1/file`)
  assert.ok(original.rawPayload.equals(sample))

  assert.equal((await post('/api/workbooks', sample, { id })).statusCode, 201)
  const page = (await app.inject(`/reports/workbooks/${id}`)).json().model
  assert.deepEqual([page.workbook.version, page.versions.length], [2, 2])
  const back = await app.inject({ method: 'POST', url: `/reports/workbooks/${id}/restore`, payload: { version: 1 } })
  assert.equal(back.statusCode, 303)

  const wrong = await app.inject(`/reports/workbooks/${id}?from=2000-01-01&to=2026-03-02`)
  assert.deepEqual([wrong.statusCode, wrong.json().model.fault.message], [400, 'errors.report.period_too_long'])
  assert.equal((await app.inject(`/api/workbooks/${id}/file?queue=99999`)).statusCode, 400)
  assert.deepEqual(audited, ['workbook.uploaded', 'workbook.filled', 'workbook.uploaded', 'workbook.restored'])

  as(1)
  for (const url of [`/reports/workbooks/${id}`, `/api/workbooks/${id}/file`, `/api/workbooks/${id}/versions/1/file`])
    assert.equal((await app.inject(url)).statusCode, 404, url)
  assert.equal((await post('/api/workbooks', sample, { id })).statusCode, 404)
  assert.equal((await app.inject({ method: 'POST', url: `/reports/workbooks/${id}/remove` })).statusCode, 404)
  assert.deepEqual((await app.inject('/api/workbooks')).json().workbooks, [])
  as(0)
  assert.equal((await app.inject({ method: 'POST', url: `/reports/workbooks/${id}/remove` })).statusCode, 303)
  assert.equal((await app.inject(`/reports/workbooks/${id}`)).statusCode, 404)
})

it('refuses what is no workbook, and keeps nothing of it', async (t) => {
  const { app, post } = await start(t)
  for (const [bytes, code] of [
    [Buffer.from('no soy una planilla'), 'workbook.not_one'],
    [Buffer.alloc(0), 'workbook.no_file'],
    [Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), 'workbook.old_or_locked'],
    [Buffer.alloc(7 * 1_048_576 + 1), 'workbook.too_big'],
  ] as const) {
    const { statusCode, json } = await post('/api/workbooks', bytes)
    assert.ok(statusCode === 400 || statusCode === 413, code)
    assert.deepEqual(json().error, { code, fields: { file: code } })
  }
  assert.equal((await post('/api/workbooks', await sampleWorkbook(), { id: "1' or 1=1" })).statusCode, 404)
  assert.deepEqual((await app.inject('/api/workbooks')).json().workbooks, [])
  const names = (await app.inject('/reports/workbooks/names')).json().model
  assert.ok(names.queues.some(({ own }: { own: string }) => own === 'vera.answered.impuestos'))
})
