import type { Knex, Scope } from '../database/index.ts'
import { inOrder } from './order.ts'

/** One thing that happened; `ms` is how long it took, missing while it goes on. `outcome` and the like are codes. */
export type StoryStep = {
  at: number
  kind:
    | 'created'
    | 'step'
    | 'stay'
    | 'offer'
    | 'talk'
    | 'transfer'
    | 'joined'
    | 'masked'
    | 'supervision'
    | 'wrap_up'
    | 'note'
    | 'recording'
    | 'ticket'
    | 'ended'
  title?: string
  /** A name or detail that is a code of ours: its words are `interactions.<key>`. */
  titleKey?: string
  detailKey?: string
  /** Told by the switch's records, not seen as it happened. */
  filled?: boolean
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
  /** Something of it was completed from the switch's records. */
  filled: boolean
  surveyScore?: number
  rejected?: string
  /** Agents who talked in it. */
  agentIds: number[]
  steps: StoryStep[]
}

/** Of two things at the same instant, the one that comes first in a call. */
const order: StoryStep['kind'][] = [
  ...([
    'created',
    'step',
    'stay',
    'offer',
    'talk',
    'recording',
    'joined',
    'masked',
    'supervision',
    'transfer',
  ] as const),
  ...(['note', 'ticket', 'wrap_up', 'ended'] as const),
]

/** Steps that go by a code because their node has no name of its own, exits of queues, causes of ends. */
const coded = {
  steps: new Set([
    ...['fallback', 'fallback_talk', 'interrupted', 'vera-ask', 'vera-call-in', 'vera-hang-up', 'vera-hours'],
    ...['vera-mask', 'vera-menu', 'vera-play', 'vera-record-message', 'vera-survey', 'vera-transfer', 'vera-queue'],
    ...['vera-callback', 'vera-find-citizen', 'vera-save-citizen', 'vera-create-ticket', 'vera-ticket-status'],
    ...['vera-note', 'vera-yes-no', 'vera-say-option'],
  ]),
  exits: new Set([
    ...['answered', 'abandoned', 'timeout', 'full', 'no_agents', 'closed', 'diverted', 'callback', 'stale', 'blocked'],
    ...['overflowed', 'rejected', 'lost', 'busy'],
  ]),
  causes: new Set([
    ...['ORIGINATOR_CANCEL', 'NO_ANSWER', 'USER_BUSY', 'CALL_REJECTED', 'NORMAL_TEMPORARY_FAILURE', 'LOST'],
    ...['SWITCH_LOST', 'NO_RECORD', 'MEDIA_TIMEOUT', 'MANAGER_REQUEST', 'ALLOTTED_TIMEOUT', 'ATTENDED_TRANSFER'],
    ...['NETWORK_OUT_OF_ORDER', 'RECOVERY_ON_TIMER_EXPIRE', 'DESTINATION_OUT_OF_ORDER', 'SYSTEM_SHUTDOWN'],
  ]),
}
const inWords = (field: 'title' | 'detail', group: keyof typeof coded, text: unknown) =>
  typeof text !== 'string' || text === ''
    ? {}
    : coded[group].has(text)
      ? { [`${field}Key`]: `${group}.${text}` }
      : { [field]: text }

