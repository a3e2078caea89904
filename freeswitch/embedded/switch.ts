import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { exampleUsers } from '../conf/directory.ts'
import { confFolder, everyone } from '../conf/site.ts'
import type { Call, CallRequest } from '../place-call.ts'
import { runCommand } from './api.ts'
import type { Channel, FarEnd } from './channel.ts'
import { type Clock, runningClock } from './clock.ts'
import { Core } from './core.ts'
import { placeOn } from './person.ts'
import { type PhoneHabits, type PhoneMode, Phones } from './phones.ts'
import { seeded } from './random.ts'
import { listenSip } from './sip.ts'
import { Wire } from './wire.ts'

export type EmbeddedOptions = {
  /** Port of the event socket on 127.0.0.1; 0 (the default) picks a free one. */
  eslPort?: number
  password: string
  /** The XML files of the dialplan; the shipped ones by default. */
  dialplanFolder?: string
  /** More folders, read behind it. */
  moreDialplan?: string[]
  /** host:port of the platform's outbound server, for `${vera_socket}`. May be given later by `setCallListen`. */
  callListen?: string
  recordingsDir?: string
  /** mod_json_cdr's files are written there, if given. */
  cdrDir?: string
  seed?: number
  /** Virtual time: 1 = real. */
  speed?: number
  /** Instant at which virtual time begins, UTC ms; now by default. */
  startAt?: number
  /** In place of speed and startAt. */
  clock?: Clock
  domain?: string
  /** Extensions of the simulated agents' phones: 1001 .. 1015 by default. */
  phones?: string[]
  phoneMode?: PhoneMode
  phoneHabits?: Partial<PhoneHabits>
  /** Ports at which other embedded switches of this process reach it (`sofia/<profile>/sip:<number>@<host>:<port>`). */
  sip?: { agentsPort?: number; trunkPort?: number; nodesPort?: number }
  /** Someone outside is dialled (sofia/gateway/<line>/<number>): what is there, or a cause. Nobody, by default. */
  outside?(number: string, leg: Channel): FarEnd | string
  /** More global variables. */
  globals?: Record<string, string>
  log?(line: string): void
}

/** A call into the dialplan from a simulated carrier. */
export type LineOptions = {
  from: string
  fromName?: string
  to: string
  context?: string
  /** Variables that the carrier's leg brings. */
  variables?: Record<string, string>
}
/** The caller's end of such a call. All hooks are called from the switch. */
export type Line = {
  readonly uuid: string
  press(digit: string): void
  hangUp(cause?: string): void
  onAnswered: (() => void) | undefined
  /** A sound begins: file or stream. */
  onHeard: ((sound: string) => void) | undefined
  /** Begins (or ends) to talk with another leg. */
  onJoined: ((talking: boolean) => void) | undefined
  /** The call is over; `byFar` when the citizen ended it. */
  onEnded: ((cause: string, byFar: boolean) => void) | undefined
}

export type EmbeddedSwitch = {
  readonly port: number
  readonly password: string
  /** For FREESWITCH_URL: `esl://:password@127.0.0.1:port`. */
  readonly url: string
  readonly coreUuid: string
  readonly domain: string
  readonly clock: Clock
  /** Legs now. */
  readonly legs: number
  setCallListen(address: string): void
  /** An API command as over the wire. */
  api(command: string): Promise<string>
  phones: {
    readonly extensions: string[]
    mode(extension: string): PhoneMode | undefined
    /** False when there is no such phone. */
    set(extension: string, mode: PhoneMode, habits?: Partial<PhoneHabits>): boolean
    /** One more phone, or one that is there set so. */
    add(extension: string, mode: PhoneMode, habits?: Partial<PhoneHabits>): void
    /** Registers once more, as a phone does that lost its old place; `unregister` ends all its registrations. */
    register(extension: string, agent?: string): void
    unregister(extension: string): void
    habits: PhoneHabits
  }
  /** A citizen's leg enters the dialplan now. */
  line(options: LineOptions): Line
  /** A whole test call; see freeswitch/place-call.ts. */
  placeCall(request: CallRequest): Promise<Call>
  /** Drops every ESL connection (not the calls), as a network fault does. */
  cutConnections(): void
  /** SHUTDOWN, hangs up all legs, closes everything. */
  stop(): Promise<void>
}

