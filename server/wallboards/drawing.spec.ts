// What the designer does to a design, without a browser: whatever is done, the design can be kept, and is undone and redone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readDesign } from './design.ts'
import { answerBoard, answerPage, answerPlace, answerTile, leastOf } from './pages/_answers.ts'
import { keep } from './pages/_designer-draft.ts'
import {
  addPage,
  addTile,
  copyTile,
  mostPages,
  mostTiles,
  movePage,
  pageOf,
  placeTiles,
  removePage,
  removeTile,
  setTile,
} from './pages/_editing.ts'
import { type Asked, boardFields, pageFields, tileFields } from './pages/_fields.ts'
import { begin, done, type History, redo, undo } from './pages/_history.ts'
import { pictureOf } from './pages/_picture.ts'
import { placedAt, roomFor, stepped } from './pages/_sheet.ts'
import { toneWords } from './pages/_tone-words.ts'
import type { Design, Kind, Tile } from './schema.ts'
import * as schema from './schema.ts'
import { empty, kinds, room, templates } from './templates.ts'
import { toneOf } from './tone.ts'

const t = (key: string, values: Record<string, unknown> = {}) => `${key} ${Object.values(values).join(' ')}`
const asked: Asked = {
  t,
  language: 'es',
  queues: [
    { id: 1, name: 'Uno' },
    { id: 2, name: 'Dos' },
  ],
  definitions: {},
}
const kindIds = Object.keys(kinds) as Kind[]

/** One thing that a person does; `at` chooses among what there is. */
const deeds = fc.array(
  fc.record({
    deed: fc.constantFrom(
      'add',
      'copy',
      'remove',
      'step',
      'size',
      'place',
      'page',
      'pageCopy',
      'pageMove',
      'pageRemove',
      'answer',
      'board',
    ),
    at: fc.nat(1_000),
    more: fc.nat(1_000),
    text: fc.string({ maxLength: 60 }),
  }),
  { maxLength: 60 },
)
type Deed = { deed: string; at: number; more: number; text: string }

/** As a person answers: one of what the question offers. */
function answersTo(fields: ReturnType<typeof tileFields>, more: number, text: string): [string, string | boolean][] {
  return fields.flatMap((field): [string, string | boolean][] => {
    const options = field.options ?? field.groups?.flatMap((group) => group.options)
    if (options) return [[field.name, options[more % options.length]?.value ?? '']]
    if (field.type === 'queues')
      return [[`queue:${field.queues?.[more % (field.queues.length || 1)]?.id}`, more % 2 === 0]]
    if (field.type === 'check') return [[field.name, more % 2 === 0]]
    if (field.type === 'number') return [[field.name, more % 3 === 0 ? text : String(more - 3)]]
    if (field.type === 'time') return [[field.name, '21:30']]
    if (field.type === 'text' || field.type === 'long') return [[field.name, text.slice(0, field.most)]]
    return []
  })
}

function act(design: Design, { deed, at, more, text }: Deed): Design {
  const page = design.pages[more % design.pages.length] as Design['pages'][number]
  const tile = page.tiles[at % (page.tiles.length || 1)]
  const put = (place: ReturnType<typeof placedAt>) =>
    tile && place ? placeTiles(design, page.id, new Map([[tile.id, place]])) : design
  switch (deed) {
    case 'add':
      return addTile(design, page.id, kindIds[at % kindIds.length] as Kind)?.design ?? design
    case 'copy':
      return (tile && copyTile(design, page.id, tile.id)?.design) ?? design
    case 'remove':
      return tile ? removeTile(design, page.id, tile.id) : design
    case 'step':
      return tile ? put(stepped(tile, (at % 3) - 1, at % 3 === 1 ? 1 : 0, page.tiles)) : design
    case 'size':
      return tile
        ? put(placedAt(tile, { w: tile.w + (at % 3) - 1, h: tile.h + (more % 3) - 1 }, page.tiles, leastOf(tile)))
        : design
    case 'place': {
      const to = answerPlace(['x', 'y', 'w', 'h'][at % 4] as string, more % 5 === 0 ? text : String(more - 2))
      return tile && to ? put(placedAt(tile, to, page.tiles, leastOf(tile))) : design
    }
    case 'page':
      return addPage(design, page.id, false)?.design ?? design
    case 'pageCopy':
      return addPage(design, page.id, true)?.design ?? design
    case 'pageMove':
      return movePage(design, page.id, at % 2 === 0 ? 1 : -1)
    case 'pageRemove':
      return removePage(design, page.id)
    case 'answer': {
      if (!tile) return design
      const fields = answersTo(tileFields(tile, asked), more, text).filter(([name]) => !/^[xywh]$/.test(name))
      const [name, value] = fields[at % fields.length] ?? ['', '']
      return setTile(design, page.id, answerTile(tile, name, value))
    }
    default: {
      const fields = answersTo(
        [...boardFields(design, 'Organismo', asked), ...pageFields(page, false, asked)],
        more,
        text,
      )
      const [name, value] = fields[at % fields.length] ?? ['', '']
      if (!name.startsWith('page.')) return answerBoard(design, name, value)
      const changed = answerPage(page, name, value)
      return { ...design, pages: design.pages.map((one) => (one.id === page.id ? changed : one)) }
    }
  }
}

