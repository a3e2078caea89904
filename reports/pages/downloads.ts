// Draws the list anew while something is being made.
import { morph } from '../../server/http/browser/index.ts'

async function look(): Promise<void> {
  const list = document.getElementById('downloads')
  if (list?.dataset.busy === 'true') {
    const answer = await fetch(location.href).catch(() => undefined)
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : undefined
    const fresh = page?.getElementById('downloads')
    if (fresh) morph(list, fresh.outerHTML)
  }
  setTimeout(look, 1_000)
}
setTimeout(look, 1_000)
