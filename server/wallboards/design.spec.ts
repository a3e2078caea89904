import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { metricOf } from '../../reports/index.ts'
import { createPages } from '../http/page.ts'
import { designOf, readDesign } from './design.ts'
import { columns, freePlace, inside, overlap, rows } from './grid.ts'
import type { Design, Kind, Tile } from './schema.ts'
import { showable, shown } from './shown.ts'
import { classic, kinds, newTile, templates } from './templates.ts'
import { readable, toneOf } from './tone.ts'

/** What a design is promised to be, said in another way than readDesign does. */
function assertWhole(design: Design): void {
  assert.equal(design.version, 1)
  const ids = new Set<string>()
  assert.ok(design.pages.length > 0)
  for (const { id, tiles } of design.pages) {
    ids.add(id)
    const cells = new Set<string>()
    for (const tile of tiles) {
      assert.ok(!ids.has(tile.id))
      ids.add(tile.id)
      for (let x = tile.x; x < tile.x + tile.w; x++)
        for (let y = tile.y; y < tile.y + tile.h; y++) {
          assert.ok(x >= 0 && x < columns && y >= 0 && y < rows, 'outside')
          assert.ok(!cells.has(`${x} ${y}`), 'two tiles on a cell')
          cells.add(`${x} ${y}`)
        }
    }
  }
}

it('what can be shown is as the catalogue has it, and has its texts', () => {
  const { es, 'en-US': en } = createPages().found.texts
  for (const { id, unit, now } of shown) {
    for (const texts of [es, en])
      assert.ok((texts as Record<string, unknown>)[`wallboards.shown.${id}`], `wallboards.shown.${id}`)
    if (id.startsWith('now_')) assert.ok(now)
    else assert.equal(metricOf(id).unit, unit, id)
  }
})

it('a list that never ends, or lies deep in itself, is refused at once', () => {
  const tile = newTile('figure', 't', { x: 0, y: 0, w: 3, h: 2 })
  const with_ = (queueIds: unknown, when: unknown = []) => ({
    ...classic(),
    sound: { ...classic().sound, when },
    pages: [{ id: 'p', name: '', seconds: 9, tiles: [{ ...tile, queueIds }] }],
  })
  let deep: unknown = 1
  for (let n = 0; n < 20_000; n++) deep = [deep]
  const began = performance.now()
  for (const hostile of [
    with_(new Array(60_000).fill(7)),
    with_(new Array(20_000).fill(7)),
    with_([[deep], 1]),
    with_([], [deep, 1]),
  ])
    assert.ok(readDesign(hostile).faults)
  // It took minutes; any machine does it in less than this.
  assert.ok(performance.now() - began < 10_000)
  assert.deepEqual(readDesign(with_([7, 7])).faults, { 'pages/0/tiles/0/queueIds': 'bad' })
})

it('every starting board and every new tile is valid', () => {
  for (const [name, make] of Object.entries(templates))
    for (const start of [{}, { title: 'Salud', queueIds: [3] }]) {
      const design = make(start)
      assert.deepEqual(readDesign(design).faults, undefined, name)
      assertWhole(design)
      assert.deepEqual(designOf(JSON.stringify(design)), design)
    }
  for (const [kind, size] of Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][]) {
    const tile = newTile(kind, 't', { x: 0, y: 0, w: size.w, h: size.h })
    assert.equal(
      readDesign({ ...classic(), pages: [{ id: 'p', name: '', seconds: 9, tiles: [tile] }] }).faults,
      undefined,
    )
    assert.ok(size.minW <= size.w && size.minH <= size.h)
  }
})

const queueIds = fc.uniqueArray(fc.integer({ min: -1, max: 5 }), { maxLength: 3 })
const small = fc.integer({ min: -1, max: 13 })
const hostileTile = fc.record(
  {
    id: fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', ''), fc.string({ maxLength: 3 })),
    kind: fc.oneof(fc.constantFrom(...Object.keys(kinds), '__proto__', 'constructor'), fc.anything()),
    x: small,
    y: small,
    w: small,
    h: small,
    title: fc.oneof(fc.string(), fc.anything()),
    queueIds: fc.oneof(queueIds, fc.anything()),
    show: fc.oneof(fc.constantFrom(...shown.map(({ id }) => id)), fc.string()),
    span: fc.constantFrom('day', 'recent', 'x'),
    tone: fc.oneof(fc.constant({ kind: 'none' }), fc.constant({ kind: 'target' }), fc.anything()),
    sound: fc.boolean(),
  },
  { requiredKeys: ['id', 'kind'] },
)
/** Tiles of every kind anywhere, whole in themselves: only their places and names may be at fault. */
const placedTile = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(kinds) as Kind[])),
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    place: fc.record({
      x: fc.nat(11),
      y: fc.nat(7),
      w: fc.integer({ min: 1, max: 6 }),
      h: fc.integer({ min: 1, max: 4 }),
    }),
  })
  .map(({ kind, id, place }): Tile => newTile(kind, id, place))

