// On every page: live elements, ticking clocks, the mark of old data, small comforts of forms.
import { durationText } from '../drawing/functions.ts'
import { drawPartial, morph, t } from './draw.ts'
import { showToast } from './feedback.ts'
import { lastHeard, listen, onConnection, onNewVersion, serverNow, silentFor } from './socket.ts'

function tick(): void {
  const now = serverNow()
  for (const clock of document.querySelectorAll<HTMLElement>('time[data-since], time[data-until]')) {
    const { since, until, warn, alarm } = clock.dataset
    const ms = since !== undefined ? now - Number(since) : Number(until) - now
    const text = durationText(ms)
    if (clock.textContent !== text) clock.textContent = text
    // `warn` and `alarm` are seconds: a clock changes colour when it passes them (or gets below them, counting down).
    const over = (limit: string | undefined) =>
      limit !== undefined && (since !== undefined ? ms >= Number(limit) * 1000 : ms <= Number(limit) * 1000)
    clock.classList.toggle('is-alarm', over(alarm))
    clock.classList.toggle('is-warn', over(warn) && !over(alarm))
  }
  mark()
}

let lost = false
let lostAt = 0
let told = false
/** Whether this page has a socket at all. */
let followed = false
const clock = new Intl.DateTimeFormat(document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR', {
  timeStyle: 'medium',
  hourCycle: 'h23',
  timeZone: document.documentElement.dataset.timeZone ?? 'America/Argentina/Buenos_Aires',
})

/** Says how old what is shown is while the server is not heard: the bar counts, a screen reader hears it once. */
function mark(): void {
  let bar = document.querySelector<HTMLElement>('.stale')
  // A blink of the network is not worth a word; a heart that beats every 10 s and is not heard is.
  const quiet = followed && silentFor() > 12_000
  const show = quiet || (lost && performance.now() - lostAt > 2_000)
  document.body.classList.toggle('is-stale', show)
  if (!show) {
    bar?.remove()
    if (told && !lost) announce(t('http.back'))
    told &&= lost
    return
  }
  if (!bar) {
    bar = document.createElement('p')
    bar.className = 'stale'
    bar.setAttribute('aria-hidden', 'true')
    document.body.append(bar)
  }
  const at = clock.format(lastHeard())
  if (!told) announce(t('http.stale_since', { at }))
  told = true
  const seconds = Math.round((lost ? performance.now() - lostAt : silentFor()) / 1000)
  const text = t('http.stale', { age: seconds < 60 ? `${seconds} s` : durationText(seconds * 1000), at })
  if (bar.textContent !== text) bar.textContent = text
}

function announce(text: string): void {
  let region = document.getElementById('vera-announcements')
  if (!region) {
    region = document.createElement('p')
    region.id = 'vera-announcements'
    region.className = 'visually-hidden'
    region.setAttribute('role', 'status')
    document.body.append(region)
  }
  region.textContent = text
}

onConnection((state) => {
  lost = state === 'lost'
  if (lost) lostAt = performance.now()
  mark()
})
onNewVersion(() => {
  // A board on a wall does it by itself; here somebody may be in the middle of something.
  if (document.querySelector('.renewed') || !document.querySelector('[data-live]')) return
  const bar = document.createElement('p')
  bar.className = 'renewed'
  bar.setAttribute('role', 'status')
  bar.append(`${t('http.renewed')} `)
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button button-small'
  button.textContent = t('http.reload')
  button.addEventListener('click', () => location.reload())
  bar.append(button)
  document.body.append(bar)
})

const subscribed = new WeakSet<Element>()
function subscribe(): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-live]')) {
    if (subscribed.has(element)) continue
    subscribed.add(element)
    const { live, partial } = element.dataset
    if (!live || !partial) continue
    followed = true
    const stop = listen(live, (model) => {
      if (!element.isConnected) return stop()
      morph(element, drawPartial(partial, model as object))
      subscribe()
      tick()
      element.dispatchEvent(new CustomEvent('vera:drawn', { bubbles: true }))
    })
  }
}

document.addEventListener('click', (event) => {
  const target = event.target as Element
  const question = target.closest<HTMLElement>('[data-confirm]')?.dataset.confirm
  if (question && !confirm(question)) event.preventDefault()
  const copied = target.closest<HTMLElement>('[data-copy]')?.dataset.copy
  if (copied) navigator.clipboard.writeText(copied).then(() => showToast(t('http.copied'), 'done'))
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
    if (!menu.contains(target)) menu.open = false
  }
})
document.addEventListener('change', (event) => {
  const select = event.target as HTMLElement
  if (select.matches('[data-submit]')) select.closest('form')?.requestSubmit()
})
document.addEventListener('submit', (event) => {
  // One press, one row.
  const button = (event as SubmitEvent).submitter as HTMLButtonElement | null
  if (button && !event.defaultPrevented) setTimeout(() => (button.disabled = true))
})
addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll<HTMLButtonElement>(
    'form button[disabled][type=submit], form button[disabled]:not([type])',
  )) {
    if (!button.hasAttribute('data-disabled')) button.disabled = false
  }
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) menu.open = false
})

// On a phone the bar is wider than the screen: the section one is in stands in its middle.
const section = document.querySelector<HTMLElement>('.bar-nav [aria-current]')
const bar = section?.parentElement
if (section && bar) bar.scrollLeft = section.offsetLeft - bar.offsetLeft - (bar.clientWidth - section.offsetWidth) / 2

const notice = document.querySelector<HTMLElement>('[data-toast]')?.dataset.toast
if (notice) showToast(notice, 'done')
subscribe()
tick()
setInterval(tick, 1_000)