/** Facts that no table has a column for. */
const told = ['interaction.step', 'talk.transferred', 'talk.joined', 'recording.masked', 'supervision.began']
/** Everything else that could have been filled in, to mark its step. */
const marked = ['interaction.created', 'interaction.ended', 'stay.left', 'offer.ended', 'talk.began', 'talk.ended']

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
  const [rows, stays, offers, talks, wrapUps, notes, recordings, tickets, queues] = await Promise.all([
    of('facts')
      .whereIn('kind', [...told, ...marked])
      .orderBy('at')
      .select('at', 'kind', 'body'),
    of('queue_stays'),
    of('offers'),
    of('talk_segments'),
    of('wrap_ups'),
    of('interaction_notes'),
    of('recordings'),
    of('tickets').select('number', 'subject', 'created_at', 'created_by'),
    knex('queues').where(own).select('id', 'name'),
  ])
  const facts = inOrder(rows)
  const userIds = [...offers, ...talks, ...wrapUps]
    .map((row) => row.agent_id)
    .concat(notes.map((row) => row.user_id))
    .concat(facts.flatMap(({ body }) => usersIn(JSON.parse(body))))
  const users = await knex('users').where(own).whereIn('id', userIds.filter(Boolean)).select('id', 'name')
  const nameOf = new Map<number, string>(users.map((user) => [user.id, user.name]))
  const queueOf = new Map<number, string>(queues.map((queue) => [queue.id, queue.name]))
  const who = (userId: number | null) => (userId && nameOf.has(userId) ? { agent: nameOf.get(userId)! } : {})
  const lasted = (from: unknown, to: unknown) => (to === null ? {} : { ms: Number(to) - Number(from) })
  const said = (name: string, value: unknown) => (value ? { [name]: String(value) } : {})

  const filledIds = new Set<string>()
  for (const { kind, body } of facts) {
    const fact = JSON.parse(body)
    if (fact.source === 'cdr') filledIds.add(fact.stayId ?? fact.offerId ?? fact.talkId ?? kind)
  }
  const mark = (subject: string) => (filledIds.has(subject) ? { filled: true } : {})

  const steps: StoryStep[] = [
    {
      at: Number(one.created_at),
      kind: 'created',
      title: one.from_address,
      detail: one.to_address,
      ...mark('interaction.created'),
    },
    ...facts.filter(({ kind }) => told.includes(kind)).map((fact): StoryStep => toldStep(fact, who, queueOf)),
    ...stays.map(
      (stay): StoryStep => ({
        at: Number(stay.enqueued_at),
        kind: 'stay',
        ...said('title', queueOf.get(stay.queue_id)),
        ...said('outcome', stay.outcome),
        ...lasted(stay.enqueued_at, stay.left_at),
        ...mark(stay.id),
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
        ...mark(talk.id),
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
      : [
          {
            at: Number(one.ended_at),
            kind: 'ended' as const,
            ...said('outcome', one.hangup_side),
            ...(coded.causes.has(one.hangup_cause) ? { detailKey: `causes.${one.hangup_cause}` } : {}),
            ...mark('interaction.ended'),
          },
        ]),
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
    filled: Boolean(one.filled),
    ...(one.survey_score === null ? {} : { surveyScore: one.survey_score }),
    ...said('rejected', one.rejected_reason),
    agentIds: talks.map((talk) => talk.agent_id),
    steps,
  }
}

type Told = { at: unknown; kind: string; body: string }
type Who = (userId: number | null) => { agent?: string }

/** People named in a fact that only the facts table has. */
function usersIn(body: { agentId?: number; supervisorId?: number; to?: string; target?: string }): number[] {
  const target = body.to === 'agent' ? Number(body.target) : 0
  return [body.agentId, body.supervisorId, target].filter((id) => Number.isSafeInteger(id) && id! > 0) as number[]
}

function toldStep({ at, kind, body }: Told, who: Who, queueOf: Map<number, string>): StoryStep {
  const fact = JSON.parse(body)
  const about = { at: Number(at), ...(fact.source === 'cdr' ? { filled: true } : {}) }
  if (kind === 'talk.transferred') {
    const target =
      fact.to === 'agent'
        ? who(Number(fact.target)).agent
        : fact.to === 'queue'
          ? queueOf.get(Number(fact.target))
          : undefined
    const how = fact.how === 'attended' ? 'transfers.attended' : 'transfers.blind'
    return {
      ...about,
      kind: 'transfer',
      ...who(fact.agentId),
      titleKey: how,
      detail: target ?? String(fact.target ?? ''),
    }
  }
  if (kind === 'talk.joined') return { ...about, kind: 'joined', ...who(fact.agentId), detail: String(fact.with ?? '') }
  if (kind === 'recording.masked') {
    const titleKey = fact.masked ? 'masks.on' : 'masks.off'
    return { ...about, kind: 'masked', ...who(fact.agentId ?? null), titleKey }
  }
  if (kind === 'supervision.began') {
    const modes = ['listen', 'whisper', 'join', 'take_over']
    const titleKey = modes.includes(fact.mode) ? `modes.${fact.mode}` : 'modes.listen'
    return { ...about, kind: 'supervision', ...who(fact.supervisorId), titleKey }
  }
  return {
    ...about,
    kind: 'step',
    ...inWords('title', 'steps', fact.name),
    ...inWords('detail', 'exits', fact.detail),
  }
}
