// What people and programs may send to a report by mistake or on purpose: each is answered with what to correct, in Spanish, or
// with a report that is right; never with a fault of ours, and soon.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it, type TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { insertId, type Scope } from '../server/database/index.ts'
import type { AppError, Session } from '../server/http/types.ts'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { reports } from './reports.ts'
import { createRollups } from './rollups/index.ts'
import { reportRoutes } from './routes.ts'
import { createScheduler } from './schedule.ts'
import { fillCentre, monday } from './testing/centre.ts'

type Texts = { [key: string]: string | Texts }
const texts = JSON.parse(readFileSync(new URL('locales/es.json', import.meta.url), 'utf8')) as Texts
const said = (key: string): unknown =>
  key
    .split('.')
    .reduce<unknown>((tree, part) => (tree as Texts | undefined)?.[part], { reports: texts, errors: texts.errors })

/** Of the processor, so that a busy machine makes no difference: a report that reads ten years by the minute takes far more. */
const mostCpuMs = 30_000
const day = 'from=2026-03-02&to=2026-03-02'
const year = 'from=2025-02-01&to=2026-03-03'
const garbage = [
  ...['ayer', '2026-02-30', '2026-13-01', '0000-00-00', 'NaN', '-1', '9999999999999999', '2026-03-02T25:00:00Z'],
  ...[
    '2026-03-02T08:00:00',
    "2026-03-02' or '1'='1",
    '２０２６-０３-０２',
    '%00',
    '+',
    '[object Object]',
    '2026-03-02T08:00:00+99:99',
  ],
]

