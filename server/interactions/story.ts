import type { Knex, Scope } from '../database/index.ts'

/** One thing that happened; `ms` is how long it took, missing while it goes on. `outcome` and the like are codes. */
export type StoryStep = {
  at: number
  kind: 'created' | 'step' | 'stay' | 'offer' | 'talk' | 'wrap_up' | 'note' | 'recording' | 'ticket' | 'ended'
  title?: string
  detail?: string
  outcome?: string
  agent?: string
  ms?: number
  holdMs?: number
  recordingId?: string
  ticketNumber?: number
}
export type Story = {
  id: string
  channel: string
  direction: string
  from: string
  to: string
  createdAt: number
  endedAt?: number
  citizen?: { id: number; name: string }
  topicId?: number
  topic?: string
  disposition?: string
  contained: boolean
  alarm: boolean
  surveyScore?: number
  rejected?: string
  /** Agents who talked in it. */
  agentIds: number[]
  steps: StoryStep[]
}

/** Of two things at the same instant, the one that comes first in a call. */
const order = ['created', 'step', 'stay', 'offer', 'talk', 'recording', 'note', 'ticket', 'wrap_up', 'ended']

export async function storyOf(knex: Knex, scope: Scope, id: string): Promise<Story | undefined> {
  const own = { agency_id: scope.agencyId }
  const one = await knex('interactions')
    .leftJoin('citizens', 'citizens.id', 'interactions.citizen_id')
    .leftJoin('topics', 'topics.id', 'interactions.topic_id')
    .leftJoin('dispositions', 'dispositions.id', 'interactions.disposition_id')
    .where({ 'interactions.agency_id': scope.agencyId, 'interactions.id': id })
    .first('interactions.*', 'citizens.name as citizen', 'topics.name as topic', 'dispositions.name as disposition')
  if (!one) return undefined
  const of = (table: string) => knex(table).where({ ...own, interaction_id: id })
  const [facts, stays, offers, talks, wrapUps, notes, recordings, tickets, queues] = await Promise.all([
    of('facts').where({ kind: 'interaction.step' }).orderBy('at').select('at', 'body'),
    of('queue_stays'),
    of('offers'),
    of('talk_segments'),
    of('wrap_ups'),
    of('interaction_notes'),
    of('recordings'),
    of('tickets').select('number', 'subject', 'created_at', 'created_by'),
    knex('queues').where(own).select('id', 'name'),
  ])
  const userIds = [...offers, ...talks, ...wrapUps].map((row) => row.agent_id).concat(notes.map((row) => row.user_id))
  const users = await knex('users').where(own).whereIn('id', userIds.filter(Boolean)).select('id', 'name')
  const nameOf = new Map<number, string>(users.map((user) => [user.id, user.name]))
  const queueOf = new Map<number, string>(queues.map((queue) => [queue.id, queue.name]))
  const who = (userId: number | null) => (userId && nameOf.has(userId) ? { agent: nameOf.get(userId)! } : {})
  const lasted = (from: unknown, to: unknown) => (to === null ? {} : { ms: Number(to) - Number(from) })
  const said = (name: string, value: unknown) => (value ? { [name]: String(value) } : {})

  const steps: StoryStep[] = [
    { at: Number(one.created_at), kind: 'created', title: one.from_address, detail: one.to_address },
    ...facts.map((fact): StoryStep => {
      const { name, detail } = JSON.parse(fact.body)
      return { at: Number(fact.at), kind: 'step', ...said('title', name), ...said('detail', detail) }
    }),
    ...stays.map(
      (stay): StoryStep => ({
        at: Number(stay.enqueued_at),
        kind: 'stay',
        ...said('title', queueOf.get(stay.queue_id)),
        ...said('outcome', stay.outcome),
        ...lasted(stay.enqueued_at, stay.left_at),
      }),
    ),
    ...offers.map(
      (offer): StoryStep => ({
        at: Number(offer.offered_at),
        kind: 'offer',
        ...who(offer.agent_id),
        ...said('outcome', offer.outcome),
        ...lasted(offer.offered_at, offer.ended_at),
      }),
    ),
    ...talks.map(
      (talk): StoryStep => ({
        at: Number(talk.answered_at),
        kind: 'talk',
        ...who(talk.agent_id),
        ...lasted(talk.answered_at, talk.ended_at),
        ...(Number(talk.hold_ms) > 0 ? { holdMs: Number(talk.hold_ms) } : {}),
      }),
    ),
    ...wrapUps.map(
      (wrapUp): StoryStep => ({
        at: Number(wrapUp.began_at),
        kind: 'wrap_up',
        ...who(wrapUp.agent_id),
        ...lasted(wrapUp.began_at, wrapUp.ended_at),
      }),
    ),
    ...notes.map((note): StoryStep => ({ at: Number(note.at), kind: 'note', ...who(note.user_id), detail: note.body })),
    ...recordings.map(
      (recording): StoryStep => ({
        at: Number(recording.started_at),
        kind: 'recording',
        recordingId: recording.id,
        outcome: recording.state,
        title: recording.kind,
        ...(recording.duration_ms === null ? {} : { ms: Number(recording.duration_ms) }),
      }),
    ),
    ...tickets.map(
      (ticket): StoryStep => ({
        at: Number(ticket.created_at),
        kind: 'ticket',
        ticketNumber: ticket.number,
        title: ticket.subject,
      }),
    ),
    ...(one.ended_at === null
      ? []
      : [{ at: Number(one.ended_at), kind: 'ended' as const, ...said('outcome', one.hangup_side) }]),
  ]
  steps.sort((a, b) => a.at - b.at || order.indexOf(a.kind) - order.indexOf(b.kind))
  return {
    id: one.id,
    channel: one.channel,
    direction: one.direction,
    from: one.from_address,
    to: one.to_address,
    createdAt: Number(one.created_at),
    ...(one.ended_at === null ? {} : { endedAt: Number(one.ended_at) }),
    ...(one.citizen_id === null ? {} : { citizen: { id: one.citizen_id, name: one.citizen ?? `#${one.citizen_id}` } }),
    ...(one.topic_id === null ? {} : { topicId: one.topic_id }),
    ...said('topic', one.topic),
    ...said('disposition', one.disposition),
    contained: Boolean(one.contained),
    alarm: Boolean(one.alarm),
    ...(one.survey_score === null ? {} : { surveyScore: one.survey_score }),
    ...said('rejected', one.rejected_reason),
    agentIds: talks.map((talk) => talk.agent_id),
    steps,
  }
}
