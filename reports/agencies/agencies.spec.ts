import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, it } from 'node:test'
import type { Scope } from '../../server/database/index.ts'
import type { Role } from '../../server/http/types.ts'
import { makeAgency, onEachDatabase } from '../../server/testing/database.ts'
import { explain } from '../explain/explain.ts'
import { readFigure } from '../explain/figure.ts'
import { reportOf, reports } from '../reports.ts'
import { reportRoutes } from '../routes.ts'
import { createScheduler } from '../schedule.ts'
import { checkSchedule } from '../schedule-check.ts'
import type { NewSchedule } from '../schedule-store.ts'
import { fillCentre, monday } from '../testing/centre.ts'
import { bareApp } from '../testing/door.ts'
import { compareAgencies, pendingSeal } from './seal.ts'

const exceljs = createRequire(import.meta.url)('exceljs') as typeof import('exceljs')
const now = () => monday + 2 * 86_400_000
const day = 'from=2026-03-02&to=2026-03-02'
type Table = {
  id: string
  columns: { id: string }[]
  rows: (string | number)[][]
  totals: (number | null)[]
  explain: string[]
}

onEachDatabase('all agencies side by side', (fresh) => {
  /** One centre for all: other agencies would be rows of it. */
  let made: ReturnType<typeof make> | undefined
  const start = () => {
    made ??= make()
    return made
  }
  after(async () => (await made)?.app.close())

  async function make() {
    const db = await fresh()
    const scopes: Scope[] = []
    for (let n = 0; n < 3; n++) scopes.push(await makeAgency(db, `agency${n}`))
    // The third has nothing at all.
    for (const scope of scopes.slice(0, 2)) await fillCentre(db, scope)
    const { agencyId: second } = scopes[1]!
    await db.knex('tickets').insert({
      ...{ agency_id: second, number: 1, subject: 'Tasa', state: 'open', origin: 'phone', priority: 5, version: 1 },
      ...{ created_at: monday + 1_000, due_at: monday + 2_000, updated_at: monday + 1_000 },
    })
    let role: Role = 'administrator'
    const app = bareApp(
      () => scopes[0]!,
      () => ({ userId: 1, role }),
    )
    await app.register(reportRoutes, { db, now, scheduler: createScheduler({ db, mailer: undefined, now }) })
    const get = (url: string, as: Role = 'administrator') => {
      role = as
      return app.inject(url)
    }
    return { app, db, scopes, get }
  }

  it('a row an agency, each figure as in its own reports; the totals are of all', async () => {
    const { db, scopes, get } = await start()
    const { tables } = (await get(`/api/reports/agencies?${day}`)).json() as { tables: Table[] }
    const own = (await get(`/api/reports/queues?${day}`)).json() as { tables: Table[] }
    for (const id of ['offered', 'answered', 'sl_offered', 'talk', 'wrap', 'asa', 'aht']) {
      const at = (table: Table) => table.columns.findIndex((column) => column.id === id)
      const [calls, queues] = [tables[0]!, own.tables[0]!]
      assert.equal(calls.rows.length, 3)
      const values = calls.rows.map((row) => row[at(calls)])
      assert.equal(values[0], queues.totals[at(queues)], id)
      assert.equal(values[1], values[0], id)
      const ratio = ['sl_offered', 'asa', 'aht'].includes(id)
      assert.equal(values[2], ratio ? null : 0, id)
      assert.equal(calls.totals[at(calls)], ratio ? values[0] : 2 * Number(values[0]), id)
    }
    const overdue = tables[1]!.columns.findIndex(({ id }) => id === 'tickets_overdue')
    assert.deepEqual(
      tables[1]!.rows.map((row) => row[overdue]),
      [0, 1, 0],
    )
    // Each cell opens what it is made of, in the name of its agency.
    for (const { columns, rows, explain: queries } of tables)
      for (const [place, row] of rows.entries())
        for (const [at, { id }] of columns.entries()) {
          if (at === 0) continue
          const { agency, ...query } = Object.fromEntries(new URLSearchParams(queries[place]))
          assert.equal(Number(agency), scopes[place]!.agencyId)
          const figure = readFigure({ ...query, metric: id })
          const asked = { timeZone: 'America/Argentina/Buenos_Aires', now: now(), counted: true, limit: 1 }
          const found = await explain(db, scopes[place]!, figure, asked)
          assert.equal(found.value, row[at], `${id} of ${row[0]}`)
        }
  })

  it('is the same in Excel, with the seals of all, and as a page', async () => {
    const { get } = await start()
    const { tables } = (await get(`/api/reports/agencies?${day}`)).json() as { tables: Table[] }
    const book = new exceljs.Workbook()
    await book.xlsx.load((await get(`/api/reports/agencies?${day}&format=xlsx`)).rawPayload as never)
    const sheet = book.worksheets[1]!
    const offered = tables[0]!.columns.findIndex(({ id }) => id === 'offered')
    for (const [at, row] of tables[0]!.rows.entries()) {
      const { value } = sheet.getRow(at + 2).getCell(offered + 1)
      const shown = typeof value === 'object' && value !== null && 'text' in value ? value.text : value
      assert.equal(Number(shown), row[offered])
    }
    const health = (await get(`/api/reports/health?${day}&over=agencies`)).json()
    assert.match(health.text, /^3 organismos, /)
    assert.equal((await get(`/reports/agencies?${day}`)).statusCode, 200)
    assert.equal((await get(`/api/reports/agencies?${day}&format=csv`)).statusCode, 200)
  })

  it('compares all once for whoever asks meanwhile, says how far it is, and anew a minute later', async () => {
    const { db } = await start()
    const period = { from: monday + 1, to: monday + 86_400_000 }
    const first = compareAgencies(db, period, now() + 1)
    const { text, pending } = pendingSeal(first, 'es')
    assert.equal(pending, true)
    assert.match(text, /^comparando: 0/)
    assert.equal(compareAgencies(db, period, now() + 2), first)
    assert.match((await first.seal).text, /^3 organismos, 3 sin diferencias/)
    assert.equal(first.done, 3)
    assert.match(pendingSeal(first, 'en-US').text, /^comparing: 3 of 3 agencies/)
    assert.equal(compareAgencies(db, period, now() + 60_000), first)
    assert.notEqual(compareAgencies(db, period, now() + 60_001), first)
    assert.notEqual(compareAgencies(db, { ...period, to: period.to - 1 }, now() + 2), first)
  })

  it('keeps every comparison that is going on, however many are asked for, and of those that are over a few', async () => {
    const { db } = await start()
    const periods = Array.from({ length: 9 }, (_, n) => ({ from: monday, to: monday + 1_000 + n }))
    const begin = () => periods.map((period) => compareAgencies(db, period, now()))
    const first = begin()
    assert.ok(begin().every((one, at) => one === first[at]))
    await Promise.all(first.map((one) => one.seal))
    compareAgencies(db, { from: monday, to: monday + 500 }, now())
    const anew = compareAgencies(db, periods[0]!, now())
    assert.notEqual(anew, first[0])
    await anew.seal
    assert.equal(compareAgencies(db, periods[8]!, now()), first[8])
  })

  it('is nobody’s but the platform’s administrators’, by whatever door', async () => {
    const { get } = await start()
    for (const role of ['agency_administrator', 'supervisor', 'integration'] as const) {
      for (const url of ['/reports/agencies', '/api/reports/agencies', '/api/reports/agencies?format=xlsx'])
        assert.equal((await get(url, role)).statusCode, 404, `${role} ${url}`)
      assert.equal((await get('/api/reports/health?over=agencies', role)).statusCode, 403)
      const listed = (await get('/api/reports', role)).json().reports as { id: string }[]
      assert.ok(!listed.some(({ id }) => id === 'agencies'))
      assert.ok(!(await get('/reports', role)).body.includes('/reports/agencies'))
    }
    // What schedules, own workbooks and the command line look among.
    assert.equal(reportOf('agencies'), undefined)
    assert.ok(!reports.some(({ id }) => id === 'agencies'))
    const schedule = { name: 'x', report: 'agencies', parameters: { period: 'yesterday' }, format: 'xlsx' }
    const when = { cron: '0 7 * * *', timeZone: 'UTC', recipients: ['a@example.org'] }
    assert.throws(() => checkSchedule({ ...schedule, ...when } as NewSchedule, now()), {
      fields: { report: 'reports.invalid.report' },
    })
  })
})
