import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { applications } from './applications.ts'
import { bridgeHeaders } from './bridge-headers.ts'
import { Channel, type FarEnd, type Headers, type Profile } from './channel.ts'
import type { Clock } from './clock.ts'
import { type Dialplan, readDialplan, route, type Step } from './dialplan.ts'
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
    channel.emit('CHANNEL_EXECUTE', { ...about, 'Application-UUID': id })
    const ended = await run(channel, argument)
    const response = typeof ended === 'string' ? ended : '_none_'
    if (response !== '_none_') channel.set('current_application_response', response)
    channel.emit('CHANNEL_EXECUTE_COMPLETE', { ...about, 'Application-Response': response, 'Application-UUID': id })
  }

  /** Joins two legs as uuid_bridge does: each leaves what it does and talks. */
  join(first: Channel, second: Channel): void {
    first.peer = second
    second.peer = first
    first.go({ kind: 'bridge', peer: second, first: true })
    second.go({ kind: 'bridge', peer: first, first: false })
  }

  /** One leg's side of a uuid_bridge: until one of them ends or is sent elsewhere; then where it goes on. */
  async talk(leg: Channel, peer: Channel, first: boolean): Promise<void> {
    leg.setState('CS_SOFT_EXECUTE')
    if (first && peer.alive) {
      leg.emit('CHANNEL_EXECUTE', {
        Application: 'uuid_bridge',
        'Application-Data': peer.uuid,
      })
      peer.emit('CHANNEL_EXECUTE', {
        Application: 'uuid_bridge',
        'Application-Data': leg.uuid,
      })
      this.bridged(leg, peer)
    }
    if (!first) leg.setState('CS_EXCHANGE_MEDIA')
    await this.listen(leg, peer)
    if (first && leg.lastPeer === peer) leg.emit('CHANNEL_UNBRIDGE', bridgeHeaders(leg, peer))
    this.part(leg, peer)
    if (leg.aborted) return
    if (this.afterBridge(leg)) return
    leg.hangup(peer.cause ?? 'NORMAL_CLEARING')
  }
  /** Marks both as joined and says so. */
  bridged(leg: Channel, peer: Channel): void {
    leg.times.bridged = peer.times.bridged = this.micros()
    for (const [one, other] of [
      [leg, peer],
      [peer, leg],
    ] as const) {
      one.peer = other
      one.lastPeer = other
      one.set('bridge_channel', other.name)
      one.set('bridge_uuid', other.uuid)
      one.set('signal_bond', other.uuid)
      one.set('last_bridge_to', other.uuid)
    }
    peer.set('call_uuid', leg.variables.get('call_uuid'))
    leg.emit('CHANNEL_BRIDGE', bridgeHeaders(leg, peer))
    leg.far.joined?.(peer)
    peer.far.joined?.(leg)
  }
  /** Passes keys on until the bridge is over. */
  async listen(leg: Channel, peer: Channel): Promise<void> {
    for (;;) {
      const woken = await leg.pass(Number.POSITIVE_INFINITY, true, () => !peer.alive || peer.peer !== leg)
      if (woken === 'abort' || woken === 'until') return
      if (woken === 'key') {
        const digit = leg.takeKey()
        if (digit !== undefined) peer.far.key?.(digit)
      }
    }
  }
  part(leg: Channel, peer: Channel): void {
    if (leg.peer === peer) leg.peer = undefined
    leg.far.joined?.(undefined)
    peer.poke()
  }
  /** transfer_after_bridge and park_after_bridge; false when neither is set. */
  afterBridge(leg: Channel): boolean {
    const to = leg.get('transfer_after_bridge')
    if (to) {
      const [extension = '', dialplan = 'XML', context = leg.profile.context] = to.split(':')
      this.transfer(leg, extension, dialplan, context)
      return true
    }
    if (leg.get('park_after_bridge') === 'true') {
      leg.go({ kind: 'park' })
      return true
    }
    return false
  }

  transfer(leg: Channel, extension: string, dialplan: string, context: string): void {
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

  /** One file a leg, in the shape of mod_json_cdr. */
  writeCdr(channel: Channel): void {
    const folder = this.#options.cdrDir
    if (!folder) return
    const { profile, times } = channel
    const record = {
      'core-uuid': this.uuid,
      switchname: this.globals.get('vera_switch_name') ?? 'vera',
      channel_data: { state: 'CS_REPORTING', direction: channel.direction, state_number: '11' },
      variables: Object.fromEntries(channel.variables),
      callflow: [
        {
          dialplan: profile.dialplan,
          profile_index: String(channel.profileIndex),
          caller_profile: {
            caller_id_name: profile.name,
            caller_id_number: profile.number,
            destination_number: profile.destination,
            uuid: channel.uuid,
            source: profile.source,
            context: profile.context,
            chan_name: channel.name,
          },
          times: {
            created_time: String(times.created),
            profile_created_time: String(times.profile),
            progress_time: String(times.progress),
            progress_media_time: String(times.media),
            answered_time: String(times.answered),
            bridged_time: String(times.bridged),
            last_hold_time: String(times.lastHold),
            hold_accum_time: String(times.holdSum),
            hangup_time: String(times.hungUp),
            transfer_time: String(times.transfer),
          },
        },
      ],
    }
    try {
      writeFileSync(join(folder, `${channel.uuid}.cdr.json`), JSON.stringify(record))
    } catch (error) {
      this.log(`call detail of ${channel.uuid} was not written: ${(error as Error).message}`)
    }
  }
}

/** `set` expands its data once as every application and once more itself [freeswitch.md]. */
function expandTwice(channel: Channel, data: string): string {
  return channel.expand(channel.expand(data))
}
