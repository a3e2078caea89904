export type QueueSetup = {
  id: number
  skillId: number | undefined
  priority: number
  weight: number
  /** Key and label in the menu. */
  option: string
  topicIds: number[]
}
export type AgentSetup = { id: number; skillIds: Set<number>; shift: [number, number] }
export type HistorySetup = {
  agencyId: number
  /** Number dialled. */
  number: string
  callsADay: number
  queues: QueueSetup[]
  agents: AgentSetup[]
  citizens: { id: number; phone: string; dni: string }[]
  dispositions: { item: number; weight: number }[]
  breaks: { short: number; lunch: number; meeting: number }
}
/**
 * What of a day is played, UTC ms. `office`: a working day with its shifts and curve; otherwise everybody works through it
 * at an even pace (the day of the try-out). `closes` is the last instant that may appear; no call comes after
 * `closesPlanned`.
 */
export type DayWindow = { opens: number; closes: number; closesPlanned: number; office: boolean }

type Id = number | null
type At = number | null
export type DayRows = {
  interactions: {
    id: string
    agency_id: number
    channel: string
    direction: string
    citizen_id: Id
    from_address: string
    to_address: string
    topic_id: Id
    disposition_id: Id
    created_at: number
    answered_at: At
    ended_at: At
    rejected_reason: string | null
    contained: boolean
    survey_score: number | null
    switch_node: string
    gateway: string
    hangup_cause: string
    hangup_side: string
  }[]
  queue_stays: {
    id: string
    agency_id: number
    interaction_id: string
    queue_id: number
    enqueued_at: number
    left_at: At
    outcome: string | null
    overflow_reason: string | null
    agent_id: Id
    priority: number
    target_seconds: number
    target_percent: number
    short_abandon_seconds: number
  }[]
  offers: {
    id: string
    agency_id: number
    interaction_id: string
    stay_id: string
    queue_id: number
    agent_id: number
    offered_at: number
    ended_at: At
    outcome: string
  }[]
  talk_segments: {
    id: string
    agency_id: number
    interaction_id: string
    stay_id: string
    queue_id: number
    agent_id: number
    answered_at: number
    ended_at: At
    hold_ms: number
    holds: number
  }[]
  wrap_ups: {
    id: string
    agency_id: number
    interaction_id: string
    talk_id: string
    queue_id: number
    agent_id: number
    began_at: number
    ended_at: At
    disposition_id: Id
    topic_id: Id
  }[]
  agent_states: {
    id: string
    agency_id: number
    agent_id: number
    state: string
    break_reason_id: Id
    began_at: number
    ended_at: At
  }[]
  interaction_notes: {
    id: string
    agency_id: number
    interaction_id: string
    user_id: Id
    at: number
    body: string
  }[]
  callbacks: {
    id: string
    agency_id: number
    interaction_id: string
    stay_id: string
    queue_id: number
    citizen_id: Id
    number: string
    priority: number
    place_since: number
    requested_at: number
    state: string
    attempts: number
    done_at: At
  }[]
  facts: { id: string; agency_id: number; interaction_id: string; kind: string; at: number; body: string }[]
}
