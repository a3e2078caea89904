// What a call record says that the facts do not: pure. Each fact told here has an id that follows from what it tells, so
// that however often and in whatever order records are looked at, it counts once.
import { type FactBody, guessedCauses, type OfferOutcome, type StayOutcome, stableId } from '../interactions/index.ts'
import type { CallRecord } from './record.ts'

/** What the tables know of an interaction. Instants UTC ms. */
export type Known = {
  interaction?: { agencyId: number; createdAt: number; answeredAt?: number; endedAt?: number; cause?: string }
  /** `callback`: left with the wish to be called back. */
  stays: { id: string; at: number; leftAt?: number; callback?: true }[]
  offers: { id: string; stayId?: string; at: number; endedAt?: number }[]
  talks: { id: string; stayId?: string; agentId: number; at: number; endedAt?: number }[]
}
export type FilledFact = ToldFact & { source: 'cdr' }
type ToldFact = FactBody & { id: string; at: number; interactionId: string }

/** Flow node of the steps that are told from records. */
export const RECORD_NODE = 'call-records'

/** `subject`: what the fact is about; one fact of a kind and an origin for each. */
const told = (interactionId: string, subject: string, at: number, body: FactBody, origin = 'record'): FilledFact => ({
  ...body,
  id: stableId(origin, body.kind, subject),
  at,
  interactionId,
  source: 'cdr',
})

/** What is known with the talks that only the agents' legs tell of. */
function withTalksOf(known: Known, agentLegs: readonly CallRecord[]): Known {
  const talks = [...known.talks]
  for (const { uuid, talkAt, agentId, stayId, endedAt } of agentLegs)
    if (talkAt !== undefined && agentId !== undefined && !talks.some(({ id }) => id === uuid))
      talks.push({ id: uuid, at: talkAt, agentId, endedAt, ...(stayId ? { stayId } : {}) })
  return { ...known, talks }
}

/** The caller was joined with somebody while in a queue, but neither a fact nor a record says with whom: it may still come. */
export function isIncomplete(record: CallRecord, known: Known, agentLegs: readonly CallRecord[]): boolean {
  const { bridgedAt, fallback } = record
  if (bridgedAt === undefined || fallback) return false
  const { talks } = withTalksOf(known, agentLegs)
  return known.stays.some(
    ({ id, at, leftAt }) => leftAt === undefined && at <= bridgedAt && !talks.some(({ stayId }) => stayId === id),
  )
}

/** The caller's leg is down: the interaction is over, and nothing of it goes on. `agentLegs`: the records of its agents. */
export function fillCaller(record: CallRecord, seen: Known, agentLegs: readonly CallRecord[]): FilledFact[] {
  const id = record.interactionId as string
  const known = withTalksOf(seen, agentLegs)
  const legEnds = new Map(agentLegs.map((leg) => [leg.uuid, leg.endedAt]))
  const { interaction } = known
  const say = (at: number, body: FactBody) => told(id, id, at, body)
  const facts: FilledFact[] = []
  if (!interaction) {
    const { from, to, switchNode } = record
    const of = { channel: 'voice', direction: record.direction, from, to, switchNode } as const
    facts.push(say(record.startedAt, { kind: 'interaction.created', ...of }))
  }
  const over = interaction?.endedAt !== undefined && !guessedCauses.includes(interaction.cause ?? '')
  if (!over) {
    if (interaction?.answeredAt === undefined && record.answeredAt !== undefined)
      facts.push(say(record.answeredAt, { kind: 'interaction.answered' }))
    if (record.fallback) {
      const at = record.answeredAt ?? record.startedAt
      facts.push(say(at, { kind: 'interaction.alarm', reason: 'fallback' }))
      facts.push(say(at, { kind: 'interaction.step', node: RECORD_NODE, name: 'fallback' }))
    }
  }
  facts.push(...closeParts(id, withoutCallback(known), record.endedAt, { legEnds, ...divertedOf(record) }))
  if (!over) {
    const at = Math.max(record.endedAt, interaction?.createdAt ?? record.startedAt)
    facts.push(say(at, { kind: 'interaction.ended', cause: record.cause, side: record.side }))
  }
  return facts
}

/** A citizen may be called back before the leg that asked for it is down: that has legs, and records, of its own. */
export function withoutCallback(known: Known): Known {
  const asked = new Map(known.stays.flatMap(({ id, leftAt, callback }) => (callback ? [[id, leftAt]] : [])))
  const own = ({ stayId, at }: { stayId?: string; at: number }) =>
    at < (asked.get(stayId ?? '') ?? Number.POSITIVE_INFINITY)
  return { ...known, offers: known.offers.filter(own), talks: known.talks.filter(own) }
}

/** Waiting when the platform was gone, and then rung through by the dialplan: the queue did not serve it. */
const divertedOf = (record: CallRecord): { divertedAt?: number } =>
  record.fallback && record.bridgedAt !== undefined ? { divertedAt: record.bridgedAt } : {}

