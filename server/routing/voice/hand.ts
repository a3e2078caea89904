// What the parts of the voice hand share: the engine, what is known of legs, and the ways to act and to tell.
import { EventEmitter } from 'node:events'
import { legId, setVariableCommand } from '../../../freeswitch/esl/index.ts'
import type { SwitchClient } from '../../../freeswitch/esl/types.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import type { Command, EngineEvent } from '../engine/events.ts'
import type { FactBody } from '../facts.ts'
import type { QueueSettings } from '../types.ts'
import type {
  Caller,
  Clock,
  Offered,
  Party,
  Recording,
  Ring,
  RoutingEvents,
  RoutingOptions,
  Settings,
  Supervision,
  Talk,
} from './types.ts'

/** Screens hear of changes at most this often: a burst of events makes one picture. */
const CHANGED_EVERY_MS = 100
const LEG_GONE_TRIES = 5
const SOON_MS = 1_000

const realClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export type WrapUp = {
  wrapUpId: string
  talkId: string
  interactionId: string
  agencyId: number
  until: number
  dispositionId?: number
  topicId?: number
}

export class Hand {
  readonly options: RoutingOptions
  readonly client: SwitchClient
  readonly clock: Clock
  readonly engine: Engine
  readonly settings: Settings = { queues: new Map(), agents: new Map() }
  /** By stay. */
  readonly callers = new Map<string, Caller>()
  /** By leg: those of `callers` that have one. */
  readonly waitingLegs = new Map<string, Caller>()
  /** By offer, which is the agent's leg. */
  readonly rings = new Map<string, Ring>()
  /** By agent. */
  readonly talks = new Map<number, Talk>()
  /** By leg, both sides. */
  readonly talkLegs = new Map<string, Talk>()
  /** By leg: third parties. */
  readonly parties = new Map<string, Party>()
  /** By leg: agents' phones that ring for something else than an offer of the engine. */
  readonly asides = new Map<string, Offered>()
  /** Legs dialled by a line that others stand behind, with the SIP status they ended with: what became of them their job says (dial.ts). */
  readonly trying = new Map<string, string | undefined>()
  /** By id. */
  readonly supervisions = new Map<string, Supervision>()
  /** Queues opened or closed by hand. */
  readonly forced = new Map<number, boolean>()
  readonly wrapUps = new Map<number, WrapUp>()
  /** The talk that each agent last ended: wrap-up is booked on it. */
  readonly lastTalks = new Map<number, Talk>()
  /** By path: open or about to be closed. */
  readonly recordings = new Map<string, Recording>()
  readonly #waits = new Map<(told: boolean) => void, string>()
  readonly #emitter = new EventEmitter()
  readonly #perform: (hand: Hand, command: Command) => void
  /** Stops everything that is under way when the hand stops. */
  #stopped = false
  #stopTimer = () => {}
  #stopChanged: (() => void) | undefined

  constructor(options: RoutingOptions, newId: () => string, perform: (hand: Hand, command: Command) => void) {
    this.options = options
    this.client = options.client
    this.clock = options.clock ?? realClock
    this.engine = createEngine({ ...options.rules, newId })
    this.#perform = perform
  }

  get stopped(): boolean {
    return this.#stopped
  }

  now(): number {
    return this.clock.now()
  }

  log(line: string): void {
    this.options.log?.(line)
  }

  queue(queueId: number): QueueSettings | undefined {
    return this.settings.queues.get(queueId)
  }

  on<Name extends keyof RoutingEvents>(name: Name, listener: (...args: RoutingEvents[Name]) => void): () => void {
    this.#emitter.on(name, listener as (...args: unknown[]) => void)
    return () => this.#emitter.off(name, listener as (...args: unknown[]) => void)
  }

  /** A listener's fault is its own: it must not stop a call. */
  emit<Name extends keyof RoutingEvents>(name: Name, ...args: RoutingEvents[Name]): void {
    for (const listener of this.#emitter.listeners(name)) {
      try {
        ;(listener as (...args: RoutingEvents[Name]) => void)(...args)
      } catch (error) {
        this.log(`listener of ${name}: ${(error as Error).stack}`)
      }
    }
  }

