import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import type { Source } from '../explain/source.ts'
import { againWithinMs, type Contact, type FirstContactFact, firstContacts, type Interval } from '../metrics/index.ts'
import { readAgency } from '../store.ts'
import { isTooMany, tooMany } from './limit.ts'

type Came = Contact & { id: string; channel: string; queueId: number; agentId: number }
export type FirstContact = Came & FirstContactFact

const windowMs = 6 * 3_600_000
const longestWindowMs = 7 * 86_400_000
/** Fewer rows than this are no work: the next window may be longer. */
const fewRows = 1_000

/** Inbound interactions of known citizens on a topic, with the queue and the agent they ended at (0: none), in windows: SQLite has one connection. */
async function* contactsWithin(
  db: Database,
  { agencyId }: Scope,
  period: Interval,
  { topicId, stays: wanted }: { topicId: number | undefined; stays: boolean },
): AsyncGenerator<Came[]> {
  let size = windowMs
  for (let from = period.from; from < period.to; ) {
    const to = Math.min(from + size, period.to)
    const within = () => {
      const query = db
        .knex('interactions as i')
        .where('i.agency_id', agencyId)
        .where('i.created_at', '>=', from)
        .where('i.created_at', '<', to)
        .where('i.direction', 'inbound')
        .whereNotNull('i.citizen_id')
      return topicId ? query.where('i.topic_id', topicId) : query.whereNotNull('i.topic_id')
    }
    const rows = await within()
      .orderBy(['i.created_at', 'i.id'])
      .select('i.id', 'i.created_at', 'i.citizen_id', 'i.topic_id', 'i.channel')
    const stays = !wanted
      ? []
      : await within()
          .join('queue_stays as s', 's.interaction_id', 'i.id')
          .orderBy('s.enqueued_at')
          .select('i.id', 's.queue_id', 's.agent_id')
    const last = new Map(stays.map((stay) => [stay.id, stay]))
    yield rows.map(({ id, created_at, citizen_id, topic_id, channel }) => {
      const stay = last.get(id)
      return {
        ...{ id, channel, at: Number(created_at), citizenId: citizen_id, topicId: topic_id },
        ...{ queueId: stay?.queue_id ?? 0, agentId: stay?.agent_id ?? 0 },
      }
    })
    size = rows.length < fewRows ? Math.min(2 * size, longestWindowMs) : windowMs
    from = to
    await setImmediate()
  }
}

/**
 * First contacts of the period, oldest first, in pieces. `subject`: the agent, `label`: the channel. `stays`: with their queues
 * and agents, also where nothing is narrowed by them.
 */
export async function* eachFirstContact(
  db: Database,
  scope: Scope,
  { period, where, now, stays = false }: { period: Interval; where: Where; now: number; stays?: boolean },
): AsyncGenerator<FirstContact[]> {
  const { subject, queueId, label, topicId } = where
  const read = { from: period.from - againWithinMs, to: Math.min(period.to + againWithinMs + 1, now) }
  const found = firstContacts<Came>(period, now)
  const ofWhere = (all: FirstContact[]) =>
    all.filter(
      (one) =>
        (subject === undefined || one.agentId === subject) &&
        (queueId === undefined || one.queueId === queueId) &&
        (label === undefined || one.channel === label),
    )
  const narrowed = stays || subject !== undefined || queueId !== undefined
  // Whoever comes back comes back by whatever queue, agent or channel: only the topic narrows what is read.
  for await (const some of contactsWithin(db, scope, read, { topicId, stays: narrowed })) yield ofWhere(found.add(some))
  yield ofWhere(found.end())
}

export const firstContactSource: Source = async function* (db, scope, asked) {
  const { timeZone } = await readAgency(db, scope)
  if (await isTooMany(db, scope, asked.period, { timeZone, now: asked.now })) throw tooMany()
  for await (const some of eachFirstContact(db, scope, { ...asked, stays: true }))
    for (const one of some)
      yield {
        kind: 'firstContacts',
        fact: one,
        told: {
          at: one.at,
          interactionId: one.id,
          ...(one.queueId ? { queueId: one.queueId } : {}),
          ...(one.agentId ? { agentId: one.agentId } : {}),
          why: one.known ? (one.again ? 'fcr_again' : 'fcr_resolved') : 'fcr_unknown',
        },
      }
}
