import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type EslLog, meaningOf } from './client.ts'
import { EslConnection, realTimers, type Timers } from './connection.ts'
import { commandLine, executeMessage, hangupMessage, setVariableCommand, variableName } from './encode.ts'
import { decodeEvent, decodeHeaders } from './events.ts'
import { SwitchError, type SwitchEvent } from './types.ts'

/**
 * A leg that the switch has given to us through `socket`. Emits `event` (events of the leg), `gone` once when the leg
 * hung up (with the event) and `closed` once when the connection is over, for whatever reason.
 */
export interface CallSession {
  readonly uuid: string
  /** Everything the switch said of the leg at the beginning, decoded: `Caller-Destination-Number`, `variable_x` ... */
  readonly headers: Readonly<Record<string, string>>
  readonly closed: boolean
  /** CHANNEL_HANGUP_COMPLETE, or CHANNEL_HANGUP when the first never came. */
  readonly hungUp: SwitchEvent | undefined
  /** Runs an application and waits for its end. Undefined when the leg ended or the connection broke before it. */
  execute(application: string, argument?: string): Promise<Run | undefined>
  /** Rejects with SwitchError; also on a `-ERR` answer. */
  api(command: string): Promise<string>
  setVariable(name: string, value: string): Promise<void>
  /** Present value; undefined when unset or the leg is gone. */
  getVariable(name: string): Promise<string | undefined>
  hangup(cause?: string): Promise<void>
  /** Ends the connection: the dialplan goes on behind `socket`. */
  release(): void
  on(event: 'event', listener: (event: SwitchEvent) => void): this
  on(event: 'gone', listener: (event: SwitchEvent | undefined) => void): this
  on(event: 'closed', listener: (reason: string) => void): this
  off(event: string, listener: (...args: never[]) => void): this
}

/** One application that ran to its end: CHANNEL_EXECUTE_COMPLETE of this very run, and how long it ran by the switch's clock. */
export type Run = { end: SwitchEvent; ranMs: number }

type Running = { settle(run: Run | undefined): void; startedAt: number | undefined }

export type ListenOptions = {
  host: string
  /** 0 picks a free one. */
  port: number
  onCall(session: CallSession): void | Promise<void>
  log?: EslLog
  /** Wait for the answers of the switch, ms (10,000). */
  commandTimeoutMs?: number
  /** How long the switch keeps the connection for the last events of a dead leg, s (10). */
  lingerSeconds?: number
  timers?: Timers
}

/** The open door for `socket`. */
export type CallListener = {
  readonly port: number
  /** Connections open now. */
  readonly sessions: number
  /** An open connection has that leg. */
  holds(uuid: string): boolean
  /** Something has just happened to that leg (a key): its news is fetched at once instead of within 20 ms. */
  nudge(uuid: string): void
  /** No new calls; the ones there go on until `close` with `now`, or their end. */
  close(now?: boolean): Promise<void>
}

/** Listens for calls. Rejects when the port is taken (EADDRINUSE) or not allowed. */
export async function listenCalls(options: ListenOptions): Promise<CallListener> {
  const sessions = new Set<OutboundSession>()
  const server: Server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const session = new OutboundSession(socket, options)
    sessions.add(session)
    session.on('closed', () => sessions.delete(session))
    session
      .begin()
      .then(() => options.onCall(session))
      .catch((error) => {
        options.log?.error(`call ${session.uuid || '(unknown)'} was not taken: ${error?.message ?? error}`)
        session.release()
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => options.log?.error(`listening for calls: ${error.message}`))
  return {
    port: (server.address() as { port: number }).port,
    get sessions() {
      return sessions.size
    },
    holds: (uuid) => [...sessions].some((session) => session.uuid === uuid && !session.closed),
    nudge(uuid) {
      for (const session of sessions) if (session.uuid === uuid) session.nudge()
    },
    close(now = false) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      if (now) for (const session of sessions) session.release()
      return closed
    },
  }
}

/** When the switch says that it happened: UTC ms, with fractions. */
export function switchTime(event: SwitchEvent): number {
  return Number(event.headers['Event-Date-Timestamp'] ?? 0) / 1000
}

class OutboundSession implements CallSession {
  readonly #emitter = new EventEmitter()
  uuid = ''
  headers: Readonly<Record<string, string>> = {}
  hungUp: SwitchEvent | undefined
  readonly #connection: EslConnection
  readonly #options: ListenOptions
  readonly #timeoutMs: number
  readonly #timers: Timers
  /** Runs not yet ended, by the `event-uuid` they were sent with. */
  readonly #running = new Map<string, Running>()
  #over = false

