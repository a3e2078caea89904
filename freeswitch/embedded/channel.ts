import { causeNamed, q850 } from './causes.ts'
import type { Core } from './core.ts'
import type { Step } from './dialplan.ts'
import { expand } from './expand.ts'
import { writeRecording } from './sound.ts'

export type Headers = Record<string, string>

/** Who is at the far end of a leg: a simulated person, phone or another leg. Every call is made from the switch's side. */
export type FarEnd = {
  answered?(): void
  /** A sound begins on the leg, by the name it is played by. */
  hears?(sound: string): void
  /** Joined to (or parted from, undefined) another leg. */
  joined?(peer: Channel | undefined): void
  key?(digit: string): void
  /** The `talk` or `hold` that uuid_phone_event sends to a phone; false when it cannot. */
  phoneEvent?(event: string): boolean
  /** The leg ended and the far end did not do it. */
  hungUp?(cause: string): void
}

export type Next =
  | { kind: 'route'; extension: string; dialplan: string; context: string }
  | { kind: 'steps'; steps: Step[] }
  | { kind: 'bridge'; peer: Channel; first: boolean }
  | { kind: 'park' }

/** A sendmsg or broadcast waiting for its turn. */
export type Message = { application: string; argument: string; id?: string; lock: boolean; loops: number }

export type Woken = 'time' | 'key' | 'break' | 'abort' | 'until'

export type Profile = {
  name: string
  number: string
  calleeName: string
  calleeNumber: string
  destination: string
  dialplan: string
  context: string
  source: string
}

