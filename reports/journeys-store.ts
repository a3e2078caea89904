// Ways through flows, read from the facts. Read-only, scoped by agency and in pieces, as store.ts.
import type { Knex } from 'knex'
import type { Scope } from '../server/database/index.ts'
import {
  type InteractionFact,
  type Interval,
  type JourneyEnd,
  type JourneyFact,
  longestText,
  nameless,
  type Step,
} from './metrics/index.ts'

/** More calls than this are read by the hour. */
const manyCalls = 20_000
const hourMs = 3_600_000

/** Narrows the calls whose steps are read to those that `calls` has. */
export type Only = { topicId?: number | undefined; channel?: string | undefined }

/**
 * The ways of incoming interactions that took a step, in the order of `calls`: all the incoming ones that were created in
 * the window.
 */
export async function readJourneys(
  knex: Knex,
  scope: Scope,
  window: Interval,
  calls: readonly InteractionFact[],
  only: Only = {},
): Promise<JourneyFact[]> {
  const journeys: JourneyFact[] = []
  const size = calls.length > manyCalls ? hourMs : window.to - window.from
  for (let from = window.from; from < window.to; from += size) {
    const piece = { from, to: Math.min(from + size, window.to) }
    const mine = calls.filter(
      (call) => call.direction === 'inbound' && call.createdAt >= piece.from && call.createdAt < piece.to,
    )
    if (mine.length === 0) continue
    for (const journey of await readPiece(knex, scope, piece, mine, only)) journeys.push(journey)
  }
  return journeys
}

async function readPiece(
  knex: Knex,
  { agencyId }: Scope,
  { from, to }: Interval,
  calls: readonly InteractionFact[],
  { topicId, channel }: Only,
): Promise<JourneyFact[]> {
  const within = () => {
    const query = knex('interactions as i')
      .where('i.agency_id', agencyId)
      .where('i.direction', 'inbound')
      .where('i.created_at', '>=', from)
      .where('i.created_at', '<', to)
    if (topicId) query.where('i.topic_id', topicId)
    if (channel) query.where('i.channel', channel)
    return query
  }
  const rows = (await within()
    .join('facts as f', 'f.interaction_id', 'i.id')
    .where('f.kind', 'interaction.step')
    .select('f.interaction_id as call', 'f.at', 'f.id', 'f.body')) as Row[]
  if (rows.length === 0) return []
  const stays = (await within()
    .join('queue_stays as s', 's.interaction_id', 'i.id')
    .groupBy('i.id')
    .select('i.id')
    .min({ at: 's.enqueued_at' })) as { id: string; at: number | string }[]
  const queuedAt = new Map(stays.map(({ id, at }) => [id, Number(at)]))
  const told = Map.groupBy(rows, ({ call }) => call)
  const journeys: JourneyFact[] = []
  for (const call of calls) {
    const queued = queuedAt.get(call.id)
    const steps = told
      .get(call.id)
      ?.map((row) => ({ at: Number(row.at), id: row.id, ...stepOf(row.body) }))
      // What the flow does once the call has waited (a survey) is no longer its way in.
      .filter(({ at }) => queued === undefined || at <= queued)
      .sort((a, b) => a.at - b.at || a.place - b.place || (a.id < b.id ? -1 : 1))
      .map(({ step }) => step)
    if (!steps || steps.length === 0) continue
    const { id: interactionId, channel, topicId, createdAt } = call
    journeys.push({ interactionId, channel, topicId, at: createdAt, steps, end: endOf(call, queued) })
  }
  return journeys
}

type Row = { call: string; at: number | string; id: string; body: string }

function endOf(call: InteractionFact, queued: number | undefined): JourneyEnd {
  if (queued !== undefined) return 'queued'
  if (call.contained) return 'contained'
  if (call.rejectedReason !== null) return 'closed'
  return call.endedAt === null ? 'open' : 'left'
}

function stepOf(body: string): { place: number; step: Step } {
  const { node, name, choice, place } = JSON.parse(body) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, longestText).toWellFormed() : '')
  const said = text(choice)
  return {
    place: typeof place === 'number' ? place : 0,
    step: { node: text(node), name: text(name) || nameless, ...(said ? { choice: said } : {}) },
  }
}