onEachDatabase('bad input to every report', (db) => {
  async function start(t: TestContext, scope: Scope): Promise<FastifyInstance> {
    const app = Fastify()
    t.after(() => app.close())
    const now = () => monday + 30 * 3_600_000
    app.decorateRequest('session')
    app.decorateRequest('scope')
    app.addHook('onRequest', async (request) => {
      request.session = { userId: 1, role: 'supervisor', language: 'es' } as Session
      request.scope = scope
    })
    app.decorateReply('page', function (template: string, model: object) {
      return this.send({ template, model })
    })
    app.setErrorHandler((error, _request, reply) => {
      const { code, status, fields, statusCode } = error as AppError & { statusCode?: number }
      return reply.code(status ?? statusCode ?? 500).send({ error: { code, fields } })
    })
    await app.register(reportRoutes, {
      db: db(),
      now,
      scheduler: createScheduler({ db: db(), mailer: undefined, now }),
    })
    return app
  }
  async function ask(app: FastifyInstance, url: string) {
    const began = process.cpuUsage()
    const answer = await app.inject(url)
    assert.ok(answer.statusCode < 500, `${url}: ${answer.statusCode} ${answer.body.slice(0, 300)}`)
    const { user, system } = process.cpuUsage(began)
    assert.ok((user + system) / 1000 < mostCpuMs, `${url} took ${(user + system) / 1000} ms`)
    return answer
  }
  const drawn = new Set<string>()
  /** The fault has a code with a text in Spanish, and so has each field; the page says the same above its form. */
  async function refused(app: FastifyInstance, id: string, query: string, code: string, field?: string) {
    const answer = await ask(app, `/api/reports/${id}?${query}`)
    assert.equal(answer.statusCode, 400, `${id}?${query}`)
    const { error } = answer.json() as { error: { code: string; fields?: Record<string, string> } }
    assert.equal(error.code, code, `${id}?${query}`)
    assert.ok(said(`errors.${code}`), code)
    if (field) assert.ok(error.fields?.[field], `${id}?${query} names ${Object.keys(error.fields ?? {})}`)
    for (const key of Object.values(error.fields ?? {})) assert.equal(typeof said(key), 'string', key)
    // The page reads its parameters the same way: one fault of each kind is enough.
    if (query.includes('format=') || query.includes('table=') || drawn.has(`${id} ${code}`)) return
    drawn.add(`${id} ${code}`)
    const page = await ask(app, `/reports/${id}?${query}`)
    assert.equal(page.statusCode, 400, `/reports/${id}?${query}`)
    assert.equal(page.json().model.fault.message, `errors.${code}`)
  }

  it('is refused with what to correct', async (t) => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const { queueA: theirs } = await fillCentre(db(), await makeAgency(db()))
    const gone = await insertId(db().knex('queues').insert({ agency_id: scope.agencyId, code: 'x', name: 'Cerrada' }))
    await db().knex('queues').where({ id: gone }).del()
    const app = await start(t, scope)
    const cases: [query: string, code: string, field?: string][] = [
      ['from=2016-01-01&to=2026-01-01', 'report.period_too_long', 'to'],
      ['from=1970-01-01&to=2999-12-31', 'report.period_too_long', 'to'],
      ['from=1970-01-01&to=9999-12-31', 'report.bad_parameters', 'to'],
      [`${day}&interval=1m`, 'report.bad_parameters', 'interval'],
      [`${day}&interval=0`, 'report.bad_parameters', 'interval'],
      [`${day}&queue=${gone}`, 'report.bad_parameters', 'queue'],
      [`${day}&queue=${theirs}`, 'report.bad_parameters', 'queue'],
      [`${day}&queue=1%20or%201=1`, 'report.bad_parameters', 'queue'],
      [`${day}&agent=999999999`, 'report.bad_parameters', 'agent'],
      [`${day}&topic=-3`, 'report.bad_parameters', 'topic'],
      [`${day}&campaign=x`, 'report.bad_parameters', 'campaign'],
      [`${day}&channel=telepatía`, 'report.bad_parameters', 'channel'],
      ['from=2026-03-05&to=2026-03-02', 'report.bad_parameters', 'to'],
      ['from=2026-03-02T12:00:00Z&to=2026-03-02T12:00:00Z', 'report.bad_parameters', 'to'],
      [`${day}&format=exe`, 'report.bad_parameters', 'format'],
      [`${day}&format=csv&table=none`, 'report.bad_parameters'],
      ...garbage.map((text): [string, string, string] => [
        `from=${encodeURIComponent(text)}&to=2026-03-02`,
        'report.bad_parameters',
        'from',
      ]),
      ...garbage
        .slice(0, 3)
        .map((text): [string, string, string] => [
          `from=2026-03-02&to=${encodeURIComponent(text)}`,
          'report.bad_parameters',
          'to',
        ]),
    ]
    for (const report of reports)
      for (const [query, code, field] of cases) {
        // The calls have one table, whatever is asked for.
        if (query.includes('table=') && report.kind === 'detail') continue
        await refused(app, report.id, query, code, field)
      }
    // Longer than any instant, given twice, or to a report that is none.
    for (const query of [
      `from=${'9'.repeat(5_000)}`,
      'from=2026-03-02&from=2026-03-03',
      `${day}&format=xlsx&format=pdf`,
    ])
      assert.equal((await ask(app, `/api/reports/queues?${query}`)).statusCode, 400, query)
    for (const id of ['none', '__proto__', '%2e%2e', 'x'.repeat(200)])
      assert.ok((await ask(app, `/api/reports/${id}?${day}`)).statusCode >= 400, id)
  })

  it('an agency without calls has reports without figures, in every format', async (t) => {
    const app = await start(t, await makeAgency(db()))
    for (const { id } of reports) {
      const answer = (await ask(app, `/api/reports/${id}?${day}`)).json()
      for (const { label, value } of answer.highlights)
        assert.ok(value === null || value === 0, `${id}: ${label} ${value}`)
      assert.equal((await ask(app, `/reports/${id}?${day}`)).statusCode, 200)
      for (const format of ['xlsx', 'csv', 'pdf']) {
        const file = await ask(app, `/api/reports/${id}?${day}&format=${format}`)
        assert.equal(file.statusCode, 200, `${id} as ${format}`)
        assert.ok(file.rawPayload.length > 0)
      }
    }
  })

  it('the longest period, days to come and the beginning of time are counted right, or refused', async (t) => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    await createRollups({ db: db(), now: () => monday + 30 * 3_600_000 }).run(scope)
    const app = await start(t, scope)
    for (const { id, parameters } of reports) {
      const whole = await ask(app, `/api/reports/${id}?${year}&interval=day`)
      assert.equal(whole.statusCode, 200, id)
      const fine = await ask(app, `/api/reports/${id}?${year}&interval=15m`)
      if (parameters.includes('interval') && id !== 'calls') assert.equal(fine.json().error.code, 'report.too_fine', id)
      const future = await ask(app, `/api/reports/${id}?from=2031-01-01&to=2031-01-02`)
      assert.equal(future.statusCode, 200, id)
      for (const query of ['from=9999-12-30&to=9999-12-31', 'from=0001-01-01&to=0001-01-02'])
        await ask(app, `/api/reports/${id}?${query}`)
    }
    const counted = (await ask(app, `/api/reports/queues?${year}&interval=day`)).json()
    assert.deepEqual(
      counted.highlights.slice(0, 2).map((one: { value: number }) => one.value),
      [6, 3],
    )
  })
})
