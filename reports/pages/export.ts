// A long report's file: asked for, watched and fetched from the report's page; without this code the link downloads it at once.
import { post, toast } from '../../server/http/browser/index.ts'

type Export = { id: string; state: string; rowsDone: number; rowsTotal: number | null }

const panel = document.getElementById('report-export')
const number = new Intl.NumberFormat(document.documentElement.lang === 'en-US' ? 'en-US' : 'es-AR')
let id: string | undefined

document.addEventListener('click', async (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-export]')
  if (link && panel) {
    event.preventDefault()
    if (id) return
    const { format, ...parameters } = Object.fromEntries(new URL(link.href).searchParams)
    try {
      await watch(panel, await post<Export>('/api/exports', { report: panel.dataset.report, format, parameters }))
    } catch (error) {
      toast((error as Error).message, 'fault')
    }
    id = undefined
    panel.hidden = true
  }
  if (id && (event.target as Element).closest('[data-cancel]'))
    await post(`/api/exports/${id}/cancel`).catch((error: Error) => toast(error.message, 'fault'))
})

async function watch(panel: HTMLElement, asked: Export): Promise<void> {
  id = asked.id
  panel.hidden = false
  const bar = panel.querySelector('progress') as HTMLProgressElement
  const rows = panel.querySelector('[data-rows]') as HTMLElement
  for (let one = asked; ; ) {
    if (one.rowsTotal) {
      bar.value = one.rowsDone / one.rowsTotal
      rows.textContent = `${number.format(one.rowsDone)} / ${number.format(one.rowsTotal)}`
    } else bar.removeAttribute('value')
    if (one.state === 'done') return location.assign(`/api/exports/${one.id}/file`)
    // The list says why.
    if (one.state === 'failed') return location.assign('/reports/downloads')
    if (one.state === 'cancelled') return
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    // A cut network does not stop the making: ask again.
    const answer = await fetch(`/api/exports/${one.id}`).catch(() => undefined)
    if (answer?.ok) one = await answer.json()
  }
}
