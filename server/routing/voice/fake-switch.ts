// A switch of a few lines for the specs of the voice hand: it knows the commands the hand uses and obeys the spec otherwise.
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { LiveCall } from '../../../freeswitch/call/types.ts'
import { type SwitchClient, SwitchError, type SwitchState } from '../../../freeswitch/esl/types.ts'
import type { Fact, FactSink } from '../facts.ts'
import type { Clock } from './types.ts'

type FakeLeg = {
  uuid: string
  variables: Record<string, string>
  destination: string
  answered: boolean
  bond?: string
  heard: string[]
}
type Job = { uuid: string; resolve: (text: string) => void; reject: (error: Error) => void }

export class FakeSwitch extends EventEmitter {
  state: SwitchState = 'up'
  reason = ''
  coreUuid = 'core-1'
  dropped = 0
  readonly legs = new Map<string, FakeLeg>()
  readonly ringing = new Map<string, Job>()
  readonly said: string[] = []
  /** Error for commands that begin so. */
  readonly failing = new Map<string, string>()
  /** False: joining is answered with +OK and takes its time, as on the real one. */
  joins = true

  start(): void {}
  async stop(): Promise<void> {}
  async execute(): Promise<void> {}

  async api(command: string): Promise<string> {
    this.said.push(command)
    if (this.state !== 'up') throw new SwitchError('switch.down', 'connection lost')
    for (const [begin, error] of this.failing)
      if (command.startsWith(begin)) throw new SwitchError('switch.refused', error)
    const [verb, uuid = '', ...rest] = command.split(' ')
    if (command === 'show channels as json')
      return JSON.stringify({ rows: [...this.legs.values()].map((leg) => ({ uuid: leg.uuid })) })
    if (verb === 'uuid_exists') return String(this.legs.has(uuid))
    const leg = this.legs.get(verb === 'uuid_hold' && uuid === 'off' ? rest[0]! : uuid)
    if (!leg) throw new SwitchError('switch.refused', 'No such channel!')
    if (verb === 'uuid_setvar') leg.variables[rest[0]!] = rest.slice(1).join(' ').replace(/^'|'$/g, '')
    else if (verb === 'uuid_bridge') this.#bridge(leg, rest[0]!)
    else if (verb === 'uuid_kill') this.hangUp(uuid, rest[0])
    else if (verb === 'uuid_transfer') this.#transfer(leg, rest[0]!)
    else if (verb === 'uuid_broadcast') leg.heard.push(rest[0]!)
    else if (verb === 'uuid_phone_event') this.answer(uuid)
    else if (verb === 'uuid_dump') return JSON.stringify(this.#describe(leg))
    return '+OK'
  }

  bgapi(command: string): Promise<string> {
    this.said.push(command)
    if (this.state !== 'up') return Promise.reject(new SwitchError('switch.down', 'connection lost'))
    const [, list, dial] = /^originate \{([^}]*)\}(\S+) &(?:park|eavesdrop)\(\S*\)$/.exec(command)!
    const variables = Object.fromEntries(list!.split(',').map((pair) => pair.split('=') as [string, string]))
    const uuid = variables.origination_uuid!
    const failure = this.failing.get(dial!)
    if (failure) return Promise.reject(new SwitchError('switch.refused', failure))
    this.legs.set(uuid, { uuid, variables, destination: dial!, answered: false, heard: [] })
    this.emit('rings', uuid)
    return new Promise((resolve, reject) => this.ringing.set(uuid, { uuid, resolve, reject }))
  }

  answer(uuid: string): void {
    const leg = this.legs.get(uuid)!
    leg.answered = true
    this.tell('CHANNEL_ANSWER', uuid)
    this.tell('CHANNEL_PARK', uuid)
    this.ringing.get(uuid)?.resolve(`+OK ${uuid}`)
    this.ringing.delete(uuid)
  }

  hangUp(uuid: string, cause = 'NORMAL_CLEARING', sip = ''): void {
    const leg = this.legs.get(uuid)
    if (!leg) return
    this.legs.delete(uuid)
    this.ringing.get(uuid)?.reject(new SwitchError('switch.refused', cause))
    this.ringing.delete(uuid)
    const headers = { 'Hangup-Cause': cause, ...(sip ? { variable_sip_term_status: sip } : {}) }
    this.tell('CHANNEL_HANGUP', uuid, headers)
    this.tell('CHANNEL_HANGUP_COMPLETE', uuid, headers)
    const other = leg.bond ? this.legs.get(leg.bond) : undefined
    if (other) this.#unbridged(other, cause)
  }

  tell(name: string, uuid: string, headers: Record<string, string> = {}): void {
    this.emit('event', { name, uuid, headers })
  }

  /** All calls gone, another core: what `up(true)` means. */
  crash(): void {
    this.legs.clear()
    this.ringing.clear()
    this.lose()
    this.coreUuid = 'core-2'
    this.find(true)
  }
  lose(): void {
    this.state = 'down'
    this.emit('down', 'connection lost')
  }
  find(restarted = false): void {
    this.state = 'up'
    this.emit('up', restarted)
  }

