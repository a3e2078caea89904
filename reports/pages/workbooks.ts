// Uploads a workbook without losing the page: a refused file is told beside the form.
const form = document.querySelector<HTMLFormElement>('[data-workbook-form]')
form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const send = form.querySelector<HTMLButtonElement>('[type=submit]') as HTMLButtonElement
  const refused = form.querySelector<HTMLElement>('[data-refused]') as HTMLElement
  send.disabled = true
  send.setAttribute('aria-busy', 'true')
  refused.hidden = true
  const body = new FormData(form)
  const answer = await fetch(form.action, { method: 'POST', body, headers: { accept: 'application/json' } }).catch(
    () => undefined,
  )
  const said = await answer?.json().catch(() => undefined)
  send.disabled = false
  send.removeAttribute('aria-busy')
  if (answer?.ok && said?.address) {
    location.href = said.address
    return
  }
  refused.textContent = String(said?.error?.message ?? form.dataset.offline)
  refused.hidden = false
  refused.scrollIntoView({ block: 'nearest' })
})
for (const sure of document.querySelectorAll<HTMLFormElement>('[data-sure]'))
  sure.addEventListener('submit', (event) => {
    if (!confirm(sure.dataset.sure)) event.preventDefault()
  })
