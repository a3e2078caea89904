// A board on a wall: nobody touches it for months. It draws what comes, heals itself and keeps nothing.
import { drawPartial, morph, onTopic, serverNow } from '../../http/browser/index.ts'
import type { BoardModel } from '../model.ts'
import { chime, silent } from './_sound.ts'
import { boardView, isLight, toneNow } from './_view.ts'

const board = document.getElementById('board')
const { id = '', links } = board?.dataset ?? {}
const root = document.documentElement
const timeZone = root.dataset.timeZone ?? 'America/Argentina/Buenos_Aires'
/** On a telephone all pages stand one below the other. */
const narrow = matchMedia('(max-width: 800px)')

let model: BoardModel | undefined
let page = 0
/** When the page that is shown came, by the clock that nobody moves. */
let turnedAt = performance.now()
let reloading = false

function draw(): void {
  if (!board || !model) return
  const now = serverNow()
  const { pages } = model.design
  page %= pages.length
  const light = isLight(model.design, now, timeZone)
  board.classList.toggle('wb-light', light)
  board.classList.toggle('wb-dark', !light)
  document.body.classList.toggle('is-light', light)
  const view = boardView(model, narrow.matches ? undefined : page, { links: links !== undefined, now })
  morph(board, drawPartial('wallboards/board', view))
  clocks()
  board.dispatchEvent(new CustomEvent('vera:drawn', { bubbles: true }))
}

if (board) {
  onTopic<BoardModel | null>(`wallboard.board:${id}`, (next) => {
    // Gone: its address says so.
    if (next === null) return reload(0)
    // The server was replaced: so are its pages. Spread out, or all boards would ask at the same instant.
    if (model && next.version !== model.version) reload(3_000)
    model = next
    listen()
    draw()
  })
  narrow.addEventListener('change', draw)
}

function reload(within: number): void {
  if (reloading) return
  reloading = true
  setTimeout(() => location.reload(), Math.random() * within)
}

/** Ids of the tiles that are bad and of the urgent announcements: what is new among them is heard. */
let heard: Set<string> | undefined
function listen(): void {
  if (!model) return
  const { design, urgent, tiles } = model
  const now = serverNow()
  const { on, when, volume } = design.sound
  const loud = new Set<string>()
  if (when.includes('urgent')) for (const one of urgent) loud.add(`urgent ${one.id}`)
  if (when.includes('bad'))
    for (const { tiles: list } of design.pages)
      for (const tile of list)
        if ((tile.kind === 'figure' || tile.kind === 'gauge') && tile.sound)
          if (toneNow(tile, tiles[tile.id]?.number, now) === 'bad') loud.add(tile.id)
  // What was so when the page came is no news.
  const fresh = heard && [...loud].some((one) => !heard?.has(one))
  heard = loud
  if (on && fresh) chime(volume / 100)
  const hint = document.getElementById('board-hint')
  if (hint) hint.hidden = !on || volume === 0 || !silent()
}

const language = root.lang === 'en-US' ? 'en-US' : 'es-AR'
const minute = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const
const times = {
  minute: new Intl.DateTimeFormat(language, minute),
  second: new Intl.DateTimeFormat(language, { ...minute, second: '2-digit' }),
  day: new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', timeZone }),
}
/** All of them by the server's clock: a television's own may be wrong. */
function clocks(): void {
  const now = serverNow()
  const set = (element: Element | null, text: string) => {
    if (element && element.textContent !== text) element.textContent = text
  }
  set(document.getElementById('board-clock'), times.minute.format(now))
  const day = times.day.format(now)
  set(document.getElementById('board-day'), day)
  for (const one of document.querySelectorAll<HTMLElement>('.wb-time'))
    set(one, (one.dataset.seconds ? times.second : times.minute).format(now))
  for (const one of document.querySelectorAll('.wb-date')) set(one, day)
}

/** What the tiles that grow older by themselves looked like. */
let aged = ''
function agedNow(): string {
  if (!model) return ''
  const now = serverNow()
  let text = String(isLight(model.design, now, timeZone))
  for (const { tiles } of model.design.pages)
    for (const tile of tiles)
      if (tile.kind === 'figure' && tile.show === 'now_oldest') {
        const number = model.tiles[tile.id]?.number
        text += toneNow(tile, number, now) ?? '-'
        // It needs more room from ten minutes on, and again from an hour on.
        const minutes = number?.value == null ? 0 : (now - number.value) / 60_000
        text += minutes < 10 ? 0 : minutes < 60 ? 1 : 2
      }
  return text
}

clocks()
setInterval(() => {
  clocks()
  if (!model) return
  const { pages } = model.design
  const seconds = pages[page % pages.length]?.seconds ?? 20
  const turn = pages.length > 1 && !narrow.matches && performance.now() - turnedAt >= seconds * 1_000
  if (turn) {
    page = (page + 1) % pages.length
    turnedAt = performance.now()
  }
  const looks = agedNow()
  if (looks !== aged) listen()
  if (turn || looks !== aged) draw()
  aged = looks
}, 1_000)

const halfDayMs = 43_200_000
// Twice a day from scratch, when the server answers: a browser that runs for months collects dust.
setInterval(async () => {
  const answer = await fetch('/healthz').catch(() => undefined)
  if (answer?.ok) reload(60_000)
}, halfDayMs)
// A sign of life once a minute: the page of screens shows who is silent.
setInterval(() => void fetch('/screen/state', { cache: 'no-store' }).catch(() => undefined), 60_000)
// A television's pointer is in the way; whoever moves it wants to see it.
let still: ReturnType<typeof setTimeout> | undefined
const hide = () => document.body.classList.add('is-untouched')
addEventListener('pointermove', () => {
  document.body.classList.remove('is-untouched')
  clearTimeout(still)
  still = setTimeout(hide, 5_000)
})
hide()
