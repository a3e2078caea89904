import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import type { Where } from '../explain/figure.ts'
import type { Source } from '../explain/source.ts'
import { type Interval, sliceFacts, type TalkFact } from '../metrics/index.ts'
import { readFacts } from '../store.ts'

export type Handled = { agent: number; topic: number; handled: number }

/** What each agent's conversations were about (0: no topic). As everywhere, a conversation belongs where its stay began. */
export async function handledByTopic(
  db: Database,
  { agencyId }: Scope,
  { where, period }: { where: Where; period: Interval },
): Promise<Handled[]> {
  const talks = () => {
    const query = db
      .knex('talk_segments as t')
      .join('interactions as i', 'i.id', 't.interaction_id')
      .where('t.agency_id', agencyId)
    if (where.subject) query.where('t.agent_id', where.subject)
    if (where.queueId) query.where('t.queue_id', where.queueId)
    return query
      .groupBy('t.agent_id', 'i.topic_id')
      .select('t.agent_id as agent', 'i.topic_id as topic')
      .count({ handled: '*' })
  }
  const within = (query: ReturnType<typeof talks>, column: string, { from, to }: Interval) =>
    query.where(column, '>=', from).where(column, '<', to)
  const found = new Map<string, Handled>()
  for (let from = period.from; from < period.to; from += windowMs) {
    const window = { from, to: Math.min(from + windowMs, period.to) }
    const ofStays = talks().join('queue_stays as s', (on) =>
      on.on('s.interaction_id', 't.interaction_id').on('s.id', 't.stay_id'),
    )
    const rows = [
      ...(await within(ofStays.where('s.agency_id', agencyId), 's.enqueued_at', window)),
      ...(await within(talks().whereNull('t.stay_id'), 't.answered_at', window)),
    ] as { agent: number; topic: number | null; handled: number | string }[]
    for (const { agent, topic, handled } of rows) {
      const key = `${agent} ${topic ?? 0}`
      const one = found.get(key) ?? { agent, topic: topic ?? 0, handled: 0 }
      one.handled += Number(handled)
      found.set(key, one)
    }
    await setImmediate()
  }
  return [...found.values()]
}

const windowMs = 86_400_000

/** The conversations themselves: of an agent (`subject`), about a topic. */
export const talksOfTopic: Source = async function* (db, scope, { where, period, now }) {
  for (let from = period.from; from < Math.min(period.to, now); from += windowMs) {
    const window = { from, to: Math.min(from + windowMs, period.to) }
    const talks = sliceFacts(await readFacts(db, scope, window), [window], now)[0]!.talks
    for (const fact of talks.filter((one) => isOf(one, where)).sort((a, b) => a.answeredAt - b.answeredAt))
      yield {
        kind: 'talks',
        fact,
        told: {
          at: fact.answeredAt,
          interactionId: fact.interactionId,
          ...(fact.queueId ? { queueId: fact.queueId } : {}),
          agentId: fact.agentId,
          ms: (fact.endedAt ?? now) - fact.answeredAt,
          why: 'talk',
        },
      }
  }
}

const isOf = (one: TalkFact, { subject, queueId, topicId }: Where) =>
  (subject === undefined || one.agentId === subject) &&
  (queueId === undefined || one.queueId === queueId) &&
  (topicId === undefined || (one.topicId ?? 0) === topicId)
