import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { it } from 'node:test'
import { explain } from '../reports/explain/explain.ts'
import { familyOf, readFigure } from '../reports/explain/figure.ts'
import { fillCentre, noon } from '../reports/testing/centre.ts'
import type { Scope } from './database/index.ts'
import { createFigures } from './figures.ts'
import { makeAgency, onEachDatabase } from './testing/database.ts'
import { createWallNumbers } from './wall-numbers.ts'
import { tileView } from './wallboards/pages/_view.ts'
import { shown } from './wallboards/shown.ts'
import { newTile } from './wallboards/templates.ts'

const timeZone = 'America/Argentina/Buenos_Aires'
const weekMs = 7 * 86_400_000

onEachDatabase('the numbers of boards', (db) => {
  let scope: Scope
  let queueA: number
  let now = noon + 40 * 60_000 + 7_000
  const made = () => {
    const said: string[] = []
    const figures = createFigures(db(), () => now)
    const numbers = createWallNumbers({ db: db(), figures, now: () => now, log: (line) => said.push(line) })
    const events = new EventTarget()
    numbers.onRead(() => events.dispatchEvent(new Event('read')))
    return { figures, numbers, said, read: () => once(events, 'read') }
  }
  const ready = async () => {
    if (scope) return
    scope = await makeAgency(db())
    queueA = (await fillCentre(db(), scope)).queueA
  }

  it('each figure of the catalogue is that of the address that explains it', async () => {
    await ready()
    const { figures, numbers } = made()
    const { explain: periods } = await figures.metricsNow(scope)
    const asked = { timeZone, now, counted: true, limit: 1 }
    for (const queueIds of [[], [queueA]])
      for (const span of ['day', 'recent'] as const)
        for (const one of shown) {
          if (one.now || (one.of !== 'queue' && queueIds.length > 0)) continue
          const [value] = await numbers.values(scope, [{ metric: one.id, of: one.of, span, queueIds }])
          const tile = newTile('figure', 'a', { x: 0, y: 0, w: 1, h: 1 }, { show: one.id, span, queueIds })
          const context = { links: true, explain: periods, now }
          const href = tileView(tile, { number: { value: value ?? null } }, context).number?.href as string
          const figure = readFigure(Object.fromEntries(new URL(href, 'http://x').searchParams))
          // That of the reports and of own workbooks: the same id.
          assert.equal(figure.family, familyOf(figure.metric), one.id)
          assert.equal((await explain(db(), scope, figure, asked)).value, value, `${one.id} ${span} ${queueIds}`)
        }
  })

  it('a trend adds up to the day, and stands beside the same day a week ago', async () => {
    await ready()
    const { numbers, read } = made()
    const asked = { metric: 'offered', of: 'queue', queueIds: [queueA] } as const
    assert.equal(numbers.trend(scope, asked), undefined, 'nothing is waited for')
    await read()
    const trend = numbers.trend(scope, asked)
    const sum = (list: readonly (number | null)[] = []) => list.reduce<number>((all, one) => all + (one ?? 0), 0)
    const [day] = await numbers.values(scope, [{ ...asked, span: 'day' }])
    assert.ok(day)
    assert.equal(sum(trend?.today), day)
    assert.equal(sum(trend?.before), 0)
    assert.equal(numbers.trend(scope, asked), trend, 'made once for all who ask')
    now += weekMs
    const later = made()
    later.numbers.trend(scope, asked)
    await later.read()
    const next = later.numbers.trend(scope, asked)
    assert.deepEqual([sum(next?.today), sum(next?.before)], [0, day])
    assert.equal(next?.today.length, trend?.today.length)
    now -= weekMs
  })

  it('the running half hour is measured over what has passed of it', async () => {
    const own = await makeAgency(db())
    const { knex } = db()
    const from = Math.floor(now / 1_800_000) * 1_800_000
    await knex('interactions').insert({
      ...{
        id: randomUUID(),
        agency_id: own.agencyId,
        channel: 'voice',
        direction: 'inbound',
        from_address: '+543424567890',
      },
      ...{ to_address: '0800', created_at: from, answered_at: from, ended_at: null },
    })
    const { numbers, read } = made()
    const asked = { metric: 'lines_erlangs', of: 'whole', queueIds: [] } as const
    numbers.trend(own, asked)
    await read()
    const erlangs = numbers.trend(own, asked)?.today.at(-1)
    assert.ok(Math.abs((erlangs ?? 0) - 1) < 0.01, `${erlangs}`)
  })

  it('over a change of clocks the same time on the wall stands beside it', async () => {
    const own = await makeAgency(db())
    const { knex } = db()
    await knex('agencies').where({ id: own.agencyId }).update({ time_zone: 'America/Santiago' })
    const queue_id = (await knex('queues').insert({ agency_id: own.agencyId, code: 'a', name: 'A' }))[0]
    const calls = ['2026-08-30T10:05-04:00', '2026-09-06T10:05-03:00'].map((text) => Date.parse(text))
    for (const at of calls)
      await knex('queue_stays').insert({
        ...{ id: randomUUID(), agency_id: own.agencyId, interaction_id: randomUUID(), queue_id, enqueued_at: at },
        ...{ left_at: at + 1_000, outcome: 'answered', priority: 5, target_seconds: 20, target_percent: 80 },
        short_abandon_seconds: 5,
      })
    const then = now
    now = Date.parse('2026-09-06T10:24-03:00')
    const { numbers, read } = made()
    const asked = { metric: 'offered', of: 'queue', queueIds: [] } as const
    numbers.trend(own, asked)
    await read()
    const trend = numbers.trend(own, asked)
    now = then
    const place = trend?.today.indexOf(1) ?? -1
    assert.equal(trend?.at[place], Date.parse('2026-09-06T10:00-03:00'))
    assert.deepEqual([trend?.before[place], trend?.before.filter((value) => value === 1).length], [1, 1])
    assert.deepEqual([trend?.at.length, trend?.before.length], [46, 46])
  })

  it('topics: of calls that came in, or of stays in those queues; of the own agency', async () => {
    await ready()
    const { numbers, read } = made()
    numbers.topics(scope, [])
    await read()
    const all = numbers.topics(scope, []) ?? []
    assert.ok(all.every(({ count }, at) => count > 0 && count <= (all[at - 1]?.count ?? Number.POSITIVE_INFINITY)))
    const explained = async (id: number) => {
      const period = { from: noon - 12 * 3_600_000, to: noon + 12 * 3_600_000 }
      const [from, to] = [period.from, period.to].map((at) => new Date(at).toISOString()) as [string, string]
      const figure = readFigure({ metric: 'received', family: 'topic', subject: String(id), from, to })
      return (await explain(db(), scope, figure, { timeZone, now, counted: true, limit: 1 })).value
    }
    for (const { id, count } of all) assert.equal(await explained(id), count)
    const other = await makeAgency(db())
    numbers.topics(other, [])
    await read()
    assert.deepEqual(numbers.topics(other, []), [])
  })

  it('what was read stays while the database fails', async () => {
    await ready()
    const { numbers, read, said } = made()
    const asked = { metric: 'offered', of: 'queue', queueIds: [] } as const
    numbers.trend(scope, asked)
    await read()
    const before = numbers.trend(scope, asked)
    now += 3_600_000
    const broken = { agencyId: 987_654_321 } as Scope
    numbers.trend(broken, asked)
    await read()
    assert.equal(numbers.trend(broken, asked), undefined)
    assert.equal(said.length, 1)
    assert.equal(numbers.trend(scope, asked), before, 'the next one is on its way')
    await read()
    assert.equal(numbers.trend(scope, asked)?.today.length, (before?.today.length ?? 0) + 2)
    now -= 3_600_000
  })
})
