// The telephone in the browser: registers over /softphone/ws, rings, answers, and says whether it can be rung.
import * as JsSIP from 'jssip'
import { createMicrophone } from './_devices.ts'
import { oneWindow } from './_one-window.ts'
import type { Account, Line, Phone, PhoneEvents, State } from './_phone-types.ts'
import { followConnection, type NewSession, type RTCSession, renegotiate } from './_session.ts'
import { createVoice } from './_voice.ts'

export function startPhone(first: Account, audio: HTMLAudioElement, events: PhoneEvents): Phone {
  let account = first
  let ua: JsSIP.UA | undefined
  let socket: JsSIP.WebSocketInterface | undefined
  let session: RTCSession | undefined
  let connected = false
  let registered = false
  let away = false
  let hasMicrophone = false
  let online = navigator.onLine
  let tried = false
  let fresh = true
  let stopped = false
  let answering: ((answered: boolean) => void) | undefined
  let renewal: ReturnType<typeof setTimeout> | undefined
  let shown: State | undefined

  const state = (): State => {
    if (!turn.mine) return tried ? 'elsewhere' : 'starting'
    if (!online) return 'network'
    if (!hasMicrophone) return tried ? 'microphone' : 'starting'
    if (away) return 'switch'
    if (!connected) return tried ? 'network' : 'starting'
    if (!registered) return tried ? 'unregistered' : 'starting'
    return 'ready'
  }
  const changed = () => {
    const now = state()
    if (now === 'ready' && shown !== 'ready' && fresh) {
      fresh = false
      shown = now
      if (session) events.onChange()
      else events.onFresh()
      return
    }
    shown = now
    events.onChange()
  }
  const microphone = createMicrophone({
    async onLost() {
      hasMicrophone = await microphone.open()
      changed()
    },
    onChange: (track) => session && voice.swap(session, track),
  })
  const voice = createVoice(
    audio,
    () => microphone,
    () => changed(),
  )
  /** What both directions need of us. */
  const media = () => {
    const mediaStream = voice.begin()
    return {
      ...(mediaStream ? { mediaStream } : {}),
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: account.iceServers },
    }
  }
  const follow = (one: RTCSession) => {
    session = one
    const unfollow = followConnection(one, voice.attach)
    const over = () => {
      unfollow()
      if (session !== one) return
      session = undefined
      voice.end()
      changed()
    }
    one.on('accepted', changed)
    one.on('confirmed', changed)
    one.on('ended', over)
    one.on('failed', over)
    changed()
  }

  const connect = () => {
    ua?.stop()
    connected = false
    registered = false
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    socket = new JsSIP.WebSocketInterface(`${scheme}://${location.host}${account.wsPath}`)
    const agent = new JsSIP.UA({
      sockets: [socket],
      uri: account.uri,
      authorization_user: account.user,
      password: account.password,
      display_name: account.displayName,
      user_agent: 'Vera',
      register_expires: 120,
      session_timers: false,
      connection_recovery_min_interval: 2,
      connection_recovery_max_interval: 8,
    })
    ua = agent
    agent.on('connected', () => {
      if (ua !== agent) return
      connected = true
      // The call that is on goes through a websocket that is gone: the switch learns the new one from a new offer.
      if (session?.isEstablished()) setTimeout(() => session?.isEstablished() && renegotiate(session), 500)
      changed()
    })
    agent.on('disconnected', ({ code }) => {
      if (ua !== agent) return
      connected = false
      registered = false
      tried = true
      away = code === 4503
      if (code === 4401) events.onSignedOut()
      // Another window took the phone.
      else if (code === 4409) leave()
      else if (!session) fresh = true
      changed()
    })
    agent.on('registered', () => {
      if (ua !== agent) return
      registered = true
      away = false
      tried = true
      changed()
    })
    agent.on('unregistered', () => {
      if (ua !== agent) return
      registered = false
      changed()
    })
    agent.on('registrationFailed', () => {
      if (ua !== agent) return
      registered = false
      tried = true
      changed()
      renew(4_000)
    })
    agent.on('newRTCSession', (event: NewSession) => {
      const { session: one, request } = event
      if (ua !== agent) return
      if (one.direction === 'outgoing') return follow(one)
      if (session?.isEstablished() && session.direction === 'outgoing') session.terminate()
      else if (session) return one.terminate({ status_code: 486 })
      follow(one)
      const header = (name: string) => (request as { getHeader?(name: string): string | undefined }).getHeader?.(name)
      const after = answering ? 0 : events.answersAfter(header)
      if (after === undefined) return
      setTimeout(() => session === one && !one.isEstablished() && !one.isEnded() && accept(one), after)
    })
    agent.start()
    renew(Math.max(30_000, account.expiresAt - Date.now() - 60_000))
  }
  const accept = (one: RTCSession) => {
    const told = answering
    answering = undefined
    try {
      one.answer(media())
      told?.(true)
    } catch {
      told?.(false)
    }
    changed()
  }
  /** A new password before the old one ends, or after it was refused. */
  const renew = (ms: number) => {
    clearTimeout(renewal)
    // Browsers fire a timer at once when it is longer than 2^31 ms.
    renewal = setTimeout(
      async () => {
        const next = await events.account().catch(() => undefined)
        if (stopped || !turn.mine) return
        if (!next) return renew(10_000)
        const changedUser = next.uri !== account.uri
        account = next
        if (changedUser && !session) return connect()
        ua?.set('password', next.password)
        if (!registered) ua?.register()
        renew(Math.max(30_000, next.expiresAt - Date.now() - 60_000))
      },
      Math.min(ms, 3_600_000),
    )
  }

  const leave = () => {
    turn.giveBack()
    tried = true
    clearTimeout(renewal)
    // Without a goodbye: the window that takes over finds the call that is on.
    if (session?.isEstablished() && !stopped) socket?.disconnect()
    session?.terminate()
    ua?.stop()
    ua = undefined
    connected = false
    registered = false
    microphone.close()
    hasMicrophone = false
    changed()
    if (!stopped) turn.ask(false)
  }
  const begin = async () => {
    tried = false
    fresh = true
    changed()
    connect()
    hasMicrophone = await microphone.open()
    tried = true
    changed()
  }
  const network = () => {
    online = navigator.onLine
    changed()
  }
  const devices = async () => {
    if (!turn.mine || hasMicrophone) return
    hasMicrophone = await microphone.open()
    changed()
  }
  addEventListener('online', network)
  addEventListener('offline', network)
  navigator.mediaDevices?.addEventListener('devicechange', devices)
  const turn = oneWindow({
    onMine: () => void begin(),
    onTaken: leave,
    onLate() {
      tried = true
      changed()
    },
  })
  turn.ask(false)

  return {
    get state() {
      return state()
    },
    get line(): Line | undefined {
      if (!session || session.isEnded()) return undefined
      return {
        state: session.isEstablished() ? 'talking' : 'ringing',
        direction: session.direction === 'outgoing' ? 'out' : 'in',
        from: session.remote_identity?.display_name || session.remote_identity?.uri?.user || '',
        muted: voice.muted,
      }
    },
    get silent() {
      return voice.silent
    },
    level: () => (voice.muted && session ? 0 : microphone.level()),
    answer(waitMs = 4_000) {
      if (session && !session.isEstablished() && session.direction === 'incoming') {
        accept(session)
        return Promise.resolve(true)
      }
      if (session?.isEstablished() && session.direction === 'incoming') return Promise.resolve(true)
      return new Promise((resolve) => {
        answering = resolve
        setTimeout(() => {
          if (answering !== resolve) return
          answering = undefined
          resolve(false)
        }, waitMs)
      })
    },
    hangUp() {
      session?.terminate()
    },
    mute(on) {
      if (session) voice.mute(session, on)
    },
    keys(keys) {
      if (!session?.isEstablished()) return false
      session.sendDTMF(keys, { transportType: 'RFC2833' as never, duration: 160, interToneGap: 100 })
      return true
    },
    call(extension) {
      if (session || state() !== 'ready') return
      ua?.call(`sip:${extension}@${account.uri.split('@')[1]}`, media())
    },
    async retry() {
      hasMicrophone = await microphone.open()
      if (session) voice.play()
      if (!registered && connected) ua?.register()
      changed()
    },
    take: () => turn.ask(true),
    hear: voice.play,
    stop() {
      stopped = true
      removeEventListener('online', network)
      removeEventListener('offline', network)
      navigator.mediaDevices?.removeEventListener('devicechange', devices)
      leave()
      turn.stop()
    },
  }
}
