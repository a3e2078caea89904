// What the supervisor orders from the page: listening and the rest, callers moved, queues opened and closed.
import { type PostError, post, t, toast } from '../../http/browser/index.ts'
import { openPhone } from './_phone-bar.ts'

const page = document.getElementById('supervisor-page')
const dialogOf = (id: string) => document.getElementById(id) as HTMLDialogElement | null

/** Buttons of one's own supervisions only. */
function mine(): void {
  for (const part of document.querySelectorAll<HTMLElement>('[data-of]'))
    part.hidden = part.dataset.of !== page?.dataset.me
}

async function order(url: string, body: object, done: string, fault?: HTMLElement | null): Promise<boolean> {
  if (fault) fault.hidden = true
  try {
    await post(url, body)
    toast(t(done))
    return true
  } catch (error) {
    const { message } = error as PostError
    if (!fault) toast(message, 'fault')
    else {
      fault.textContent = message
      fault.hidden = false
    }
    return false
  }
}

function onClick(event: Event): void {
  const button = (event.target as Element).closest<HTMLElement>(
    '[data-listen], [data-begin], [data-mode], [data-end], [data-move], [data-door]',
  )
  if (!button) return
  const { listen, begin, mode, supervision, end, move, door, name = '', queue, callback, forced } = button.dataset
  const force = dialogOf('force-dialog')
  if (listen)
    void order('/api/supervision/listen', { agentId: Number(listen), mode: 'listen' }, 'supervision.mode.rings')
  else if (begin && force) {
    const body = { agentId: Number(force.dataset.agent), mode: begin }
    const fault = force.querySelector<HTMLElement>('[data-fault]')
    void order('/api/supervision/listen', body, 'supervision.mode.rings', fault).then((done) => done && force.close())
  } else if (mode && supervision)
    void order(`/api/supervision/${supervision}/mode`, { mode }, 'supervision.mode.changed')
  else if (end) void order(`/api/supervision/${end}/end`, {}, 'supervision.mode.ended')
  else if (move)
    open('move-dialog', 'data-move-name', name, move, () => {
      const select = document.getElementById('move-queue') as HTMLSelectElement
      select.value = queue ?? ''
      select.disabled = Boolean(callback)
    })
  else if (door)
    open('door-dialog', 'data-door-name', name, door, (dialog) => {
      const undo = dialog.querySelector<HTMLElement>('[data-undo]')
      if (undo) undo.hidden = !forced
    })
}

function open(id: string, title: string, name: string, about: string, prepare: (dialog: HTMLDialogElement) => void) {
  const dialog = dialogOf(id)
  if (!dialog) return
  dialog.dataset.about = about
  const place = dialog.querySelector(`[${title}]`)
  if (place) place.textContent = name
  const fault = dialog.querySelector<HTMLElement>('[data-fault]')
  if (fault) fault.hidden = true
  prepare(dialog)
  dialog.showModal()
}

function onSubmit(id: string, work: (dialog: HTMLDialogElement, event: SubmitEvent) => Promise<boolean>): void {
  const dialog = dialogOf(id)
  dialog?.querySelector('form')?.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (await work(dialog, event)) dialog.close()
    for (const button of dialog.querySelectorAll<HTMLButtonElement>('button'))
      setTimeout(() => (button.disabled = false))
  })
}

/** Joins the page's buttons and dialogs; nothing happens on a page without them. */
export function orders(): void {
  document.addEventListener('vera:drawn', mine)
  document.addEventListener('click', onClick)
  mine()
  void openPhone()
  onSubmit('move-dialog', (dialog) => {
    const select = document.getElementById('move-queue') as HTMLSelectElement
    const first = (document.getElementById('move-first') as HTMLInputElement).checked
    const fault = dialog.querySelector<HTMLElement>('[data-fault]')
    const url = `/api/supervision/calls/${dialog.dataset.about}/move`
    return order(url, { queueId: Number(select.value), first }, 'supervision.move.done', fault)
  })
  onSubmit('door-dialog', (dialog, event) => {
    const wanted = (event.submitter as HTMLButtonElement | null)?.value
    const until = (document.getElementById('door-until') as HTMLSelectElement).value
    const body = { open: wanted === 'settings' ? null : wanted === 'open', until }
    const fault = dialog.querySelector<HTMLElement>('[data-fault]')
    return order(`/api/supervision/queues/${dialog.dataset.about}/open`, body, 'supervision.door.done', fault)
  })
}
