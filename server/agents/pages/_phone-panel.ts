// The phone as the agent sees it: its card, the warnings over the desk, mute and keys in the call, the settings.
import { drawPartial, morph, PostError, post, t, toast } from '../../http/browser/index.ts'
import { choices, prefer, preferences } from './_devices.ts'
import type { Account, Phone, State } from './_phone-types.ts'
import { bell } from './_ring.ts'

/** What the desk says of the present contact. */
export type Situation = {
  phase?: string
  as?: string
  lost?: boolean
  /** Talks without a contact of the own: a colleague consults, or a citizen is being called back. */
  beside?: boolean
}

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind | null
const echoExtension = '9196'

let account: (Account & { enabled: true; autoAnswer: boolean }) | undefined
let phone: Phone | undefined
let situation: Situation = {}
/** The present line belongs to a citizen's call, not to a colleague or the echo. */
let ofCall = false
let reported: string | undefined
let quiet: ReturnType<typeof setTimeout> | undefined

/** True while calls are answered here, and not on a phone on the desk. */
export const phoneHere = () => phone !== undefined

const ask = async () => {
  const response = await fetch('/api/softphone', { headers: { accept: 'application/json' } })
  const answer = response.ok ? ((await response.json()) as { enabled: boolean }) : { enabled: false }
  return answer.enabled ? (answer as NonNullable<typeof account>) : undefined
}

/** Begins when the switch has phones in browsers; the desk without them stays as it was. */
export async function openPhone(): Promise<void> {
  if (element('phone-audio')?.dataset.softphone === undefined) return
  account = await ask().catch(() => undefined)
  if (!account) return
  fillSettings()
  await use()
  setInterval(meter, 80)
}

async function use(): Promise<void> {
  if (!account) return
  if (preferences().use === 'desk') {
    phone?.stop()
    phone = undefined
    paint()
    return report('desk')
  }
  if (phone) return
  // JsSIP is loaded by those who need it.
  const { startPhone } = await import('./_phone.ts')
  const audio = element<HTMLAudioElement>('phone-audio')
  if (!audio) return
  phone = startPhone(account, audio, {
    onChange: paint,
    onFresh() {
      paint()
      report('ready', true)
    },
    onSignedOut: () => location.assign(`/login?next=${encodeURIComponent(location.pathname)}`),
    answersAfter(header) {
      const asked = /answer-after=0|alert-autoanswer/i.test(
        `${header('Call-Info') ?? ''} ${header('Alert-Info') ?? ''}`,
      )
      if (asked || situation.lost || situation.as === 'reattach') return 0
      // One ring, so that the call does not come out of nothing.
      return (preferences().autoAnswer ?? account?.autoAnswer) ? 900 : undefined
    },
    account: ask,
  })
  paint()
}

let retrying: ReturnType<typeof setTimeout> | undefined
/** The server must know what the page knows; a word that does not reach it is said again. */
function report(state: State | 'desk', fresh = false): void {
  if (state === 'starting' || state === 'elsewhere' || (state === reported && !fresh)) return
  reported = state
  const told = state === 'switch' ? 'network' : state
  clearTimeout(retrying)
  post('/api/agent/phone', { state: told, ...(fresh ? { fresh } : {}) }).catch((error) => {
    if (reported !== state || (error instanceof PostError && error.status >= 400 && error.status < 500)) return
    reported = undefined
    retrying = setTimeout(() => report(state, fresh), 2_000)
  })
}

/** The desk's model changed. */
export function contactIs(next: Situation): void {
  situation = next
  // Our own call that rings again: it was answered already.
  if ((next.lost || next.as === 'reattach') && phone?.line?.state === 'ringing') void phone.answer()
  const busy = next.phase === 'offered' || next.phase === 'talking'
  clearTimeout(quiet)
  // A line like any other: told in the bar, with its own way out.
  if (next.beside) ofCall = false
  // The switch's goodbye may have gone to a websocket that is lost.
  if (!busy && ofCall) quiet = setTimeout(() => phone?.line && ofCall && phone.hangUp(), 1_500)
  paint()
}

