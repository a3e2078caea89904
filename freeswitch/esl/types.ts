/** One event of the switch. Header values are decoded text exactly as FreeSWITCH wrote them. */
export type SwitchEvent = {
  /** `CHANNEL_ANSWER`, `DTMF`, `CUSTOM` ... */
  name: string
  /** Only with name `CUSTOM`. */
  subclass?: string
  /** `Unique-ID`: the leg that it is about, if any. */
  uuid?: string
  headers: Readonly<Record<string, string>>
  body?: string
  /** Name of the switch it comes from, where there are several (freeswitch/fleet). */
  node?: string
}

/** Where a switch is and how to log in. */
export type SwitchAddress = { host: string; port: number; password: string }

export type SwitchState = 'connecting' | 'up' | 'down' | 'refused' | 'stopped'

/** What a client of the switch can do; `EslClient` is the implementation. Emits no error events: state says it. */
export interface SwitchClient {
  readonly state: SwitchState
  /** Why the state is what it is, one line that says what to do (wrong password, connection refused ...). */
  readonly reason: string
  /** `Core-UUID` of the switch now connected; another one than before means it restarted and lost all calls. */
  readonly coreUuid: string | undefined
  /** Events dropped because our own side was slower than the switch. */
  readonly dropped: number
  start(): void
  stop(): Promise<void>
  /** `api <command>`; the reply's text without the final line break. Rejects with SwitchError. */
  api(command: string, timeoutMs?: number): Promise<string>
  /** `bgapi <command>`; resolves with the job's result. */
  bgapi(command: string, timeoutMs?: number): Promise<string>
  /** sendmsg execute with event-lock; resolves when the switch took it, not when it ended. */
  execute(uuid: string, application: string, argument?: string): Promise<void>
  on(event: 'event', listener: (event: SwitchEvent) => void): this
  /** (Re)connected, subscribed again; `restarted` is true when Core-UUID changed. Resynchronise now. */
  on(event: 'up', listener: (restarted: boolean) => void): this
  on(event: 'down', listener: (reason: string) => void): this
  off(event: string, listener: (...args: never[]) => void): this
}

/** Failure of a command: `code` is one of `switch.timeout`, `switch.down`, `switch.refused` (-ERR), `switch.unsafe`. */
export class SwitchError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'SwitchError'
    this.code = code
  }
}
