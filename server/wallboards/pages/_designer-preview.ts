// The whole board as it will hang, over the whole screen, its pages taking turns.
import { morph } from '../../http/browser/index.ts'
import type { Design } from '../schema.ts'
import { type BoardLook, setClock } from './_designer-look.ts'
import { say } from './_designer-words.ts'

/** From the page that is being drawn on; `closed`: the person is back at the sheet. */
export function preview(design: () => Design, first: number, look: BoardLook, closed: () => void): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'designer-preview'
  dialog.setAttribute('aria-label', say('preview_heading'))
  const board = document.createElement('div')
  board.inert = true
  const bar = document.createElement('div')
  bar.className = 'preview-bar'
  const which = document.createElement('span')
  const press = (label: string, act: () => void) => {
    const one = document.createElement('button')
    one.type = 'button'
    one.className = 'button button-small'
    one.textContent = label
    one.addEventListener('click', act)
    bar.append(one)
    return one
  }
  let page = first
  let turns = true
  let turnedAt = performance.now()
  bar.append(which)
  const several = design().pages.length > 1
  const draw = () => {
    page %= design().pages.length
    board.className = `wb ${look.light() ? 'wb-light' : 'wb-dark'}`
    morph(board, look.page(page))
    setClock(board)
    which.textContent = say('preview_page', { number: page + 1, count: design().pages.length })
  }
  const turn = () => {
    page++
    turnedAt = performance.now()
    draw()
  }
  if (several) {
    const stop = press(say('preview_stop'), () => {
      turns = !turns
      turnedAt = performance.now()
      stop.textContent = say(turns ? 'preview_stop' : 'preview_go')
    })
    press(say('preview_next'), turn)
  }
  press(say('preview_close'), () => dialog.close())
  dialog.append(board, bar)
  document.body.append(dialog)
  const clock = setInterval(() => {
    const seconds = design().pages[page]?.seconds ?? 20
    if (several && turns && performance.now() - turnedAt >= seconds * 1_000) turn()
    else draw()
  }, 1_000)
  dialog.addEventListener('close', () => {
    clearInterval(clock)
    if (document.fullscreenElement) void document.exitFullscreen()
    dialog.remove()
    closed()
  })
  draw()
  dialog.showModal()
  // Where the browser does not let it, the window is as good.
  dialog.requestFullscreen?.().catch(() => {})
}