/** Draws what changed; also after the live part was drawn anew. */
export function paint(): void {
  const line = phone?.line
  const talking = line?.state === 'talking'
  const keys = element('do-keys')
  if (keys) keys.hidden = !(talking || keys.dataset.server !== undefined)
  const card = element('desk-phone')
  const top = element('phone-top')
  if (!account || !card || !top) return
  const busy = situation.phase === 'offered' || situation.phase === 'talking'
  if (!line) ofCall = false
  else if (busy && line.direction === 'in') ofCall = true
  const state = phone ? phone.state : 'desk'
  if (phone) report(phone.state)
  card.hidden = false
  morph(
    card,
    drawPartial('agents/phone', {
      state,
      extension: account.extension,
      meter: phone !== undefined && state !== 'elsewhere' && state !== 'microphone',
      muted: line?.muted,
    }),
  )
  const wrong = ['microphone', 'network', 'switch', 'unregistered', 'elsewhere'].includes(state) ? state : undefined
  // Without https a browser gives no page a microphone.
  const alarm = wrong === 'microphone' && !isSecureContext ? 'insecure' : wrong
  const own = line && !ofCall && !busy ? line : undefined
  morph(
    top,
    drawPartial('agents/phone-alarm', {
      alarm,
      silent: phone?.silent,
      line: own,
      rings: own?.state === 'ringing' && own.direction === 'in',
      echo: own?.direction === 'out',
    }),
  )
  const mute = element('do-mute')
  if (mute) {
    mute.hidden = !talking
    mute.setAttribute('aria-pressed', String(line?.muted ?? false))
    mute.querySelector('use')?.setAttribute('href', line?.muted ? '#i-mic-off' : '#i-mic')
    const label = mute.querySelector('[data-label]')
    if (label) label.textContent = t(line?.muted ? 'agents.unmute' : 'agents.mute')
  }
}

function meter(): void {
  if (document.hidden) return
  const level = `${Math.round((phone?.level() ?? 0) * 100)}%`
  for (const bar of document.querySelectorAll<HTMLElement>('[data-meter]')) bar.style.width = level
}

const windows = new BroadcastChannel('vera.phone')
windows.addEventListener('message', ({ data }) => {
  if (data === 'answer' && phone && phone.state !== 'elsewhere') void phone.answer()
})

/** Answers here; false when the phone of this desk is another one, or nothing rang in time. */
export async function answerHere(): Promise<boolean> {
  if (phone?.state !== 'elsewhere') return phone ? phone.answer() : false
  // The window that has the phone answers.
  windows.postMessage('answer')
  return true
}
export const toggleMute = () => phone?.mute(!phone.line?.muted)

/** Keys go with the voice where the voice is; a phone on the desk has the server press them. */
export async function pressKeys(keys: string): Promise<void> {
  if (phone?.keys(keys)) return
  await post('/api/agent/dtmf', { keys }).catch((error: Error) => toast(error.message, 'fault'))
}

async function fillSettings(): Promise<void> {
  const dialog = element<HTMLDialogElement>('phone-dialog')
  if (!dialog) return
  const found = await choices()
  // Read after the wait: what was chosen meanwhile must not be undone.
  const chosen = preferences()
  for (const kind of ['microphone', 'speaker', 'bell'] as const) {
    const select = dialog.querySelector<HTMLSelectElement>(`[data-prefer=${kind}]`)
    select?.replaceChildren(
      new Option(t('agents.phone.default_device'), ''),
      ...found[kind].map(({ id, name }, index) => new Option(name || `${t(`agents.phone.${kind}`)} ${index + 1}`, id)),
    )
    if (select) select.value = found[kind].some(({ id }) => id === chosen[kind]) ? chosen[kind] : ''
  }
  for (const radio of dialog.querySelectorAll<HTMLInputElement>('[data-prefer=use]')) {
    radio.checked = radio.value === chosen.use
  }
  const volume = dialog.querySelector<HTMLInputElement>('[data-prefer=bellVolume]')
  if (volume) volume.value = String(chosen.bellVolume)
  const auto = dialog.querySelector<HTMLInputElement>('[data-prefer=autoAnswer]')
  if (auto) auto.checked = chosen.autoAnswer ?? account?.autoAnswer ?? false
}

document.addEventListener('change', (event) => {
  const field = event.target as HTMLInputElement
  switch (field.dataset.prefer) {
    case 'use':
      prefer({ use: field.value === 'desk' ? 'desk' : 'browser' })
      void use()
      break
    case 'autoAnswer':
      prefer({ autoAnswer: field.checked })
      break
    case 'bellVolume':
      prefer({ bellVolume: Number(field.value) })
      bell()
      break
    case 'microphone':
    case 'speaker':
    case 'bell':
      prefer({ [field.dataset.prefer]: field.value })
      if (field.dataset.prefer === 'bell') bell()
      else void phone?.retry()
  }
})
navigator.mediaDevices?.addEventListener('devicechange', () => void fillSettings())

document.addEventListener('click', (event) => {
  const what = (event.target as Element).closest<HTMLElement>('[data-phone]')?.dataset.phone
  if (what === 'settings') {
    void fillSettings()
    element<HTMLDialogElement>('phone-dialog')?.showModal()
  } else if (what === 'take') phone?.take()
  else if (what === 'retry') void phone?.retry()
  else if (what === 'hear') phone?.hear()
  else if (what === 'answer') void phone?.answer()
  else if (what === 'hangup') phone?.hangUp()
  else if (what === 'bell') bell()
  else if (what === 'echo') {
    element<HTMLDialogElement>('phone-dialog')?.close()
    phone?.call(echoExtension)
  }
})
