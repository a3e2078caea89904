import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { EslConnection, type Reply, realTimers, type Timers } from './connection.ts'
import { commandLine, executeMessage, subscription } from './encode.ts'
import { EventQueue, type QueueLimits } from './event-queue.ts'
import { parseEvent } from './events.ts'
import { type SwitchAddress, type SwitchClient, SwitchError, type SwitchEvent, type SwitchState } from './types.ts'

/** What the client says about itself; pino's logger fits. */
export type EslLog = { info(message: string): void; warn(message: string): void; error(message: string): void }

export type EslClientOptions = {
  address: SwitchAddress
  /** Event names (`CHANNEL_ANSWER`, `CUSTOM sofia::register`). BACKGROUND_JOB and HEARTBEAT are always among them. */
  events: string[]
  log?: EslLog
  /** Longest wait for the answer to a command, ms (10,000). Past it the connection is closed: nothing is retried. */
  commandTimeoutMs?: number
  /** Longest wait for the result of a bgapi job, ms (120,000). Past it only the job is given up. */
  jobTimeoutMs?: number
  /** Silence on the events' connection after which it counts as dead, ms (50,000: two heartbeats and a half). */
  heartbeatTimeoutMs?: number
  /** Waits between attempts, ms: doubling from `firstMs` (250) to `maxMs` (15,000); `refusedMs` (30,000) after a refusal. */
  reconnect?: { firstMs?: number; maxMs?: number; refusedMs?: number }
  /** Events are fetched this often, ms, instead of waiting up to 20 ms for them; see EslConnection.nudge. Unset: never. */
  nudgeMs?: number
  /** Whether anybody is waiting for them now (default: always). */
  nudgeWhile?(): boolean
  buffer?: Partial<QueueLimits>
  timers?: Timers
}

type Job = { resolve(text: string): void; reject(error: SwitchError): void; timer: unknown }
type Listener = (...args: never[]) => void

const SILENT: EslLog = { info() {}, warn() {}, error() {} }

/** Client of a switch over two ESL connections: one for events, one for commands. See SwitchClient. */
export class EslClient implements SwitchClient {
  readonly #options: EslClientOptions
  readonly #log: EslLog
  readonly #timers: Timers
  readonly #commandTimeoutMs: number
  readonly #heartbeatTimeoutMs: number
  readonly #emitter = new EventEmitter()
  readonly #queue: EventQueue
  readonly #jobs = new Map<string, Job>()
  #state: SwitchState = 'stopped'
  #reason = 'not started'
  #coreUuid: string | undefined
  #commands: EslConnection | undefined
  #events: EslConnection | undefined
  #retry: unknown
  #watchdog: unknown
  #nudger: unknown
  #failures = 0
  #logged = ''

  constructor(options: EslClientOptions) {
    this.#options = options
    this.#log = options.log ?? SILENT
    this.#timers = options.timers ?? realTimers
    this.#commandTimeoutMs = options.commandTimeoutMs ?? 10_000
    this.#heartbeatTimeoutMs = options.heartbeatTimeoutMs ?? 50_000
    this.#queue = new EventQueue((text) => this.#handle(text), options.buffer)
    // A wrong event name is a fault of ours: say it when the client is made, not at the first connection.
    subscription(options.events)
  }

  get state(): SwitchState {
    return this.#state
  }
  get reason(): string {
    return this.#reason
  }
  get coreUuid(): string | undefined {
    return this.#coreUuid
  }
  get dropped(): number {
    return this.#queue.dropped
  }

  on(event: 'event', listener: (event: SwitchEvent) => void): this
  on(event: 'up', listener: (restarted: boolean) => void): this
  on(event: 'down', listener: (reason: string) => void): this
  on(event: string, listener: Listener): this {
    this.#emitter.on(event, listener as (...args: unknown[]) => void)
    return this
  }
  off(event: string, listener: Listener): this {
    this.#emitter.off(event, listener as (...args: unknown[]) => void)
    return this
  }

