import type { LiveCall } from '../../freeswitch/call/types.ts'
import type { FactBody, FactSink } from '../interactions/index.ts'
import type { AlarmSink, CallData, CallMessage, Clock, FlowCall, FlowFault, SavedStep } from './types.ts'

export type SessionPorts = {
  facts: FactSink
  alarms: AlarmSink
  clock: Clock
  log(line: string): void
  /** Serves the call in place of the flow; must not reject. */
  fallback(session: Session): Promise<void>
  /** Says goodbye and hangs up; must not reject. */
  goodbye(session: Session): Promise<void>
  /** Nothing more will come of this one. */
  forget(session: Session): void
  /** A call that no node holds is at its end after so long, ms. */
  endedMs: number
  /** A node that is not ours may keep a caller waiting in silence so long, ms. */
  stuckMs: number
}

/** How long after a node began its place is kept on the leg, ms. */
const MARK_MS = 10

/** A call inside the flow: who has it, and where its messages are. */
export class Session implements FlowCall {
  readonly data: CallData
  readonly live: LiveCall
  state: FlowCall['state'] = 'flow'
  /** While it waits: the message and the node that takes it up when the caller is gone. */
  waiting: { nodeId: string; message: CallMessage } | undefined
  readonly #ports: SessionPorts
  #turn: Promise<unknown> = Promise.resolve()
  /** Pieces of work on the leg, running or in line. */
  #busy = 0
  /** Messages under way between nodes, and in nodes. */
  #travelling = 0
  #held = 0
  #steps = 0
  #stopEnded = () => {}
  #stopStuck = () => {}
  #stopMark = () => {}

  constructor(data: CallData, live: LiveCall, ports: SessionPorts) {
    this.data = data
    this.live = live
    this.#ports = ports
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++
    this.#watch()
    const mine = this.#turn.then(work)
    this.#turn = mine.then(
      () => this.#free(),
      () => this.#free(),
    )
    return mine
  }

  /** Writes on the leg whose it is, so that it is known again should we or the connection be lost. */
  own(): void {
    const { id, agencyId } = this.data
    this.#keep({ vera_interaction: id, vera_agency: String(agencyId) })
  }

  mark(node: string, message: CallMessage): void {
    if (this.state !== 'flow') return
    this.#stopMark()
    // The switch reads commands byte by byte: what the caller hears next goes before this long one.
    this.#stopMark = this.#ports.clock.after(MARK_MS, () => {
      const step: SavedStep = { node, message }
      this.#keep({ vera_step: Buffer.from(JSON.stringify(step)).toString('base64url') })
    })
  }

  async unmark(): Promise<void> {
    this.#stopMark()
    await this.live.setVariables({ vera_step: '' })
  }

  /** In the background: the caller does not wait for it. A leg that is gone has nothing to keep. */
  #keep(values: Record<string, string>): void {
    if (this.live.hungUp) return
    this.live.setVariables(values).catch((error: Error) => {
      if (!this.live.hungUp) this.#ports.log(`call ${this.data.id}: its place could not be kept: ${error.message}`)
    })
  }

  step(node: string, name: string, detail?: string, choice?: string): void {
    this.fact({
      kind: 'interaction.step',
      node,
      name,
      place: ++this.#steps,
      ...(detail ? { detail: detail.slice(0, 300).toWellFormed() } : {}),
      ...(choice ? { choice: choice.slice(0, 100).toWellFormed() } : {}),
    })
  }

  /** `id` of what may be told twice: see FactSink. */
  fact(body: FactBody, id?: string): void {
    const { agencyId, id: interactionId } = this.data
    const once = id === undefined ? {} : { id }
    this.#ports.facts.record({ ...body, ...once, agencyId, interactionId, at: this.#ports.clock.now() })
  }

  fail(fault: FlowFault, detail: string): void {
    if (this.state !== 'flow') return
    this.state = 'fallback'
    this.#stop()
    const { id, to, agencyId } = this.data
    this.#ports.log(`call ${id} to ${to}: ${fault}: ${detail}`)
    this.fact({ kind: 'interaction.alarm', reason: fault })
    this.#ports.alarms.raise(agencyId, { code: fault, message: detail, subject: `interaction:${id}` })
    void this.exclusively(() => this.#ports.fallback(this))
  }

  left(at?: { nodeId: string; message: CallMessage }): void {
    this.waiting = at
    if (this.state === 'over') return
    this.state = 'waiting'
    this.#stop()
  }

  async finish(): Promise<void> {
    if (this.state !== 'flow') return
    this.state = 'fallback'
    this.#stop()
    await this.exclusively(() => this.#ports.goodbye(this))
  }

  /** Nobody is on the line any more; messages under way may still finish their work. */
  over(): void {
    this.state = 'over'
    this.#stopMark()
    this.#stop()
    this.#watch()
  }

  sent(): void {
    this.#travelling++
    this.#watch()
  }

  received(): void {
    this.#travelling = Math.max(0, this.#travelling - 1)
    this.#held++
    this.#watch()
  }

  done(): void {
    this.#held = Math.max(0, this.#held - 1)
    this.#watch()
  }

  #free(): void {
    this.#busy--
    this.#watch()
  }

  #stop(): void {
    this.#stopEnded()
    this.#stopStuck()
  }

  #watch(): void {
    const { clock, endedMs, stuckMs } = this.#ports
    this.#stop()
    const idle = this.#travelling === 0 && this.#held === 0 && this.#busy === 0
    if (this.state === 'over') {
      this.#stopEnded = clock.after(idle ? endedMs : 60_000, () => this.#ports.forget(this))
      return
    }
    if (this.state !== 'flow' || this.#busy > 0) return
    if (idle) {
      this.#stopEnded = clock.after(endedMs, () => this.fail('flow.no_next_step', 'The flow ended without a next step'))
    } else {
      this.#stopStuck = clock.after(stuckMs, () =>
        this.fail('flow.stuck', 'A node kept the caller waiting in silence for too long'),
      )
    }
  }
}
