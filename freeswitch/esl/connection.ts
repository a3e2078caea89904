import type { Socket } from 'node:net'
import { type Frame, FrameReader, FramingError } from './framing.ts'
import { decodeText } from './text.ts'
import { SwitchError } from './types.ts'

/** Time as the client sees it; tests bring their own. Instants and spans in ms. */
export type Timers = {
  now(): number
  set(run: () => void, ms: number): unknown
  clear(handle: unknown): void
}

export const realTimers: Timers = {
  now: () => performance.now(),
  set: (run, ms) => setTimeout(run, ms),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
}

/** Answer to one command. `text` is Reply-Text or the body of an api, without the final line break. */
export type Reply = { text: string; headers: Readonly<Record<string, string>> }

export type ConnectionHandlers = {
  /** A JSON event; the bytes are valid only until this returns. */
  onEvent(body: Buffer): void
  /** `auth/request`. */
  onAuth?(): void
  /** Once, when the connection is over, whoever ended it. Commands still waiting were rejected before. */
  onClose(reason: string): void
}

type Waiting = { resolve(reply: Reply): void; reject(error: SwitchError): void; timer: unknown }

/**
 * One ESL connection: frames in, commands out, one queue for the answers of both kinds, as a denied `api` is answered
 * by a `command/reply`. Any trouble (time-out, malformed input, an answer nobody asked for) ends the connection, since
 * after it nobody can know which answer belongs to which command. The socket is never paused.
 */
export class EslConnection {
  readonly #socket: Socket
  readonly #handlers: ConnectionHandlers
  readonly #timers: Timers
  readonly #reader: FrameReader
  readonly #waiting: Waiting[] = []
  #closed: string | undefined
  #farewell: string | undefined
  /** Instant of the last byte received. */
  heardAt: number

  constructor(socket: Socket, handlers: ConnectionHandlers, timers: Timers = realTimers) {
    this.#socket = socket
    this.#handlers = handlers
    this.#timers = timers
    this.heardAt = timers.now()
    this.#reader = new FrameReader((frame) => this.#take(frame))
    socket.on('error', (error: NodeJS.ErrnoException) => this.close(error.code ?? error.message))
    socket.on('close', () => this.close(this.#farewell ?? 'the switch closed the connection'))
    socket.on('end', () => this.close(this.#farewell ?? 'the switch closed the connection'))
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  /** Bytes from the socket; may be called with one buffer again and again. */
  receive(chunk: Buffer): void {
    if (this.closed) return
    this.heardAt = this.#timers.now()
    try {
      this.#reader.push(chunk)
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.close(`malformed ESL: ${error.message}`)
    }
  }

  /**
   * Sends one message, already encoded and without the blank line at its end unless it has a body of its own. Rejects
   * with `switch.timeout` (and closes) or `switch.down`; a `-ERR` answer resolves: its meaning is the caller's.
   */
  send(message: string, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new SwitchError('switch.down', this.#closed as string))
      const timer = this.#timers.set(() => {
        const text = `no answer within ${timeoutMs} ms`
        const mine = this.#waiting.indexOf(waiting)
        if (mine >= 0) this.#waiting.splice(mine, 1)
        reject(new SwitchError('switch.timeout', text))
        this.close(text)
      }, timeoutMs)
      const waiting: Waiting = { resolve, reject, timer }
      this.#waiting.push(waiting)
      this.#socket.write(message.includes('\n\n') ? message : `${message}\n\n`)
    })
  }

  /**
   * Makes the switch send what it has for us now: its listener looks for events only when bytes come in, else every 20 ms
   * (mod_event_socket's poll), and reads a line break between two commands as nothing.
   */
  nudge(): void {
    if (!this.closed && this.#socket.writable) this.#socket.write('\n')
  }

  /** Ends the connection now; everything waiting is rejected with `switch.down` and this reason. */
  close(reason: string): void {
    if (this.closed) return
    this.#closed = reason
    this.#reader.stop()
    this.#socket.destroy()
    for (const waiting of this.#waiting.splice(0)) {
      this.#timers.clear(waiting.timer)
      waiting.reject(new SwitchError('switch.down', reason))
    }
    this.#handlers.onClose(reason)
  }

  #take(frame: Frame): void {
    // Anything else (log/data, text/event-plain ...) was not asked for but is whole: the next frame is not harmed.
    switch (frame.type) {
      case 'text/event-json':
        this.#handlers.onEvent(frame.body)
        break
      case 'api/response':
        this.#answer(decodeText(frame.body), frame.headers)
        break
      case 'command/reply':
        this.#answer(frame.headers['Reply-Text'] ?? '', frame.headers)
        break
      case 'auth/request':
        this.#handlers.onAuth?.()
        break
      case 'text/rude-rejection':
        this.close('the switch does not take connections from this address (its ACL)')
        break
      case 'text/disconnect-notice':
        // With linger the events of the dead leg still follow; the socket's end tells when they are all here.
        this.#farewell = 'the switch said goodbye'
        break
    }
  }

  #answer(text: string, headers: Frame['headers']): void {
    const waiting = this.#waiting.shift()
    if (!waiting) {
      this.close('an answer came that nobody asked for')
      return
    }
    this.#timers.clear(waiting.timer)
    waiting.resolve({ text: text.endsWith('\n') ? text.slice(0, -1) : text, headers })
  }
}
