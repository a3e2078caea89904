import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { scopeOf } from '../database/index.ts'
import type { NowModel } from '../supervision/index.ts'
import { type BoardModel, type ModelPorts, shortName, tilesOf } from './model.ts'
import { boardView, isLight, tileView } from './pages/_view.ts'
import type { Design, Kind, Tile } from './schema.ts'
import { showable } from './shown.ts'
import { classic, empty, kinds, management, newTile, room } from './templates.ts'

const secret = 'SECRETO'
const figures = { received: 9, offered: 9, answered: 8, abandoned: 1, overflowed: 0, callbacks: 0 }
const today = { ...figures, serviceLevel: 0.9, serviceLevelRecent: 1, asaMs: 4_000, ahtMs: 9_000, waitMaxMs: 9_000 }
const queue = (id: number, name: string) => ({
  ...{ id, name, targetSeconds: 20, targetPercent: 80, ...today, level: 'good' as const },
  ...{ waiting: id, oldest: id * 1_000, talking: 1 },
})
const agent = (id: number, name: string, state: 'available' | 'talking' | 'offline') => ({
  ...{ id, name, state, since: 5_000, extension: secret, answered: 3, ahtMs: 1, occupancy: 0.5 },
  ...{ who: secret, number: secret, queue: 'Salud' },
})
const centre: NowModel = {
  figures: true,
  countedAt: 77_000,
  explain: { day: 'from=a&to=b', recent: 'from=c&to=d' },
  total: { ...today, linesBusy: 4, level: 'good' },
  ...{ waiting: 3, oldest: 1_000, target: { seconds: 20, percent: 80 } },
  counts: { offline: 1, available: 1, offered: 1, talking: 1, wrap_up: 0, break: 0 },
  signedIn: 3,
  agents: [agent(1, 'Ana María Ñandú', 'available'), agent(2, 'Bruno', 'talking'), agent(3, 'Zoe', 'offline')],
  calls: [
    {
      ...{ stayId: 's', position: 1, since: 1, queueId: 1, queue: 'Salud', number: secret, citizen: secret },
      ringing: false,
      callback: false,
      targetSeconds: 20,
    },
  ],
  queues: [queue(1, 'Salud'), queue(2, 'Trámites')],
  health: { switch: true, database: true, waitingFacts: 0 },
  example: false,
}
const scope = scopeOf(1)
const ports = (over: Partial<ModelPorts> = {}, now: Partial<NowModel> = {}): ModelPorts => ({
  now: { model: async () => ({ ...centre, ...now }) },
  numbers: {
    values: async (_scope, asked) => asked.map((_, at) => at + 1),
    trend: () => ({ at: [0, 1, 2, 3], today: [1, null, 3], before: [2, 2, 2, 2] }),
    topics: () => Array.from({ length: 40 }, (_, id) => ({ id, name: `Tema ${id}`, count: 40 - id })),
  },
  lookingAhead: { of: () => ({ prospects: [], seal: { state: 'good', text: 'todo bien', checks: [], at: 0 } }) },
  news: async () => [],
  ...over,
})
const design = (...tiles: Tile[]): Design => ({ ...empty(), pages: [{ id: 'p', name: '', seconds: 20, tiles }] })
const at = { x: 0, y: 0, w: 3, h: 3 }
const context = { links: true, explain: centre.explain, now: 100_000 }
const model = (found: Awaited<ReturnType<typeof tilesOf>>, of: Design): BoardModel => ({
  ...{ name: 'Sala', agency: 'Provincia', saved: 1, version: 'v', design: of },
  ...found,
})

it('a screen gets what its tiles show and nothing else of the centre', async () => {
  const asked: unknown[] = []
  const spied = ports({
    numbers: {
      values: async (_scope, wanted) => {
        asked.push(...wanted.map(({ metric }) => metric))
        return wanted.map(() => 1)
      },
      trend: () => assert.fail('no tile shows a trend'),
      topics: () => assert.fail('no tile shows topics'),
    },
    lookingAhead: { of: () => assert.fail('no tile shows the seal') },
  })
  const found = await tilesOf(spied, scope, design(newTile('figure', 'a', at, { show: 'abandoned' })))
  assert.deepEqual(asked, ['abandoned', 'abandon_rate'])
  assert.deepEqual(found.tiles, { a: { number: { value: 1, beside: 1 } } })
  // Nor who calls, nor numbers, whatever the tiles are.
  for (const make of [room, management, classic]) {
    const text = JSON.stringify(await tilesOf(ports(), scope, make()))
    assert.ok(!text.includes(secret), text)
  }
  assert.ok(!JSON.stringify(await tilesOf(ports(), scope, design(newTile('queues', 'a', at)))).includes('Ana'))
})

