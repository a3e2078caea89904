// What one fact adds to each measure. A measure is a plain sum: touching intervals add up to the whole, and keys (queues,
// agents, lines) to all of them. Every metric is a formula over measures; nothing else reads facts.

import { type DispositionFact, dispositionMeasures } from './dispositions.ts'
import { type EvaluationFact, evaluationMeasures, type SectionFact } from './evaluations.ts'
import type { AttemptFact, DialFact, InteractionFact, OfferFact, StayFact, TalkFact, WrapUpFact } from './facts.ts'
import { type FirstContactFact, firstContactMeasures } from './first-contacts.ts'
import { journeyMeasures } from './journeys.ts'
import { type PlanFact, planMeasures } from './plans.ts'
import { type RecordingFact, recordingMeasures } from './recordings.ts'
import { type ShiftFact, shiftMeasures } from './shifts.ts'
import type { Line, RecordEvent, Slice, Span } from './slice.ts'
import { type TicketFact, ticketMeasures } from './tickets.ts'

/** How long a stay waited, ms; undefined while it waits. */
export function waitOf(stay: StayFact): number | undefined {
  return stay.leftAt === null ? undefined : Math.max(0, stay.leftAt - stay.enqueuedAt)
}

/** Stays refused at the door never entered the line: they are counted in `rejected` only. */
export function isOffered(stay: StayFact): boolean {
  return stay.outcome !== 'rejected'
}

// Within T means up to and including T; each stay brings the T that was in force when it began.
const inTime = (stay: StayFact): boolean => {
  const wait = waitOf(stay)
  return wait !== undefined && wait <= stay.targetSeconds * 1000
}
const overflow = (reason: string) => (stay: StayFact) => stay.outcome === 'overflowed' && stay.overflowReason === reason
const unaccepted = (outcome: string) => (offer: OfferFact) => offer.outcome === outcome
const is = (outcome: StayFact['outcome']) => (stay: StayFact) => stay.outcome === outcome
const lasted = (talk: TalkFact, now: number) => Math.max(0, (talk.endedAt ?? now) - talk.answeredAt)
const length = (span: { from: number; to: number }) => span.to - span.from
const seizure = (one: InteractionFact) => one.direction === 'outbound' && one.channel === 'voice'
const finished = (one: InteractionFact) => one.answeredAt !== null && one.endedAt !== null
const busy = (span: Span) => span.state === 'talking' || span.state === 'wrap_up'
// While it rings at the desk the agent is still free: that time is idle.
const idle = (span: Span) => span.state === 'available' || span.state === 'offered'

const contacted = (one: AttemptFact) => one.answeredBy === 'human'
/** Who answers a campaign's call waits for an agent at most so long; after that the call is a dropped one. */
const longestSilenceMs = 2_000

type Adds<Of> = Record<string, (one: Of, now: number) => number | boolean>

