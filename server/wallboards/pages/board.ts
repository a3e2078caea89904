// A board on a wall: nobody touches it for months. It draws what comes, heals itself and keeps nothing.
import { drawPartial, morph, onTopic } from '../../http/browser/index.ts'
import { type BoardModel, boardView } from './_view.ts'

const board = document.getElementById('board')
const settings = JSON.parse(board?.dataset.board ?? '{}') as { title: string; queueId?: number }
let version: string | undefined

if (board) {
  onTopic<BoardModel>('wallboard.now', (model) => {
    // The server was replaced: so are its pages. Spread out, or all boards would ask at the same instant.
    if (version !== undefined && version !== model.version) setTimeout(() => location.reload(), Math.random() * 3_000)
    version = model.version
    morph(board, drawPartial('wallboards/board', boardView(model, settings)))
    clock()
  })
}

const time = new Intl.DateTimeFormat(document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: document.documentElement.dataset.timeZone ?? 'America/Argentina/Buenos_Aires',
})
const day = new Intl.DateTimeFormat(document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  timeZone: document.documentElement.dataset.timeZone ?? 'America/Argentina/Buenos_Aires',
})
function clock(): void {
  const now = Date.now()
  const set = (id: string, text: string) => {
    const element = document.getElementById(id)
    if (element && element.textContent !== text) element.textContent = text
  }
  set('board-clock', time.format(now))
  set('board-day', day.format(now))
}
clock()
setInterval(clock, 1_000)
// Twice a day from scratch, when the server answers: a browser that runs for months collects dust.
setInterval(async () => {
  const answer = await fetch('/healthz').catch(() => undefined)
  if (answer?.ok) location.reload()
}, 43_200_000)
// A sign of life once a minute: the page of screens shows who is silent.
setInterval(() => void fetch('/screen/state', { cache: 'no-store' }).catch(() => undefined), 60_000)
// A television's pointer is in the way.
document.body.style.cursor = 'none'
addEventListener('pointermove', () => (document.body.style.cursor = 'auto'), { once: true })