  /** What a leg does when the other side of its bridge is gone. */
  #unbridged(leg: FakeLeg, cause = 'NORMAL_CLEARING'): void {
    leg.bond = undefined
    const { park_after_bridge: park, transfer_after_bridge: next, hangup_after_bridge: ends } = leg.variables
    if (park === 'true') this.tell('CHANNEL_PARK', leg.uuid)
    else if (next?.startsWith('vera_after') && cause === 'MEDIA_TIMEOUT') leg.destination = 'vera_after'
    else if (ends === 'true') this.hangUp(leg.uuid)
    else leg.destination = 'vera_resume'
  }

  #bridge(leg: FakeLeg, otherId: string): void {
    const other = this.legs.get(otherId)
    if (!other) throw new SwitchError('switch.refused', 'Invalid uuid')
    if (!this.joins) return
    for (const one of [leg, other]) {
      const before = one.bond ? this.legs.get(one.bond) : undefined
      one.bond = undefined
      if (before && before !== leg && before !== other) this.#unbridged(before)
    }
    leg.bond = otherId
    other.bond = leg.uuid
    this.tell('CHANNEL_BRIDGE', leg.uuid)
  }

  #transfer(leg: FakeLeg, extension: string): void {
    const other = leg.bond ? this.legs.get(leg.bond) : undefined
    leg.bond = undefined
    leg.destination = extension
    if (extension === 'vera_wait') this.tell('CHANNEL_EXECUTE', leg.uuid, { Application: 'playback' })
    if (!other) return
    other.bond = undefined
    // With nothing left to run it ends, unless it is to stay.
    if (other.variables.park_after_bridge === 'true') this.tell('CHANNEL_PARK', other.uuid)
    else this.hangUp(other.uuid)
  }

  #describe(leg: FakeLeg): Record<string, string> {
    const described: Record<string, string> = {
      'Channel-State': 'CS_EXECUTE',
      'Answer-State': leg.answered ? 'answered' : 'ringing',
      'Caller-Destination-Number': leg.destination,
      'Caller-Caller-ID-Number': '+5493424000000',
    }
    if (leg.bond) described.variable_signal_bond = leg.bond
    for (const [name, value] of Object.entries(leg.variables)) if (value !== '') described[`variable_${name}`] = value
    return described
  }

  client(): SwitchClient {
    return this as unknown as SwitchClient
  }

  /** A citizen's leg in the hands of a flow. */
  call(uuid: string, from = '+5493424111222'): LiveCall {
    const leg: FakeLeg = { uuid, variables: {}, destination: 'vera_entry', answered: true, heard: [] }
    this.legs.set(uuid, leg)
    const call = {
      uuid,
      from,
      hungUp: undefined,
      setVariables: async (values: Record<string, string>) => {
        Object.assign(leg.variables, values)
        return this.legs.has(uuid)
      },
      transfer: async (extension: string) => {
        if (!this.legs.has(uuid)) throw new SwitchError('switch.refused', 'gone')
        leg.destination = extension
        this.tell('CHANNEL_EXECUTE', uuid, { Application: 'playback', 'Caller-Destination-Number': extension })
      },
    }
    return call as unknown as LiveCall
  }
}

/** Time that passes only when told to. */
export class FakeClock implements Clock {
  #now = 1_800_000_000_000
  #order = 0
  readonly #timers = new Set<{ at: number; order: number; run: () => void }>()
  now(): number {
    return this.#now
  }
  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, order: this.#order++, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
  /** Runs what comes due, letting promises settle in between. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await settle()
      const next = [...this.#timers].sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next || next.at > until) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = until
    await settle()
  }
}

/** Lets every promise that waits for nothing outside come to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits for what takes turns that no injected clock knows, as files on a slow disk do. */
export async function until(reached: () => boolean): Promise<void> {
  for (const begun = performance.now(); !reached(); await settle()) {
    assert.ok(performance.now() - begun < 30_000, `never reached: ${reached}`)
  }
}

export class FactList implements FactSink {
  readonly facts: Fact[] = []
  record(fact: Parameters<FactSink['record']>[0]): Fact {
    const whole = { at: 0, ...fact, id: String(this.facts.length) } as Fact
    this.facts.push(whole)
    return whole
  }
  /** Kinds in order, without agents' states. */
  kinds(): string[] {
    return this.facts
      .filter(({ kind }) => kind !== 'agent.state')
      .map((fact) => ('outcome' in fact ? `${fact.kind}:${fact.outcome}` : fact.kind))
  }
  of<Kind extends Fact['kind']>(kind: Kind): Extract<Fact, { kind: Kind }>[] {
    return this.facts.filter((fact) => fact.kind === kind) as Extract<Fact, { kind: Kind }>[]
  }
}
