import type {
  AgentStateSpan,
  AttemptFact,
  DialFact,
  Facts,
  InteractionFact,
  OfferFact,
  StayFact,
  TalkFact,
  WrapUpFact,
} from './facts.ts'
import { type Interval, intervalOf } from './intervals.ts'
import {
  type AnswerFact,
  choicesOf,
  type JourneyFact,
  type PassageFact,
  passagesOf,
  type VisitFact,
  visitsOf,
} from './journeys.ts'

/**
 * What one interval counts: each interaction, stay, offer, talk and wrap-up belongs to exactly one interval, and states
 * and lines are clipped to it. So slices of touching intervals add up to the slice of the whole.
 *
 * - interactions: created in it; stays: begun in it; offers: made in it;
 * - talks and wrap-ups: with the stay they belong to (handling time stays beside the call it was for); without a stay, by
 *   the talk's own beginning;
 * - states, lines: the part of each that lies inside.
 */
export type Slice = Interval & {
  /** Instant of the reading; what is still open counts until here. */
  now: number
  interactions: InteractionFact[]
  stays: StayFact[]
  offers: OfferFact[]
  talks: TalkFact[]
  wrapUps: WrapUpFact[]
  states: Span[]
  lines: Line[]
  /** Begun in it. */
  dials: DialFact[]
  /** Begun in it. */
  attempts: AttemptFact[]
  /** What became of records in it. */
  recordEvents: RecordEvent[]
  /** The part that lies inside. */
  campaignSpans: { campaignId: number; agentId?: number; from: number; to: number }[]
  /** Of interactions created in it; so are their visits of steps, choices and passages from step to step. */
  journeys: JourneyFact[]
  visits: VisitFact[]
  answers: AnswerFact[]
  passages: PassageFact[]
}

/** A record came into its list, was called for the first time, or got its final disposition. */
export type RecordEvent = { campaignId: number; at: number; what: 'loaded' | 'tried' | 'closed'; success: boolean }

/** A leg that is said to be up for longer was lost from sight: it does not hold its line for ever, ms. */
export const longestCallMs = 86_400_000

/** A call's part inside an interval. `open`: it went on when the interval (or the reading) ended. */
export type Line = {
  from: number
  to: number
  open: boolean
  gateway: string | null
  direction: 'inbound' | 'outbound'
}

export type Span = { agentId: number; state: string; breakReasonId: number | null; from: number; to: number }

/** An empty slice of an interval, to be filled. */
function emptySlice(interval: Interval, now: number): Slice {
  return {
    ...interval,
    now,
    interactions: [],
    stays: [],
    offers: [],
    talks: [],
    wrapUps: [],
    states: [],
    lines: [],
    dials: [],
    attempts: [],
    recordEvents: [],
    campaignSpans: [],
    journeys: [],
    visits: [],
    answers: [],
    passages: [],
  }
}

/** Cuts facts by touching intervals in order (`cutPeriod`): one slice an interval, in the same order. */
export function sliceFacts(facts: Facts, cut: readonly Interval[], now: number): Slice[] {
  const slices = cut.map((interval) => emptySlice(interval, now))
  const at = (instant: number) => slices[intervalOf(cut, instant)]

  for (const interaction of facts.interactions) {
    at(interaction.createdAt)?.interactions.push(interaction)
    // Only calls hold a line of a trunk, and only until they end (or are forgotten).
    if (interaction.channel === 'voice') {
      const { gateway, direction } = interaction
      const until = Math.min(interaction.endedAt ?? Number.MAX_SAFE_INTEGER, interaction.createdAt + longestCallMs)
      clip(cut, interaction.createdAt, until, now, (index, from, to) =>
        slices[index]?.lines.push({ from, to, open: until > to, gateway, direction }),
      )
    }
  }
  for (const dial of facts.dials ?? []) {
    at(dial.dialledAt)?.dials.push(dial)
    const { gateway, dialledAt } = dial
    const endedAt = Math.min(dial.endedAt, dialledAt + longestCallMs)
    clip(cut, dialledAt, endedAt, now, (index, from, to) =>
      slices[index]?.lines.push({ from, to, open: endedAt > to, gateway, direction: 'outbound' }),
    )
  }
  const enqueued = new Map<string, number>()
  for (const stay of facts.stays) {
    enqueued.set(stay.id, stay.enqueuedAt)
    at(stay.enqueuedAt)?.stays.push(stay)
  }
  for (const offer of facts.offers) at(offer.offeredAt)?.offers.push(offer)
  const home = new Map<string, number>()
  for (const talk of facts.talks) {
    const instant = (talk.stayId === null ? undefined : enqueued.get(talk.stayId)) ?? talk.answeredAt
    home.set(talk.id, instant)
    at(instant)?.talks.push(talk)
  }
  for (const wrapUp of facts.wrapUps) {
    at((wrapUp.talkId === null ? undefined : home.get(wrapUp.talkId)) ?? wrapUp.beganAt)?.wrapUps.push(wrapUp)
  }
  for (const span of facts.agentStates) {
    clip(cut, span.from, span.to ?? now, now, (index, from, to) =>
      slices[index]?.states.push({ ...plain(span), from, to }),
    )
  }
  for (const attempt of facts.attempts ?? []) at(attempt.beganAt)?.attempts.push(attempt)
  for (const { campaignId, loadedAt, firstAttemptAt, closedAt, success } of facts.records ?? []) {
    const event = (what: RecordEvent['what'], instant: number | null) => {
      if (instant !== null) at(instant)?.recordEvents.push({ campaignId, at: instant, what, success })
    }
    event('loaded', loadedAt)
    event('tried', firstAttemptAt)
    event('closed', closedAt)
  }
  for (const span of facts.campaignSpans ?? [])
    clip(cut, span.from, span.to ?? now, now, (index, from, to) =>
      slices[index]?.campaignSpans.push({ ...span, from, to }),
    )
  for (const journey of facts.journeys ?? []) {
    const slice = at(journey.at)
    if (!slice) continue
    slice.journeys.push(journey)
    slice.visits.push(...visitsOf(journey))
    slice.answers.push(...choicesOf(journey))
    slice.passages.push(...passagesOf(journey))
  }
  return slices
}

/** One slice over the whole of a period. */
export function sliceWhole(facts: Facts, period: Interval, now: number): Slice {
  return sliceFacts(facts, [period], now)[0] as Slice
}

function plain(span: AgentStateSpan): { agentId: number; state: string; breakReasonId: number | null } {
  return { agentId: span.agentId, state: span.state, breakReasonId: span.breakReasonId }
}

function clip(
  cut: readonly Interval[],
  from: number,
  until: number,
  now: number,
  take: (index: number, from: number, to: number) => void,
): void {
  const first = cut[0]
  if (!first) return
  const end = Math.min(until, now)
  let index = from < first.from ? 0 : intervalOf(cut, from)
  if (index < 0) return
  for (; index < cut.length; index++) {
    const interval = cut[index] as Interval
    if (interval.from >= end) return
    const begin = Math.max(from, interval.from)
    const stop = Math.min(end, interval.to)
    if (stop > begin) take(index, begin, stop)
  }
}