it('a tile of a queue never shows the whole agency, also while nothing is known of its queue yet', async () => {
  const unread = ports({}, { figures: false, queues: [] })
  for (const tile of [
    newTile('figure', 'a', at, { show: 'now_waiting', queueIds: [7] }),
    newTile('trend', 'a', at, { queueIds: [7] }),
    newTile('topics', 'a', at, { queueIds: [7] }),
    newTile('queues', 'a', at, { queueIds: [7] }),
  ])
    assert.deepEqual((await tilesOf(unread, scope, design(tile))).tiles.a, {}, tile.kind)
})

it('names stand as the agency chooses', async () => {
  const people = async (over: object) =>
    (await tilesOf(ports(), scope, design(newTile('agents', 'a', at, over)))).tiles.a?.agents
  assert.deepEqual(
    (await people({ names: 'full' }))?.map(({ name }) => name),
    ['Ana María Ñandú', 'Bruno'],
  )
  assert.deepEqual(
    (await people({ names: 'short' }))?.map(({ name }) => name),
    ['Ana Ñ.', 'Bruno'],
  )
  assert.deepEqual(
    (await people({ names: 'none' }))?.map(({ name }) => name),
    [undefined, undefined],
  )
  assert.equal((await people({ offline: true }))?.length, 3)
  assert.deepEqual(['', '  ', 'ana', 'Ana de la 𝒪rt'].map(shortName), ['', '', 'ana', 'Ana 𝒪.'])
})

it('live counts are of the tile’s queues, and their tone grows with time', async () => {
  const of = async (show: string, queueIds: number[]) =>
    (await tilesOf(ports(), scope, design(newTile('figure', 'a', at, { show, queueIds })))).tiles.a?.number?.value
  assert.deepEqual(
    [await of('now_waiting', []), await of('now_waiting', [2]), await of('now_waiting', [1, 2])],
    [3, 2, 3],
  )
  assert.deepEqual([await of('now_oldest', [2]), await of('now_oldest', [1, 2])], [2_000, 1_000])
  assert.equal(await of('now_talking', []), 2, 'whose phone rings is taken')
  const tone = { kind: 'limits', better: 'lower', warn: 60, bad: 180 } as const
  const tile = newTile('figure', 'a', at, { show: 'now_oldest', tone })
  const tones = [60_000, 61_000, 181_000].map(
    (now) => tileView(tile, { number: { value: 0 } }, { ...context, now }).tone,
  )
  assert.deepEqual(tones, ['good', 'warn', 'bad'])
})

it('a tile whose queue is gone says so, and the others go on', async () => {
  const tiles = [
    newTile('figure', 'none', at, { show: 'answered', queueIds: [9] }),
    newTile('figure', 'part', { ...at, x: 3 }, { show: 'answered', queueIds: [1, 9] }),
    newTile('queues', 'list', { x: 6, y: 0, w: 6, h: 3 }, { queueIds: [9] }),
    newTile('trend', 'whole', { x: 0, y: 3, w: 6, h: 3 }),
  ]
  const found = await tilesOf(ports(), scope, design(...tiles))
  assert.deepEqual(found.tiles.none, { gone: { queues: 1, all: true } })
  assert.deepEqual(found.tiles.list, { gone: { queues: 1, all: true } })
  assert.equal(found.tiles.part?.gone?.all, false)
  assert.equal(found.tiles.part?.number?.value, 1)
  assert.ok(found.tiles.whole?.trend)
  // As long as the lists have not come nobody knows.
  const unknown = await tilesOf(ports({}, { figures: false, queues: [] }), scope, design(...tiles))
  assert.equal(unknown.tiles.none?.gone, undefined)
})

it('what is away is told, and of when the numbers are', async () => {
  const health = { switch: true, database: false, waitingFacts: 0 }
  const broken = ports(
    {
      numbers: { ...ports().numbers, values: () => Promise.reject(new Error('away')) },
      news: () => Promise.reject(new Error('away')),
    },
    { health },
  )
  const found = await tilesOf(broken, scope, room())
  assert.deepEqual([found.down, found.countedAt], ['database', 77_000])
  assert.equal(found.tiles.waiting?.number?.value, 3, 'the moment is known')
  assert.equal(found.tiles.answered?.number?.value, null)
  assert.equal((await tilesOf(ports({}, { health: { ...health, switch: false } }), scope, room())).down, 'switch')
  assert.equal((await tilesOf(ports(), scope, room())).countedAt, undefined)
})