  start(): void {
    if (this.#state !== 'stopped') return
    this.#failures = 0
    this.#state = 'connecting'
    this.#reason = `connecting to ${this.#where()}`
    this.#attempt()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    const wasUp = this.#state === 'up'
    this.#timers.clear(this.#retry)
    this.#state = 'stopped'
    this.#reason = 'stopped'
    this.#tearDown('stopped')
    this.#queue.clear()
    if (wasUp) this.#tell('down', 'stopped')
  }

  async api(command: string, timeoutMs = this.#commandTimeoutMs): Promise<string> {
    return meaningOf((await this.#command(`api ${commandLine(command)}`, timeoutMs)).text)
  }

  async bgapi(command: string, timeoutMs = this.#options.jobTimeoutMs ?? 120_000): Promise<string> {
    const line = `bgapi ${commandLine(command)}`
    const id = randomUUID()
    // Known before the command leaves: the result comes over the other connection and may overtake the answer.
    const result = new Promise<string>((resolve, reject) => {
      const timer = this.#timers.set(() => {
        this.#jobs.delete(id)
        reject(new SwitchError('switch.timeout', `no result of the job within ${timeoutMs} ms`))
      }, timeoutMs)
      this.#jobs.set(id, { resolve, reject, timer })
    })
    // The result alone decides; the answer matters only when it says that there will be none.
    this.#command(`${line}\nJob-UUID: ${id}`, this.#commandTimeoutMs)
      .then((reply) => meaningOf(reply.text))
      .catch((error) => this.#settleJob(id, (job) => job.reject(error as SwitchError)))
    return result
  }

  async execute(uuid: string, application: string, argument = ''): Promise<void> {
    meaningOf((await this.#command(executeMessage(uuid, application, argument), this.#commandTimeoutMs)).text)
  }

  #command(message: string, timeoutMs: number): Promise<Reply> {
    if (this.#state !== 'up' || !this.#commands) {
      return Promise.reject(new SwitchError('switch.down', this.#reason))
    }
    return this.#commands.send(message, timeoutMs)
  }

  #where(): string {
    return `${this.#options.address.host}:${this.#options.address.port}`
  }

  async #attempt(): Promise<void> {
    this.#retry = undefined
    try {
      const commands = this.#open('commands', () => {})
      this.#commands = commands.connection
      await commands.ready
      // Asked as an api, which the events' connection would make wait for.
      const core = meaningOf(
        (await commands.connection.send('api global_getvar core_uuid', this.#commandTimeoutMs)).text,
      )
      const events = this.#open('events', (body) => this.#queue.push(body))
      this.#events = events.connection
      await events.ready
      meaningOf((await events.connection.send(this.#subscription(), this.#commandTimeoutMs)).text)
      if (this.#state === 'stopped' || commands.connection.closed || events.connection.closed) return
      this.#nowUp(core)
    } catch (error) {
      const failure = error as SwitchError
      this.#lost(failure.message, failure.code === 'switch.refused' || failure.code === 'switch.unsafe')
    }
  }

  #nowUp(core: string): void {
    const restarted = this.#coreUuid !== undefined && this.#coreUuid !== core
    this.#coreUuid = core
    this.#state = 'up'
    this.#reason = `connected to ${this.#where()}`
    this.#failures = 0
    this.#logged = ''
    this.#log.info(`switch ${this.#reason}${restarted ? '; it was restarted, the calls before it are over' : ''}`)
    this.#watch()
    this.#nudge()
    this.#tell('up', restarted)
  }

  #subscription(): string {
    return subscription([...this.#options.events, 'BACKGROUND_JOB', 'HEARTBEAT'])
  }

  /** Opens and logs in. `ready` rejects with `switch.refused` when the switch does not want us. */
  #open(name: string, onEvent: (body: Buffer) => void): { connection: EslConnection; ready: Promise<void> } {
    const { host, port, password } = this.#options.address
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    ready.catch(() => {})
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      // One buffer for all reads: the frame reader copies what it must keep.
      onread: {
        buffer: Buffer.allocUnsafeSlow(name === 'events' ? 256 * 1024 : 32 * 1024),
        callback: (size, buffer) => {
          connection.receive((buffer as Buffer).subarray(0, size))
          return true
        },
      },
    })
    const timer = this.#timers.set(
      () => connection.close(`no login within ${this.#commandTimeoutMs} ms`),
      this.#commandTimeoutMs,
    )
    const settle = (error?: SwitchError) => {
      this.#timers.clear(timer)
      if (error) reject(error)
      else resolve()
    }
    let asked = false
    const connection: EslConnection = new EslConnection(
      socket,
      {
        onEvent,
        onAuth: () => {
          if (asked) return connection.close('asked for the password twice')
          asked = true
          let line: string
          try {
            line = commandLine(`auth ${password}`)
          } catch {
            settle(new SwitchError('switch.unsafe', 'the password has a line break: correct it in FREESWITCH_URL'))
            return connection.close('password not usable')
          }
          connection.send(line, this.#commandTimeoutMs).then((reply) => {
            if (reply.text.startsWith('+OK')) return settle()
            settle(
              new SwitchError(
                'switch.refused',
                `wrong password: the one in FREESWITCH_URL is not the switch's (event_socket.conf.xml)`,
              ),
            )
            connection.close('wrong password')
          }, settle)
        },
        onClose: (reason) => {
          settle(new SwitchError(/ACL/.test(reason) ? 'switch.refused' : 'switch.down', reason))
          // While connecting, the attempt itself says what went wrong.
          if (this.#state === 'up') this.#lost(`${name}: ${reason}`, false)
        },
      },
      this.#timers,
    )
    return { connection, ready }
  }

  /** The connection is over or never was: both halves go, and another attempt is set. */
  #lost(reason: string, refused: boolean): void {
    if (this.#state === 'stopped' || this.#retry !== undefined) return
    const wasUp = this.#state === 'up'
    const { firstMs = 250, maxMs = 15_000, refusedMs = 30_000 } = this.#options.reconnect ?? {}
    const wait = refused ? refusedMs : Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 16))
    this.#failures++
    this.#state = refused ? 'refused' : 'down'
    this.#reason = `switch ${this.#where()}: ${plainReason(reason)}`
    this.#retry = this.#timers.set(() => {
      // A refusal stays on show while it is tried again.
      if (this.#state === 'down') this.#state = 'connecting'
      this.#attempt()
    }, wait)
    this.#tearDown(reason)
    // Once for each trouble, not once for each attempt.
    const line = `${refused ? 'switch.refused' : 'switch.down'} ${this.#reason}; trying again`
    if (this.#logged !== line) this.#log[refused ? 'error' : 'warn'](line)
    this.#logged = line
    if (wasUp) this.#tell('down', this.#reason)
  }

  #tearDown(reason: string): void {
    this.#timers.clear(this.#nudger)
    this.#timers.clear(this.#watchdog)
    this.#watchdog = undefined
    this.#commands?.close(reason)
    this.#events?.close(reason)
    this.#commands = undefined
    this.#events = undefined
    for (const id of [...this.#jobs.keys()]) {
      this.#settleJob(id, (job) => job.reject(new SwitchError('switch.down', `the job's result is lost: ${reason}`)))
    }
  }

  #watch(): void {
    const events = this.#events as EslConnection
    const left = events.heardAt + this.#heartbeatTimeoutMs - this.#timers.now()
    if (left <= 0) this.#lost(`silent for ${this.#heartbeatTimeoutMs} ms, no heartbeat`, false)
    else this.#watchdog = this.#timers.set(() => this.#watch(), left)
  }

  #nudge(): void {
    const { nudgeMs, nudgeWhile } = this.#options
    if (nudgeMs === undefined) return
    if (nudgeWhile?.() ?? true) this.#events?.nudge()
    this.#nudger = this.#timers.set(() => this.#nudge(), nudgeMs)
  }

  #handle(text: string): void {
    const event = parseEvent(text)
    if (!event) {
      this.#log.warn('switch sent an event that is not JSON; skipped')
      return
    }
    if (event.name === 'BACKGROUND_JOB') this.#jobDone(event)
    this.#tell('event', event)
  }

