import type { SwitchClient, SwitchEvent, SwitchState } from '../esl/types.ts'

/** One switch of the fleet. */
export type FleetMember = {
  /** Unique; in events, on the page of nodes. */
  name: string
  /** Subscribed to what the fleet's listeners want and to `fleetEvents`. Started and stopped by the fleet. */
  client: SwitchClient
  /** Where its fellow nodes reach it by SIP (profile `nodes`); without it nobody is bridged to phones registered there. */
  sip?: { host: string; nodesPort: number }
}

export type FleetOptions = {
  nodes: FleetMember[]
  /** SIP domain of the agents' phones. */
  domain: string
  /** Names of the nodes where a phone is registered now. Without it every phone counts as registered everywhere. */
  registeredAt?(extension: string): readonly string[]
  /** How long the legs of a node that cannot be reached count as living, ms (120,000). One that restarted lost them at once. */
  staleMs?: number
  now?(): number
  /** Runs once after `ms`; the answer takes it back. */
  after?(ms: number, run: () => void): () => void
  log?(line: string): void
}

/** A switch as a screen shows it. Instants are UTC ms. */
export type FleetNode = {
  name: string
  state: SwitchState
  /** One line that says what to do. */
  reason: string
  /** Takes no new calls; what is on it goes on. */
  draining: boolean
  /** Legs known on it; of one that cannot be reached, those of before. */
  calls: number
  coreUuid: string | undefined
  lastHeartbeat: number | undefined
  version: string | undefined
  /** When it was started. */
  startedAt: number | undefined
}

/**
 * Several switches as one. Commands go to the switch of the leg they name; `originate` to that of any leg it names
 * (`vera_caller=<uuid>` first), else to the healthy one with the fewest legs; `show channels as json` and `uuid_exists` are asked of all.
 * `up` is told on each change that listeners must read back: a node came, went, or its lost legs were given up.
 */
export interface Fleet extends SwitchClient {
  nodes(): FleetNode[]
  /** No new calls for a node (or again some). Told to the switch too, now and after its restart: `vera_draining`. */
  drain(name: string, on: boolean): Promise<void>
  /** Name of the switch that a leg is on, as far as it is known. */
  nodeOf(uuid: string): string | undefined
  /** Dial string of a phone for a leg that will be joined with `callerLeg`: through the node of its registration. */
  dialAt(callerLeg: string | undefined, extension: string): string
  /** One switch's own client. */
  client(name: string): SwitchClient | undefined
  on(event: 'event', listener: (event: SwitchEvent) => void): this
  on(event: 'up', listener: (restarted: boolean) => void): this
  on(event: 'down', listener: (reason: string) => void): this
  on(event: 'node', listener: (node: FleetNode) => void): this
}

/** Events that the clients of the nodes must be subscribed to besides those of their listeners. */
export const fleetEvents = ['CHANNEL_CREATE', 'CHANNEL_ORIGINATE', 'CHANNEL_PROGRESS', 'CHANNEL_HANGUP_COMPLETE']

/** SIP header by which a node tells its fellow which leg of its own the call is for. */
export const legHeader = 'X-Vera-Leg'
