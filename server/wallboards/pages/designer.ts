// The designer: a supervisor draws a board by dragging tiles. What is drawn is one design, each change a new one; the sheet,
// the panel and the bar are drawn from it.
import { drawPartial, morph, t, toast } from '../../http/browser/index.ts'
import type { Place } from '../grid.ts'
import type { Design, Kind, Page, Tile } from '../schema.ts'
import { answerBoard, answerPage, answerPlace, answerTile, leastOf } from './_answers.ts'
import * as draft from './_designer-draft.ts'
import { keysOf } from './_designer-keys.ts'
import { createLook, setClock } from './_designer-look.ts'
import { panelOf } from './_designer-panel.ts'
import { preview } from './_designer-preview.ts'
import { createSaving } from './_designer-saving.ts'
import { createSheet } from './_designer-sheet.ts'
import { language, moment, say } from './_designer-words.ts'
import {
  addPage,
  addTile,
  copyTile,
  movePage,
  pageOf,
  placeTiles,
  removePage,
  removeTile,
  setPage,
  setTile,
  tileOf,
} from './_editing.ts'
import { type Asked, nameOf } from './_fields.ts'
import { begin, done, type History, redo, undo } from './_history.ts'
import { placedAt, stepped } from './_sheet.ts'
import { chime } from './_sound.ts'

export type Setup = {
  id: string
  name: string
  version: number
  design: Design
  agency: string
  /** Whose draft it is. */
  userId: number
  queues: { id: number; name: string }[]
  definitions: Record<string, string>
}
export type Drawn = { name: string; design: Design }

const root = document.getElementById('designer') as HTMLElement
const setup = JSON.parse(root.dataset.setup ?? '{}') as Setup
const find = (id: string) => document.getElementById(id) as HTMLElement
const button = (id: string) => find(id) as HTMLButtonElement
const asked: Asked = { t, language, queues: setup.queues, definitions: setup.definitions }

let history: History<Drawn> = begin({ name: setup.name, design: setup.design })
let pageId = (setup.design.pages[0] as Page).id
let chosen: string | undefined
/** By path of the design that was refused: what is wrong; goes when its tile is changed. */
let faults = new Map<string, { path: string; text: string }[]>()

const design = () => history.now.design
const page = () => pageOf(design(), pageId)
const name = find('board-name') as HTMLInputElement
const announce = (text: string) => {
  find('designer-said').textContent = text
}

const drafts = draft.keep<Drawn>(`vera.board.${setup.userId}.${setup.id}`)
const saving = createSaving(setup, {
  drawn: () => history.now,
  saved() {
    faults = new Map()
    keepDraft()
    announce(say('saved_said'))
    toast(say('saved_said'))
    draw()
  },
  refused(found, text) {
    faults = found
    const [first] = faults.keys()
    if (first && tileOf(design(), first)) choose(first)
    draw()
    announce(text)
  },
  /** Another version is taken over, as if it had been drawn here: it can be undone. */
  take: (drawn) => apply(drawn, 'theirs'),
})
const looks = createLook(
  () => history.now,
  setup.agency,
  () => drawSheet(),
)

const palette = [...document.querySelectorAll<HTMLElement>('.palette-tile')]
const sheet = createSheet(find('designer-sheet'), palette, {
  chosen: (id) => choose(id, true),
  moved: (places) => applyDesign(placeTiles(design(), pageId, places), 'move'),
  dropped(kind, place, others) {
    // What was pushed aside by the drag and what was dropped are one step.
    const pushed = placeTiles(design(), pageId, others)
    const made = addTile(pushed, pageId, kind, place)
    if (!made) {
      full()
      return
    }
    chosen = made.id
    applyDesign(made.design, 'add')
    announce(say('added', { name: nameNow(made.id), ...where(made.id) }))
  },
  crowded: (kind) => add(kind),
})

const nameNow = (id: string) => {
  const tile = tileOf(design(), id)
  return tile ? nameOf(tile, t) : ''
}
const where = (id: string) => {
  const { x, y, w, h } = tileOf(design(), id) ?? { x: 0, y: 0, w: 1, h: 1 }
  return { column: x + 1, row: y + 1, w, h }
}
const full = () => {
  announce(say('full'))
  toast(say('full'), 'fault')
  draw()
}

function apply(next: Drawn, what: string): void {
  const same = next.design === history.now.design && next.name === history.now.name
  if (same) draw()
  else {
    history = done(history, next, what)
    after()
  }
}
const applyDesign = (next: Design, what: string) => apply({ ...history.now, design: next }, what)

/** What differs from what is saved; also what was drawn while it was being saved. */
function keepDraft(): void {
  if (saving.dirty()) drafts.later({ drawn: history.now, version: saving.version(), at: Date.now() })
  else drafts.drop()
}

