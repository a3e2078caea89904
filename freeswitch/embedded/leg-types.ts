import type { Channel } from './channel.ts'
import type { Step } from './dialplan.ts'

export type Headers = Record<string, string>

/** Who is at the far end of a leg: a simulated person, phone or another leg. Every call is made from the switch's side. */
export type FarEnd = {
  answered?(): void
  /** The leg rings, by an order of the dialplan. */
  rings?(): void
  /** A sound begins on the leg, by the name it is played by. */
  hears?(sound: string): void
  /** Joined to (or parted from, undefined) another leg. */
  joined?(peer: Channel | undefined): void
  key?(digit: string): void
  /** The `talk` or `hold` that uuid_phone_event sends to a phone; false when it cannot. */
  phoneEvent?(event: string): boolean
  /** The leg ended and the far end did not do it. */
  hungUp?(cause: string): void
}

export type Next =
  | { kind: 'route'; extension: string; dialplan: string; context: string }
  | { kind: 'steps'; steps: Step[] }
  | { kind: 'bridge'; peer: Channel; first: boolean }
  | { kind: 'park' }

/** A sendmsg or broadcast waiting for its turn. */
export type Message = { application: string; argument: string; id?: string; lock: boolean; loops: number }

export type Woken = 'time' | 'key' | 'break' | 'abort' | 'until'

export type Profile = {
  name: string
  number: string
  calleeName: string
  calleeNumber: string
  destination: string
  dialplan: string
  context: string
  source: string
}
