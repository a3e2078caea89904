import type { SwitchEvent } from '../esl/types.ts'
import type { FleetMember, FleetNode } from './types.ts'

/** A node with what was heard of it. */
export class Member {
  readonly name: string
  readonly client: FleetMember['client']
  readonly sip: FleetMember['sip']
  draining = false
  /** Was up and is not any more: its legs count as living until the timer says otherwise. */
  stopStale: (() => void) | undefined
  /** Legs learned since the last connection began: a list that lags must not end them. */
  fresh = new Set<string>()
  #lastHeartbeat: number | undefined
  #version: string | undefined
  #startedAt: number | undefined

  constructor({ name, client, sip }: FleetMember) {
    this.name = name
    this.client = client
    this.sip = sip
  }

  get up(): boolean {
    return this.client.state === 'up'
  }

  heartbeat({ headers }: SwitchEvent, now: number): void {
    this.#lastHeartbeat = now
    this.#version = headers['FreeSWITCH-Version'] ?? this.#version
    const ms = Number(headers['Uptime-msec'])
    if (Number.isFinite(ms) && headers['Uptime-msec']) this.#startedAt = now - ms
  }

  /** `status` and `version` of a node that is just connected: the first heartbeat comes up to 20 s later. */
  async ask(now: number): Promise<void> {
    this.#lastHeartbeat = now
    const status = await this.client.api('status').catch(() => '')
    const [, years, days, hours, minutes, seconds] =
      /UP (\d+) years?, (\d+) days?, (\d+) hours?, (\d+) minutes?, (\d+) seconds?/.exec(status) ?? []
    if (seconds !== undefined) {
      const whole = ((Number(years) * 365 + Number(days)) * 24 + Number(hours)) * 60 + Number(minutes)
      this.#startedAt = now - (whole * 60 + Number(seconds)) * 1000
    }
    this.#version = /Version ([^\s)]+)/i.exec(status)?.[1] ?? this.#version
  }

  describe(calls: number): FleetNode {
    const { name, client, draining } = this
    return {
      name,
      state: client.state,
      reason: client.reason,
      draining,
      calls,
      coreUuid: client.coreUuid,
      lastHeartbeat: this.#lastHeartbeat,
      version: this.#version,
      startedAt: this.#startedAt,
    }
  }
}
