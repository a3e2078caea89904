import { causeNamed } from './causes.ts'
import type { Member } from './conference.ts'
import type { Core } from './core.ts'
import { inlineSteps, type Step } from './dialplan.ts'
import type { Spy } from './eavesdrop.ts'
import { expand } from './expand.ts'
import { talk } from './joining.ts'
import { endVariables, firstVariables, hangupDisposition, legHeaders, profileField } from './leg-headers.ts'
import { LegRecordings } from './leg-recordings.ts'
import type { FarEnd, Headers, Message, Next, Profile, Woken } from './leg-types.ts'
import { Waiting } from './waiting.ts'

export type { FarEnd, Headers, Message, Next, Profile, Woken } from './leg-types.ts'

/** One leg. */
export class Channel {
  readonly core: Core
  readonly uuid: string
  readonly name: string
  readonly direction: 'inbound' | 'outbound'
  readonly variables = new Map<string, string>()
  readonly profile: Profile
  far: FarEnd
  state = 'CS_NONE'
  callState = 'DOWN'
  cause: string | undefined
  hungUpBy: 'far' | 'switch' = 'switch'
  /** Instants in microseconds, 0 = not yet. */
  readonly times = {
    created: 0,
    profile: 0,
    progress: 0,
    media: 0,
    answered: 0,
    bridged: 0,
    transfer: 0,
    hungUp: 0,
    lastHold: 0,
    holdSum: 0,
  }
  profileIndex = 1
  next: Next | undefined
  peer: Channel | undefined
  /** Peer of the last bridge, for Other-Leg-Unique-ID. */
  lastPeer: Channel | undefined
  application = ''
  applicationData = ''
  running: Promise<void> | undefined
  readonly waiting = new Waiting(this)
  readonly recordings = new LegRecordings(this)
  /** The other half of a loopback, or the leg at the other switch. */
  link: Channel | undefined
  /** Applications run, for the call record. */
  readonly ran: { app_name: string; app_data: string; app_stamp: string }[] = []
  /** Caller profiles before the present one, newest first, for the call record. */
  readonly flow: object[] = []
  /** The sound that plays on the leg now. */
  playing: string | undefined
  /** Who listens in on this leg. */
  readonly spies = new Set<Spy>()
  /** Whom this leg listens to. */
  spying: Spy | undefined
  /** The conference that the leg is in. */
  member: Member | undefined
  /** Called when the leg is answered or ends. */
  readonly watchers = new Set<() => void>()
  /** Outbound connections that linger: the leg's CHANNEL_DESTROY waits for them, as on the real one [captured]. */
  readonly keptBy = new Set<object>()
  /** Called once when the leg is down, behind CHANNEL_HANGUP_COMPLETE. */
  readonly onGone: (() => void)[] = []

  constructor(
    core: Core,
    uuid: string,
    name: string,
    direction: 'inbound' | 'outbound',
    profile: Profile,
    far: FarEnd,
  ) {
    this.core = core
    this.uuid = uuid
    this.name = name
    this.direction = direction
    this.profile = profile
    this.far = far
    this.times.created = this.times.profile = core.micros()
    for (const [key, value] of firstVariables(this)) this.variables.set(key, value)
  }

  get(name: string): string | undefined {
    return this.variables.get(name) ?? this.field(name)
  }
  field(name: string): string | undefined {
    return profileField(this, name)
  }
  /** Stores as it is; an empty value unsets. */
  set(name: string, value: string | undefined): void {
    if (value === undefined || value === '') this.variables.delete(name)
    else this.variables.set(name, value)
  }
  expand(text: string): string {
    return expand(
      text,
      (name) => this.get(name),
      (name) => this.core.globals.get(name),
    )
  }

  get alive(): boolean {
    return this.cause === undefined
  }
  get answered(): boolean {
    return this.times.answered > 0
  }
  get answerState(): string {
    return this.cause !== undefined ? 'hangup' : this.answered ? 'answered' : this.times.media > 0 ? 'early' : 'ringing'
  }
  /** The leg must leave what it does now. */
  get aborted(): boolean {
    return this.cause !== undefined || this.next !== undefined
  }

  emit(event: string, extra: Headers = {}, withVariables = true): void {
    this.core.emit(event, this, extra, withVariables)
  }

  setState(state: string): void {
    if (this.state === state) return
    this.state = state
    this.emit('CHANNEL_STATE', {}, false)
  }
  setCallState(callState: string): void {
    if (this.callState === callState) return
    const before = this.callState
    this.callState = callState
    this.emit('CHANNEL_CALLSTATE', { 'Original-Channel-Call-State': before }, false)
  }

  /** An outbound leg's far end rings. */
  progress(): void {
    if (!this.alive || this.times.progress) return
    this.times.progress = this.core.micros()
    this.emit('CHANNEL_PROGRESS')
    if (this.direction === 'inbound') this.far.rings?.()
    this.setCallState('RINGING')
  }
  progressMedia(): void {
    if (!this.alive || this.times.media || this.answered) return
    this.times.media = this.core.micros()
    this.set('endpoint_disposition', 'EARLY MEDIA')
    this.emit('CHANNEL_PROGRESS_MEDIA')
    this.setCallState('EARLY')
  }
  /** The leg is answered: by us (inbound) or by its far end (outbound). */
  answer(): void {
    if (!this.alive || this.answered) return
    this.times.answered = this.core.micros()
    this.set('endpoint_disposition', 'ANSWER')
    if (this.direction === 'inbound') this.far.answered?.()
    this.emit('CHANNEL_ANSWER')
    this.setCallState('ACTIVE')
    for (const look of [...this.watchers]) look()
  }