  #jobDone(event: SwitchEvent): void {
    this.#settleJob(event.headers['Job-UUID'] ?? '', (job) => {
      try {
        job.resolve(meaningOf((event.body ?? '').replace(/\n$/, '')))
      } catch (error) {
        job.reject(error as SwitchError)
      }
    })
  }

  #settleJob(id: string, settle: (job: Job) => void): void {
    const job = this.#jobs.get(id)
    if (!job) return
    this.#jobs.delete(id)
    this.#timers.clear(job.timer)
    settle(job)
  }

  /** A listener that throws harms nobody else: its fault is logged. */
  #tell(event: string, value: unknown): void {
    try {
      this.#emitter.emit(event, value)
    } catch (error) {
      this.#log.error(`a listener of ${event} failed: ${(error as Error)?.stack ?? error}`)
    }
  }
}

/** The text of a good answer; `-ERR` and `-USAGE` throw `switch.refused`. An api that printed nothing gives ''. */
export function meaningOf(text: string): string {
  if (text === '-ERR no reply') return ''
  if (/^-(ERR|USAGE)\b/.test(text)) {
    throw new SwitchError(
      'switch.refused',
      text
        .replace(/^-ERR\s*/, '')
        .slice(0, 500)
        .trim() || 'refused',
    )
  }
  return text
}

function plainReason(reason: string): string {
  if (/ECONNREFUSED/.test(reason)) return 'nobody listens there: start FreeSWITCH or correct FREESWITCH_URL'
  if (/ENOTFOUND|EAI_AGAIN/.test(reason)) return 'this host name is not known: correct FREESWITCH_URL'
  if (/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(reason)) return 'not reachable over the network'
  return reason
}
