// The supervisor's phone in the browser: it takes by itself what supervision rings, and says on the page how it is.
import { drawPartial, morph } from '../../http/browser/index.ts'

/** What this page uses of server/agents/pages/_phone.ts, which it loads by its address. */
type Phone = {
  readonly state: string
  readonly line: { state: 'ringing' | 'talking'; direction: 'in' | 'out'; from: string; muted: boolean } | undefined
  readonly silent: boolean
  answer(): Promise<boolean>
  hangUp(): void
  mute(on: boolean): void
  retry(): Promise<void>
  take(): void
  hear(): void
}
type PhoneModule = { startPhone(account: Account, audio: HTMLAudioElement, events: object): Phone }
type Account = { enabled: boolean; extension: string }

const ask = async (): Promise<Account | undefined> => {
  const response = await fetch('/api/softphone', { headers: { accept: 'application/json' } })
  const answer = response.ok ? ((await response.json()) as Account) : undefined
  return answer?.enabled ? answer : undefined
}

/** Begins where the person has an extension and the switch has phones in browsers; elsewhere nothing is shown. */
export async function openPhone(): Promise<void> {
  const address = document.getElementById('supervisor-page')?.dataset.phoneModule
  const audio = document.getElementById('supervisor-audio') as HTMLAudioElement | null
  const bar = document.getElementById('supervisor-phone')
  if (!address || !audio || !bar) return
  const account = await ask().catch(() => undefined)
  if (!account) return
  const { startPhone } = (await import(address)) as PhoneModule
  let phone: Phone | undefined
  const paint = () => {
    if (!phone) return
    const { state, line, silent } = phone
    bar.hidden = false
    const drawn = drawPartial('supervision/phone', {
      state,
      line,
      silent,
      rings: line?.state === 'ringing' && line.direction === 'in',
      wrong: state !== 'ready' && state !== 'starting',
      extension: account.extension,
    })
    morph(bar, drawn)
  }
  phone = startPhone(account, audio, {
    onChange: paint,
    onFresh: paint,
    onSignedOut: () => location.assign(`/login?next=${encodeURIComponent(location.pathname)}`),
    // Supervision asks the phone to answer by itself; whoever else calls rings.
    answersAfter: (header: (name: string) => string | undefined) =>
      /answer-after=0|alert-autoanswer/i.test(`${header('Call-Info') ?? ''} ${header('Alert-Info') ?? ''}`)
        ? 0
        : undefined,
    account: ask,
  })
  paint()
  bar.addEventListener('click', (event) => {
    const what = (event.target as Element).closest<HTMLElement>('[data-phone]')?.dataset.phone
    if (what === 'answer') void phone?.answer()
    else if (what === 'hangup') phone?.hangUp()
    else if (what === 'mute') phone?.mute(!phone.line?.muted)
    else if (what === 'retry') void phone?.retry()
    else if (what === 'take') phone?.take()
    else if (what === 'hear') phone?.hear()
  })
  // The call lives in this page.
  addEventListener('beforeunload', (event) => {
    if (phone?.line?.state === 'talking') event.preventDefault()
  })
}
