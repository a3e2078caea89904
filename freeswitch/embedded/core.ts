import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { applications } from './applications.ts'
import { profileRecord, writeCdr } from './cdr.ts'
import { Channel, type FarEnd, type Headers, type Profile } from './channel.ts'
import type { Clock } from './clock.ts'
import type { Conference } from './conference.ts'
import { type Dialplan, readDialplan, route, type Step } from './dialplan.ts'
import { Limits } from './limits.ts'
import type { Phones } from './phones.ts'

/** Someone to whom events go: an ESL connection. */
export type EventSink = {
  wants(name: string, subclass: string | undefined): boolean
  take(headers: Headers, body: string | undefined): void
}

export type CoreOptions = {
  clock: Clock
  dialplanFolders: string[]
  globals: Record<string, string>
  cdrDir?: string
  log(line: string): void
}

/** The switch without its wire: legs, dialplan, events. */
export class Core {
  readonly uuid = randomUUID()
  readonly clock: Clock
  readonly globals: Map<string, string>
  readonly channels = new Map<string, Channel>()
  readonly sinks = new Set<EventSink>()
  readonly log: (line: string) => void
  readonly startedAt: number
  sessions = 0
  phones!: Phones
  /** Connects `socket host:port` for a leg; set by the wire. Resolves false when nobody answers there. */
  callOut: (channel: Channel, address: string, flags: Set<string>) => Promise<boolean> = async () => false
  /** Someone outside is dialled (sofia/gateway/... or sofia/trunk/...): what is there, or a cause. */
  outside: (number: string, leg: Channel) => FarEnd | string = () => 'NO_ROUTE_DESTINATION'
  /** Where other embedded switches of this process reach it; 0: nowhere. */
  sipPorts = { agents: 0, trunk: 0 }
  readonly conferences = new Map<string, Conference>()
  conferenceMembers = 0
  readonly limits = new Limits()
  /** Legs that are being recorded. */
  readonly recorded = new Set<Channel>()
  stopped = false
  #sequence = 0
  #dialplan: Dialplan
  readonly #options: CoreOptions
  readonly #loopbacks = new WeakSet<Channel>()

  constructor(options: CoreOptions) {
    this.#options = options
    this.clock = options.clock
    this.log = options.log
    this.globals = new Map(Object.entries({ core_uuid: this.uuid, hostname: hostname(), ...options.globals }))
    this.startedAt = this.clock.now()
    this.#dialplan = readDialplan(options.dialplanFolders)
  }

  /** Now in whole microseconds, as FreeSWITCH counts. */
  micros(): number {
    return Math.round(this.clock.now() * 1000)
  }
  reload(): void {
    this.#dialplan = readDialplan(this.#options.dialplanFolders)
  }

  /** A leg, known from now on; `uuid` must be free. */
  create(
    name: string,
    direction: 'inbound' | 'outbound',
    profile: Partial<Profile>,
    far: FarEnd,
    uuid: string = randomUUID(),
  ): Channel {
    const channel = new Channel(
      this,
      uuid,
      name,
      direction,
      {
        name: '',
        number: '0000000000',
        calleeName: direction === 'outbound' ? 'Outbound Call' : '',
        calleeNumber: direction === 'outbound' ? (profile.destination ?? '') : '',
        destination: '',
        dialplan: 'XML',
        context: 'default',
        source: `mod_${name.split('/')[0]}`,
        ...profile,
      },
      far,
    )
    this.channels.set(uuid, channel)
    if (name.startsWith('loopback/')) this.#loopbacks.add(channel)
    return channel
  }
  isLoopback(channel: Channel): boolean {
    return this.#loopbacks.has(channel)
  }

  /** An inbound leg enters the dialplan. */
  enter(channel: Channel): void {
    channel.setState('CS_INIT')
    channel.emit('CHANNEL_CREATE')
    channel.go({
      kind: 'route',
      extension: channel.profile.destination,
      dialplan: 'XML',
      context: channel.profile.context,
    })
  }