/** Something was changed, or it was stepped back or forth. */
function after(): void {
  if (!design().pages.some(({ id }) => id === pageId)) pageId = (design().pages[0] as Page).id
  if (chosen && !page().tiles.some(({ id }) => id === chosen)) chosen = undefined
  keepDraft()
  looks.changed()
  draw()
}

function changeTile(tile: Tile, what: string): void {
  faults.delete(tile.id)
  applyDesign(setTile(design(), pageId, tile), what)
}

/** Chooses a tile (undefined: none, the page and the board are asked about); `focus`: it is the one that keys go to. */
function choose(id: string | undefined, focus = false): void {
  if (id && !page().tiles.some((tile) => tile.id === id)) {
    const on = design().pages.find(({ tiles }) => tiles.some((tile) => tile.id === id))
    if (on) pageId = on.id
  }
  if (chosen !== id) find('designer-panel').scrollTop = 0
  chosen = id
  draw()
  if (focus && id) sheet.element(id)?.focus({ preventScroll: true })
}

function turn(id: string): void {
  pageId = id
  chosen = undefined
  draw()
}

function drawSheet(): void {
  find('designer-sheet').className = `designer-sheet wb ${looks.light() ? 'wb-light' : 'wb-dark'}`
  morph(find('designer-head'), looks.head())
  setClock(find('designer-head'))
  sheet.show(page().tiles, (tile) => ({
    name: say('tile_name', { name: nameOf(tile, t), kind: t(`wallboards.kind.${tile.kind}`), ...where(tile.id) }),
    chosen: tile.id === chosen,
    fault: faults.get(tile.id)?.[0]?.text,
    markup: looks.tile(tile),
  }))
  find('designer-empty').hidden = page().tiles.length > 0
}

function draw(): void {
  drawSheet()
  const { pages } = design()
  morph(
    find('designer-pages'),
    drawPartial('wallboards/designer-pages', {
      pages: pages.map(({ id, name, seconds, tiles }, at) => ({
        ...{
          id,
          number: at + 1,
          name,
          seconds,
          chosen: id === pageId,
          wrong: tiles.some((tile) => faults.has(tile.id)),
        },
      })),
      several: pages.length > 1,
    }),
  )
  morph(
    find('designer-panel'),
    drawPartial('wallboards/designer-panel', panelOf(design(), page(), chosen, history.now.name, asked, faults)),
  )
  const press = (id: string, can: boolean) => {
    button(id).disabled = !can
  }
  press('designer-undo', history.past.length > 0)
  press('designer-redo', history.future.length > 0)
  if (document.activeElement !== name) name.value = history.now.name
  const dirty = saving.dirty()
  const mark = find('designer-saved')
  mark.textContent = say(dirty ? 'unsaved' : 'all_saved')
  mark.className = `badge ${dirty ? 'badge-warn' : 'badge-good'}`
  const general = faults.get('')
  find('designer-faults').hidden = faults.size === 0
  find('designer-faults').textContent = general
    ? general.map(({ text }) => text).join(' ')
    : say('refused', { count: faults.size })
}

function step(back: boolean): void {
  const stepped = back ? undo(history) : redo(history)
  if (!stepped) {
    announce(say(back ? 'nothing_undo' : 'nothing_redo'))
    return
  }
  history = stepped.history
  faults = new Map()
  after()
  announce(say(back ? 'undone' : 'redone', { what: say(`did_${stepped.what.split(':')[0]}`) }))
}

/** By arrows and by typed places alike. */
function place(tile: Tile, to: Partial<Place>): void {
  const found = placedAt(tile, to, page().tiles, leastOf(tile))
  if (!found) {
    announce(say('no_room'))
    return
  }
  changeTile({ ...tile, ...found }, 'move')
  announce(say('is_at', { name: nameNow(tile.id), ...where(tile.id) }))
}

