// Which facts a number counts, and which of the same kind it leaves out and why.
import type { Database, Scope } from '../../server/database/index.ts'
import {
  addsOf,
  type DialFact,
  type FactKind,
  type InteractionFact,
  type Interval,
  kindOf,
  type Measure,
  type OfferFact,
  type Slice,
  type StayFact,
  sliceFacts,
  type TalkFact,
  type WrapUpFact,
  waitOf,
} from '../metrics/index.ts'
import { matches, subjectOf } from '../rollups/index.ts'
import { readFacts } from '../store.ts'
import { type Figure, isReadFamily, type Where } from './figure.ts'
import { measuresOf } from './measures-of.ts'
import type { Member, Told } from './source.ts'

const firstWindowMs = 3_600_000
const longestWindowMs = 7 * 86_400_000

/** The next `limit` facts behind the number from `from` on; `next`: where to go on. */
export async function membersOf(
  db: Database,
  scope: Scope,
  figure: Figure,
  asked: { now: number; counted: boolean; limit: number; after?: number },
): Promise<{ members: Member[]; next?: number }> {
  const { period } = figure
  const members: Member[] = []
  let size = firstWindowMs
  const end = Math.min(period.to, asked.now)
  for (let from = asked.after ?? period.from; from < end; ) {
    const window = { from, to: Math.min(from + size, end) }
    const found = (await membersWithin(db, scope, figure, window, asked.now)).filter(
      (one) => one.counted === asked.counted,
    )
    for (const [index, one] of found.entries()) {
      // Those of one instant stay together: the page ends before the next instant.
      if (members.length >= asked.limit && one.place > (members.at(-1) as Member).place)
        return { members, next: one.place }
      members.push(one)
      if (index === found.length - 1 && members.length >= asked.limit && window.to < end)
        return { members, next: window.to }
    }
    if (found.length < asked.limit / 4) size = Math.min(size * 2, longestWindowMs)
    from = window.to
  }
  return { members }
}

async function membersWithin(
  db: Database,
  scope: Scope,
  { metric, family, where }: Figure,
  window: Interval,
  now: number,
): Promise<Member[]> {
  const facts = await readFacts(db, scope, window)
  const [slice] = sliceFacts(facts, [window], now) as [Slice]
  const stays = new Map(facts.stays.map((stay) => [stay.id, stay.enqueuedAt]))
  const talks = new Map(facts.talks.map((talk) => [talk.id, stays.get(talk.stayId ?? '') ?? talk.answeredAt]))
  const { over, under, less } = measuresOf(metric)
  const kinds = new Set([...over, ...under].map(kindOf) as FactKind[])
  const members: Member[] = []
  if (isReadFamily(family)) return members
  for (const kind of kinds) {
    const adds = addsOf(kind)
    const sum = (ids: Measure[], one: unknown) => ids.reduce((all, id) => all + Number(adds[id]?.(one, now) ?? 0), 0)
    for (const one of slice[kind]) {
      const key = subjectOf(family, kind, one)
      if (!key || !matches(key, where) || !isWithin(kind, one, where)) continue
      const above = sum(over, one)
      const below = sum(under, one) - sum(less, one)
      const member = told(kind, one, now)
      const of = kind === 'talks' ? (one as TalkFact).id : kind === 'wrapUps' ? (one as WrapUpFact).talkId : null
      const place = talks.get(of ?? '') ?? member.at
      members.push({ ...member, place, over: above, under: below, counted: above !== 0 || below !== 0 })
    }
  }
  return members.sort((a, b) => a.place - b.place)
}

/** What a figure asks for beside its key: a break's reason, how long a stay waited. */
function isWithin(kind: FactKind, one: Slice[FactKind][number], { reasonId, waitFrom, waitTo }: Where): boolean {
  if (kind === 'states' && reasonId !== undefined)
    return ((one as Slice['states'][number]).breakReasonId ?? 0) === reasonId
  if (kind !== 'stays' || (waitFrom === undefined && waitTo === undefined)) return true
  const wait = waitOf(one as StayFact)
  const second = wait === undefined ? -1 : Math.floor(wait / 1000)
  return second >= (waitFrom ?? 0) && second < (waitTo ?? Number.POSITIVE_INFINITY)
}

function told(kind: FactKind, one: Slice[FactKind][number], now: number): Told {
  switch (kind) {
    case 'stays': {
      const stay = one as StayFact
      const short = stay.outcome === 'abandoned' && (waitOf(stay) ?? 0) < stay.shortAbandonSeconds * 1000
      const why = stay.overflowReason ? `overflowed_${stay.overflowReason}` : (stay.outcome ?? 'waiting')
      return {
        at: stay.enqueuedAt,
        kind,
        interactionId: stay.interactionId,
        queueId: stay.queueId,
        ...(stay.agentId ? { agentId: stay.agentId } : {}),
        ms: waitOf(stay) ?? now - stay.enqueuedAt,
        why: short ? 'short_abandoned' : why,
      }
    }
    case 'interactions': {
      const call = one as InteractionFact
      const state = call.endedAt === null ? 'going_on' : call.answeredAt === null ? 'not_answered' : 'ended'
      return {
        at: call.createdAt,
        kind,
        interactionId: call.id,
        ...(call.answeredAt !== null && call.endedAt !== null ? { ms: call.endedAt - call.answeredAt } : {}),
        why: call.rejectedReason
          ? `rejected_${call.rejectedReason}`
          : call.contained
            ? 'contained'
            : `${call.direction}_${state}`,
      }
    }
    case 'dials': {
      const dial = one as DialFact
      return {
        at: dial.dialledAt,
        kind,
        interactionId: dial.interactionId,
        ms: dial.endedAt - dial.dialledAt,
        why: dial.answeredAt === null ? 'dialled' : 'dialled_answered',
      }
    }
    case 'offers': {
      const offer = one as OfferFact
      return {
        at: offer.offeredAt,
        kind,
        interactionId: offer.interactionId,
        queueId: offer.queueId,
        agentId: offer.agentId,
        why: `offer_${offer.outcome ?? 'open'}`,
      }
    }
    case 'talks': {
      const talk = one as TalkFact
      return {
        at: talk.answeredAt,
        kind,
        interactionId: talk.interactionId,
        ...(talk.queueId ? { queueId: talk.queueId } : {}),
        agentId: talk.agentId,
        ms: (talk.endedAt ?? now) - talk.answeredAt,
        why: 'talk',
      }
    }
    case 'wrapUps': {
      const wrap = one as Slice['wrapUps'][number]
      return {
        at: wrap.beganAt,
        kind,
        interactionId: wrap.interactionId,
        ...(wrap.queueId ? { queueId: wrap.queueId } : {}),
        agentId: wrap.agentId,
        ms: (wrap.endedAt ?? now) - wrap.beganAt,
        why: 'wrap_up',
      }
    }
    case 'states': {
      const span = one as Slice['states'][number]
      return { at: span.from, kind, agentId: span.agentId, ms: span.to - span.from, why: `state_${span.state}` }
    }
    default: {
      const line = one as Slice['lines'][number]
      return { at: line.from, kind, ms: line.to - line.from, why: 'line' }
    }
  }
}
