// The supervisor's screen in the browser: filters that outlive each redraw, and the actions.
import { type PostError, post, t, toast } from '../../http/browser/index.ts'
import { orders } from './_orders.ts'

const filters = [...document.querySelectorAll<HTMLInputElement | HTMLSelectElement>('[data-filter]')]
const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

function filter(): void {
  const wanted = Object.fromEntries(filters.map((field) => [field.dataset.filter, field.value]))
  const text = plain(wanted.text ?? '')
  let agents = 0
  for (const row of document.querySelectorAll<HTMLElement>('[data-row]')) {
    const { row: kind, queue, state } = row.dataset
    // What is to come: of the chosen queue, else of all together.
    if (kind === 'ahead') {
      row.hidden = queue !== (wanted.queue || '0')
      continue
    }
    const ofQueue = !wanted.queue || queue === wanted.queue || (kind === 'agent' && !queue)
    const ofState =
      kind !== 'agent' ||
      wanted.state === 'all' ||
      (wanted.state
        ? state === wanted.state || (wanted.state === 'talking' && state === 'offered')
        : state !== 'offline')
    const found = kind === 'queue' || plain(row.dataset.text ?? '').includes(text)
    row.hidden = !(ofQueue && ofState && found)
    if (kind === 'agent' && !row.hidden) agents++
  }
  const none = document.querySelector<HTMLElement>('[data-none]')
  if (none) none.hidden = agents > 0 || document.querySelector('[data-row=agent]') === null
}
for (const field of filters) field.addEventListener('input', filter)
/** Of one queue alone: its number of waiting people leads to who they are. */
function only(queue: string): void {
  const field = document.getElementById('filter-queue') as HTMLSelectElement | null
  if (!field || ![...field.options].some(({ value }) => value === queue)) return
  field.value = queue
  filter()
}
document.addEventListener('click', (event) => {
  const queue = (event.target as Element).closest<HTMLElement>('[data-only]')?.dataset.only
  if (queue) only(queue)
})
document.addEventListener('vera:drawn', filter)
orders()
document.getElementById('now-filters')?.addEventListener('submit', (event) => event.preventDefault())
filter()
only(new URLSearchParams(location.search).get('queue') ?? '')

const dialog = document.getElementById('force-dialog') as HTMLDialogElement | null
let agent = ''
document.addEventListener('click', async (event) => {
  const button = (event.target as Element).closest<HTMLElement>('[data-force], [data-seen], [data-close]')
  if (!button) return
  const { force, seen, name, talking } = button.dataset
  if (force && dialog) {
    agent = force
    const title = dialog.querySelector('[data-force-name]')
    if (title) title.textContent = name ?? ''
    const modes = dialog.querySelector<HTMLElement>('[data-modes]')
    if (modes) modes.hidden = !talking
    dialog.dataset.agent = force
    dialog.showModal()
  } else if (seen) {
    try {
      await post(seen === 'all' ? '/api/supervisor/alarms/seen' : `/api/supervisor/alarms/${seen}/seen`)
    } catch (error) {
      toast((error as Error).message, 'fault')
    }
  } else button.closest('dialog')?.close()
})
document.getElementById('force-form')?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const state = ((event as SubmitEvent).submitter as HTMLButtonElement | null)?.value ?? 'break'
  const reason = document.getElementById('force-reason') as HTMLSelectElement
  const body = state === 'break' && reason.value ? { state, reasonId: Number(reason.value) } : { state }
  const fault = dialog?.querySelector<HTMLElement>('[data-fault]')
  if (fault) fault.hidden = true
  try {
    const answer = await post<{ next: string | null }>(`/api/supervisor/agents/${agent}/state`, body)
    dialog?.close()
    toast(t(answer.next ? 'supervision.force.later' : 'supervision.force.done'))
  } catch (error) {
    if (!fault) return
    fault.textContent = (error as PostError).message
    fault.hidden = false
  }
  for (const button of dialog?.querySelectorAll<HTMLButtonElement>('button') ?? [])
    setTimeout(() => (button.disabled = false))
})
