import { PostError, post, t, toast } from '../../server/http/browser/index.ts'

/** As fields; several groups can be ticked. */
function read(form: HTMLFormElement): object {
  const data = new FormData(form)
  return { ...Object.fromEntries(data), groups: data.getAll('groups') }
}

/** Sends the form as JSON and says beside it what is wrong. */
function send(form: HTMLFormElement | null, address: string): void {
  const faults = form?.querySelector<HTMLElement>('.field-errors')
  form?.addEventListener('submit', async (event) => {
    event.preventDefault()
    faults?.replaceChildren()
    try {
      await post(address, read(form))
      location.reload()
    } catch (error) {
      const texts =
        error instanceof PostError && Object.keys(error.fields).length > 0
          ? Object.values(error.fields)
          : [String((error as Error).message)]
      for (const text of texts) {
        const item = document.createElement('li')
        item.textContent = text
        faults?.append(item)
      }
      if (faults) faults.hidden = false
    }
  })
}
send(document.querySelector<HTMLFormElement>('#schedule-form'), '/api/reports/schedules')
for (const what of ['name', 'recipients']) {
  const form = document.querySelector<HTMLFormElement>(`#${what}-form`)
  send(form, `/api/reports/schedules/${form?.dataset.schedule}/${what}`)
}

document.addEventListener('click', async (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>('button[data-schedule]')
  // Asked whether they are sure, they said no.
  if (!button || event.defaultPrevented) return
  button.disabled = true
  try {
    const answer = await post<{ state?: string; error?: string | null; to?: string }>(
      `/api/reports/schedules/${button.dataset.schedule}/${button.dataset.do}`,
    )
    if (answer.state === 'failed' || answer.state === 'retry')
      toast(
        answer.state === 'retry'
          ? t('reports.not_sent_yet', { error: answer.error })
          : t('reports.not_sent', { error: answer.error }),
        'fault',
      )
    else if (answer.state === 'running') toast(t('reports.send_goes_on'))
    else if (button.dataset.do === 'delete') location.href = '/reports/schedules?done=deleted'
    else if (answer.to) toast(t('reports.sample_sent', { to: answer.to }))
    else location.reload()
  } catch (error) {
    toast((error as Error).message, 'fault')
  } finally {
    button.disabled = false
  }
})
