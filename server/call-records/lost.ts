// Calls that end without a record: a switch that died writes none for what it held, and a file can get lost.
import type { Database } from '../database/index.ts'
import { stableId } from '../interactions/index.ts'
import { closeLost, closeParts, withoutCallback } from './fill.ts'
import type { SettlePorts } from './settle.ts'
import { knownOf } from './store.ts'

/** A switch that answers now. */
export type SwitchNow = { node: string; coreUuid: string; legs: ReadonlySet<string> }
/** `all`: every configured switch answered, so that a leg that is in none of them is nowhere. */
export type SwitchesNow = { all: boolean; now: SwitchNow[] }

export type LostPorts = SettlePorts & {
  /** Of a recording that nobody closed: what lies on disk; undefined: no audio. Without this port they stay open. */
  measure?(path: string): Promise<{ durationMs?: number; bytes?: number; sha256?: string } | undefined>
  /** True while files or records wait that may yet tell the true end. */
  behind(): Promise<boolean>
}

/** Files of calls that ended in order just before the crash come in first. */
const CRASH_GRACE_MS = 20_000
/** No leg anywhere and nothing heard of it for so long: the record got lost. */
const ORPHAN_MS = 600_000
/** What an ended interaction left open may still be on its way. */
const LATE_MS = 120_000
/** Older than this is history: looked at by nobody. */
const LOOK_BACK_MS = 3 * 86_400_000

/** Notes which run of each switch lives; a new one of the same node ends the one before, at the instant it was last seen. */
export async function noteRuns(db: Database, seen: SwitchNow[], now: number): Promise<boolean> {
  let restarted = false
  for (const { node, coreUuid } of seen) {
    if (!coreUuid) continue
    await db
      .knex('switch_runs')
      .insert({ core_uuid: coreUuid, node, first_seen_at: now, last_seen_at: now })
      .onConflict('core_uuid')
      .merge(['last_seen_at'])
    const before = db.knex('switch_runs').where({ node }).whereNull('lost_at').whereNot('core_uuid', coreUuid)
    if ((await before.update({ lost_at: now })) > 0) restarted = true
  }
  return restarted
}

/** Closes what runs that are over held. @returns how many interactions */
export async function closeHeld(ports: LostPorts, switches: SwitchesNow, now: number): Promise<number> {
  const { db } = ports
  const runs = await db
    .knex('switch_runs')
    .whereNull('settled_at')
    .where('lost_at', '<=', now - CRASH_GRACE_MS)
  if (runs.length === 0 || (await ports.behind()) || !(await ports.facts.flush())) return 0
  let closed = 0
  for (const run of runs) {
    const lostAt = Number(run.lost_at)
    const open = (await openInteractions(db, now)).filter(
      ({ createdAt, node }) => createdAt <= lostAt && (node === null ? switches.all : node === run.node),
    )
    const dead = open.filter(({ id }) => !isAlive(ports, switches, id))
    if (!(await close(ports, dead, () => Number(run.last_seen_at), 'SWITCH_LOST'))) return closed
    closed += dead.length
    // Without the other switches' word their calls cannot be told from this one's: looked at again.
    if (switches.all || open.every(({ node }) => node !== null))
      await db.knex('switch_runs').where({ core_uuid: run.core_uuid }).update({ settled_at: now })
  }
  return closed
}

/** Interactions whose leg has been nowhere for long. `lastAlive`: when each was last seen alive; kept by the caller. */
export async function closeOrphans(
  ports: LostPorts,
  switches: SwitchesNow,
  lastAlive: Map<string, number>,
  now: number,
): Promise<number> {
  if (!switches.all) return 0
  const open = await openInteractions(ports.db, now)
  const ids = new Set(open.map(({ id }) => id))
  for (const id of lastAlive.keys()) if (!ids.has(id)) lastAlive.delete(id)
  for (const { id } of open) if (isAlive(ports, switches, id)) lastAlive.set(id, now)
  const quiet = open.filter(
    ({ id, createdAt }) => createdAt <= now - ORPHAN_MS && (lastAlive.get(id) ?? 0) <= now - ORPHAN_MS,
  )
  if (quiet.length === 0 || (await ports.behind()) || !(await ports.facts.flush())) return 0
  const last = await lastFacts(
    ports.db,
    quiet.map(({ id }) => id),
  )
  const dead = quiet.filter(({ id }) => (last.get(id) ?? 0) <= now - ORPHAN_MS)
  await close(ports, dead, (id) => lastAlive.get(id) ?? 0, 'NO_RECORD')
  return dead.length
}

