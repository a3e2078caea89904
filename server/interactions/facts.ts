/**
 * The facts of an interaction (metrics.md): everything that happened, once. Each is made at the instant it happens, with
 * an id of its own, so that it can wait on disk while the database is down and still be written exactly once.
 * Instants are UTC milliseconds, durations milliseconds.
 */
export type StayOutcome = 'answered' | 'abandoned' | 'overflowed' | 'rejected' | 'callback'
export type OverflowReason = 'timeout' | 'full' | 'no_agents' | 'diverted'
export type RejectedReason = 'closed' | 'blocked' | 'busy'
export type OfferOutcome = 'accepted' | 'no_answer' | 'refused' | 'failed' | 'caller_gone'
export type AttemptOutcome = 'answered' | 'machine' | 'no_answer' | 'busy' | 'invalid' | 'failed'
export type Channel = 'voice' | 'chat' | 'email' | 'sms' | 'social'
export type AgentState = 'offline' | 'available' | 'offered' | 'talking' | 'wrap_up' | 'break'

/** Heard by nobody; by the agent only; by both; the supervisor in the agent's place. */
export type SupervisionMode = 'listen' | 'whisper' | 'join' | 'take_over'

type Of<Kind extends string, Body> = { kind: Kind } & Body

export type FactBody =
  | Of<
      'interaction.created',
      {
        channel: Channel
        direction: 'inbound' | 'outbound'
        from: string
        to: string
        citizenId?: number
        switchNode?: string
        gateway?: string
      }
    >
  | Of<'interaction.answered', object> // by the IVR
  | Of<'interaction.identified', { citizenId: number }>
  | Of<'interaction.topic', { topicId: number }>
  | Of<
      'interaction.step',
      {
        /** Where in the flow. */
        node: string
        name: string
        /** Of two in the same ms the one with the lower place was first. */
        place?: number
        /** What its story shows: heard, pressed, also what the caller typed or said. */
        detail?: string
        /** What statistics count: one of a few known beforehand, never anything that a caller typed or said freely. */
        choice?: string
      }
    >
  | Of<'interaction.rejected', { reason: RejectedReason }>
  | Of<'interaction.contained', object> // the IVR gave what was asked
  | Of<'interaction.survey', { score: number }>
  | Of<'interaction.note', { userId?: number; text: string }>
  | Of<'interaction.alarm', { reason: string }> // fallback was needed
  | Of<'interaction.ended', { cause: string; side: 'caller' | 'platform' | 'switch' }>
  | Of<
      'stay.began',
      {
        stayId: string
        queueId: number
        priority: number
        targetSeconds: number
        targetPercent: number
        shortAbandonSeconds: number
      }
    >
  | Of<'stay.left', { stayId: string; outcome: StayOutcome; reason?: OverflowReason; agentId?: number }>
  | Of<'offer.made', { offerId: string; stayId: string; queueId: number; agentId: number }>
  | Of<'offer.ended', { offerId: string; outcome: OfferOutcome }>
  | Of<'talk.began', { talkId: string; stayId?: string; queueId?: number; agentId: number }>
  | Of<'talk.hold', { talkId: string; holdMs: number }> // written when a hold ends
  | Of<'talk.ended', { talkId: string }>
  | Of<'wrap_up.began', { wrapUpId: string; talkId: string; agentId: number; queueId?: number }>
  | Of<'wrap_up.ended', { wrapUpId: string; dispositionId?: number; topicId?: number }>
  | Of<
      'recording.expected',
      { recordingId: string; recordingKind: 'call' | 'voicemail'; path: string; agentId?: number; queueId?: number }
    >
  | Of<
      'recording.closed',
      { recordingId: string; state: 'present' | 'missing'; durationMs?: number; bytes?: number; sha256?: string }
    >
  | Of<'recording.masked', { recordingId: string; masked: boolean; agentId?: number }> // silence in the file while masked
  | Of<
      'talk.transferred',
      {
        talkId: string
        agentId: number
        how: 'blind' | 'attended'
        to: 'agent' | 'queue' | 'number' | 'back_office'
        /** Agent or queue id, number dialled. */
        target: string
      }
    >
  | Of<'line.dialled', { legId: string; gateway: string; answeredAt?: number; endedAt: number }> // told when it is over
  | Of<'talk.joined', { talkId: string; agentId: number; with: string }> // a third party came into the talk (conference)
  | Of<
      'supervision.began',
      { supervisionId: string; supervisorId: number; agentId: number; talkId: string; mode: SupervisionMode }
    >
  | Of<'supervision.ended', { supervisionId: string }>
  // Campaigns: an attempt is an outbound interaction; the other facts of a campaign have no interaction.
  | Of<'campaign.planned', { campaignId: number; from: number; to: number; records: number }> // all of them closed by `to`
  | Of<'campaign.record_loaded', { campaignId: number; recordId: string }>
  | Of<'campaign.record_closed', { recordId: string; success: boolean; dispositionId?: number }> // a final disposition
  | Of<'campaign.agent_joined', { campaignId: number; spanId: string; agentId: number }>
  | Of<'campaign.agent_left', { spanId: string }>
  | Of<'attempt.began', { campaignId: number; attemptId: string; recordId: string }>
  | Of<'attempt.answered', { attemptId: string; by: 'human' | 'machine' }>
  | Of<'attempt.connected', { attemptId: string; agentId: number }>
  | Of<'attempt.ended', { attemptId: string; outcome: AttemptOutcome }>
  | Of<'agent.state', { agentId: number; state: AgentState; breakReasonId?: number }> // interactionId empty

/** `interactionId` is the uuid of the first leg for voice; empty for facts about an agent. */
export type Fact = FactBody & {
  id: string
  agencyId: number
  interactionId: string
  at: number
  /** Not seen as it happened but filled in from the switch's call records. */
  source?: 'cdr'
}

/** Where facts go. Never throws and never waits for the database: what cannot be written now waits on disk. */
export interface FactSink {
  /** `id` only for what may be told twice: told again with the same id it counts once. */
  record(fact: FactBody & { agencyId: number; interactionId: string; at?: number; source?: 'cdr'; id?: string }): Fact
}