it('urgent announcements stand across the top, or with the others where the board does not want that', async () => {
  const one = (id: string, urgent: boolean) => ({
    ...{ id, text: id, urgent, boardIds: [], from: 0, until: 9 },
    madeBy: 1,
    madeAt: 0,
    version: 1,
  })
  const spoken = ports({ news: async () => [one('u', true), one('n', false)] })
  const ids = async (urgent: boolean) => {
    const found = await tilesOf(spoken, scope, { ...design(newTile('announcement', 'a', at)), urgent })
    assert.equal(Boolean(found.tiles.a?.above), urgent, 'the tile does not say that there is nothing')
    return [found.urgent, found.tiles.a?.news].map((list) => list?.map(({ id }) => id))
  }
  assert.deepEqual(await ids(true), [['u'], ['n']])
  assert.deepEqual(await ids(false), [[], ['u', 'n']])
})

it('figures lead to what they are made of for people only, where one address can say it', async () => {
  const href = (queueIds: number[], links = true, show = 'answered') =>
    tileView(newTile('figure', 'a', at, { show, queueIds }), { number: { value: 1 } }, { ...context, links }).number
      ?.href
  assert.equal(href([]), '/reports/explain?metric=answered&family=queue&from=a&to=b')
  assert.equal(href([7]), '/reports/explain?metric=answered&family=queue&subject=7&from=a&to=b')
  assert.equal(href([7, 8]), undefined)
  assert.equal(href([], false), undefined)
  // The stays of today are not who waits now, some since yesterday: their list on the live page is.
  assert.equal(href([], true, 'now_oldest'), '/supervisor#now-calls')
  assert.equal(href([7], true, 'now_waiting'), '/supervisor?queue=7#now-calls')
  assert.equal(href([7, 8], true, 'now_waiting'), '/supervisor#now-calls')
  assert.equal(href([7], false, 'now_waiting'), undefined)
  assert.equal(href([], true, 'received'), '/reports/explain?metric=received&family=whole&from=a&to=b')
})

it('every kind can be drawn with anything behind it, and what does not fit is counted', () => {
  const kind = fc.constantFrom(...(Object.keys(kinds) as Kind[]))
  const size = fc.record({ w: fc.integer({ min: 1, max: 12 }), h: fc.integer({ min: 1, max: 8 }) })
  const value = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: null })
  const half = fc.array(value, { maxLength: 50 })
  fc.assert(
    fc.property(kind, size, value, half, half, fc.nat(60), (which, { w, h }, number, early, late, people) => {
      const show =
        which === 'trend' || which === 'gauge' || which === 'figure'
          ? showable[which][people % showable[which].length]
          : undefined
      const tile = newTile(which, 'a', { x: 0, y: 0, w, h }, (show ? { show: show.id } : {}) as never)
      const agents = Array.from({ length: people }, (_, id) => ({ id, state: 'talking' as const, since: 0 }))
      const data = {
        number: { value: number, beside: number },
        trend: { at: late.map((_, at) => at), today: early, before: late },
        agents,
        queues: Array.from({ length: people }, (_, id) => queue(id, `Cola ${id}`)),
        news: [],
        topics: [],
      }
      const view = tileView(tile, data, context)
      assert.ok(!JSON.stringify(view).includes('NaN'))
      if (which === 'agents') assert.equal((view.agents?.length ?? 0) + (view.more ?? 0), people)
      if (which === 'queues') assert.equal((view.queues?.length ?? 0) + (view.more ?? 0), people)
      for (const bar of view.trend?.bars ?? [])
        assert.ok(bar.y >= 0 && bar.y <= 100 && bar.h >= 0 && bar.x + bar.w <= 100.1)
      // Nothing read yet is no fault either.
      tileView(tile, undefined, context)
    }),
  )
})

it('one page on the wall, all on a telephone', async () => {
  const three = management()
  const whole = model(await tilesOf(ports(), scope, three), three)
  const wall = boardView(whole, 1, context)
  assert.deepEqual(
    wall.pages.map(({ id }) => id),
    ['p2'],
  )
  assert.deepEqual(
    wall.dots?.map(({ on }) => on),
    [false, true, false],
  )
  assert.equal(boardView(whole, undefined, context).pages.length, 3)
  assert.equal(boardView(model(await tilesOf(ports(), scope, room()), room()), 0, context).dots, undefined)
})

it('light by day, in the agency’s time zone', () => {
  const noon = Date.parse('2026-03-02T15:00:00Z')
  const zone = 'America/Argentina/Buenos_Aires'
  const auto = (from: string, until: string, now = noon) => isLight({ theme: 'auto', day: { from, until } }, now, zone)
  assert.deepEqual([auto('07:00', '20:00'), auto('12:01', '20:00'), auto('12:00', '12:01')], [true, false, true])
  assert.deepEqual([auto('22:00', '06:00'), auto('22:00', '12:30')], [false, true])
  assert.equal(isLight({ theme: 'dark', day: { from: '00:00', until: '23:59' } }, noon, zone), false)
})
