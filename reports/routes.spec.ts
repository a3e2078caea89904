import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { freshDatabase, makeAgency } from '../server/testing/database.ts'
import { catalogue } from './metrics/index.ts'
import { reports } from './reports.ts'
import { reportRoutes } from './routes.ts'
import { createScheduler } from './schedule.ts'
import { readNames } from './store.ts'
import { fillCentre, monday } from './testing/centre.ts'
import { bareApp } from './testing/door.ts'

/** The routes alone: who asks and how pages and errors are drawn is server/http's, and stands in here. */
async function start(t: TestContext) {
  const db = await freshDatabase()
  const scope = await makeAgency(db)
  const centre = await fillCentre(db, scope)
  const app = bareApp(
    () => scope,
    () => ({ userId: centre.supervisor, role: 'supervisor' }),
  )
  t.after(async () => {
    await app.close()
    await db.close()
  })
  const now = () => monday + 30 * 3_600_000
  await app.register(reportRoutes, { db, now, scheduler: createScheduler({ db, mailer: undefined, now }) })
  return { app, db, centre }
}
const day = 'from=2026-03-02&to=2026-03-02'

it('a filter by agent offers those who take calls, and not the board of the room', async (t) => {
  const db = await freshDatabase()
  t.after(() => db.close())
  const scope = await makeAgency(db)
  await fillCentre(db, scope)
  await db
    .knex('users')
    .insert({ agency_id: scope.agencyId, username: 'panel', name: 'Panel', role: 'wallboard', created_at: 0 })
  const { agents, desks } = await readNames(db, scope)
  assert.ok([...agents.values()].includes('Panel'), 'who did something has a name')
  assert.ok(![...desks.values()].includes('Panel'))
  assert.ok(desks.size > 1)
})

it('a filter by agent keeps who was chosen, though they take no calls any more', async (t) => {
  const { app, db, centre } = await start(t)
  await db.knex('users').where({ id: centre.ana }).update({ role: 'back_office' })
  const chosen = async (query: string) => {
    const { agents } = (await app.inject(`/reports/agents?${day}${query}`)).json().model
    return agents.filter((one: { id: number }) => one.id === centre.ana)
  }
  assert.deepEqual(await chosen(''), [])
  assert.partialDeepStrictEqual(await chosen(`&agent=${centre.ana}`), [{ id: centre.ana, chosen: true }])
})

it('lists the reports and gives one as json, xlsx and csv', async (t) => {
  const { app } = await start(t)
  const list = (await app.inject('/api/reports')).json()
  assert.deepEqual(
    list.reports.map((one: { id: string }) => one.id),
    reports.map((one) => one.id),
  )
  for (const { id } of list.reports) {
    const json = await app.inject(`/api/reports/${id}?${day}`)
    assert.equal(json.statusCode, 200)
    assert.equal(json.json().parameters.from, '2026-03-02T03:00:00.000Z')
    const xlsx = await app.inject(`/api/reports/${id}?${day}&format=xlsx`)
    assert.equal(xlsx.headers['content-disposition'], `attachment; filename="vera-${id}-2026-03-02.xlsx"`)
    assert.equal(xlsx.rawPayload.subarray(0, 2).toString(), 'PK')
    const csv = await app.inject(`/api/reports/${id}?${day}&format=csv`)
    assert.match(String(csv.headers['content-type']), /^text\/csv/)
    assert.ok(csv.body.startsWith('\uFEFF'))
  }
})

it('answers the caller’s faults with what to correct', async (t) => {
  const { app } = await start(t)
  const status = async (url: string) => {
    const answer = await app.inject(url)
    return [answer.statusCode, answer.json().error.code]
  }
  assert.deepEqual(await status('/api/reports/none'), [404, 'report.not_found'])
  assert.deepEqual(await status('/api/reports/queues?from=x'), [400, 'report.bad_parameters'])
  assert.deepEqual(await status(`/api/reports/queues?${day}&format=exe`), [400, 'report.bad_parameters'])
  assert.deepEqual(await status(`/api/reports/calls?${day}&after='or 1`), [400, 'report.bad_parameters'])
  assert.deepEqual(await status('/api/reports/queues?from=2020-01-01&to=2026-01-01'), [400, 'report.period_too_long'])
})

