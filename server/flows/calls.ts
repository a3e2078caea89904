import type { HangUp, LiveCall } from '../../freeswitch/call/types.ts'
import { beginningId, endId, type FactSink } from '../interactions/index.ts'
import { entryFor } from './entries.ts'
import { afterFallback, endPolitely, FALLBACK_NODE, type FallbackPorts, serveByFallback } from './fallback.ts'
import { Session, type SessionPorts } from './session.ts'
import type {
  AgencyOfNumber,
  AlarmSink,
  CallData,
  CallEntry,
  CallMessage,
  Calls,
  Clock,
  FlowCall,
  PromptPort,
  QueuePort,
  SavedStep,
} from './types.ts'

export type CallsOptions = {
  facts: FactSink
  alarms: AlarmSink
  queues: QueuePort
  prompts: PromptPort
  agencyOf: AgencyOfNumber
  /** Through which line and switch a call came in, as far as it is known. */
  wayOf?(call: LiveCall): { gateway?: string; switchNode?: string }
  clock?: Clock | undefined
  log?(line: string): void
  /** How long a new call waits for flows that are being started or deployed, ms (5,000). */
  readyMs?: number
  /** See SessionPorts (500; 15,000). */
  endedMs?: number
  stuckMs?: number
}

const realClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A caller's leg that died while no flow held it: what routing tells (its event `gone`). */
export type GoneLeg = {
  interactionId: string
  agencyId: number
  cause: string
  at: number
  /** Another server routes, and writes the fact. */
  elsewhere?: boolean
}

/** The call dispatcher: from the switch's `socket` into the flows, and back from the queues. */
export class FlowCalls implements Calls {
  readonly #options: CallsOptions
  readonly #clock: Clock
  readonly #sessions = new Map<string, Session>()
  /** In a queue, by interaction. */
  readonly #waiting = new Map<string, Session>()
  readonly #entries = new Map<string, CallEntry>()
  readonly #resumes = new Map<string, (message: CallMessage, exit: string) => void>()
  readonly #steps = new Map<string, (message: CallMessage) => void>()
  #running = false
  readonly #runningListeners = new Set<() => void>()
  readonly #ports: SessionPorts
  readonly #fallback: FallbackPorts

