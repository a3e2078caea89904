// One browser's SIP over websocket, passed on to the switch and back.
import { WebSocket } from 'ws'
import { judge } from './sip-guard.ts'

/** Close codes of our own: the page decides by them whether to come back. */
export const closeCode = {
  /** The session ended: to the sign-in page. */
  sessionEnded: 4401,
  tooSlow: 4408,
  /** Another window of the same agent took the phone. */
  replaced: 4409,
  tooMany: 4429,
  /** The switch cannot be reached: try again in a while. */
  switchAway: 4503,
} as const

export type RelayLimits = {
  /** Bytes of one frame; a browser's INVITE has about 5 kB. */
  frame: number
  /** Bytes either side may be behind. */
  backlog: number
  /** Frames a browser may send in ten seconds. */
  frames: number
  /** A ping every so many ms; a browser that answers none until the second next is gone. */
  beatMs: number
  /** The switch must take the connection within so many ms. */
  connectMs: number
}
export const relayLimits: RelayLimits = {
  frame: 32_768,
  backlog: 262_144,
  frames: 400,
  beatMs: 8_000,
  connectMs: 5_000,
}

export type RelayOptions = {
  url: string
  /** Whose phone it is. */
  extension: string
  limits?: Partial<RelayLimits>
  now?: () => number
  log(line: string): void
}

/** Joins the two until either ends. `closed` resolves once, with the code that the browser was given or gave. */
export function relay(
  browser: WebSocket,
  options: RelayOptions,
): { closed: Promise<number>; close(code: number): void } {
  const limits = { ...relayLimits, ...options.limits }
  const { log, now = Date.now } = options
  const upstream = new WebSocket(options.url, 'sip', {
    perMessageDeflate: false,
    handshakeTimeout: limits.connectMs,
    maxPayload: limits.frame,
    followRedirects: false,
  })
  const { promise: closed, resolve } = Promise.withResolvers<number>()
  /** What the browser said before the switch was there: its REGISTER. */
  let early: string[] | undefined = []
  let windowFrom = now()
  let frames = 0
  let heard = now()
  let ended = false

  const close = (code: number) => {
    if (ended) return
    ended = true
    clearInterval(beat)
    if (browser.readyState === WebSocket.OPEN) browser.close(code)
    // A browser that is gone does not answer the close either.
    setTimeout(() => browser.terminate(), 2_000).unref()
    upstream.terminate()
    resolve(code)
  }
  const give = (to: WebSocket, text: string) => {
    if (to.readyState !== WebSocket.OPEN) return
    if (to.bufferedAmount > limits.backlog) {
      log(`${options.extension}: ${to === browser ? 'the browser' : 'the switch'} reads too slowly`)
      return close(closeCode.tooSlow)
    }
    to.send(text)
  }
  const beat = setInterval(() => {
    if (now() - heard > 2.5 * limits.beatMs) return close(1006)
    browser.ping()
  }, limits.beatMs)
  beat.unref()

  browser.on('pong', () => {
    heard = now()
  })
  browser.on('message', (raw, binary) => {
    heard = now()
    if (binary) return close(1003)
    const text = raw.toString()
    if (Buffer.byteLength(text) > limits.frame) return close(1009)
    if (now() - windowFrom > 10_000) {
      windowFrom = now()
      frames = 0
    }
    if (++frames > limits.frames) return close(closeCode.tooMany)
    const verdict = judge(text, options.extension)
    if (verdict.do === 'close') {
      log(`${options.extension}: what the browser sent is not SIP`)
      return close(1008)
    }
    if (verdict.do === 'answer') {
      log(`${options.extension}: refused ${text.slice(0, 60).split('\r\n')[0]}`)
      return give(browser, verdict.text)
    }
    if (verdict.do === 'drop') return
    if (!early) return give(upstream, text)
    if (early.length >= 20) return close(closeCode.tooMany)
    early.push(text)
  })
  browser.on('close', (code) => close(code))
  browser.on('error', () => close(1006))
  upstream.on('open', () => {
    const waiting = early ?? []
    early = undefined
    for (const text of waiting) give(upstream, text)
  })
  upstream.on('message', (raw) => give(browser, raw.toString()))
  upstream.on('close', () => close(closeCode.switchAway))
  upstream.on('error', (error) => {
    if (!ended) log(`${options.extension}: the switch's websocket: ${error.message}`)
    close(closeCode.switchAway)
  })
  return { closed, close }
}