  fact(agencyId: number, interactionId: string, body: FactBody, at = this.now()): void {
    this.options.facts.record({ ...body, agencyId, interactionId, at })
  }

  /** Tells the engine and does what it answers; the timer then waits for the engine's next deadline. */
  give(event: EngineEvent): Command[] {
    if (this.#stopped) return []
    const commands = this.engine.handle(event, this.now())
    for (const command of commands) this.#perform(this, command)
    this.#arm()
    this.#tellChanged()
    return commands
  }

  #arm(): void {
    this.#stopTimer()
    const at = this.engine.nextDeadline()
    // Timers hold 31 bits of ms; a deadline further away is looked at again then.
    if (at !== undefined && !this.#stopped)
      this.#stopTimer = this.clock.after(Math.min(Math.max(0, at - this.now()), 2 ** 31 - 1), () =>
        this.give({ kind: 'tick' }),
      )
  }

  #tellChanged(): void {
    this.#stopChanged ??= this.clock.after(CHANGED_EVERY_MS, () => {
      this.#stopChanged = undefined
      this.emit('changed', { at: this.now(), agents: this.engine.agents(), waiting: this.engine.waiting() })
    })
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer()
    this.#stopChanged?.()
    for (const ring of this.rings.values()) ring.stopTimer()
  }

  /** Runs something of the switch that nobody waits for; its failure is logged. */
  background(what: string, work: () => Promise<unknown>): void {
    work().catch((error: Error) => {
      if (!this.#stopped) this.log(`${what}: ${error.message}`)
    })
  }

  /** Stores a channel variable literally. Rejects with SwitchError. */
  async setVariable(leg: string, name: string, value: string): Promise<void> {
    await this.client.api(setVariableCommand(leg, name, value))
  }

  async exists(leg: string): Promise<boolean> {
    return (await this.client.api(`uuid_exists ${legId(leg)}`).catch(() => 'false')) === 'true'
  }

  /** Whether the talk with this id is (to be) recorded. */
  records(talk: { agencyId: number; queueId: number; talkId: string }): boolean {
    const queueSays = this.queue(talk.queueId)?.record ?? false
    return this.options.recorded?.({ ...talk, queueSays }) ?? queueSays
  }

  /** Hangs a leg up. One that is only just being made is tried again, or an agent's phone would ring for nobody. */
  kill(leg: string, cause: string, tries = LEG_GONE_TRIES): void {
    this.client.api(`uuid_kill ${legId(leg)} ${cause}`).catch(() => {
      if (tries > 1 && !this.#stopped) this.clock.after(200, () => this.kill(leg, cause, tries - 1))
    })
  }

  /**
   * Resolves when the switch tells `name` of the leg (or its end, or after a second): commands answer before they have taken
   * effect. Ask before the command is given. `heard` is told by whoever reads the events. `then` is run on `name` alone and at
   * once: before the next event, which may come in the same breath.
   */
  soon(name: 'CHANNEL_PARK' | 'CHANNEL_BRIDGE', leg: string, then?: () => void): Promise<void> {
    return new Promise((resolve) => {
      const wait = (told: boolean) => {
        stop()
        this.#waits.delete(wait)
        if (told) then?.()
        resolve()
      }
      const stop = this.clock.after(SOON_MS, () => wait(false))
      this.#waits.set(wait, `${name} ${leg}`)
    })
  }

  heard(name: string, leg: string): void {
    if (this.#waits.size === 0) return
    for (const [wait, wanted] of [...this.#waits])
      if (wanted === `${name} ${leg}`) wait(true)
      else if (name === 'CHANNEL_HANGUP' && wanted.endsWith(` ${leg}`)) wait(false)
  }

  forgetCaller(caller: Caller): void {
    this.callers.delete(caller.stayId)
    if (caller.leg && this.waitingLegs.get(caller.leg) === caller) this.waitingLegs.delete(caller.leg)
    caller.reached()
  }

  addCaller(caller: Caller): void {
    this.callers.set(caller.stayId, caller)
    if (caller.leg) this.waitingLegs.set(caller.leg, caller)
  }
}