it('draws pages: figures with a link to the calls behind them, and the form again when it was wrong', async (t) => {
  const { app, centre } = await start(t)
  const page = (await app.inject(`/reports/queues?${day}`)).json()
  const row = page.model.tables[0].rows[1]
  assert.equal(row.cells[0].text, 'Impuestos')
  assert.ok(row.link.endsWith(`queue=${centre.queueA}`))
  const calls = (await app.inject(row.link)).json()
  assert.equal(calls.model.tables[0].rows.length, 5)
  assert.match(calls.model.tables[0].rows[0].link, /^\/interactions\/[\w-]+$/, 'a call opens its story')
  // What narrows the report narrows the calls behind its figures.
  const model = async (url: string) => (await app.inject(url)).json().model
  const chats = (await model(`/reports/queues?${day}&channel=chat&queue=${centre.queueA}`)).tables
  const voice = (await model(`/reports/queues?${day}&channel=voice&queue=${centre.queueA}`)).tables
  for (const { link } of [...chats, ...voice].flatMap((table) => table.rows))
    assert.match(link, new RegExp(`&queue=${centre.queueA}&channel=(chat|voice)$`))
  const narrowed = async (channel: string) =>
    (await model(`${row.link}&channel=${channel}`)).tables[0].rows.map(
      (one: { cells: { text: string }[] }) => one.cells[1]?.text,
    )
  assert.deepEqual(new Set(await narrowed('voice')), new Set(['Voz']))
  assert.deepEqual(await narrowed('email'), [])
  const topics = (await model(`/reports/topics?${day}&queue=${centre.queueA}`)).tables[0].rows
  assert.ok(topics.length > 0 && topics.every((one: { link: string }) => one.link.includes(`&queue=${centre.queueA}`)))
  assert.equal(page.model.charts.length, 2)
  const [first, last] = [page.model.charts[0].labels[0], page.model.charts[0].labels.at(-1)]
  assert.match(`${first} ${last}`, /^\d\d:\d\d \d\d:\d\d$/, 'hours alone within a day')
  assert.notEqual(first, '00:00', 'the night is left out')
  assert.deepEqual(page.model.tables[1].rows[0].cells[0].text.slice(-5), first, 'table and chart begin together')
  assert.ok(
    page.model.tables[1].rows.every(
      (one: { link: string }, at: number) => at < 1 || one.link > page.model.tables[1].rows[at - 1].link,
    ),
  )
  assert.equal(page.model.presets.find((one: { chosen: boolean }) => one.chosen)?.id, 'yesterday')
  const wrong = await app.inject('/reports/queues?from=2026-03-05&to=2026-03-02')
  assert.equal(wrong.statusCode, 400)
  assert.deepEqual(wrong.json().model.fault.fields, ['reports.invalid.order'])
  const again = async (query: string) => {
    const { form, intervals } = await model(`/reports/queues?${query}`)
    return [form.from, form.to, intervals.find((one: { chosen: boolean }) => one.chosen)?.id]
  }
  assert.deepEqual(await again('from=2026-03-05&to=2026-03-02'), ['2026-03-05', '2026-03-02', 'day'])
  assert.deepEqual(await again('queue=999999'), ['2026-03-03', '2026-03-03', '30m'], 'today, as it would have been')
})

it('makes, lists and switches schedules of the own agency only', async (t) => {
  const { app } = await start(t)
  const body = {
    name: 'Diario',
    report: 'queues',
    period: 'yesterday',
    cron: '0 7 * * *',
    format: 'xlsx',
    recipients: 'a@example.org; b@example.org',
  }
  const made = await app.inject({ method: 'POST', url: '/api/reports/schedules', payload: body })
  assert.equal(made.statusCode, 201)
  const { schedules } = (await app.inject('/api/reports/schedules')).json()
  assert.deepEqual(schedules[0].recipients, ['a@example.org', 'b@example.org'])
  const { id } = made.json()
  const post = (what: string, which = id) =>
    app.inject({ method: 'POST', url: `/api/reports/schedules/${which}/${what}` })
  assert.equal((await post('run')).json().state, 'failed') // no mail server in this test
  assert.equal((await post('disable')).json().active, false)
  assert.equal((await post('disable', id + 1)).statusCode, 404)
  const readdress = (recipients: string, which = id) =>
    app.inject({
      ...{ method: 'POST', url: `/api/reports/schedules/${which}/recipients` },
      payload: { recipients, groups: ['role:supervisor'] },
    })
  assert.deepEqual((await readdress('c@example.org')).json().recipients, ['c@example.org', 'role:supervisor'])
  assert.equal((await readdress('nobody')).statusCode, 400)
  assert.equal((await readdress('c@example.org', id + 1)).statusCode, 404)
  const timed = { ...body, cron: undefined, days: '* * 1-5|habiles', time: '08:30' }
  await app.inject({ method: 'POST', url: '/api/reports/schedules', payload: timed })
  const when = (await app.inject('/api/reports/schedules')).json().schedules.map((one: { when: string }) => one.when)
  assert.deepEqual(when, ['Todos los días a las 7:00', 'Los días hábiles a las 8:30'])
  const daily = await app.inject({
    ...{ method: 'POST', url: '/api/reports/schedules' },
    payload: { ...body, interval: '1d' },
  })
  assert.deepEqual(daily.json().error.fields, { interval: 'reports.invalid.interval' }, 'not only each morning')
  const wrong = await app.inject({
    method: 'POST',
    url: '/api/reports/schedules',
    payload: { ...body, recipients: 'nobody' },
  })
  assert.deepEqual(wrong.json().error.fields, { recipients: 'reports.invalid.recipients' })
})

it('defines every measure of the catalogue on one page', async (t) => {
  const { app } = await start(t)
  const page = await app.inject('/reports/definitions')
  assert.equal(page.statusCode, 200)
  const { metrics } = page.json().model as { metrics: { id: string; definition: string }[] }
  assert.deepEqual(
    metrics.map((one) => one.id),
    catalogue.map((one) => one.id),
  )
  for (const { definition } of metrics) assert.ok(definition.length > 10)
})