/** For each kind of fact what one of them adds; `true` is 1. Times are ms; what is still open counts until `now`. */
export const measures = {
  interactions: {
    received: (one) => one.direction === 'inbound',
    rejected: (one) => one.rejectedReason !== null,
    rejected_closed: (one) => one.rejectedReason === 'closed',
    rejected_blocked: (one) => one.rejectedReason === 'blocked',
    rejected_busy: (one) => one.rejectedReason === 'busy',
    contained: (one) => one.contained,
    seizures: seizure,
    seizures_answered: (one) => seizure(one) && one.answeredAt !== null,
    finished,
    duration_total: (one) => (finished(one) ? Math.max(0, (one.endedAt as number) - (one.answeredAt as number)) : 0),
  } satisfies Adds<InteractionFact>,
  stays: {
    offered: isOffered,
    answered: is('answered'),
    abandoned: is('abandoned'),
    short_abandoned: (stay) => stay.outcome === 'abandoned' && (waitOf(stay) ?? 0) < stay.shortAbandonSeconds * 1000,
    abandoned_late: (stay) => stay.outcome === 'abandoned' && !inTime(stay),
    overflowed: is('overflowed'),
    overflowed_timeout: overflow('timeout'),
    overflowed_full: overflow('full'),
    overflowed_no_agents: overflow('no_agents'),
    overflowed_diverted: overflow('diverted'),
    callbacks: is('callback'),
    waiting: is(null),
    answered_within: (stay) => stay.outcome === 'answered' && inTime(stay),
    left_within: (stay) => isOffered(stay) && inTime(stay),
    wait_answered: (stay) => (stay.outcome === 'answered' ? (waitOf(stay) ?? 0) : 0),
    wait_abandoned_total: (stay) => (stay.outcome === 'abandoned' ? (waitOf(stay) ?? 0) : 0),
  } satisfies Adds<StayFact>,
  offers: {
    offers: () => 1,
    agent_rejected: (offer) => offer.outcome !== null && offer.outcome !== 'accepted',
    agent_rejected_no_answer: unaccepted('no_answer'),
    agent_rejected_refused: unaccepted('refused'),
    agent_rejected_failed: unaccepted('failed'),
    agent_rejected_caller_gone: unaccepted('caller_gone'),
  } satisfies Adds<OfferFact>,
  talks: {
    handled: () => 1,
    talk: (one, now) => Math.max(0, lasted(one, now) - one.holdMs),
    hold: (one, now) => Math.min(one.holdMs, lasted(one, now)),
  } satisfies Adds<TalkFact>,
  wrapUps: {
    wrap: (one, now) => Math.max(0, (one.endedAt ?? now) - one.beganAt),
  } satisfies Adds<WrapUpFact>,
  states: {
    busy: (span) => (busy(span) ? length(span) : 0),
    idle: (span) => (idle(span) ? length(span) : 0),
    paused: (span) => (span.state === 'break' ? length(span) : 0),
    logged_in: (span) => (span.state === 'offline' ? 0 : length(span)),
  } satisfies Adds<Span>,
  lines: {
    line_time: (line) => length(line),
  } satisfies Adds<Line>,
  dials: {
    dialled: () => 1,
    dialled_answered: (one) => one.answeredAt !== null,
  } satisfies Adds<DialFact>,
  attempts: {
    attempts: () => 1,
    contacted,
    dropped: (one) =>
      contacted(one) && (one.connectedAt === null || one.connectedAt - (one.answeredAt ?? 0) > longestSilenceMs),
  } satisfies Adds<AttemptFact>,
  recordEvents: {
    records_loaded: (one) => one.what === 'loaded',
    records_tried: (one) => one.what === 'tried',
    records_completed: (one) => one.what === 'closed',
    records_succeeded: (one) => one.what === 'closed' && one.success,
  } satisfies Adds<RecordEvent>,
  campaignSpans: {
    campaign_time: (one) => length(one),
  } satisfies Adds<{ from: number; to: number }>,
  ...journeyMeasures,
}

/** Of facts that a report reads each time and that are not rolled up: their periods are not cut (a ticket is owed at the end of one). */
export const readMeasures = {
  ...evaluationMeasures,
  disposed: dispositionMeasures,
  firstContacts: firstContactMeasures,
  plans: planMeasures,
  recordings: recordingMeasures,
  shifts: shiftMeasures,
  tickets: ticketMeasures,
}

/** Of facts that are cut into slices. */
export type FactKind = keyof typeof measures
export type ReadKind = keyof typeof readMeasures
export type AnyKind = FactKind | ReadKind
type Names<Kind> = Kind extends FactKind
  ? keyof (typeof measures)[Kind]
  : Kind extends ReadKind
    ? keyof (typeof readMeasures)[Kind]
    : never
/** Id of a measure. */
export type Measure = Names<AnyKind>
type ReadFacts = {
  evaluations: EvaluationFact
  evaluatedSections: SectionFact
  disposed: DispositionFact
  firstContacts: FirstContactFact
  plans: PlanFact
  recordings: RecordingFact
  shifts: ShiftFact
  tickets: TicketFact
}
/** A fact of that kind, as its measures take it. */
export type FactOf<Kind extends AnyKind> = Kind extends FactKind
  ? Slice[Kind][number]
  : Kind extends ReadKind
    ? ReadFacts[Kind]
    : never

export const readKinds: ReadonlySet<AnyKind> = new Set(Object.keys(readMeasures) as ReadKind[])

const allMeasures: Record<string, Record<string, (one: never, now: number) => number | boolean>> = {
  ...measures,
  ...readMeasures,
}

/** What one fact of a kind adds to each measure. */
export const addsOf = (kind: AnyKind) =>
  allMeasures[kind] as Record<string, (one: unknown, now: number) => number | boolean>

/** Of which facts a measure is a sum. */
export function kindOf(measure: Measure): AnyKind {
  return Object.keys(allMeasures).find((kind) => Object.hasOwn(allMeasures[kind]!, measure)) as AnyKind
}
