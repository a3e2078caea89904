import { randomUUID } from 'node:crypto'
import type { SwitchClient, SwitchEvent } from './esl/types.ts'

/** A test call: what the caller does. */
export type CallRequest = {
  from: string
  fromName?: string
  /** Number dialled. */
  to: string
  /** Dialplan context, `public` by default. */
  context?: string
  /**
   * Keys in order: `0-9 * # A-D` are pressed; the first one, and the one behind each `w`, waits for a new prompt to begin
   * (10 s at most); `p` is a pause of a second.
   */
  keys?: string
  /** Hangs up so long after the answer (after the keys, if they take longer), ms. */
  hangUpAfterMs?: number
  /** What is said when the platform records: on the embedded switch any text; on a real one the path of a WAV file. */
  say?: string
}

export type Call = {
  uuid: string
  answered: boolean
  /** Sounds in the order they began, as the switch names them. */
  heard: string[]
  pressed: string[]
  ended: { cause: string; side: 'caller' | 'platform' }
  durationMs: number
}

/** The caller's end of a call, whatever the switch. Set by `runScript`; called by the switch's side. */
export type CallerHooks = {
  heard(sound: string): void
  answered(): void
  ended(cause: string, byCaller: boolean): void
}
export type CallerHand = { press(digit: string): void; hangUp(): void }
type Timers = { now(): number; after(ms: number, action: () => void): () => void }

/** Milliseconds that a caller thinks before pressing. */
const hesitationMs = 200
const betweenKeysMs = 120

/** Plays a caller's script; resolves when the call is over. `begin` gets the hooks, places the call and gives the hand. */
export async function runScript(
  request: CallRequest,
  timers: Timers,
  begin: (hooks: CallerHooks) => CallerHand,
): Promise<Omit<Call, 'uuid'>> {
  const heard: string[] = []
  const pressed: string[] = []
  const startedAt = timers.now()
  let answered = false
  let news = 0
  let wake = () => {}
  let over: { cause: string; side: 'caller' | 'platform' } | undefined
  const finished = new Promise<void>((resolve) => {
    const hooks: CallerHooks = {
      heard(sound) {
        heard.push(sound)
        news++
        wake()
      },
      answered() {
        answered = true
        wake()
      },
      ended(cause, byCaller) {
        over = { cause, side: byCaller ? 'caller' : 'platform' }
        wake()
        resolve()
      },
    }
    const hand = begin(hooks)
    /** Waits until `met`, the end, or `ms`. */
    const until = (met: () => boolean, ms: number) =>
      new Promise<void>((done) => {
        const cancel = timers.after(ms, finish)
        function finish() {
          cancel()
          wake = () => {}
          done()
        }
        wake = () => {
          if (over || met()) finish()
        }
        wake()
      })
    const act = async () => {
      await until(() => answered, 120_000)
      const answeredAt = timers.now()
      let seen = 0
      let waits = true
      for (const symbol of request.keys ?? '') {
        if (over) return
        if (symbol === 'w') waits = true
        else if (symbol === 'p') await until(() => false, 1000)
        else if (/[0-9*#A-D]/i.test(symbol)) {
          if (waits) {
            await until(() => news > seen, 10_000)
            await until(() => false, hesitationMs)
          } else await until(() => false, betweenKeysMs)
          if (over) return
          waits = false
          seen = news
          pressed.push(symbol)
          hand.press(symbol)
        }
      }
      if (request.hangUpAfterMs === undefined || over) return
      await until(() => false, Math.max(0, answeredAt + request.hangUpAfterMs - timers.now()))
      if (!over) hand.hangUp()
    }
    void act()
  })
  await finished
  return { answered, heard, pressed, ended: over!, durationMs: Math.round(timers.now() - startedAt) }
}

const realTimers: Timers = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
}

/** The events that a client given to `placeCall` must be subscribed to. */
export const placeCallEvents = [
  'CHANNEL_CREATE',
  'CHANNEL_ANSWER',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'PLAYBACK_START',
  'BACKGROUND_JOB',
]

/**
 * Makes a test call on a switch reached through ESL (a real one): a loopback leg dials the number in the dialplan, keys
 * are pressed on it, and what its other half plays is what the caller heard. Resolves when the call is over; rejects with
 * SwitchError when it could not be placed.
 */
export async function placeCall(client: SwitchClient, request: CallRequest): Promise<Call> {
  const near = randomUUID()
  if (!/^\+?[0-9*#]{1,20}$/.test(request.to)) throw new Error(`${JSON.stringify(request.to)} is not a number to dial`)
  if (!/^[A-Za-z0-9_-]+$/.test(request.context ?? 'public'))
    throw new Error('context has other characters than letters and digits')
  // Inside `{}` of originate only these are safe [freeswitch.md].
  const safe = (text: string) => text.replace(/[^A-Za-z0-9 ._+@-]/g, '')
  let far = ''
  let ownHangUp = false
  let failed: Error | undefined
  const result = await runScript(request, realTimers, (hooks) => {
    const onEvent = (event: SwitchEvent) => {
      if (event.name === 'CHANNEL_CREATE' && event.headers.variable_other_loopback_leg_uuid === near)
        far = event.uuid ?? ''
      else if (event.name === 'PLAYBACK_START' && event.uuid === far) {
        hooks.heard(event.headers['Playback-File-Path'] ?? '')
        if (request.say?.startsWith('/') && !/[\s']/.test(request.say))
          void client.api(`uuid_broadcast ${near} ${request.say} aleg`).catch(() => {})
      } else if (event.name === 'CHANNEL_ANSWER' && event.uuid === near) hooks.answered()
      else if (event.name === 'CHANNEL_HANGUP_COMPLETE' && event.uuid === near) {
        client.off('event', onEvent as never)
        hooks.ended(event.headers['Hangup-Cause'] ?? 'NORMAL_CLEARING', ownHangUp)
      }
    }
    client.on('event', onEvent)
    const name = request.fromName ? `,origination_caller_id_name='${safe(request.fromName)}'` : ''
    const dial = `{origination_uuid=${near},origination_caller_id_number=${safe(request.from)}${name},originate_timeout=120}loopback/${request.to}/${request.context ?? 'public'} &park()`
    client.bgapi(`originate ${dial}`, 130_000).catch((error: Error) => {
      // A call refused by the dialplan has its events too; only what never became a leg ends here.
      if (far) return
      failed = error
      client.off('event', onEvent as never)
      hooks.ended('NORMAL_TEMPORARY_FAILURE', false)
    })
    return {
      press: (digit) => void client.api(`uuid_send_dtmf ${near} ${digit}`).catch(() => {}),
      hangUp: () => {
        ownHangUp = true
        // The half in the dialplan, as a BYE would: killing the near half lets an application there end, now and then, a
        // moment before its leg is marked as hung up.
        void client.api(`uuid_kill ${far || near}`).catch(() => {})
      },
    }
  })
  if (failed) throw failed
  return { uuid: far, ...result }
}
