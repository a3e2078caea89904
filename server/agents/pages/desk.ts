// The agent's desk in the browser: buttons, keys, the bell, and notes that save themselves.
import { onTopic, PostError, post, t, toast } from '../../http/browser/index.ts'
import { answerHere, contactIs, openPhone, paint, phoneHere, pressKeys, toggleMute } from './_phone-panel.ts'
import { bell, ring } from './_ring.ts'
import { openTransfer } from './_transfer.ts'

type Contact = {
  phase: string
  interactionId: string
  from: string
  as?: string
  lost?: boolean
  maskedSince?: number
  consultEnded?: { name: string; why: string; at: number }
  about: { citizen?: { name: string } }
}
type Model = { state?: string; contact?: Contact }
type Found = { id: number; name: string; dni?: string; locality?: string }

const api = (path: string, body: object = {}) => post(`/api/agent/${path}`, body)
const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind | null

async function act(path: string, body: object = {}): Promise<boolean> {
  try {
    await api(path, body)
    return true
  } catch (error) {
    toast((error as Error).message, 'fault')
    return false
  }
}

const interaction = () => element('desk-call')?.dataset.interaction
let saving: ReturnType<typeof setTimeout> | undefined
let unsaved: { interactionId: string; note: string } | undefined

/** A note is kept in the browser too until the server has it: a lost connection loses no word. */
async function saveNote(): Promise<void> {
  clearTimeout(saving)
  saving = undefined
  const sent = unsaved
  if (!sent) return
  const state = element('note-state')
  try {
    await api('draft', sent)
    if (unsaved === sent) unsaved = undefined
    localStorage.removeItem('vera.note')
    if (state) state.textContent = t('agents.note_saved')
  } catch (error) {
    if (state) state.textContent = t('agents.note_unsaved')
    if (!(error instanceof PostError) || error.status === 0 || error.status >= 500) saving = setTimeout(saveNote, 3_000)
  }
}

document.addEventListener('input', (event) => {
  const area = event.target as HTMLTextAreaElement
  if (area.matches('[data-note]')) {
    const interactionId = interaction()
    if (!interactionId) return
    unsaved = { interactionId, note: area.value }
    localStorage.setItem('vera.note', JSON.stringify(unsaved))
    const state = element('note-state')
    if (state) state.textContent = ''
    clearTimeout(saving)
    saving = setTimeout(saveNote, 600)
  }
  if (area.id === 'citizen-search') searchSoon(area.value)
})

document.addEventListener('change', async (event) => {
  const select = event.target as HTMLSelectElement
  if (select.matches('[data-break]') && select.value) {
    await act('state', { state: 'break', reasonId: Number(select.value) })
    select.value = ''
    select.blur()
  }
  if (select.matches('[data-transfer]') && select.value) {
    const queueId = Number(select.value)
    select.value = ''
    await saveNote()
    await act('transfer', { to: 'queue', queueId })
  }
  const field = select.dataset.draft
  if (field && select.value) await act('draft', { interactionId: interaction() ?? '', [field]: Number(select.value) })
})

async function press(button: HTMLElement): Promise<void> {
  const { do: what, state, body } = button.dataset
  if (!what) return
  if (what === 'finish' || what === 'consult/complete') await saveNote()
  button.toggleAttribute('aria-busy', true)
  // The phone in the browser answers itself; one on a desk is told by the server.
  const done = what === 'answer' && phoneHere() && (await answerHere())
  if (!done) await act(what, body ? JSON.parse(body) : state ? { state } : {})
  button.removeAttribute('aria-busy')
}

document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest<HTMLElement>(
    '[data-do], [data-open], [data-close], [data-link], [data-mute], [data-transfer-open], [data-dtmf]',
  )
  if (!button) return
  const { dtmf } = button.dataset
  if (dtmf) {
    const typed = element('keypad-typed')
    if (typed) typed.textContent = `${typed.textContent ?? ''}${dtmf}`.slice(-16)
    void pressKeys(dtmf)
  } else if (button.dataset.mute !== undefined) toggleMute()
  else if (button.dataset.transferOpen !== undefined) {
    void openTransfer({ consult: button.dataset.consult !== undefined, save: saveNote })
  } else if (button.dataset.do) void press(button)
  else if (button.dataset.open) openDialog(button)
  else if (button.dataset.link) {
    void act('citizen/link', { citizenId: Number(button.dataset.link) })
    element<HTMLDialogElement>('citizen-dialog')?.close()
  } else button.closest('dialog')?.close()
})

function openDialog(button: HTMLElement): void {
  const dialog = element<HTMLDialogElement>(button.dataset.open ?? '')
  if (!dialog || dialog.open) return
  const offices = element<HTMLSelectElement>('ticket-office')
  if (button.dataset.offices && offices) {
    const list = JSON.parse(button.dataset.offices) as { id: number; name: string }[]
    offices.replaceChildren(new Option('—', ''), ...list.map(({ id, name }) => new Option(name, String(id))))
  }
  const phone = element<HTMLInputElement>('citizen-phone')
  if (button.dataset.from !== undefined && phone) phone.value = button.dataset.from
  dialog.showModal()
}