const orders: Record<string, () => void> = {
  save: () => void saving.save(),
  undo: () => step(true),
  redo: () => step(false),
  preview: () => preview(design, design().pages.indexOf(page()), looks, () => button('designer-preview').focus()),
  leave: () => {
    const was = chosen
    choose(undefined)
    if (was) sheet.element(was)?.focus({ preventScroll: true })
  },
  remove() {
    const tile = tileOf(design(), chosen)
    if (!tile) return
    const removed = nameNow(tile.id)
    const order = page().tiles.findIndex(({ id }) => id === tile.id)
    const near = page().tiles[order + 1] ?? page().tiles[order - 1]
    faults.delete(tile.id)
    chosen = undefined
    applyDesign(removeTile(design(), pageId, tile.id), 'remove')
    announce(say('removed', { name: removed }))
    // Whoever works by keys is not thrown back to the top of the page.
    ;(near ? sheet.element(near.id) : palette[0])?.focus({ preventScroll: true })
  },
  copy() {
    const made = chosen && copyTile(design(), pageId, chosen)
    if (!made) {
      full()
      return
    }
    chosen = made.id
    applyDesign(made.design, 'copy')
    announce(say('copied', { name: nameNow(made.id), ...where(made.id) }))
    sheet.element(made.id)?.focus({ preventScroll: true })
  },
  'page-add': () => newPage(false),
  'page-copy': () => newPage(true),
  'page-left': () => applyDesign(movePage(design(), pageId, -1), 'page_move'),
  'page-right': () => applyDesign(movePage(design(), pageId, 1), 'page_move'),
  'page-remove': () => {
    applyDesign(removePage(design(), pageId), 'page_remove')
    announce(say('page_removed'))
  },
  chime: () => void chime(design().sound.volume / 100),
  'draft-take'() {
    const found = drafts.found()
    find('designer-draft').hidden = true
    if (!found) return
    apply(found.drawn, 'draft')
    announce(say('draft_taken'))
  },
  'draft-drop'() {
    drafts.drop()
    find('designer-draft').hidden = true
  },
}

function newPage(same: boolean): void {
  const made = addPage(design(), pageId, same)
  if (!made) {
    announce(say('pages_full'))
    return
  }
  pageId = made.id
  chosen = undefined
  applyDesign(made.design, 'page_add')
  announce(say('page_added'))
}

function add(kind: Kind): void {
  const made = addTile(design(), pageId, kind)
  if (!made) {
    full()
    return
  }
  chosen = made.id
  applyDesign(made.design, 'add')
  announce(say('added', { name: nameNow(made.id), ...where(made.id) }))
}

function answer(field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): void {
  const asked = field.dataset.field ?? ''
  const value = field instanceof HTMLInputElement && field.type === 'checkbox' ? field.checked : field.value
  const tile = tileOf(design(), chosen)
  // With a colon: what is typed into one field is one step back.
  const step = (of: string) => `${of}:${asked}`
  if (tile && /^[xywh]$/.test(asked)) {
    const to = answerPlace(asked, String(value))
    if (to) place(tile, to)
    return
  }
  if (tile) {
    const next = answerTile(tile, asked, value)
    if (next !== tile) changeTile(next, step(`change ${tile.id}`))
  } else if (asked.startsWith('page.'))
    applyDesign(setPage(design(), pageId, answerPage(page(), asked, value)), step(`page ${pageId}`))
  else applyDesign(answerBoard(design(), asked, value), step('board'))
}

document.addEventListener('click', (event) => {
  const target = event.target as HTMLElement
  const order = target.closest<HTMLElement>('[data-do]')?.dataset.do
  if (order) orders[order]?.()
  const kind = target.closest<HTMLElement>('.palette-tile')?.dataset.kind
  if (kind) add(kind as Kind)
  const to = target.closest<HTMLElement>('[data-page]')?.dataset.page
  if (to) turn(to)
})
find('designer-panel').addEventListener('input', (event) => {
  const field = event.target as HTMLInputElement
  // Places and choices count when they are made, texts while they are typed.
  if (
    field.matches(
      'input[type=text][data-field], textarea[data-field], input[type=number][data-field]:not([id^=input-x], [id^=input-y], [id^=input-w], [id^=input-h])',
    )
  )
    answer(field)
})
find('designer-panel').addEventListener('change', (event) => {
  const field = event.target as HTMLInputElement
  if (
    field.matches(
      'select[data-field], input[type=checkbox][data-field], input[type=time][data-field], input[type=number][data-field]',
    )
  )
    answer(field)
})
name.addEventListener('input', () => apply({ ...history.now, name: name.value }, 'name:'))

keysOf(root, {
  order: (order) => orders[order]?.(),
  tile(id) {
    if (id !== chosen) choose(id, true)
    return tileOf(design(), id)
  },
  move(tile, dx, dy) {
    const to = stepped(tile, dx, dy, page().tiles)
    if (!to) return announce(say('no_room'))
    place(tile, to)
  },
  size: (tile, dw, dh) => place(tile, { w: tile.w + dw, h: tile.h + dh }),
  panel: () => document.querySelector<HTMLElement>('#designer-panel [data-field]')?.focus(),
  add,
})

addEventListener('beforeunload', (event) => {
  if (saving.dirty()) event.preventDefault()
})
addEventListener('pagehide', () => drafts.flush())

const left = drafts.found()
if (left && JSON.stringify(left.drawn) !== JSON.stringify(history.now)) {
  const text = say(left.version === setup.version ? 'draft' : 'draft_older', { at: moment(left.at) })
  ;(find('designer-draft').querySelector('span') as HTMLElement).textContent = text
  find('designer-draft').hidden = false
  announce(text)
} else drafts.drop()
looks.changed()
draw()
