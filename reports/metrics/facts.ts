// The facts that metrics are computed from, as read back from the store. Instants are UTC ms, durations ms.
// The words are those of server/interactions/facts.ts; rows come from the database, so "not yet" is null.

import type { JourneyFact } from './journeys.ts'

export type InteractionFact = {
  id: string
  channel: string
  direction: 'inbound' | 'outbound'
  createdAt: number
  /** By the centre: the IVR's answer counts. */
  answeredAt: number | null
  endedAt: number | null
  rejectedReason: string | null
  /** Ended in the IVR after it gave what was asked. */
  contained: boolean
  gateway: string | null
  topicId: number | null
}

/** Of the interaction that a stay, offer, talk or wrap-up belongs to. */
type OfInteraction = { interactionId: string; channel: string; topicId: number | null }

export type StayFact = OfInteraction & {
  id: string
  queueId: number
  enqueuedAt: number
  leftAt: number | null
  outcome: 'answered' | 'abandoned' | 'overflowed' | 'rejected' | 'callback' | null
  overflowReason: string | null
  agentId: number | null
  /** The target in force when the stay began: changing a queue's target never rewrites the past. */
  targetSeconds: number
  targetPercent: number
  shortAbandonSeconds: number
}

export type OfferFact = Omit<OfInteraction, 'topicId'> & {
  stayId: string
  queueId: number
  agentId: number
  offeredAt: number
  outcome: 'accepted' | 'no_answer' | 'refused' | 'failed' | 'caller_gone' | null
}

export type TalkFact = OfInteraction & {
  id: string
  stayId: string | null
  queueId: number | null
  agentId: number
  answeredAt: number
  endedAt: number | null
  holdMs: number
}

export type WrapUpFact = OfInteraction & {
  talkId: string | null
  queueId: number | null
  agentId: number
  beganAt: number
  endedAt: number | null
}

/** An agent was in `state` from `from` until `to` (null: still is). */
export type AgentStateSpan = {
  agentId: number
  state: string
  breakReasonId: number | null
  from: number
  to: number | null
}

/** One call of a campaign to one record of its list. */
export type AttemptFact = {
  campaignId: number
  interactionId?: string
  agentId?: number | null
  beganAt: number
  answeredAt: number | null
  answeredBy: 'human' | 'machine' | null
  /** When an agent was on the line. */
  connectedAt: number | null
}

/** One entry of a campaign's list; null: not yet. */
export type RecordFact = {
  campaignId: number
  loadedAt: number
  firstAttemptAt: number | null
  /** When it got a final disposition. */
  closedAt: number | null
  success: boolean
}

/** An agent worked for a campaign from `from` until `to` (null: still does). */
export type CampaignSpan = { campaignId: number; agentId?: number; from: number; to: number | null }

/** A leg that we dialled by a line within an interaction: a callback, a transfer to a number. */
export type DialFact = {
  id: string
  interactionId: string
  gateway: string
  dialledAt: number
  answeredAt: number | null
  endedAt: number
}

export type Facts = {
  interactions: InteractionFact[]
  stays: StayFact[]
  offers: OfferFact[]
  talks: TalkFact[]
  wrapUps: WrapUpFact[]
  agentStates: AgentStateSpan[]
  /** Legs that were dialled within an interaction; told when they are over. */
  dials?: DialFact[]
  /** Ways through flows; read only where they are counted. */
  journeys?: JourneyFact[]
  /** Of campaigns; read by their report only. */
  attempts?: AttemptFact[]
  records?: RecordFact[]
  campaignSpans?: CampaignSpan[]
}

/** No facts at all: a start for tests and for what a report does not need. */
export function noFacts(): Facts {
  return { interactions: [], stays: [], offers: [], talks: [], wrapUps: [], agentStates: [] }
}