/** Stays, offers, talks and recordings that an interaction left open when it ended, and work after it that was cut off. */
export async function closeLeftovers(ports: LostPorts, now: number): Promise<number> {
  const { db, facts } = ports
  const ended = (table: string, end: string, began: string) =>
    db
      .knex(table)
      .join('interactions', 'interactions.id', `${table}.interaction_id`)
      .whereNull(`${table}.${end}`)
      .where(`${table}.${began}`, '>', now - LOOK_BACK_MS)
      .where('interactions.ended_at', '<=', now - LATE_MS)
      .whereRaw('??.?? <= interactions.ended_at', [table, began])
      .select(`${table}.*`, 'interactions.ended_at as over_at')
  const [stays, offers, talks, recordings] = await Promise.all([
    ended('queue_stays', 'left_at', 'enqueued_at'),
    ended('offers', 'ended_at', 'offered_at'),
    ended('talk_segments', 'ended_at', 'answered_at'),
    ports.measure ? ended('recordings', 'closed_at', 'started_at') : [],
  ])
  // Nobody says when work after a call ended if the platform was gone then: what the agent did next says it.
  const wrapUps: Late[] = await db
    .knex('wrap_ups')
    .join('agent_states', 'agent_states.agent_id', 'wrap_ups.agent_id')
    .whereNull('wrap_ups.ended_at')
    .where('wrap_ups.began_at', '>', now - LOOK_BACK_MS)
    .whereRaw('?? > ??', ['agent_states.began_at', 'wrap_ups.began_at'])
    .where('agent_states.began_at', '<=', now - LATE_MS)
    .whereNot('agent_states.state', 'wrap_up')
    .groupBy('wrap_ups.id', 'wrap_ups.interaction_id', 'wrap_ups.agency_id')
    .select('wrap_ups.id', 'wrap_ups.interaction_id', 'wrap_ups.agency_id')
    .min({ over_at: 'agent_states.began_at' })
  const open = [...stays, ...offers, ...talks, ...recordings]
  if (open.length + wrapUps.length === 0 || (await ports.behind()) || !(await facts.flush())) return 0
  const owners = new Map(open.map((row) => [row.interaction_id as string, row]))
  const known = await knownOf(db.knex, [...owners.keys()])
  for (const [id, row] of owners)
    for (const fact of closeParts(id, withoutCallback(known.get(id)!), Number(row.over_at), { origin: 'late' }))
      facts.record({ ...fact, agencyId: row.agency_id })
  const late = (kind: string, row: Late) => ({
    agencyId: row.agency_id,
    id: stableId('late', kind, row.id),
    at: Number(row.over_at),
    interactionId: row.interaction_id,
    source: 'cdr' as const,
  })
  for (const row of wrapUps) facts.record({ ...late('wrap_up.ended', row), kind: 'wrap_up.ended', wrapUpId: row.id })
  for (const row of recordings) {
    // A recording has the id of its talk; that of a callback goes on.
    const of = known.get(row.interaction_id)!
    const talk = of.talks.find(({ id }) => id === row.id)
    if (talk && talk.endedAt === undefined && !withoutCallback(of).talks.includes(talk)) continue
    const found = await ports.measure!(row.path).catch(() => undefined)
    const state = found ? 'present' : 'missing'
    facts.record({ ...late('recording.closed', row), kind: 'recording.closed', recordingId: row.id, state, ...found })
  }
  await facts.flush()
  return open.length + wrapUps.length
}

/** A row left open, and when it was over, UTC ms. */
type Late = { id: string; agency_id: number; interaction_id: string; over_at: unknown }

type Open = { id: string; agencyId: number; createdAt: number; node: string | null }

async function openInteractions(db: Database, now: number): Promise<Open[]> {
  const rows = await db
    .knex('interactions')
    .where('channel', 'voice')
    .whereNull('ended_at')
    .where('created_at', '>', now - LOOK_BACK_MS)
    .select('id', 'agency_id', 'created_at', 'switch_node')
  return rows.map((row) => ({
    id: row.id,
    agencyId: row.agency_id,
    createdAt: Number(row.created_at),
    node: row.switch_node,
  }))
}

const isAlive = (ports: LostPorts, switches: SwitchesNow, id: string) =>
  ports.alive(id) || switches.now.some(({ legs }) => legs.has(id))

async function lastFacts(db: Database, ids: string[]): Promise<Map<string, number>> {
  const last = new Map<string, number>()
  for (let from = 0; from < ids.length; from += 100) {
    const rows: { interaction_id: string; at: unknown }[] = await db
      .knex('facts')
      .whereIn('interaction_id', ids.slice(from, from + 100))
      .groupBy('interaction_id')
      .select('interaction_id')
      .max({ at: 'at' })
    for (const row of rows) last.set(row.interaction_id, Number(row.at))
  }
  return last
}

/** False when the facts must wait. Nothing ends before the last thing that is known of it. */
async function close(
  { db, facts }: LostPorts,
  dead: Open[],
  when: (id: string) => number,
  cause: 'SWITCH_LOST' | 'NO_RECORD',
): Promise<boolean> {
  const ids = dead.map(({ id }) => id)
  const [known, last] = await Promise.all([knownOf(db.knex, ids), lastFacts(db, ids)])
  for (const { id, agencyId, createdAt } of dead)
    for (const fact of closeLost(id, known.get(id)!, Math.max(createdAt, last.get(id) ?? 0, when(id)), cause))
      facts.record({ ...fact, agencyId })
  return facts.flush()
}