it('a design that is accepted has no two tiles on a cell and none outside, and no hostile one gets through or throws', () => {
  let accepted = 0
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 6, arbitrary: placedTile }, hostileTile), { maxLength: 5 }),
      fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, fc.dictionary(fc.string(), fc.anything())),
      (tiles, over) => {
        const value = { ...classic(), pages: [{ id: 'p', name: '', seconds: 20, tiles }], ...over }
        const { design, faults } = readDesign(value)
        if (!design) assert.ok(Object.keys(faults).length > 0)
        else {
          accepted++
          assertWhole(design)
          assert.deepEqual(readDesign(JSON.parse(JSON.stringify(design))).design, design)
        }
      },
    ),
    { numRuns: 600 },
  )
  assert.ok(accepted > 20, `${accepted} accepted`)
})

it('whatever was kept, there is a board: that of before designs with its queue', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.anything().map((value) => JSON.stringify(value) ?? ''),
      ),
      (kept) => assertWhole(designOf(kept)),
    ),
  )
  assert.deepEqual(designOf('{"title":"Salud","queueIds":[7]}'), classic({ title: 'Salud', queueIds: [7] }))
  assert.deepEqual(designOf('{}'), classic())
  assert.deepEqual(designOf('{"title":"x","queueIds":["7"]}'), classic({ title: 'x' }))
})

it('says where a design is wrong', () => {
  const wrong = (over: object) => {
    const tile = { ...newTile('figure', 'a', { x: 0, y: 0, w: 3, h: 3 }), ...over }
    return readDesign({ ...classic(), pages: [{ id: 'p', name: '', seconds: 20, tiles: [tile] }] }).faults
  }
  const at = 'pages/0/tiles/0'
  assert.equal(wrong({}), undefined)
  assert.deepEqual(wrong({ kind: 'x' }), { [`${at}/kind`]: 'kind' })
  assert.deepEqual(wrong({ x: 10 }), { [at]: 'outside' })
  assert.deepEqual(wrong({ show: 'nothing' }), { [`${at}/show`]: 'show' })
  assert.deepEqual(wrong({ show: 'received', queueIds: [1] }), { [`${at}/queueIds`]: 'queues' })
  assert.deepEqual(wrong({ tone: { kind: 'target' } }), { [`${at}/tone`]: 'target' })
  const limits = { kind: 'limits', better: 'lower', warn: 5, bad: 3 }
  assert.deepEqual(wrong({ tone: limits }), { [`${at}/tone`]: 'limits' })
  assert.deepEqual(wrong({ id: 'p' }), { [`${at}/id`]: 'twice' })
  assert.deepEqual(readDesign({ ...classic(), pages: [] }).faults, { pages: 'bad' })
})

it('tone: never better by a worse value, and the same on both sides of the limits', () => {
  const order = { good: 2, warn: 1, bad: 0 }
  const limits = fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 }))
  fc.assert(
    fc.property(
      fc.constantFrom('higher' as const, 'lower' as const),
      limits,
      fc.tuple(fc.double({ min: 0, max: 600, noNaN: true }), fc.double({ min: 0, max: 600, noNaN: true })),
      (better, [a, b], [x, y]) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const rule = {
          kind: 'limits' as const,
          better,
          warn: better === 'higher' ? high : low,
          bad: better === 'higher' ? low : high,
        }
        const of = (value: number) => order[toneOf(value, rule) as 'good']
        const [less, more] = [Math.min(x, y), Math.max(x, y)]
        assert.ok(better === 'higher' ? of(more) >= of(less) : of(more) <= of(less))
        assert.equal(toneOf(rule.warn, rule), 'good')
        assert.notEqual(toneOf(rule.bad, rule), 'bad')
        assert.equal(toneOf(better === 'higher' ? low - 1 : high + 1, rule), 'bad')
      },
    ),
  )
  assert.equal(toneOf(null, { kind: 'target' }, 80), null)
  assert.equal(toneOf(readable('ratio', 0.8), { kind: 'target' }, 80), 'good')
  assert.equal(toneOf(75, { kind: 'target' }, 80), 'warn')
  assert.equal(toneOf(69, { kind: 'target' }, 80), 'bad')
  assert.equal(toneOf(5, { kind: 'none' }), null)
})

it('a free place is free', () => {
  const place = fc.record({
    x: fc.nat(11),
    y: fc.nat(7),
    w: fc.integer({ min: 1, max: 4 }),
    h: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(
      fc.array(place, { maxLength: 8 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 8 }),
      (taken, w, h) => {
        const found = freePlace(taken, w, h)
        if (found) assert.ok(inside(found) && taken.every((one) => !overlap(one, found)))
      },
    ),
  )
  for (const kind of ['figure', 'gauge', 'trend'] as const) assert.ok(showable[kind].length > 3)
})
