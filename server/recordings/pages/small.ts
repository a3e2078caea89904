// The small player of a list: one button, the time that goes by beside the length that is known without loading anything.
// Loading even the head of a recording counts as listening to it, so nothing is loaded before somebody presses play.
import { clockText } from './_clock.ts'

document.addEventListener('click', (event) => {
  const button = (event.target as HTMLElement).closest<HTMLButtonElement>('[data-recording-small] button')
  const small = button?.closest<HTMLElement>('[data-recording-small]')
  const audio = small?.querySelector('audio')
  if (!button || !small || !audio) return
  if (!small.dataset.ready) {
    small.dataset.ready = 'yes'
    const at = small.querySelector<HTMLElement>('[data-at]')
    audio.addEventListener('timeupdate', () => {
      if (at) at.textContent = clockText(audio.currentTime * 1_000)
    })
    const show = () => {
      button.textContent = audio.paused ? '▶' : '❚❚'
      button.setAttribute('aria-label', (audio.paused ? button.dataset.play : button.dataset.pause) ?? '')
    }
    for (const name of ['play', 'pause', 'ended']) audio.addEventListener(name, show)
  }
  if (audio.paused)
    audio.play().catch(async (error: Error) => {
      const fault = small.querySelector<HTMLElement>('[data-fault]')
      if (fault) fault.textContent = (await reasonOf(audio.src)) ?? error.message
    })
  else audio.pause()
})

/** What the server says where there is no sound. */
async function reasonOf(url: string): Promise<string | undefined> {
  const answer = await fetch(url, { headers: { accept: 'application/json' } }).catch(() => undefined)
  if (!answer || answer.ok) return undefined
  return (await answer.json().catch(() => undefined))?.error?.message
}