  constructor(socket: Socket, options: ListenOptions) {
    this.#options = options
    this.#timeoutMs = options.commandTimeoutMs ?? 10_000
    this.#timers = options.timers ?? realTimers
    this.#connection = new EslConnection(
      socket,
      { onEvent: (body) => this.#take(body), onClose: (reason) => this.#closed(reason) },
      this.#timers,
    )
    socket.on('data', (chunk: Buffer) => this.#connection.receive(chunk))
  }

  on(event: string, listener: (...args: never[]) => void): this {
    this.#emitter.on(event, listener as (...args: unknown[]) => void)
    return this
  }
  off(event: string, listener: (...args: never[]) => void): this {
    this.#emitter.off(event, listener as (...args: unknown[]) => void)
    return this
  }

  get closed(): boolean {
    return this.#connection.closed
  }

  /** `connect`, and everything that must be set before the first verb. */
  async begin(): Promise<void> {
    const reply = await this.#connection.send('connect', this.#timeoutMs)
    this.headers = decodeHeaders(reply.headers)
    this.uuid = this.headers['Unique-ID'] ?? this.headers['Channel-Call-UUID'] ?? ''
    if (!this.uuid) throw new SwitchError('switch.malformed', 'the switch named no leg')
    // Sent together: each answer finds its own place in the queue.
    const orders = [
      `linger ${this.#options.lingerSeconds ?? 10}`,
      'myevents json',
      // Not among `myevents`; the filter on this leg stays.
      'event json PLAYBACK_START PLAYBACK_STOP RECORD_START RECORD_STOP CHANNEL_HOLD CHANNEL_UNHOLD',
    ]
    for (const answer of await Promise.all(orders.map((order) => this.#connection.send(order, this.#timeoutMs)))) {
      meaningOf(answer.text)
    }
  }

  async execute(application: string, argument = ''): Promise<Run | undefined> {
    const run = randomUUID()
    const message = executeMessage(this.uuid, application, argument, run)
    if (this.#over || this.closed) return undefined
    const ended = new Promise<Run | undefined>((settle) => this.#running.set(run, { settle, startedAt: undefined }))
    try {
      meaningOf((await this.#connection.send(message, this.#timeoutMs)).text)
    } catch (error) {
      this.#running.delete(run)
      if (this.#over || this.closed) return undefined
      throw error
    }
    return ended
  }

  async api(command: string): Promise<string> {
    return meaningOf((await this.#connection.send(`api ${commandLine(command)}`, this.#timeoutMs)).text)
  }

  async setVariable(name: string, value: string): Promise<void> {
    await this.api(setVariableCommand(this.uuid, name, value))
  }

  async getVariable(name: string): Promise<string | undefined> {
    const command = commandLine(`api uuid_getvar ${this.uuid} ${variableName(name)}`)
    // Not by meaning: the value itself may begin with -ERR.
    const { text } = await this.#connection.send(command, this.#timeoutMs)
    if (text === '_undef_' || text === '-ERR No such channel!') return undefined
    return text === '-ERR no reply' ? '' : text
  }

  async hangup(cause = 'NORMAL_CLEARING'): Promise<void> {
    const message = hangupMessage(this.uuid, cause)
    if (this.#over || this.closed) return
    try {
      await this.#connection.send(message, this.#timeoutMs)
    } catch (error) {
      if (!this.#over && !this.closed) throw error
    }
  }

  release(): void {
    this.#connection.close('released')
  }

  /** What the key leads to on the switch is told within its next milliseconds. */
  nudge(): void {
    for (const ms of [0, 1, 3, 6]) this.#timers.set(() => this.#connection.nudge(), ms)
  }

  #take(body: Buffer): void {
    const event = decodeEvent(body)
    if (!event) this.#options.log?.warn('switch sent an event that is not JSON; skipped')
    if (event?.uuid !== this.uuid) return
    const id = event.headers['Application-UUID'] ?? ''
    const running = this.#running.get(id)
    if (running && event.name === 'CHANNEL_EXECUTE') running.startedAt = switchTime(event)
    this.#tell('event', event)
    if (running && event.name === 'CHANNEL_EXECUTE_COMPLETE') {
      this.#running.delete(id)
      running.settle({
        end: event,
        ranMs: Math.max(0, Math.round(switchTime(event) - (running.startedAt ?? switchTime(event)))),
      })
    }
    if (event.name === 'CHANNEL_HANGUP') this.hungUp ??= event
    if (event.name === 'CHANNEL_HANGUP_COMPLETE') {
      this.hungUp = event
      this.#gone(event)
      // Its last event: until we go the switch keeps the leg, and lists it.
      this.release()
    }
  }

  /** The leg is gone: nothing that was queued on it will ever answer. */
  #gone(event: SwitchEvent | undefined): void {
    if (this.#over) return
    this.#over = true
    for (const running of this.#running.values()) running.settle(undefined)
    this.#running.clear()
    this.#tell('gone', event)
  }

  #closed(reason: string): void {
    if (this.hungUp) this.#gone(this.hungUp)
    for (const running of this.#running.values()) running.settle(undefined)
    this.#running.clear()
    this.#tell('closed', reason)
  }

  #tell(name: string, value: unknown): void {
    try {
      this.#emitter.emit(name, value)
    } catch (error) {
      this.#options.log?.error(`a listener of ${name} failed: ${(error as Error)?.stack ?? error}`)
    }
  }
}
