// Whom to pass the call to, or to consult: a dialog with colleagues, queues, offices and any number.
import { post, t, toast } from '../../http/browser/index.ts'

type Target = { to: string; agentId?: number; queueId?: number; backOfficeId?: number; number?: string }
type Row = { name: string; detail: string; target: Target; consult: boolean; free?: boolean }
type Targets = {
  agents: { id: number; name: string; state: string; extension?: string }[]
  queues: { id: number; name: string; waiting: number }[]
  offices: { id: number; name: string; number?: string }[]
}

let rows: Record<string, Row[]> = {}
let consults = false
let tab = 'agent'
let before: () => Promise<void> = async () => {}
const dialog = () => document.getElementById('transfer-dialog') as HTMLDialogElement | null

/** `save` runs before the call is let go: what was typed goes with it. */
export async function openTransfer(options: { consult: boolean; save(): Promise<void> }): Promise<void> {
  const box = dialog()
  if (!box || box.open) return
  consults = options.consult
  before = options.save
  rows = {}
  const search = box.querySelector<HTMLInputElement>('[data-transfer-search]')
  if (search) search.value = ''
  choose(tab)
  box.showModal()
  search?.focus()
  const response = await fetch('/api/agent/targets', { headers: { accept: 'application/json' } }).catch(() => undefined)
  if (!response?.ok) return toast(t('agents.transfer_failed'), 'fault')
  const { agents, queues, offices } = (await response.json()) as Targets
  rows = {
    agent: agents.map(({ id, name, state, extension }) => ({
      name,
      detail: [t(`agents.colleague.${state}`), extension].filter(Boolean).join(' · '),
      target: { to: 'agent', agentId: id },
      consult: true,
      free: state === 'available',
    })),
    queue: queues.map(({ id, name, waiting }) => ({
      name,
      detail: t('agents.waiting_now', { count: waiting }),
      target: { to: 'queue', queueId: id },
      consult: false,
    })),
    back_office: offices.map(({ id, name, number }) => ({
      name,
      detail: number ?? t('agents.no_number'),
      target: { to: 'back_office', backOfficeId: id },
      consult: true,
    })),
  }
  draw()
}

function choose(next: string): void {
  tab = next
  for (const button of dialog()?.querySelectorAll<HTMLElement>('[data-transfer-tab]') ?? []) {
    const on = button.dataset.transferTab === tab
    button.setAttribute('aria-selected', String(on))
    button.tabIndex = on ? 0 : -1
  }
  draw()
}

const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()

function draw(): void {
  const list = dialog()?.querySelector<HTMLElement>('[data-transfer-list]')
  const search = dialog()?.querySelector<HTMLInputElement>('[data-transfer-search]')
  if (!list || !search) return
  search.placeholder = t(tab === 'number' ? 'agents.number_hint' : 'agents.search_target')
  search.inputMode = tab === 'number' ? 'tel' : 'text'
  const typed = search.value.trim()
  const shown =
    tab === 'number'
      ? typed.length > 1
        ? [{ name: typed, detail: '', target: { to: 'number', number: typed }, consult: true }]
        : []
      : (rows[tab] ?? []).filter(({ name, detail }) => plain(`${name} ${detail}`).includes(plain(typed)))
  list.replaceChildren(...shown.map((row) => item(row)))
  if (shown.length === 0 && tab !== 'number' && rows[tab]) list.textContent = t('agents.citizen.none')
}

function item(row: Row): HTMLElement {
  const line = document.createElement('li')
  const who = document.createElement('div')
  const name = document.createElement('strong')
  name.textContent = row.name
  const detail = document.createElement('span')
  detail.className = row.free ? 'badge badge-good' : 'muted'
  detail.textContent = row.detail
  who.append(name, detail)
  line.append(who)
  if (consults && row.consult) line.append(button('consult', row))
  line.append(button('transfer', row))
  return line
}

function button(what: 'consult' | 'transfer', row: Row): HTMLButtonElement {
  const made = document.createElement('button')
  made.className = `button button-small${what === 'transfer' ? ' button-primary' : ''}`
  made.textContent = t(what === 'transfer' ? 'agents.pass' : 'agents.consult.begin')
  made.setAttribute('aria-label', `${made.textContent}: ${row.name}`)
  made.addEventListener('click', async () => {
    made.disabled = true
    try {
      await before()
      await post(`/api/agent/${what}`, row.target)
      dialog()?.close()
    } catch (error) {
      made.disabled = false
      toast((error as Error).message, 'fault')
    }
  })
  return made
}

document.addEventListener('input', (event) => {
  if ((event.target as Element).matches('[data-transfer-search]')) draw()
})
document.addEventListener('click', (event) => {
  const next = (event.target as Element).closest<HTMLElement>('[data-transfer-tab]')?.dataset.transferTab
  if (next) choose(next)
})
document.addEventListener('keydown', (event) => {
  const current = (event.target as Element).closest?.('[data-transfer-tab]')
  if (!current || !/^Arrow(Left|Right)$/.test(event.key)) return
  const tabs = [...(dialog()?.querySelectorAll<HTMLElement>('[data-transfer-tab]') ?? [])]
  const step = event.key === 'ArrowRight' ? 1 : tabs.length - 1
  const next = tabs[(tabs.indexOf(current as HTMLElement) + step) % tabs.length]
  if (next?.dataset.transferTab) choose(next.dataset.transferTab)
  next?.focus()
})