/** Everything of an interaction that is still open, ended by `at` at the latest. */
export function closeParts(
  interactionId: string,
  known: Known,
  at: number,
  how: { legEnds?: ReadonlyMap<string, number>; divertedAt?: number; origin?: string } = {},
): FilledFact[] {
  const facts: FilledFact[] = []
  const say = (subject: string, when: number, body: FactBody) =>
    facts.push(told(interactionId, subject, when, body, how.origin))
  for (const offer of known.offers) {
    if (offer.endedAt !== undefined || offer.at > at) continue
    const talk = known.talks.find(({ id }) => id === offer.id)
    const outcome: OfferOutcome = talk ? 'accepted' : 'caller_gone'
    say(offer.id, Math.max(offer.at, talk?.at ?? at), { kind: 'offer.ended', offerId: offer.id, outcome })
  }
  for (const stay of known.stays) {
    if (stay.leftAt !== undefined || stay.at > at) continue
    const talk = known.talks.find(({ stayId }) => stayId === stay.id)
    const left = (when: number, outcome: StayOutcome, more: object = {}) =>
      say(stay.id, Math.max(stay.at, when), { kind: 'stay.left', stayId: stay.id, outcome, ...more })
    if (talk) left(talk.at, 'answered', { agentId: talk.agentId })
    else if (how.divertedAt !== undefined && how.divertedAt >= stay.at)
      left(how.divertedAt, 'overflowed', { reason: 'diverted' })
    else left(at, 'abandoned')
  }
  for (const talk of known.talks) {
    // A talk that began after the end is a callback's: it has legs of its own.
    if (talk.endedAt !== undefined || talk.at > at) continue
    const end = Math.max(talk.at, Math.min(at, how.legEnds?.get(talk.id) ?? at))
    say(talk.id, end, { kind: 'talk.ended', talkId: talk.id })
  }
  return facts
}

/** An agent's leg is down: its offer and its talk, whose id is the leg's, are over. */
export function fillAgent(record: CallRecord, known: Known): FilledFact[] {
  const { uuid, interactionId, talkAt, endedAt, agentId } = record
  if (!interactionId) return []
  const facts: FilledFact[] = []
  const say = (subject: string, at: number, body: FactBody) => facts.push(told(interactionId, subject, at, body))
  const offer = known.offers.find(({ id }) => id === uuid)
  const talk = known.talks.find(({ id }) => id === uuid)
  const talked = talk?.at ?? talkAt
  if (offer && offer.endedAt === undefined) {
    const outcome = talked === undefined ? outcomeOf(record.cause) : 'accepted'
    say(uuid, Math.max(offer.at, talked ?? endedAt), { kind: 'offer.ended', offerId: uuid, outcome })
  }
  if (!talk && talkAt !== undefined && agentId !== undefined) {
    const stay = known.stays.find(({ id }) => id === record.stayId)
    const of = { ...(stay ? { stayId: stay.id } : {}), ...(record.queueId ? { queueId: record.queueId } : {}) }
    say(uuid, talkAt, { kind: 'talk.began', talkId: uuid, agentId, ...of })
    if (stay && stay.leftAt === undefined)
      say(stay.id, Math.max(stay.at, talkAt), { kind: 'stay.left', stayId: stay.id, outcome: 'answered', agentId })
  }
  if (talked !== undefined && talk?.endedAt === undefined)
    say(uuid, Math.max(talked, endedAt), { kind: 'talk.ended', talkId: uuid })
  return facts
}

/**
 * A leg that we dialled by a line within an interaction: a callback, a transfer to a number. Only its record tells of it, so that nothing
 * was missing. The leg of an interaction that began with dialling is that interaction itself.
 */
export function dialled(record: CallRecord, interactionId: string): ToldFact[] {
  const { uuid, gateway, direction, startedAt, answeredAt, endedAt } = record
  if (direction !== 'outbound' || gateway === undefined || uuid === interactionId) return []
  const answer = answeredAt === undefined ? {} : { answeredAt }
  const body = { kind: 'line.dialled', legId: uuid, gateway, endedAt, ...answer } as const
  return [{ ...body, id: stableId('record', body.kind, uuid), at: startedAt, interactionId }]
}

/** A phone that the dialplan rang took the call of a caller whom the platform could not serve. */
export function fillRing(record: CallRecord, interactionId: string, who: string): FilledFact[] {
  if (record.answeredAt === undefined || record.bridgedAt === undefined) return []
  const body = { kind: 'interaction.step', node: RECORD_NODE, name: 'fallback_talk', detail: who } as const
  return [told(interactionId, record.uuid, record.bridgedAt, body)]
}

/** An interaction whose leg is known to be gone though no record says when. */
export function closeLost(id: string, known: Known, at: number, cause: 'SWITCH_LOST' | 'NO_RECORD'): FilledFact[] {
  const ended = { kind: 'interaction.ended', cause, side: 'switch' } as const
  return [...closeParts(id, known, at, { origin: 'lost' }), told(id, id, at, ended, 'lost')]
}

/** As routing reads the causes of legs that were not answered. */
function outcomeOf(cause: string): Exclude<OfferOutcome, 'accepted'> {
  if (/^(NO_ANSWER|NO_USER_RESPONSE|ALLOTTED_TIMEOUT|PROGRESS_TIMEOUT|RECOVERY_ON_TIMER_EXPIRE)$/.test(cause))
    return 'no_answer'
  if (cause === 'CALL_REJECTED') return 'refused'
  return cause === 'ORIGINATOR_CANCEL' || cause === 'LOSE_RACE' ? 'caller_gone' : 'failed'
}
