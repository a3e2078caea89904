import type { Database, Scope } from '../../server/database/index.ts'
import type { AnyKind, FactOf, Interval } from '../metrics/index.ts'
import type { Where } from './figure.ts'

/** What is told of one fact behind a number. */
export type Told = {
  /** UTC ms. */
  at: number
  kind: AnyKind
  interactionId?: string
  /** Where it is shown, when that is no interaction. */
  href?: string
  /** As people call it. */
  title?: string
  queueId?: number
  agentId?: number
  /** ms it waited or lasted. */
  ms?: number
  /** What became of it, as a code of `reports.explain.why`. */
  why: string
}

/** One fact beside the number. `over` and `under`: what it adds above and below the line of a quotient. */
export type Member = Told & {
  /** By which it stands in the list: the instant of its interval (a talk's is that of the stay it was for), else its number. */
  place: number
  over: number
  under: number
  counted: boolean
}

export type SourceFact = { [Kind in AnyKind]: { kind: Kind; fact: FactOf<Kind>; told: Omit<Told, 'kind'> } }[AnyKind]

/** Every fact of a family that is read and not rolled up, in an order that stays the same. Never all of them in memory. */
export type Source = (
  db: Database,
  scope: Scope,
  asked: { where: Where; period: Interval; now: number },
) => AsyncIterable<SourceFact>
