import { setImmediate } from 'node:timers/promises'
import type { Database, Scope } from '../../server/database/index.ts'
import { longestText, type Where } from '../explain/figure.ts'
import type { AnswerFact, Interval, JourneyEnd, JourneyFact, VisitFact } from '../metrics/index.ts'

export type Step = { node: string; name: string; detail?: string }
/** One call's way through its flow until it left it. `at`: when it came, ms. */
export type Journey = JourneyFact & { id: string; at: number; steps: Step[] }

const windowMs = 6 * 3_600_000
const longestWindowMs = 7 * 86_400_000
/** Fewer calls than this are no work: the next window may be longer. */
const fewCalls = 1_000

/** Incoming interactions of the period that took a step, by the time they came. Read in windows: SQLite has one connection. */
export async function* eachJourney(
  db: Database,
  scope: Scope,
  { period, where }: { period: Interval; where: Where },
): AsyncGenerator<Journey> {
  const { topicId, label: channel } = where
  let size = windowMs
  for (let from = period.from; from < period.to; ) {
    const to = Math.min(from + size, period.to)
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
          yield {
            id: call.id,
            at: Number(call.created_at),
            steps: mine.map(({ body }) => stepOf(body)),
            end: endOf(call, queued),
          }
      }
    }
    size = calls.length < fewCalls ? Math.min(2 * size, longestWindowMs) : windowMs
    from = to
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

function endOf(call: Row, queued: number | undefined): JourneyEnd {
  if (queued !== undefined) return 'queued'
  if (call.contained) return 'contained'
  if (call.rejected_reason) return 'closed'
  return call.ended_at === null ? 'open' : 'left'
}

function stepOf(body: string): Step {
  const { node, name, detail } = JSON.parse(body) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, longestText).toWellFormed() : '')
  return { node: text(node), name: text(name) || 'Sin nombre', ...(text(detail) ? { detail: text(detail) } : {}) }
}

export type Visit = VisitFact & { node: string; name: string }

/** The steps of a call, each once. */
export function visitsOf({ steps, end }: Journey): Visit[] {
  const visits = new Map<string, Visit>()
  for (const [place, { node, name }] of steps.entries()) {
    const key = stepKey({ node, name })
    const visit = visits.get(key) ?? { node, name, times: 0, on: 0, end: undefined }
    visits.set(key, visit)
    visit.times++
    if (place < steps.length - 1) visit.on++
    else visit.end = end
  }
  return [...visits.values()]
}

export const stepKey = ({ node, name }: { node: string; name: string }) => `${node}\n${name}`

export const ended: Record<JourneyEnd, string> = {
  queued: 'Pasó a una cola',
  contained: 'Resuelta por el IVR',
  left: 'Cortó',
  closed: 'No se atendió',
  open: 'Sigue en el IVR',
}

/** From where to where, from the beginning to how the call left. */
export function waysOf({ steps, end }: Journey): { from: string; to: string }[] {
  const names = ['Comienzo', ...steps.map(({ name }) => name), ended[end]]
  return names.slice(1).map((to, at) => ({ from: names[at] as string, to }))
}

/** The passings of one step, and which of them had that answer. */
export function answersOf({ steps }: Journey, { node, step, answer }: Where): (AnswerFact & { detail: string })[] {
  return steps
    .filter((one) => one.node === node && one.name === step)
    .map(({ detail = '' }) => ({ chosen: detail === answer, detail }))
}
