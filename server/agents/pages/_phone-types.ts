// What the telephone in the browser is to those who use it: the agent's desk and the supervisor's page.

export type Account = {
  uri: string
  user: string
  password: string
  expiresAt: number
  wsPath: string
  iceServers: RTCIceServer[]
  displayName: string
  extension: string
}
/** `elsewhere`: another window of this browser holds the phone. `switch`: our server is there, the switch is not. */
export type State = 'starting' | 'ready' | 'microphone' | 'network' | 'switch' | 'unregistered' | 'elsewhere'
export type Line = {
  state: 'ringing' | 'talking'
  direction: 'in' | 'out'
  /** Who is shown by the switch. */
  from: string
  muted: boolean
}
export type Phone = {
  readonly state: State
  readonly line: Line | undefined
  /** The browser refuses to play sound until it is told by a click. */
  readonly silent: boolean
  level(): number
  /** Answers what rings, or what is about to. False when nothing did within the time given. */
  answer(waitMs?: number): Promise<boolean>
  hangUp(): void
  mute(on: boolean): void
  keys(keys: string): boolean
  call(extension: string): void
  /** Takes another microphone or loudspeaker, or asks for the microphone again. */
  retry(): Promise<void>
  /** Takes the phone over from another window. */
  take(): void
  hear(): void
  stop(): void
}
export type PhoneEvents = {
  onChange(): void
  /** The first time that it is ready after the page was loaded or the way to the switch was lost: it holds no call. */
  onFresh(): void
  /** The session ended: nothing here works any more. */
  onSignedOut(): void
  /** After how many ms what rings now is answered by itself; undefined: not at all. */
  answersAfter(header: (name: string) => string | undefined): number | undefined
  account(): Promise<Account | undefined>
}
