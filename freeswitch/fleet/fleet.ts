import { EventEmitter } from 'node:events'
import { legId } from '../esl/index.ts'
import { type SwitchClient, SwitchError, type SwitchEvent, type SwitchState } from '../esl/types.ts'
import { dialFrom, freest } from './choose.ts'
import { readCommand, throughNodes } from './commands.ts'
import { Legs } from './legs.ts'
import { Member } from './member.ts'
import { type Fleet, type FleetNode, type FleetOptions, legHeader } from './types.ts'

type Listener = (...args: never[]) => void

function realAfter(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** See Fleet. With one node everything passes straight through. @throws Error when two nodes have one name or there is none */
export function createFleet(options: FleetOptions): Fleet {
  return new SwitchFleet(options)
}

class SwitchFleet implements Fleet {
  readonly #options: FleetOptions
  readonly #members: Member[]
  readonly #byName: Map<string, Member>
  /** The only one: nothing to choose, nothing to keep. */
  readonly #only: Member | undefined
  readonly #legs = new Legs()
  readonly #asking = new Map<string, Promise<Member | undefined>>()
  readonly #emitter = new EventEmitter()
  readonly #now: () => number

  constructor(options: FleetOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#members = options.nodes.map((node) => new Member(node))
    this.#byName = new Map(this.#members.map((member) => [member.name, member]))
    if (this.#members.length === 0) throw new Error('a fleet needs a switch')
    if (this.#byName.size < this.#members.length) throw new Error('two switches have the same name in FREESWITCH_URL')
    this.#only = this.#members.length === 1 ? this.#members[0] : undefined
    for (const member of this.#members) {
      member.client.on('event', (event) => this.#heard(member, event))
      member.client.on('up', (restarted) => this.#cameUp(member, restarted))
      member.client.on('down', (reason) => this.#wentDown(member, reason))
    }
  }

  get state(): SwitchState {
    const states = this.#members.map(({ client }) => client.state)
    for (const state of ['up', 'connecting', 'down', 'refused'] as const) if (states.includes(state)) return state
    return 'stopped'
  }
  get reason(): string {
    const told = this.#members.filter((member) => !member.up)
    return (told.length > 0 ? told : this.#members).map(({ name, client }) => `${name}: ${client.reason}`).join('; ')
  }
  get coreUuid(): string | undefined {
    if (this.#only) return this.#only.client.coreUuid
    return this.#members.map(({ client }) => client.coreUuid ?? '').join(' ') || undefined
  }
  get dropped(): number {
    return this.#members.reduce((sum, { client }) => sum + client.dropped, 0)
  }

  on(event: string, listener: Listener): this {
    this.#emitter.on(event, listener as (...args: unknown[]) => void)
    return this
  }
  off(event: string, listener: Listener): this {
    this.#emitter.off(event, listener as (...args: unknown[]) => void)
    return this
  }

  start(): void {
    for (const { client } of this.#members) client.start()
  }
  async stop(): Promise<void> {
    for (const member of this.#members) member.stopStale?.()
    await Promise.all(this.#members.map(({ client }) => client.stop()))
  }

  nodes(): FleetNode[] {
    return this.#members.map((member) => this.#describe(member))
  }
  nodeOf(uuid: string): string | undefined {
    return this.#only?.name ?? this.#legs.nodeOf(uuid)
  }
  client(name: string): SwitchClient | undefined {
    return this.#byName.get(name)?.client
  }

  async drain(name: string, on: boolean): Promise<void> {
    const member = this.#byName.get(name)
    if (!member) throw new Error(`there is no switch ${name}`)
    if (member.draining === on) return
    member.draining = on
    this.#tell('node', this.#describe(member))
    // A switch that is away is told when it returns.
    if (member.up) await member.client.api(`global_setvar vera_draining=${on}`)
  }

  dialAt(callerLeg: string | undefined, extension: string): string {
    const node = callerLeg === undefined ? undefined : this.#byName.get(this.nodeOf(callerLeg) ?? '')
    return dialFrom(this.#places(), node, extension)
  }

  async api(command: string, timeoutMs?: number): Promise<string> {
    if (this.#only) return this.#only.client.api(command, timeoutMs)
    const asked = readCommand(command, this.#options.domain)
    if (asked.kind === 'channels') return this.#channels(timeoutMs)
    if (asked.kind === 'everywhere') {
      const all = this.#members.filter(({ up }) => up)
      if (all.length === 0) throw new SwitchError('switch.down', this.reason)
      return (await Promise.all(all.map(({ client }) => client.api(command, timeoutMs))))[0] as string
    }
    if (asked.kind === 'exists' || asked.kind === 'dump') {
      const member = await this.#find(asked.leg)
      if (member && !member.up && this.#legs.isLiving(asked.leg)) {
        return asked.kind === 'exists' ? 'true' : stale(asked.leg)
      }
      return (member?.up ? member : this.#anyUp()).client.api(command, timeoutMs)
    }
    const { member, text } = await this.#route(command)
    return member.client.api(text, timeoutMs)
  }

  async bgapi(command: string, timeoutMs?: number): Promise<string> {
    if (this.#only) return this.#only.client.bgapi(command, timeoutMs)
    const { member, text, made } = await this.#route(command)
    try {
      return await member.client.bgapi(text, timeoutMs)
    } catch (error) {
      // Refused: there is no such leg, and no event will say so.
      if (made && (error as SwitchError).code === 'switch.refused') this.#legs.end(made)
      throw error
    }
  }

  async execute(uuid: string, application: string, argument?: string): Promise<void> {
    const member = this.#only ?? (await this.#find(uuid)) ?? this.#anyUp()
    return member.client.execute(uuid, application, argument)
  }

  /** The switch of a command, and the command as that switch must get it. */
  async #route(command: string): Promise<{ member: Member; text: string; made?: string }> {
    const { domain } = this.#options
    const asked = readCommand(command, domain)
    if (asked.kind === 'originate') {
      const member = (await this.#ofLegs(asked.beside, false)) ?? freest(this.#places(), asked.extensions)
      // Known before the switch says so: the leg may have to be cancelled at once.
      if (asked.id && member.up) this.#learn(asked.id, member)
      const text = throughNodes(command, { domain, id: asked.id, header: legHeader }, (extension) =>
        dialFrom(this.#places(), member, extension),
      )
      return { member, text, ...(asked.id && { made: asked.id }) }
    }
    const legs = 'legs' in asked ? asked.legs : 'leg' in asked ? [asked.leg] : []
    if (asked.kind === 'leg' && command.startsWith('uuid_phone_event ')) {
      // The phone itself rings on another switch: only that one can make it answer.
      const twin = this.#legs.twinOf(legs[0] ?? '')
      const member = twin && this.#byName.get(this.#legs.nodeOf(twin) ?? '')
      if (twin && member) return { member, text: command.replace(legs[0] as string, twin) }
    }
    return { member: (await this.#ofLegs(legs, asked.kind === 'leg')) ?? this.#anyUp(), text: command }
  }

  async #ofLegs(legs: string[], ask: boolean): Promise<Member | undefined> {
    for (const leg of legs) {
      const known = this.#byName.get(this.#legs.nodeOf(leg) ?? '')
      if (known) return known
    }
    for (const leg of ask ? legs : legs.slice(0, 1)) {
      const found = await this.#find(leg)
      if (found) return found
    }
    return undefined
  }

  /** Where a leg is; one that nobody has heard of is asked of all. */
  #find(leg: string): Promise<Member | undefined> {
    const known = this.#byName.get(this.#legs.nodeOf(leg) ?? '')
    if (known) return Promise.resolve(known)
    const under = this.#asking.get(leg)
    if (under) return under
    const asking = this.#askAll(leg).finally(() => this.#asking.delete(leg))
    this.#asking.set(leg, asking)
    return asking
  }

  async #askAll(leg: string): Promise<Member | undefined> {
    try {
      legId(leg)
    } catch {
      return undefined
    }
    const said = await Promise.all(
      this.#members.map(async (member) => {
        if (!member.up) return undefined
        const answer = await member.client.api(`uuid_exists ${leg}`).catch(() => 'false')
        return answer === 'true' ? member : undefined
      }),
    )
    const member = said.find((one) => one !== undefined)
    if (member) this.#learn(leg, member)
    return member
  }

  #anyUp(): Member {
    const member = this.#members.find(({ up }) => up)
    if (!member) throw new SwitchError('switch.down', this.reason)
    return member
  }

  #places() {
    const { domain, registeredAt } = this.#options
    const legsOn = (name: string) => this.#legs.count(name)
    return { members: this.#members, domain, legsOn, reason: this.reason, ...(registeredAt && { registeredAt }) }
  }

  async #channels(timeoutMs?: number): Promise<string> {
    this.#anyUp()
    const lists = await Promise.all(
      this.#members.map(async ({ name, client, up }) => {
        if (!up) return this.#legs.on(name).map((uuid) => ({ uuid, vera_node: name, stale: true }))
        const { rows = [] } = JSON.parse(await client.api('show channels as json', timeoutMs)) as { rows?: object[] }
        return rows.map((row) => ({ ...row, vera_node: name }))
      }),
    )
    const rows = lists.flat()
    return JSON.stringify({ row_count: rows.length, rows })
  }

  #heard(member: Member, event: SwitchEvent): void {
    event.node = member.name
    if (event.name === 'HEARTBEAT') {
      member.heartbeat(event, this.#now())
      this.#tell('node', this.#describe(member))
    }
    const { uuid } = event
    if (uuid) {
      if (event.name === 'CHANNEL_HANGUP_COMPLETE' || event.name === 'CHANNEL_DESTROY') this.#legs.end(uuid)
      else this.#learn(uuid, member)
      const far = event.headers.variable_vera_far_leg
      if (far && event.headers['Call-Direction'] === 'outbound') this.#legs.pair(far, uuid)
    }
    this.#tell('event', event)
  }

  #learn(uuid: string, member: Member): void {
    if (this.#legs.learn(uuid, member.name)) member.fresh.add(uuid)
  }

  #cameUp(member: Member, restarted: boolean): void {
    member.stopStale?.()
    member.stopStale = undefined
    const draining = member.draining ? member.client.api('global_setvar vera_draining=true') : undefined
    draining?.catch((error: Error) => this.#log(`${member.name} could not be told to drain: ${error.message}`))
    member.ask(this.#now()).then(() => this.#tell('node', this.#describe(member)))
    if (restarted) this.#legs.keep(member.name, new Set())
    member.fresh.clear()
    const read = this.#readBack(member).catch((error: Error) => this.#log(`legs of ${member.name}: ${error.message}`))
    // One switch: what it says is said at once. Of several, `restarted` would be the end of the calls of all: what is over is not in the
    // list any more.
    if (this.#only) this.#tell('up', restarted)
    else read.finally(() => this.#tell('up', false))
  }

  async #readBack(member: Member): Promise<void> {
    const list = JSON.parse(await member.client.api('show channels as json')) as { rows?: { uuid?: string }[] }
    const living = new Set((list.rows ?? []).flatMap(({ uuid }) => (uuid ? [uuid] : [])))
    this.#legs.keep(member.name, new Set([...living, ...member.fresh]))
    member.fresh.clear()
  }

  #wentDown(member: Member, reason: string): void {
    this.#tell('node', this.#describe(member))
    if (this.#only || member.client.state === 'stopped') {
      this.#tell('down', reason)
      return
    }
    const { staleMs = 120_000, after = realAfter } = this.#options
    member.stopStale?.()
    member.stopStale = after(staleMs, () => {
      member.stopStale = undefined
      this.#log(`${member.name} was not reached for ${staleMs} ms: its calls are given up`)
      this.#legs.keep(member.name, new Set())
      this.#tell('node', this.#describe(member))
      if (this.state === 'up') this.#tell('up', false)
    })
    if (this.state === 'up') this.#tell('up', false)
    else this.#tell('down', reason)
  }

  #describe(member: Member): FleetNode {
    return member.describe(this.#legs.count(member.name))
  }
  #log(line: string): void {
    this.#options.log?.(line)
  }
  /** A listener's fault is its own. */
  #tell(event: string, value: unknown): void {
    for (const listener of this.#emitter.listeners(event)) {
      try {
        ;(listener as (value: unknown) => void)(value)
      } catch (error) {
        this.#log(`a listener of ${event} failed: ${(error as Error)?.stack ?? error}`)
      }
    }
  }
}

/** What is told of a leg whose switch cannot be asked: it lives, and nothing of it may be used. */
const stale = (uuid: string) =>
  JSON.stringify({
    'Unique-ID': uuid,
    'Channel-State': 'CS_EXECUTE',
    'Answer-State': 'ringing',
    'Vera-Stale': 'true',
  })