  /** Ends the leg; what runs on it unwinds by itself. */
  hangup(cause = 'NORMAL_CLEARING', by: 'far' | 'switch' = 'switch'): void {
    if (this.cause !== undefined) return
    this.cause = causeNamed(cause)
    this.hungUpBy = by
    this.times.hungUp = this.core.micros()
    if (this.name.startsWith('sofia/')) this.set('sip_hangup_disposition', hangupDisposition(this, by))
    this.emit('CHANNEL_HANGUP')
    if (by === 'switch') this.far.hungUp?.(this.cause)
    this.poke()
    this.peer?.poke()
    for (const look of [...this.watchers]) look()
    if (!this.running) void this.end()
  }

  /** The leg goes on at `next`, leaving what it does now. */
  go(next: Next): void {
    if (!this.alive) return
    this.next = next
    if (this.running) this.poke()
    else this.start()
  }
  start(): void {
    // Later, so that whoever starts the leg is done with it first; and `running` is set before anything can end the leg.
    this.running ??= Promise.resolve().then(() => this.#run())
  }

  /** A key from the far end. */
  receive(digit: string, source = 'RTP'): void {
    if (!this.alive) return
    this.waiting.keys.push(digit)
    this.#keySource = source
    this.poke()
  }
  #keySource = 'RTP'
  /** Takes the next key; the DTMF event tells of it now, as on the real one. */
  takeKey(): string | undefined {
    const digit = this.waiting.keys.shift()
    if (digit !== undefined) {
      this.emit('DTMF', { 'DTMF-Digit': digit, 'DTMF-Duration': '2000', 'DTMF-Source': this.#keySource }, false)
    }
    return digit
  }

  post(message: Message): void {
    this.waiting.post(message)
  }
  /** Ends the sound that plays; with `everything` also what waits behind it. */
  breakOff(everything: boolean): void {
    this.waiting.breakOff(everything)
  }
  /** Looks whether what the leg waits for has come. */
  poke(): void {
    this.waiting.poke()
  }
  /** See Waiting.pass. */
  pass(ms: number, keys = false, until?: () => boolean): Promise<Woken> {
    return this.waiting.pass(ms, keys, until)
  }

  /** Waits for orders, as `park` and `socket` do, until `until` or another course. */
  async park(until?: () => boolean): Promise<void> {
    this.emit('CHANNEL_PARK')
    for (;;) {
      const woken = await this.pass(Number.POSITIVE_INFINITY, true, until)
      if (woken === 'abort' || woken === 'until') break
      if (woken === 'key') this.takeKey()
    }
    this.emit('CHANNEL_UNPARK')
  }

  async #run(): Promise<void> {
    while (this.alive) {
      const next = this.next
      this.next = undefined
      if (!next) this.hangup('NORMAL_CLEARING')
      else if (next.kind === 'route') await this.#route(next)
      else if (next.kind === 'steps') await this.#execute(next.steps)
      else if (next.kind === 'bridge') await talk(this, next.peer, next.first)
      else await this.park()
    }
    await this.#finish()
  }

  async #route({ extension, dialplan, context }: Next & { kind: 'route' }): Promise<void> {
    this.setState('CS_ROUTING')
    if (this.get('limit_ignore_transfer') !== 'true') this.core.limits.release(this)
    this.lastPeer = undefined
    if (this.direction === 'inbound' && this.callState === 'DOWN') this.setCallState('RINGING')
    this.profile.destination = extension
    this.profile.dialplan = dialplan
    this.profile.context = context
    if (dialplan.toLowerCase() === 'inline') return this.#execute(inlineSteps(extension))
    const steps = this.core.route(this, context)
    if (!steps) return this.hangup('NO_ROUTE_DESTINATION')
    return this.#execute(steps)
  }
  async #execute(steps: Step[]): Promise<void> {
    this.setState('CS_EXECUTE')
    for (const step of steps) {
      if (this.aborted) return
      await this.core.execute(this, step.application, step.data)
    }
  }

  /** The last things of a leg that ended without running anything. */
  end(): Promise<void> {
    this.running ??= Promise.resolve().then(() => this.#finish())
    return this.running
  }
  async #finish(): Promise<void> {
    this.recordings.stopAll()
    this.core.limits.release(this)
    this.setState('CS_HANGUP')
    this.setCallState('HANGUP')
    this.setState('CS_REPORTING')
    for (const [key, value] of Object.entries(endVariables(this))) this.variables.set(key, value)
    this.emit('CHANNEL_HANGUP_COMPLETE')
    this.core.writeCdr(this)
    this.core.channels.delete(this.uuid)
    this.poke()
    for (const gone of this.onGone) gone()
    this.letGo()
  }
  /** A connection lets go of the leg; the last one buries it. */
  letGo(connection?: object): void {
    if (connection) this.keptBy.delete(connection)
    if (this.state !== 'CS_REPORTING' || this.keptBy.size > 0) return
    this.emit('CHANNEL_DESTROY')
    this.setState('CS_DESTROY')
  }

  /** The headers that every event of the leg has. */
  headers(): Headers {
    return legHeaders(this)
  }
}