  route(channel: Channel, context: string): Step[] | undefined {
    return route(
      this.#dialplan,
      context,
      (name) => channel.field(name),
      (name) => channel.get(name),
      (name) => this.globals.get(name),
    )
  }

  /** Runs one application on a leg with the events around it. An unknown one ends the leg, without any event of its own. */
  async execute(channel: Channel, application: string, data: string, id: string = randomUUID()): Promise<void> {
    const run = applications[application]
    if (!run) {
      channel.hangup('DESTINATION_OUT_OF_ORDER')
      return
    }
    const argument =
      application === 'set' || application === 'export' ? expandTwice(channel, data) : channel.expand(data)
    channel.application = application
    channel.applicationData = argument
    channel.variables.set('current_application', application)
    channel.set('current_application_data', argument)
    channel.set('current_application_response', undefined)
    const about: Headers = { Application: application, ...(argument ? { 'Application-Data': argument } : {}) }
    channel.ran.push({ app_name: application, app_data: argument, app_stamp: String(this.micros()) })
    channel.emit('CHANNEL_EXECUTE', { ...about, 'Application-UUID': id })
    const ended = await run(channel, argument)
    const response = typeof ended === 'string' ? ended : '_none_'
    if (response !== '_none_') channel.set('current_application_response', response)
    channel.emit('CHANNEL_EXECUTE_COMPLETE', { ...about, 'Application-Response': response, 'Application-UUID': id })
  }

  /** Who hears whom may have changed: recordings take note. */
  listen(): void {
    for (const leg of this.recorded) leg.recordings.listen()
  }

  transfer(leg: Channel, extension: string, dialplan: string, context: string): void {
    leg.flow.unshift(profileRecord(leg))
    leg.times.transfer = leg.times.profile = this.micros()
    leg.profileIndex++
    leg.go({ kind: 'route', extension, dialplan, context })
  }

  /** Tells everyone who asked for it. */
  emit(name: string, channel: Channel | undefined, extra: Headers = {}, withVariables = true, body?: string): void {
    const subclass = extra['Event-Subclass']
    const takers: EventSink[] = []
    for (const sink of this.sinks) if (sink.wants(name, subclass)) takers.push(sink)
    this.#sequence++
    if (takers.length === 0) return
    const headers = this.describe(name, channel, extra, withVariables)
    for (const sink of takers) sink.take(headers, body)
  }

  /** An event's headers in the order of the real one: core, leg, own, variables. */
  describe(name: string, channel: Channel | undefined, extra: Headers = {}, withVariables = true): Headers {
    const at = new Date(this.clock.now())
    const headers: Headers = {
      'Event-Name': name,
      'Core-UUID': this.uuid,
      'FreeSWITCH-Hostname': hostname(),
      'FreeSWITCH-Switchname': this.globals.get('vera_switch_name') ?? 'vera',
      'FreeSWITCH-IPv4': '127.0.0.1',
      'FreeSWITCH-IPv6': '::1',
      'Event-Date-Local': at.toISOString().slice(0, 19).replace('T', ' '),
      'Event-Date-GMT': at.toUTCString(),
      'Event-Date-Timestamp': String(this.micros()),
      'Event-Calling-File': 'embedded',
      'Event-Calling-Function': 'emit',
      'Event-Calling-Line-Number': '1',
      'Event-Sequence': String(this.#sequence),
    }
    if (channel) Object.assign(headers, channel.headers())
    if (withVariables && channel) {
      // On the real one an application's own headers stand behind the variables.
      for (const [key, value] of channel.variables) headers[`variable_${key}`] = value
    }
    return Object.assign(headers, extra)
  }

  writeCdr(leg: Channel): void {
    if (this.#options.cdrDir) writeCdr(this.#options.cdrDir, leg)
  }
}

/** `set` expands its data once as every application and once more itself [freeswitch.md]. */
function expandTwice(channel: Channel, data: string): string {
  return channel.expand(channel.expand(data))
}