/** As in Channel-State-Number of the real one. */
const stateNumbers: Record<string, number> = {
  CS_NEW: 0,
  CS_INIT: 1,
  CS_ROUTING: 2,
  CS_SOFT_EXECUTE: 3,
  CS_EXECUTE: 4,
  CS_EXCHANGE_MEDIA: 5,
  CS_PARK: 6,
  CS_CONSUME_MEDIA: 7,
  CS_HIBERNATE: 8,
  CS_RESET: 9,
  CS_HANGUP: 10,
  CS_REPORTING: 11,
  CS_DESTROY: 12,
  CS_NONE: 13,
}

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
  readonly messages: Message[] = []
  readonly keys: string[] = []
  readonly recordings = new Map<string, { startedAt: number; channels: 1 | 2 }>()
  /** Called when the leg is answered or ends. */
  readonly watchers = new Set<() => void>()
  /** Outbound connections that linger: the leg's CHANNEL_DESTROY waits for them, as on the real one [captured]. */
  readonly keptBy = new Set<object>()
  /** Called once when the leg is down, behind CHANNEL_HANGUP_COMPLETE. */
  readonly onGone: (() => void)[] = []
  #locked = false
  #break = false
  #waiter: { keys: boolean; until?: () => boolean; settle(woken: Woken | 'message'): void } | undefined

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
    for (const [key, value] of Object.entries({
      direction,
      uuid,
      session_id: String(++core.sessions),
      channel_name: name,
      call_uuid: uuid,
      read_codec: 'PCMA',
      read_rate: '8000',
      write_codec: 'PCMA',
      write_rate: '8000',
    }))
      this.variables.set(key, value)
    if (direction === 'outbound') this.variables.set('is_outbound', 'true')
  }

  get(name: string): string | undefined {
    return this.variables.get(name) ?? this.field(name)
  }
  /** A field of the caller profile by its dialplan name. */
  field(name: string): string | undefined {
    const { profile } = this
    switch (name) {
      case 'destination_number':
        return profile.destination
      case 'caller_id_name':
        return profile.name
      case 'caller_id_number':
      case 'ani':
        return profile.number
      case 'context':
        return profile.context
      case 'dialplan':
        return profile.dialplan
      case 'source':
        return profile.source
      case 'chan_name':
        return this.name
      case 'uuid':
        return this.uuid
      case 'state':
        return this.state
      default:
        return undefined
    }
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
    if (this.name.startsWith('sofia/')) {
      const early = !this.answered
      const disposition =
        by === 'far'
          ? early && this.direction === 'outbound'
            ? 'recv_refuse'
            : early
              ? 'recv_cancel'
              : 'recv_bye'
          : early && this.direction === 'outbound'
            ? 'send_cancel'
            : early
              ? 'send_refuse'
              : 'send_bye'
      this.set('sip_hangup_disposition', disposition)
    }
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
    this.keys.push(digit)
    this.#keySource = source
    this.poke()
  }
  #keySource = 'RTP'
  /** Takes the next key; the DTMF event tells of it now, as on the real one. */
  takeKey(): string | undefined {
    const digit = this.keys.shift()
    if (digit !== undefined) {
      this.emit('DTMF', { 'DTMF-Digit': digit, 'DTMF-Duration': '2000', 'DTMF-Source': this.#keySource }, false)
    }
    return digit
  }

  post(message: Message): void {
    this.messages.push(message)
    this.poke()
  }
  /** Ends the sound that plays; with `everything` also what waits behind it. */
  breakOff(everything: boolean): void {
    if (everything) this.messages.length = 0
    if (!this.#waiter) return
    this.#break = true
    this.poke()
  }

  /** Looks whether what the leg waits for has come. */
  poke(): void {
    const waiter = this.#waiter
    if (!waiter) return
    const woken = this.#due(waiter.keys, waiter.until)
    if (woken) waiter.settle(woken)
  }
  #due(keys: boolean, until?: () => boolean): Woken | 'message' | undefined {
    if (this.aborted) return 'abort'
    if (this.#break) {
      this.#break = false
      return 'break'
    }
    if (until?.()) return 'until'
    if (this.messages.length > 0 && !this.#locked) return 'message'
    if (keys && this.keys.length > 0) return 'key'
    return undefined
  }

  /**
   * Lets `ms` pass (Infinity: for ever) unless something comes first: a key (if `keys`), uuid_break, the end or another
   * course for the leg, `until` turning true at a poke. Messages that come meanwhile run inside, as in FreeSWITCH's play loop.
   */
  async pass(ms: number, keys = false, until?: () => boolean): Promise<Woken> {
    let left = ms
    for (;;) {
      const begun = this.core.clock.now()
      const woken = this.#due(keys, until) ?? (await this.#sleep(left, keys, until))
      if (woken !== 'message') return woken
      left -= this.core.clock.now() - begun
      await this.runMessages()
    }
  }
  #sleep(ms: number, keys: boolean, until?: () => boolean): Promise<Woken | 'message'> {
    return new Promise((resolve) => {
      const outer = this.#waiter
      let cancel: (() => void) | undefined
      const settle = (woken: Woken | 'message') => {
        cancel?.()
        this.#waiter = outer
        resolve(woken)
      }
      this.#waiter = { keys, ...(until ? { until } : {}), settle }
      if (ms < 1e12) cancel = this.core.clock.after(ms, () => settle('time'))
    })
  }
  async runMessages(): Promise<void> {
    while (this.messages.length > 0 && !this.aborted) {
      const message = this.messages.shift()!
      const before = this.#locked
      if (message.lock) this.#locked = true
      try {
        for (let left = message.loops; left !== 0 && !this.aborted; left--) {
          await this.core.execute(this, message.application, message.argument, message.id)
        }
      } finally {
        this.#locked = before
      }
    }
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
      else if (next.kind === 'bridge') await this.core.talk(this, next.peer, next.first)
      else await this.core.execute(this, 'park', '')
    }
    await this.#finish()
  }

  async #route({ extension, dialplan, context }: Next & { kind: 'route' }): Promise<void> {
    this.setState('CS_ROUTING')
    this.lastPeer = undefined
    if (this.direction === 'inbound' && this.callState === 'DOWN') this.setCallState('RINGING')
    this.profile.destination = extension
    this.profile.dialplan = dialplan
    this.profile.context = context
    if (dialplan.toLowerCase() === 'inline') {
      const steps = extension.split(',').map((part) => {
        const at = part.indexOf(':')
        return at < 0 ? { application: part, data: '' } : { application: part.slice(0, at), data: part.slice(at + 1) }
      })
      return this.#execute(steps)
    }
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

  startRecording(path: string, channels: 1 | 2): void {
    this.recordings.set(path, { startedAt: this.core.clock.now(), channels })
    this.emit('RECORD_START', { 'Record-File-Path': path })
  }
  /** False when nothing is recorded there. */
  stopRecording(path: string): boolean {
    const recording = this.recordings.get(path)
    if (!recording) return false
    this.recordings.delete(path)
    const ms = this.core.clock.now() - recording.startedAt
    const kept = writeRecording(path, ms, recording.channels)
    this.set('record_ms', String(Math.round(ms)))
    this.set('record_seconds', String(Math.round(ms / 1000)))
    this.set('record_samples', String(Math.round(ms * 8)))
    this.emit('RECORD_STOP', {
      'Record-File-Path': path,
      'Record-Completion-Cause': kept ? 'success-maxtime' : 'empty-file',
    })
    return true
  }

  /** The last things of a leg that ended without running anything. */
  end(): Promise<void> {
    this.running ??= Promise.resolve().then(() => this.#finish())
    return this.running
  }
  async #finish(): Promise<void> {
    for (const path of [...this.recordings.keys()]) this.stopRecording(path)
    this.setState('CS_HANGUP')
    this.setCallState('HANGUP')
    this.setState('CS_REPORTING')
    for (const [key, value] of Object.entries(this.#report())) this.variables.set(key, value)
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

  /** The variables of the end: cause, instants and durations (seconds, ms and microseconds). */
  #report(): Record<string, string> {
    const { times } = this
    const out: Record<string, string> = {
      hangup_cause: this.cause!,
      hangup_cause_q850: String(q850(this.cause!)),
      digits_dialed: 'none',
      last_app: this.application,
      last_arg: this.applicationData,
      caller_id: this.profile.name ? `"${this.profile.name}" <${this.profile.number}>` : this.profile.number,
    }
    const instants: [string, number][] = [
      ['start', times.created],
      ['profile_start', times.profile],
      ['answer', times.answered],
      ['bridge', times.bridged],
      ['last_hold', times.lastHold],
      ['resurrect', 0],
      ['progress', times.progress],
      ['progress_media', times.media],
      ['end', times.hungUp],
    ]
    for (const [name, micros] of instants) {
      if (micros > 0) out[`${name}_stamp`] = new Date(micros / 1000).toISOString().slice(0, 19).replace('T', ' ')
      out[`${name}_epoch`] = String(Math.floor(micros / 1e6))
      out[`${name}_uepoch`] = String(micros)
    }
    out.hold_accum_usec = String(times.holdSum)
    out.hold_accum_ms = String(Math.floor(times.holdSum / 1000))
    out.hold_accum_seconds = String(Math.floor(times.holdSum / 1e6))
    const since = (from: number, to: number) => (from > 0 && to > 0 ? Math.max(0, to - from) : 0)
    const durations: [string, string, number][] = [
      ['duration', 'duration', since(times.created, times.hungUp)],
      ['billsec', 'bill', since(times.answered, times.hungUp)],
      ['progresssec', 'progress', since(times.created, times.progress)],
      ['answersec', 'answer', since(times.created, times.answered)],
      ['waitsec', 'wait', since(times.created, times.bridged)],
      ['progress_mediasec', 'progress_media', since(times.created, times.media)],
      ['flow_billsec', 'flow_bill', since(times.created, times.hungUp)],
    ]
    for (const [seconds, stem, micros] of durations) {
      out[seconds] = String(Math.floor(micros / 1e6))
      out[stem === 'duration' ? 'mduration' : `${stem}msec`] = String(Math.floor(micros / 1000))
      out[stem === 'duration' ? 'uduration' : `${stem}usec`] = String(micros)
    }
    if (this.core.isLoopback(this)) out.is_loopback = '1'
    return out
  }

  /** The headers that every event of the leg has. */
  headers(): Headers {
    const { profile, times } = this
    const other = this.peer ?? this.lastPeer
    const out: Headers = {
      'Channel-State': this.state,
      'Channel-Call-State': this.callState,
      'Channel-State-Number': String(stateNumbers[this.state] ?? 0),
      'Channel-Name': this.name,
      'Unique-ID': this.uuid,
      'Call-Direction': this.direction,
      'Presence-Call-Direction': this.direction,
      'Channel-HIT-Dialplan': String(this.direction === 'inbound'),
      'Channel-Call-UUID': this.variables.get('call_uuid') ?? this.uuid,
      'Answer-State': this.answerState,
      'Channel-Read-Codec-Name': 'PCMA',
      'Channel-Read-Codec-Rate': '8000',
      'Channel-Read-Codec-Bit-Rate': '64000',
      'Channel-Write-Codec-Name': 'PCMA',
      'Channel-Write-Codec-Rate': '8000',
      'Channel-Write-Codec-Bit-Rate': '64000',
      'Caller-Direction': this.direction,
      'Caller-Logical-Direction': this.direction,
      'Caller-Username': profile.number,
      'Caller-Dialplan': profile.dialplan,
      'Caller-Caller-ID-Name': profile.name,
      'Caller-Caller-ID-Number': profile.number,
      'Caller-Orig-Caller-ID-Name': profile.name,
      'Caller-Orig-Caller-ID-Number': profile.number,
      'Caller-Callee-ID-Name': profile.calleeName,
      'Caller-Callee-ID-Number': profile.calleeNumber,
      'Caller-ANI': profile.number,
      'Caller-Destination-Number': profile.destination,
      'Caller-Unique-ID': this.uuid,
      'Caller-Source': profile.source,
      'Caller-Context': profile.context,
      'Caller-Channel-Name': this.name,
      'Caller-Profile-Index': String(this.profileIndex),
      'Caller-Profile-Created-Time': String(times.profile),
      'Caller-Channel-Created-Time': String(times.created),
      'Caller-Channel-Answered-Time': String(times.answered),
      'Caller-Channel-Progress-Time': String(times.progress),
      'Caller-Channel-Progress-Media-Time': String(times.media),
      'Caller-Channel-Hangup-Time': String(times.hungUp),
      'Caller-Channel-Transfer-Time': String(times.transfer),
      'Caller-Channel-Resurrect-Time': '0',
      'Caller-Channel-Bridged-Time': String(times.bridged),
      'Caller-Channel-Last-Hold': String(times.lastHold),
      'Caller-Channel-Hold-Accum': String(times.holdSum),
      'Caller-Screen-Bit': 'true',
      'Caller-Privacy-Hide-Name': 'false',
      'Caller-Privacy-Hide-Number': 'false',
    }
    for (const key of [
      'Caller-Caller-ID-Name',
      'Caller-Orig-Caller-ID-Name',
      'Caller-Callee-ID-Name',
      'Caller-Callee-ID-Number',
      'Caller-Username',
    ]) {
      if (out[key] === '') delete out[key]
    }
    const presence = this.variables.get('presence_id')
    if (presence) out['Channel-Presence-ID'] = presence
    if (this.cause !== undefined) out['Hangup-Cause'] = this.cause
    if (other) {
      out['Other-Type'] = this.direction === 'inbound' ? 'originatee' : 'originator'
      out['Other-Leg-Unique-ID'] = other.uuid
      out['Other-Leg-Channel-Name'] = other.name
      out['Other-Leg-Caller-ID-Number'] = other.profile.number
      out['Other-Leg-Destination-Number'] = other.profile.destination
      out['Other-Leg-Direction'] = other.direction
    }
    return out
  }
}
