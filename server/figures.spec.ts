import assert from 'node:assert/strict'
import { it } from 'node:test'
import { explain } from '../reports/explain/explain.ts'
import { explainHref, figureId, readFigure } from '../reports/explain/figure.ts'
import { catalogue, reportOf } from '../reports/index.ts'
import { prepare } from '../reports/run.ts'
import { fillCentre, noon } from '../reports/testing/centre.ts'
import type { Scope } from './database/index.ts'
import { createFigures } from './figures.ts'
import { createNow, type NowPorts } from './supervision/index.ts'
import { makeAgency, onEachDatabase } from './testing/database.ts'

const timeZone = 'America/Argentina/Buenos_Aires'
const metrics = new Set(catalogue.map(({ id }) => id))
/** The day goes on: 12:40:07. */
const now = noon + 40 * 60_000 + 7_000

onEachDatabase('the figures of the screens', (db) => {
  it('are those of the reports of today and of their explanation, under the same id', async () => {
    const scope = await makeAgency(db())
    const { queueA, ana } = await fillCentre(db(), scope)
    const figures = await createFigures(db(), () => now).metricsNow(scope)
    const { day, recent } = figures.explain
    assert.equal(figures.countedAt, now)
    const asked = { timeZone, now, counted: true, limit: 1 }
    const figureAt = (href: string) => readFigure(Object.fromEntries(new URL(href, 'http://x').searchParams))
    const explained = async (metric: string, query: string) => {
      const figure = figureAt(explainHref(metric, query))
      return { id: figureId(scope, figure), value: (await explain(db(), scope, figure, asked)).value }
    }
    const { total, queues, agents } = figures
    const shown: [string, string, number | null | undefined][] = [
      ['offered', `family=queue&${day}`, total.offered],
      ['answered', `family=queue&${day}`, total.answered],
      ['abandoned', `family=queue&${day}`, total.abandoned],
      ['sl_offered', `family=queue&${day}`, total.serviceLevel],
      ['sl_offered', `family=queue&${recent}`, total.serviceLevelRecent],
      ['asa', `family=queue&${day}`, total.asaMs],
      ['lines_busy', `family=whole&${day}`, total.linesBusy],
      ['sl_offered', `family=queue&subject=${queueA}&${day}`, queues[queueA]?.serviceLevel],
      ['answered', `family=queue&subject=${queueA}&${day}`, queues[queueA]?.answered],
      ['answered', `family=agent&subject=${ana}&${day}`, agents[ana]?.answered],
      ['aht', `family=agent&subject=${ana}&${day}`, agents[ana]?.ahtMs],
    ]
    for (const [metric, query, value] of shown)
      assert.equal((await explained(metric, query)).value, value, `${metric} ${query}`)
    assert.equal(total.offered, 6)

    // The same numbers in the reports of today: the same ids.
    const idsOf = async (id: string) => {
      const context = await prepare(db(), scope, reportOf(id)!, {}, now)
      assert.ok(context.report.kind === 'summary')
      const { highlights, tables } = await context.report.run(context)
      const cells = tables.flatMap(({ columns, explain: rows = [], explainTotal }) =>
        [...rows, explainTotal].flatMap((query) =>
          query ? columns.filter((one) => metrics.has(one.id)).map((one) => explainHref(one.id, query)) : [],
        ),
      )
      const hrefs = [...highlights.flatMap((one) => one.explain ?? []), ...cells]
      return new Set(hrefs.map((href) => figureId(scope, figureAt(href))))
    }
    const [queuesReport, dayReport] = [await idsOf('queues'), await idsOf('day')]
    for (const [metric, query] of shown.slice(0, 4)) {
      const { id } = await explained(metric, query)
      assert.ok(queuesReport.has(id), `${metric} of the report of queues has another id`)
      if (metric !== 'offered') assert.ok(dayReport.has(id), `${metric} of the report of the day has another id`)
    }
    const ofQueue = await explained('sl_offered', `family=queue&subject=${queueA}&${day}`)
    assert.ok(queuesReport.has(ofQueue.id), 'the level of a queue has another id')
  })

  it('stay with their age while the database is away', async () => {
    const scope = await makeAgency(db())
    await fillCentre(db(), scope)
    const read = createFigures(db(), () => now)
    let away = false
    let at = now
    const ports = {
      routing: { now: () => ({ waiting: [], agents: [] }), on: () => () => {}, agents: {} },
      metricsNow: (one: Scope) => (away ? Promise.reject(new Error('away')) : read.metricsNow(one)),
      lists: { queues: async () => [], agents: async () => [], breakReasons: async () => [] },
      citizenNames: async () => new Map(),
      health: () => ({ switch: true, database: true, waitingFacts: 0 }),
      now: () => at,
    } as unknown as NowPorts
    const screen = createNow(ports)
    const first = await screen.model(scope)
    assert.deepEqual(
      [first.figures, first.health.database, first.countedAt],
      [true, true, Math.floor(now / 1000) * 1000],
    )
    away = true
    at += 60_000
    const later = await screen.model(scope)
    assert.deepEqual([later.figures, later.health.database], [true, false])
    assert.deepEqual([later.total, later.countedAt, later.explain], [first.total, first.countedAt, first.explain])
    const stranger = await screen.model(await makeAgency(db()))
    assert.deepEqual(
      [stranger.figures, stranger.countedAt, stranger.explain],
      [false, null, null],
      'nothing was counted yet',
    )
    screen.stop()
  })
})
