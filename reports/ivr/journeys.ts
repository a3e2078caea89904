import { setImmediate } from 'node:timers/promises'
import type { Context } from '../report.ts'

export type Step = { node: string; name: string; detail?: string }
/** One call's way through its flow until it left it. `at`: when it came, ms. */
export type Journey = { at: number; steps: Step[]; end: 'queued' | 'contained' | 'left' | 'closed' | 'open' }

const windowMs = 6 * 3_600_000

/** Incoming interactions of the period that took a step, by the time they came. Read in windows: SQLite has one connection. */
export async function* eachJourney({ db, scope, asked }: Context): AsyncGenerator<Journey> {
  const { period, topicId, channel } = asked
  for (let from = period.from; from < period.to; from += windowMs) {
    const to = Math.min(from + windowMs, period.to)
    const within = () => {
      const query = db
        .knex('interactions as i')
        .where('i.agency_id', scope.agencyId)
        .where('i.direction', 'inbound')
        .where('i.created_at', '>=', from)
        .where('i.created_at', '<', to)
      if (topicId) query.where('i.topic_id', topicId)
      if (channel) query.where('i.channel', channel)
      return query
    }
    const calls = (await within()
      .orderBy('i.created_at')
      .orderBy('i.id')
      .select('i.id', 'i.created_at', 'i.ended_at', 'i.contained', 'i.rejected_reason')) as Row[]
    if (calls.length > 0) {
      const steps = (await within()
        .join('facts as f', 'f.interaction_id', 'i.id')
        .where('f.kind', 'interaction.step')
        .orderBy('f.at')
        .orderBy('f.id')
        .select('f.interaction_id as id', 'f.at', 'f.body')) as { id: string; at: number | string; body: string }[]
      const stays = (await within()
        .join('queue_stays as s', 's.interaction_id', 'i.id')
        .groupBy('i.id')
        .select('i.id')
        .min({ at: 's.enqueued_at' })) as { id: string; at: number | string }[]
      const queuedAt = new Map(stays.map(({ id, at }) => [id, Number(at)]))
      const told = Map.groupBy(steps, (step) => step.id)
      for (const call of calls) {
        const queued = queuedAt.get(call.id)
        // What the flow does once the call has waited (a survey) is no longer its way in.
        const mine = (told.get(call.id) ?? []).filter((step) => queued === undefined || Number(step.at) <= queued)
        if (mine.length > 0)
          yield { at: Number(call.created_at), steps: mine.map(({ body }) => stepOf(body)), end: endOf(call, queued) }
      }
    }
    await setImmediate()
  }
}

type Row = {
  id: string
  created_at: number | string
  ended_at: number | string | null
  contained: unknown
  rejected_reason: string | null
}

function endOf(call: Row, queued: number | undefined): Journey['end'] {
  if (queued !== undefined) return 'queued'
  if (call.contained) return 'contained'
  if (call.rejected_reason) return 'closed'
  return call.ended_at === null ? 'open' : 'left'
}

function stepOf(body: string): Step {
  const { node, name, detail } = JSON.parse(body) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return { node: text(node), name: text(name) || 'Sin nombre', ...(text(detail) ? { detail: text(detail) } : {}) }
}