let searching: ReturnType<typeof setTimeout> | undefined
function searchSoon(text: string): void {
  clearTimeout(searching)
  searching = setTimeout(async () => {
    const list = element('citizen-results')
    if (!list) return
    const response = await fetch(`/api/agent/citizens?q=${encodeURIComponent(text)}`).catch(() => undefined)
    const { citizens = [] } = response?.ok ? ((await response.json()) as { citizens: Found[] }) : {}
    list.replaceChildren(
      ...citizens.map((one) => {
        const item = document.createElement('li')
        const button = document.createElement('button')
        button.className = 'button button-wide'
        button.dataset.link = String(one.id)
        button.textContent = [one.name, one.dni && `DNI ${one.dni}`, one.locality].filter(Boolean).join(' · ')
        item.append(button)
        return item
      }),
    )
    if (citizens.length === 0 && text.trim().length > 1) list.textContent = t('agents.citizen.none')
  }, 200)
}

document.addEventListener('submit', async (event) => {
  const form = event.target as HTMLFormElement
  const kind = form.dataset.form
  if (!kind) return
  event.preventDefault()
  const entries = [...new FormData(form)].filter(([, value]) => value !== '') as [string, string][]
  const body: Record<string, unknown> = Object.fromEntries(entries)
  if (body.backOfficeId) body.backOfficeId = Number(body.backOfficeId)
  const fault = form.querySelector<HTMLElement>('[data-fault]')
  if (fault) fault.hidden = true
  try {
    const answer = (await api(kind, body)) as { number?: number }
    form.reset()
    form.closest('dialog')?.close()
    toast(kind === 'ticket' ? t('agents.ticket.created', { number: answer.number }) : t('agents.citizen.created'))
  } catch (error) {
    if (!fault) return
    const fields = error instanceof PostError ? Object.values(error.fields) : []
    fault.textContent = [(error as Error).message, ...fields].join(' ')
    fault.hidden = false
  }
})

const keys: Record<string, () => HTMLElement | null> = {
  a: () => element('do-answer'),
  c: () => element('do-hangup'),
  d: () => element('do-ready'),
  f: () => element('do-finish'),
  r: () => element('do-hold') ?? element('do-unhold'),
  b: () => element('open-citizen'),
  t: () => element('open-ticket'),
  m: () => element('do-mute'),
  p: () => element('do-transfer') ?? element('transfer'),
}
document.addEventListener('keydown', (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey) return
  const key = event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : ''
  if (key === 'n') {
    event.preventDefault()
    document.querySelector<HTMLElement>('[data-note]')?.focus()
  }
  const target = keys[key]?.() ?? (key === 'a' ? element('line-answer') : key === 'c' ? element('line-hangup') : null)
  if (!target || target.hidden) return
  event.preventDefault()
  if (target instanceof HTMLSelectElement) target.focus()
  else target.click()
})

document.addEventListener('keydown', (event) => {
  // With the keypad open the keyboard's digits are the phone's.
  if (!element('keypad')?.matches(':popover-open') || !/^[0-9*#]$/.test(event.key) || event.altKey) return
  if (/^(INPUT|TEXTAREA|SELECT)$/.test((event.target as Element).tagName)) return
  document.querySelector<HTMLElement>(`[data-dtmf="${event.key}"]`)?.click()
})
element('keypad')?.addEventListener('toggle', (event) => {
  if ((event as ToggleEvent).newState === 'open') return
  const typed = element('keypad-typed')
  if (typed) typed.textContent = ''
})

/** A recording that stays masked is evidence that is missing: said again every minute. */
let reminder: ReturnType<typeof setInterval> | undefined
function remind(masked: boolean): void {
  if (masked === (reminder !== undefined)) return
  clearInterval(reminder)
  reminder = masked
    ? setInterval(() => {
        bell()
        toast(t('agents.masked_still'), 'fault')
      }, 60_000)
    : undefined
}

document.addEventListener('vera:drawn', () => paint())
void openPhone()

let phase = ''
let consultEnded = 0
onTopic<Model>('agent.desk', ({ state, contact }) => {
  const beside = contact === undefined && state === 'talking'
  contactIs({ phase: contact?.phase, as: contact?.as, lost: contact?.lost, beside })
  remind(contact?.phase === 'talking' && contact.maskedSince !== undefined)
  const ended = contact?.consultEnded
  if (ended && ended.at > consultEnded) {
    // What happened before this page was opened is no news.
    if (consultEnded > 0 || Date.now() - ended.at < 5_000) {
      toast(t(`agents.consult.ended.${ended.why}`, { name: ended.name }), 'fault')
    }
    consultEnded = ended.at
  }
  const next = contact ? `${contact.interactionId} ${contact.phase}` : ''
  if (next === phase) return
  phase = next
  ring(contact?.phase === 'offered' ? (contact.about.citizen?.name ?? contact.from) : undefined)
  const [open] = document.querySelectorAll<HTMLDialogElement>('#transfer-dialog[open]')
  if (contact?.phase !== 'talking') open?.close()
  // Topic and disposition are what is left to do.
  if (contact?.phase === 'wrap_up') document.querySelector<HTMLElement>('[data-draft]')?.focus()
})

// What was typed before a reload and did not reach the server.
const kept = localStorage.getItem('vera.note')
if (kept) {
  const { interactionId, note } = JSON.parse(kept) as { interactionId: string; note: string }
  const area = document.querySelector<HTMLTextAreaElement>('[data-note]')
  if (area && interactionId === interaction()) {
    area.value = note
    unsaved = { interactionId, note }
    void saveNote()
  } else localStorage.removeItem('vera.note')
}

// Whoever is here says so: the example's robot sits down again only when nobody has been here for ten minutes.
let touched = Date.now()
for (const event of ['pointerdown', 'keydown'] as const) {
  addEventListener(event, () => {
    if (Date.now() - touched < 60_000) return
    touched = Date.now()
    void post('/api/agent/touch').catch(() => {})
  })
}
