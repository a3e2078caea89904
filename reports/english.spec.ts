import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'
import { makeAgency, onEachDatabase } from '../server/testing/database.ts'
import { words } from './calls/report.ts'
import { english, said } from './english.ts'
import { catalogue } from './metrics/index.ts'
import { platformReports, reports } from './reports.ts'
import { reportRoutes } from './routes.ts'
import { prepare } from './run.ts'
import { createScheduler } from './schedule.ts'
import type { Schedule } from './schedule-store.ts'
import { formatNames, groupNames, kindNames, periodNames, stateNames, whens, whenText } from './schedule-words.ts'
import { fillCentre, monday } from './testing/centre.ts'
import { bareApp } from './testing/door.ts'
import { shown } from './view.ts'

const now = monday + 2 * 86_400_000
/** The same in both languages. */
const same = new Set([
  'Plan',
  'ASR',
  'IVR',
  'AHT',
  'Tickets',
  ...catalogue.filter(({ label }) => label.es === label.en).map(({ label }) => label.es),
])

onEachDatabase('reports in English', (db) => {
  it('every title, column and label of every report is said in English, names of people stay', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    await db()
      .knex('staffing_roster')
      .insert({ agency_id: scope.agencyId, queue_id: 0, weekday: 1, slot: 24, agents: 2 })
    const left = new Set<string>()
    const look = (text: string | undefined) => {
      if (text && !same.has(text) && english(text) === text) left.add(text)
    }
    for (const query of [
      { from: '2026-03-02', to: '2026-03-02' },
      { from: '2026-02-27', to: '2026-03-06' },
    ])
      for (const report of [...platformReports, ...reports]) {
        assert.notEqual(report.description.en, report.description.es)
        if (report.kind === 'detail') {
          for (const text of [report.detail.title, ...report.detail.columns.map(({ title }) => title)]) look(text)
          continue
        }
        const outcome = await report.run(await prepare(db(), scope, report, query, now))
        const { highlights, tables, charts, note } = outcome
        look(note)
        for (const { label } of highlights) look(label)
        for (const { title } of charts) look(title)
        for (const { title, columns } of tables)
          for (const text of [title, ...columns.map((column) => column.title)]) if (text !== 'Almuerzo') look(text)
        const queues = said(outcome, 'en-US').tables.find(({ id }) => id === 'by_queue')
        if (queues) assert.ok(queues.rows.every((row) => ['Impuestos', '=Salud;"x"'].includes(String(row[0]))))
      }
    assert.deepEqual([...left], [])
  })

  it('the API answers in its reader’s language', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const session = { userId: 1, role: 'supervisor' as const, language: 'en-US' as 'es' | 'en-US' }
    const app = bareApp(
      () => scope,
      () => session,
    )
    await app.register(reportRoutes, {
      db: db(),
      now: () => now,
      scheduler: createScheduler({ db: db(), mailer: undefined }),
    })
    const get = async (url: string) => (await app.inject(url)).json()
    const read = async () => {
      const [list, queues, calls] = [
        await get('/api/reports'),
        await get('/api/reports/queues?from=2026-03-02&to=2026-03-02'),
        await get('/api/reports/calls?from=2026-03-02&to=2026-03-02'),
      ]
      const { metric, over } = await get(`/api/reports/explain?metric=asa&${queues.tables[0].explain[0]}`)
      return [
        ...[list.reports.find(({ id }: { id: string }) => id === 'queues').title, queues.report.title],
        ...[queues.tables[0].title, queues.tables[0].columns[0].title, queues.highlights[0].label],
        ...[queues.charts[0].title, queues.definitions[0].label, calls.tables[0].columns[0].title],
        ...[calls.tables[0].rows[0][1], metric.label, over[0].label],
      ]
    }
    const english = await read()
    session.language = 'es'
    const spanish = await read()
    for (const [at, text] of english.entries()) assert.notEqual(text, spanish[at])
    await app.close()
  })
})

it('every word of a call is said in English', () => {
  const left = Object.values(words).filter((word) => english(word) === word && !['Chat', 'SMS'].includes(word))
  assert.deepEqual(left, [])
})

it('every word of the page of schedules, and of how staffing was computed, is said in English', () => {
  const said = [periodNames, stateNames, formatNames, groupNames, kindNames]
    .flatMap((names) => Object.values(names as Record<string, string>))
    .concat(whens.map(({ name }) => name))
  const left = said.filter((word) => english(word) === word && !['Excel', 'PDF', 'CSV', 'Back-office'].includes(word))
  assert.deepEqual(left, [])
  const daily = { cron: '0 7 * * *', parameters: {} } as Schedule
  assert.equal(english(whenText(daily)), 'Every day at 7:00')
  for (const [spanish, expected] of [
    ['día y semana, mes, feriados, tendencia', 'day and week, month, holidays, trend'],
    ['día y semana, feriados', 'day and week, holidays'],
    ['18,8 %; 50,6 %', '18.8 %; 50.6 %'],
    ['300 s (12 cortaron, 400 no)', '300 s (12 hung up, 400 did not)'],
    ['80,0 % en 20 s, sobre ofrecidas', '80.0 % within 20 s, of offered'],
    [
      'Error del pronóstico (piso: 15,4 %; repetir la semana: 50,6 %)',
      'Error of the forecast (floor: 15.4 %; repeating the week: 50.6 %)',
    ],
  ] as const)
    assert.equal(english(spanish), expected)
})

it('browser code says nothing but texts of the locales, which both languages have', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const locales = ['es', 'en-US'].map((name) => JSON.parse(read(`locales/${name}.json`)))
  for (const name of readdirSync(new URL('pages/', import.meta.url)).filter((file) => file.endsWith('.ts'))) {
    const code = read(`pages/${name}`).replaceAll(/\/\/.*/g, '')
    assert.deepEqual(code.match(/['"`]\p{Lu}\p{Ll}+ .*/gu), null, name)
    for (const [, key = ''] of code.matchAll(/\bt\('reports\.(\w+)'/g)) {
      const [es, en] = locales.map((texts) => texts[key])
      assert.ok(es && en && es !== en, key)
    }
  }
})

it('numbers and days are written as their reader writes them', () => {
  const day = Date.parse('2026-03-02T12:00:00Z')
  assert.deepEqual(
    ['es', 'en-US'].map((language) => [shown(1234.5, 'decimal', 'UTC', language), shown(day, 'day', 'UTC', language)]),
    [
      ['1.234,50', '02/03/2026'],
      ['1,234.50', '03/02/2026'],
    ],
  )
})