/** Starts a switch inside this process, on loopback TCP. Rejects when the port is taken or the dialplan is broken. */
export async function startEmbeddedSwitch(options: EmbeddedOptions): Promise<EmbeddedSwitch> {
  const clock = options.clock ?? runningClock(options.speed ?? 1, options.startAt)
  const domain = options.domain ?? 'vera.local'
  const extensions = options.phones ?? exampleUsers.map((user) => user.extension)
  const recordings = resolve(options.recordingsDir ?? 'var/recordings')
  if (options.cdrDir) mkdirSync(options.cdrDir, { recursive: true })
  const log = options.log ?? (() => {})
  const core = new Core({
    clock,
    dialplanFolders: [options.dialplanFolder ?? join(confFolder, 'dialplan'), ...(options.moreDialplan ?? [])],
    globals: {
      vera_switch_name: 'embedded',
      vera_domain: domain,
      domain,
      vera_socket: options.callListen ?? '127.0.0.1:8084',
      vera_recordings: recordings,
      vera_prompts: join(confFolder, 'sounds'),
      vera_music: 'local_stream://vera',
      vera_wait_seconds: '1800',
      vera_fallback_seconds: '30',
      // Simulated crowds call from few numbers.
      vera_caller_calls: '1000000',
      vera_caller_rate: '1000000/1',
      vera_trunk_calls: '1000000',
      vera_trunk_rate: '1000000/1',
      vera_everyone: everyone(extensions, domain),
      RECORD_STEREO: 'true',
      ...options.globals,
    },
    ...(options.cdrDir ? { cdrDir: options.cdrDir } : {}),
    log,
  })
  if (options.outside) core.outside = options.outside
  const random = seeded(options.seed ?? 1)
  const habits: PhoneHabits = {
    answerMs: [1000, 4000],
    talkMs: [180_000, 120_000],
    loseMs: 2000,
    ...options.phoneHabits,
  }
  const phones = new Phones(core, random, extensions, options.phoneMode ?? 'robot', habits)
  core.phones = phones
  const wire = new Wire(core, options.password)
  const port = await wire.listen(options.eslPort ?? 0)
  let stopBeat = beat(core)
  const closeDoors: (() => void)[] = []
  core.sipPorts = { agents: options.sip?.agentsPort ?? 0, trunk: options.sip?.trunkPort ?? 0 }
  for (const [profile, sipPort, context] of [
    ['agents', core.sipPorts.agents, 'agents'],
    ['trunk', core.sipPorts.trunk, 'public'],
    ['nodes', options.sip?.nodesPort ?? 0, 'nodes'],
  ] as const)
    if (sipPort > 0) closeDoors.push(listenSip(sipPort, { core, profile, context }))

  const line = (request: LineOptions): Line => {
    const handle: Line = {
      uuid: '',
      press: (digit) => leg.receive(digit),
      hangUp: (cause = 'NORMAL_CLEARING') => leg.hangup(leg.answered ? cause : 'ORIGINATOR_CANCEL', 'far'),
      onAnswered: undefined,
      onHeard: undefined,
      onJoined: undefined,
      onEnded: undefined,
    }
    const leg: Channel = core.create(
      `sofia/trunk/${request.from || 'anonymous'}@127.0.0.1`,
      'inbound',
      {
        name: request.fromName ?? '',
        number: request.from,
        destination: request.to,
        context: request.context ?? 'public',
      },
      {
        answered: () => handle.onAnswered?.(),
        hears: (sound) => handle.onHeard?.(sound),
        joined: (peer) => handle.onJoined?.(peer !== undefined),
      },
    )
    for (const [key, value] of Object.entries({
      sip_from_user: request.from,
      sip_to_user: request.to,
      sip_req_user: request.to,
      sip_network_ip: '127.0.0.1',
      sip_call_id: leg.uuid,
      sofia_profile_name: 'trunk',
      ...request.variables,
    }))
      leg.set(key, value)
    leg.onGone.push(() => handle.onEnded?.(leg.cause ?? 'NORMAL_CLEARING', leg.hungUpBy === 'far'))
    // On its own turn: whoever placed the call hangs its hooks first.
    setImmediate(() => {
      if (leg.alive && !core.stopped) core.enter(leg)
    })
    return Object.defineProperty(handle, 'uuid', { value: leg.uuid })
  }

  return {
    port,
    password: options.password,
    url: `esl://:${encodeURIComponent(options.password)}@127.0.0.1:${port}`,
    coreUuid: core.uuid,
    domain,
    clock,
    get legs() {
      return core.channels.size
    },
    setCallListen: (address) => void core.globals.set('vera_socket', address),
    api: (command) => runCommand(core, command),
    phones,
    line,
    placeCall: (request) => placeOn(line, clock, request),
    cutConnections: () => wire.cut(),
    async stop() {
      if (core.stopped) return
      core.stopped = true
      for (const close of closeDoors) close()
      stopBeat()
      stopBeat = () => {}
      core.emit('SHUTDOWN', undefined, { 'Event-Info': 'System Shutting Down' }, false)
      for (const channel of [...core.channels.values()]) channel.hangup('MANAGER_REQUEST')
      await Promise.all([...core.channels.values()].map((channel) => channel.running))
      await wire.stop()
    },
  }
}

/** HEARTBEAT every 20 s. */
function beat(core: Core): () => void {
  let cancel = core.clock.after(20_000, tick)
  function tick() {
    core.emit(
      'HEARTBEAT',
      undefined,
      {
        'Event-Info': 'System Ready',
        'Up-Time': `0 years, 0 days, 0 hours, 0 minutes, ${Math.floor((core.clock.now() - core.startedAt) / 1000)} seconds, 0 milliseconds, 0 microseconds`,
        'FreeSWITCH-Version': '1.11.1-embedded~64bit',
        'Uptime-msec': String(Math.floor(core.clock.now() - core.startedAt)),
        'Session-Count': String(core.channels.size),
        'Max-Sessions': '2000',
        'Session-Per-Sec': '200',
        'Session-Since-Startup': String(core.sessions),
        'Idle-CPU': '100.000000',
      },
      false,
    )
    cancel = core.clock.after(20_000, tick)
  }
  return () => cancel()
}