  constructor(options: CallsOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    const log = options.log ?? (() => {})
    this.#fallback = { queues: options.queues, prompts: options.prompts, log }
    this.#ports = {
      facts: options.facts,
      alarms: options.alarms,
      clock: this.#clock,
      log,
      fallback: (session) => serveByFallback(session, this.#fallback),
      goodbye: (session) => endPolitely(session, this.#fallback),
      forget: (session) => this.#forget(session),
      endedMs: options.endedMs ?? 500,
      stuckMs: options.stuckMs ?? 15_000,
    }
  }

  /** Calls that a flow or the fallback has now; those waiting in queues are not among them. */
  get count(): number {
    return this.#sessions.size
  }

  get(id: string): FlowCall | undefined {
    return this.#sessions.get(id)
  }

  addEntry(entry: CallEntry): () => void {
    this.#entries.set(entry.nodeId, entry)
    return () => {
      if (this.#entries.get(entry.nodeId) === entry) this.#entries.delete(entry.nodeId)
    }
  }

  /** The node that takes calls to a number, as deployed now; undefined: none. */
  entryOf(number: string): string | undefined {
    return entryFor(this.#entries.values(), number)?.nodeId
  }

  addResume(nodeId: string, take: (message: CallMessage, exit: string) => void): () => void {
    this.#resumes.set(nodeId, take)
    return () => {
      if (this.#resumes.get(nodeId) === take) this.#resumes.delete(nodeId)
    }
  }

  addStep(nodeId: string, take: (message: CallMessage) => void): () => void {
    this.#steps.set(nodeId, take)
    return () => {
      if (this.#steps.get(nodeId) === take) this.#steps.delete(nodeId)
    }
  }

  readonly trace = {
    sent: (id: string) => this.#sessions.get(id)?.sent(),
    received: (id: string) => this.#sessions.get(id)?.received(),
    done: (id: string) => this.#sessions.get(id)?.done(),
  }

  deployed(running: boolean): void {
    this.#running = running
    if (running) for (const tell of [...this.#runningListeners]) tell()
  }

  /** Takes a leg from the outbound server; resolves when the flow has it. Does not reject. */
  async onCall(live: LiveCall): Promise<void> {
    const exit = live.variables.vera_exit ?? ''
    const interaction = live.variables.vera_interaction ?? ''
    try {
      const step = exit === LOST ? stepOf(live) : undefined
      if (interaction !== '' && step) await this.#goOn(live, interaction, step)
      else if (interaction !== '' && exit !== '' && exit !== LOST) await this.#resume(live, interaction, exit)
      else await this.#begin(live)
    } catch (error) {
      this.#options.log?.(`call ${live.uuid} could not begin: ${(error as Error)?.stack ?? error}`)
      await live.transfer('vera_fallback', 'vera').catch(() => live.hangup('NORMAL_TEMPORARY_FAILURE').catch(() => {}))
    }
  }

  /** Routing says that a caller gave up waiting: the queue node's exit `abandoned` runs, with nobody on the line. */
  abandoned(interactionId: string): void {
    const session = this.#waiting.get(interactionId)
    if (!session) return
    this.#waiting.delete(interactionId)
    const { waiting } = session
    session.over()
    if (!waiting) return
    this.#sessions.set(interactionId, session)
    this.#continueAt(session, waiting.nodeId, waiting.message, 'abandoned')
  }

  /** Routing says that a caller's leg died waiting or talking: the interaction is over. */
  gone(leg: GoneLeg): void {
    this.#waiting.delete(leg.interactionId)
    if (leg.elsewhere) return
    const byCaller = leg.cause === 'NORMAL_CLEARING' || leg.cause === 'ORIGINATOR_CANCEL'
    this.#options.facts.record({
      id: endId(leg.interactionId, leg.cause),
      kind: 'interaction.ended',
      cause: leg.cause,
      side: byCaller ? 'caller' : 'switch',
      agencyId: leg.agencyId,
      interactionId: leg.interactionId,
      at: leg.at,
    })
  }

  async #begin(live: LiveCall): Promise<void> {
    const agency = await this.#options.agencyOf(live.to)
    if (!agency) throw new Error('there is no agency at all; make one with «npx vera admin create»')
    const data: CallData = {
      id: live.variables.vera_interaction || live.uuid,
      leg: live.uuid,
      from: live.from,
      fromName: live.fromName,
      to: live.to,
      agencyId: agency.id,
      agencyName: agency.name,
      language: 'es',
      startedAt: this.#clock.now(),
    }
    const session = this.#open(data, live)
    session.own()
    const { from, to } = live
    const of = { channel: 'voice', direction: 'inbound', from, to, ...this.#options.wayOf?.(live) } as const
    session.fact({ kind: 'interaction.created', ...of }, beginningId(data.id))
    const ready = await this.#flowsRun()
    const entry = ready ? entryFor(this.#entries.values(), live.to) : undefined
    if (live.hungUp) return
    await live.answer()
    if (live.hungUp) return
    session.fact({ kind: 'interaction.answered' })
    if (!ready) return session.fail('flow.not_deployed', 'No flow is running')
    if (!entry) return session.fail('flow.no_entry', `No flow takes calls to ${live.to}`)
    this.#hand(session, () => entry.start({ call: { ...data } }))
  }

  /** The connection to the switch was lost while the call was in the flow: it goes on at the node where it was. */
  async #goOn(live: LiveCall, id: string, { node, message }: SavedStep): Promise<void> {
    const data: CallData = { ...message.call, id, leg: live.uuid }
    const session = this.#open(data, live)
    session.step(node, 'interrupted')
    await this.#flowsRun()
    const take = this.#steps.get(node)
    if (take) this.#hand(session, () => take({ ...message, call: { ...data } }))
    else session.fail('flow.node_gone', `The node ${node} at which the call was to go on is no longer there`)
  }

  async #resume(live: LiveCall, id: string, exit: string): Promise<void> {
    const before = this.#waiting.get(id)
    this.#waiting.delete(id)
    const message = messageOf(live) ?? before?.waiting?.message
    const agencyId = Number(live.variables.vera_agency) || message?.call?.agencyId || 0
    const agency = message ? undefined : await this.#options.agencyOf(live.to)
    const data: CallData = {
      from: live.from,
      fromName: live.fromName,
      to: live.to,
      agencyName: agency?.name ?? '',
      language: 'es',
      startedAt: this.#clock.now(),
      ...message?.call,
      agencyId: agencyId || agency?.id || 0,
      id,
      leg: live.uuid,
    }
    const session = this.#open(data, live)
    const nodeId = live.variables.vera_flow_node ?? ''
    // A leg that nobody fetched for hours comes back as `stale`.
    const how = exit === 'stale' || exit === 'diverted' ? 'timeout' : exit
    if (nodeId === FALLBACK_NODE || nodeId === '') {
      session.state = 'fallback'
      return session.exclusively(() => afterFallback(session, how, this.#fallback))
    }
    await this.#flowsRun()
    this.#continueAt(session, nodeId, { ...message, call: data }, how)
  }

  #continueAt(session: Session, nodeId: string, message: CallMessage, exit: string): void {
    const take = this.#resumes.get(nodeId)
    if (take) {
      this.#hand(session, () => take(message, exit))
      return
    }
    if (session.state === 'over') return
    // The flow was changed meanwhile. Who has talked is not queued again.
    if (exit === 'answered') void session.finish()
    else session.fail('flow.node_gone', `The node ${nodeId} at which the call was to go on is no longer there`)
  }

  /** The dispatcher holds the call until the first message is on its way. */
  #hand(session: Session, give: () => void): void {
    session.received()
    try {
      give()
    } catch (error) {
      session.fail('flow.node_failed', (error as Error)?.message ?? String(error))
    }
    session.done()
  }

  #open(data: CallData, live: LiveCall): Session {
    const session = new Session(data, live, this.#ports)
    this.#sessions.set(data.id, session)
    void live.released.then(async (how) => {
      if (how === 'transferred') {
        if (this.#sessions.get(data.id) === session) this.#sessions.delete(data.id)
        if (session.state === 'flow' || session.state === 'waiting') this.#waiting.set(data.id, session)
        return
      }
      session.over()
      // The leg lives on in the dialplan and asks for us again; if it hangs up first, the switch's call record says when.
      if (how === 'lost') return
      const end: HangUp = await live.ended
      session.fact({ kind: 'interaction.ended', cause: end.cause, side: end.side }, endId(data.id, end.cause))
    })
    return session
  }

  #forget(session: Session): void {
    if (this.#sessions.get(session.data.id) === session) this.#sessions.delete(session.data.id)
  }

  /** True once the flows run; false when they do not within `readyMs`. */
  #flowsRun(): Promise<boolean> {
    if (this.#running) return Promise.resolve(true)
    return new Promise((resolve) => {
      const tell = (running: boolean) => {
        this.#runningListeners.delete(yes)
        stop()
        resolve(running)
      }
      const yes = () => tell(true)
      const stop = this.#clock.after(this.#options.readyMs ?? 5_000, () => tell(false))
      this.#runningListeners.add(yes)
    })
  }
}

/** Exit that the dialplan writes on a leg whose connection to us was lost in the middle of a flow (vera_lost). */
const LOST = 'lost'

function stepOf(live: LiveCall): SavedStep | undefined {
  try {
    const step = JSON.parse(Buffer.from(live.variables.vera_step ?? '', 'base64url').toString())
    return typeof step?.node === 'string' && typeof step?.message?.call?.id === 'string' ? step : undefined
  } catch {
    return undefined
  }
}

function messageOf(live: LiveCall): CallMessage | undefined {
  try {
    const message = JSON.parse(Buffer.from(live.variables.vera_msg ?? '', 'base64url').toString())
    return typeof message?.call?.id === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