test('whatever is drawn can be kept, and is undone to its beginning and redone to its end', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(templates)), deeds, (template, list) => {
      let history: History<Design> = begin(template({ queueIds: [1] }))
      for (const deed of list) {
        const next = act(history.now, deed)
        if (next !== history.now) history = done(history, next, deed.deed)
        const { faults } = readDesign(history.now)
        // Two limits in the wrong order can be typed: that alone is told when it is saved.
        for (const [path, code] of Object.entries(faults ?? {}))
          assert.equal(`${code} ${path.split('/').at(-1)}`, 'limits tone')
      }
      const last = history.now
      const steps = history.past.length
      for (let one = undo(history); one; one = undo(history)) history = one.history
      assert.deepEqual(history.now, template({ queueIds: [1] }))
      assert.equal(history.future.length, steps)
      for (let one = redo(history); one; one = redo(history)) history = one.history
      assert.equal(history.now, last)
    }),
    { numRuns: 300 },
  )
})

test('the limits that browsers know are those of the schema', () => {
  assert.deepEqual([mostPages, mostTiles], [schema.mostPages, schema.mostTiles])
})

test('what is typed into one field is one step back, and a hundred steps are kept', () => {
  let history = begin('')
  for (const text of ['h', 'ho', 'hol', 'hola']) history = done(history, text, 'title:t1')
  history = done(history, 'hola x', 'title:t2')
  assert.equal(undo(history)?.history.now, 'hola')
  assert.equal(undo((undo(history) as { history: History<string> }).history)?.history.now, '')
  for (let n = 0; n < 500; n++) history = done(history, String(n), 'move')
  assert.equal(history.past.length, 100)
})

test('a tile finds room where there is any, smaller if it must', () => {
  assert.deepEqual(roomFor([], kinds.queues), { x: 0, y: 0, w: 6, h: 4 })
  const taken = [
    { x: 0, y: 0, w: 12, h: 6 },
    { x: 0, y: 6, w: 7, h: 2 },
  ]
  assert.deepEqual(roomFor(taken, kinds.queues), { x: 7, y: 6, w: 5, h: 2 })
  assert.equal(roomFor([{ x: 0, y: 0, w: 12, h: 7 }], kinds.queues), undefined)
  const tile = { id: 'a', x: 0, y: 0, w: 2, h: 2 }
  // Over what is in the way.
  assert.deepEqual(stepped(tile, 1, 0, [tile, { id: 'b', x: 2, y: 1, w: 4, h: 3 }]), { x: 6, y: 0, w: 2, h: 2 })
  assert.equal(stepped(tile, -1, 0, [tile]), undefined)
})

test('the sentence of a threshold says what the tile will do', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('higher', 'lower'),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 100 }),
      (better, one, other, value) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)]
        const rule =
          better === 'higher'
            ? ({ kind: 'limits', better, warn: high, bad: low } as const)
            : ({ kind: 'limits', better, warn: low, bad: high } as const)
        const said = toneWords(rule, 'ratio', t, 'es').map((line) => line.split(' ')[0]?.split('_').at(-1))
        assert.ok(said.includes(toneOf(value, rule) as string), 'a tone that comes has its line')
        if (low === high) assert.deepEqual(said, ['good', 'bad'])
      },
    ),
  )
  assert.deepEqual(toneWords({ kind: 'none' }, 'ratio', t, 'es'), [])
})

test('a draft is kept, found by the same person on the same board, and a broken one is no fault', () => {
  const kept = new Map<string, string>()
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  const drafts = keep<{ name: string; design: Design }>('a', store)
  const draft = { drawn: { name: 'x', design: room() }, version: 3, at: 5 }
  drafts.later(draft)
  assert.equal(drafts.found(), undefined)
  drafts.flush()
  assert.deepEqual(drafts.found(), draft)
  assert.equal(keep('b', store).found(), undefined)
  for (const broken of ['', '{', '[]', '{"drawn":null,"version":1,"at":1}', '{"drawn":{},"version":"1"}']) {
    kept.set('a', broken)
    assert.equal(drafts.found(), undefined, broken)
  }
  drafts.drop()
  assert.equal(kept.has('a'), false)
  const full = {
    ...store,
    setItem: () => {
      throw new Error('QuotaExceededError')
    },
  }
  const none = keep<object>('a', full)
  none.later({ drawn: {}, version: 1, at: 1 })
  none.flush()
})

test('the small picture shows the first page within its frame', () => {
  for (const template of Object.values(templates)) {
    const design = template()
    const { boxes } = pictureOf(design)
    assert.equal(boxes.length, pageOf(design, 'none').tiles.length)
    for (const { x, y, w, h } of boxes) assert.ok(x >= 3 && y >= 3 && x + w <= 125.2 && y + h <= 69.2 && w > 0 && h > 0)
  }
  assert.deepEqual(pictureOf(empty()).boxes, [])
})

test('another number brings what goes with it', () => {
  const tile =
    empty() && (addTile(empty(), 'p1', 'figure')?.design.pages[0]?.tiles[0] as Extract<Tile, { kind: 'figure' }>)
  const level = answerTile({ ...tile, queueIds: [1] }, 'show', 'sl_offered') as typeof tile
  assert.deepEqual([level.tone, level.queueIds], [{ kind: 'target' }, [1]])
  const whole = answerTile(level, 'show', 'now_available') as typeof tile
  assert.deepEqual([whole.tone, whole.queueIds], [{ kind: 'none' }, []], 'it is of the whole agency')
  const limits = answerTile(level, 'tone.kind', 'limits') as typeof tile
  assert.deepEqual(limits.tone, { kind: 'limits', better: 'higher', warn: 80, bad: 70 })
  const turned = answerTile(limits, 'tone.better', 'lower') as typeof tile
  assert.deepEqual(turned.tone, { kind: 'limits', better: 'lower', warn: 70, bad: 80 })
  assert.equal(answerTile(limits, 'tone.warn', ''), limits, 'half typed says nothing yet')
  assert.deepEqual((answerTile(limits, 'tone.warn', '82,5') as typeof tile).tone, { ...limits.tone, warn: 82.5 })
})
