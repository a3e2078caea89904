// The only SQL of staffing's own tables, and what it reads of queues, skills and calendars.
import { createHash } from 'node:crypto'
import type { Knex } from 'knex'
import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { isWorked, type Special, slotsADay, weekdayOf } from './calls-forecast.ts'

/** `shrinkage` and `target` are ratios; `costHour` is money an agent's hour. */
export type Settings = { shrinkage: number; costHour: number; target: number; targetSeconds: number }
/** Agents planned: weekday 1..7 -> half hours of the day. Undefined where nothing is planned at all. */
export type Roster = number[][]

export type Queue = { id: number; name: string; skillId: number | null; targetSeconds: number; target: number }

export async function readQueues(db: Database, { agencyId }: Scope): Promise<Queue[]> {
  const rows = await db.knex('queues').where({ agency_id: agencyId }).orderBy('name')
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    skillId: row.skill_id,
    targetSeconds: row.target_seconds,
    target: row.target_percent / 100,
  }))
}

/** As set, else the queue's own target, without shrinkage or cost. `queueId` 0 is the whole agency. */
export async function readSettings(db: Database, { agencyId }: Scope, queueId: number): Promise<Settings> {
  const row = await db.knex('staffing_settings').where({ agency_id: agencyId, queue_id: queueId }).first()
  if (row)
    return {
      shrinkage: row.shrinkage_percent / 100,
      costHour: row.cost_cents / 100,
      target: row.target_percent / 100,
      targetSeconds: row.target_seconds,
    }
  const queue = await db.knex('queues').where({ agency_id: agencyId, id: queueId }).first()
  const target = Math.min(0.99, (queue?.target_percent ?? 80) / 100)
  return { shrinkage: 0.3, costHour: 0, target, targetSeconds: queue?.target_seconds ?? 20 }
}

export const readRoster = (db: Database, scope: Scope, queueId: number) => rosterIn(db.knex, scope, queueId)

async function rosterIn(knex: Knex, { agencyId }: Scope, queueId: number): Promise<Roster | undefined> {
  const rows = await knex('staffing_roster').where({ agency_id: agencyId, queue_id: queueId })
  if (rows.length === 0) return undefined
  const roster = emptyRoster()
  for (const { weekday, slot, agents } of rows) roster[weekday - 1]![slot] = agents
  return roster
}

export const emptyRoster = (): Roster => Array.from({ length: 7 }, () => new Array<number>(slotsADay).fill(0))

/** Who saved the plan of a queue last, and when (UTC ms). */
export async function readSaved(
  { knex }: Database,
  { agencyId }: Scope,
  queueId: number,
): Promise<{ by: string; at: number } | undefined> {
  const row = await knex('staffing_saves as s')
    .join('users as u', 'u.id', 's.user_id')
    .where({ 's.agency_id': agencyId, 's.queue_id': queueId })
    .first('u.name as by', 's.saved_at as at')
  return row && { by: row.by, at: Number(row.at) }
}

/** `shown`: the mark of what they were shown, which alone is replaced; undefined: whatever is there. */
type Saving = { userId: number; now: number; shown: string | undefined }

/** Puts both in the place of what was there; a roster that is replaced is kept with when that was (UTC ms). */
export async function saveStaffing(
  db: Database,
  scope: Scope,
  queueId: number,
  { settings, roster, ...saving }: Saving & { settings: Settings; roster: Roster },
): Promise<void> {
  await save(
    db,
    scope,
    queueId,
    saving,
    (trx) => planMark(trx, scope, queueId),
    async (trx) => {
      await trx('staffing_settings')
        .insert({
          ...{ agency_id: scope.agencyId, queue_id: queueId },
          shrinkage_percent: Math.round(settings.shrinkage * 100),
          cost_cents: Math.round(settings.costHour * 100),
          target_percent: Math.round(settings.target * 100),
          target_seconds: settings.targetSeconds,
        })
        .onConflict(['agency_id', 'queue_id'])
        .merge()
      await putRoster(trx, scope, queueId, roster, saving.now)
    },
  )
}

/** The roster alone: what is aimed at stays. One that is replaced is kept, as above. */
export async function saveRoster(
  db: Database,
  scope: Scope,
  queueId: number,
  { roster, ...saving }: Saving & { roster: Roster },
): Promise<void> {
  const mark = async (trx: Knex) => rosterMark(await rosterIn(trx, scope, queueId))
  await save(db, scope, queueId, saving, mark, (trx) => putRoster(trx, scope, queueId, roster, saving.now))
}

class Replaced extends Error {}

/** @throws AppError that says who was earlier, where what they were shown is not there any more */
async function save(
  db: Database,
  scope: Scope,
  queueId: number,
  { userId, now, shown }: Saving,
  markOf: (trx: Knex) => Promise<string>,
  put: (trx: Knex.Transaction) => Promise<void>,
): Promise<void> {
  const mine = { agency_id: scope.agencyId, queue_id: queueId }
  try {
    await db.transaction(async (trx) => {
      // Its row is held from here on: of two who save at once the second looks at what the first has saved.
      await trx('staffing_saves')
        .insert({ ...mine, user_id: userId, saved_at: now })
        .onConflict(['agency_id', 'queue_id'])
        .merge()
      if (shown !== undefined && shown !== (await markOf(trx))) throw new Replaced()
      await put(trx)
    })
  } catch (error) {
    if (!(error instanceof Replaced)) throw error
    const { by = '—' } = (await readSaved(db, scope, queueId)) ?? {}
    throw new AppError('roster_file.replaced', 409, { by })
  }
}

const markOf = (what: unknown) => createHash('sha256').update(JSON.stringify(what)).digest('hex')
/** Names a roster by what is in it: what somebody was shown is replaced, and no other. */
export const rosterMark = (roster: Roster | undefined): string => markOf(roster ?? emptyRoster())
/** Names all that is planned for a queue. */
export async function planMark(knex: Knex, scope: Scope, queueId: number): Promise<string> {
  const settings = await knex('staffing_settings').where({ agency_id: scope.agencyId, queue_id: queueId }).first()
  return markOf([settings ?? null, (await rosterIn(knex, scope, queueId)) ?? null])
}

async function putRoster(
  trx: Knex.Transaction,
  { agencyId }: Scope,
  queueId: number,
  roster: Roster,
  now: number,
): Promise<void> {
  const mine = { agency_id: agencyId, queue_id: queueId }
  const old = await trx('staffing_roster').where(mine)
  const changed =
    old.length !== roster.flat().filter((agents) => agents > 0).length ||
    old.some(({ weekday, slot, agents }) => roster[weekday - 1]![slot] !== agents)
  if (!changed) return
  const { last } = (await trx('staffing_roster_begins').where(mine).max('from_at as last').first()) ?? {}
  // Two of one instant, or of a clock that was set back: each has a time of its own, and none holds before another.
  const from = last === null || last === undefined ? now : Math.max(now, Number(last) + 1)
  await trx('staffing_roster_begins').insert({ ...mine, from_at: from })
  for (let at = 0; at < old.length; at += 100)
    await trx('staffing_roster_past')
      .insert(old.slice(at, at + 100).map((row) => ({ ...row, until_at: from })))
      .onConflict(['agency_id', 'queue_id', 'until_at', 'weekday', 'slot'])
      .ignore()
  await trx('staffing_roster').where(mine).del()
  for (const [day, slots] of roster.entries()) {
    const rows = slots.flatMap((agents, slot) => (agents > 0 ? [{ ...mine, weekday: day + 1, slot, agents }] : []))
    if (rows.length > 0) await trx('staffing_roster').insert(rows)
  }
}

/** Agents planned at an instant, given its local day (YYYY-MM-DD) and half hour; undefined: no roster held then. */
export type Planned = (at: number, day: string, slot: number) => number | undefined

/**
 * What was planned at each instant by the roster that held then: from when it was written until the next one was, and nobody while all is
 * closed by the queue's calendar. Of the whole
 * agency (0) its own roster, and at instants without one those of its queues together. Undefined: no roster was ever written.
 */
export async function readRosters(db: Database, scope: Scope, queueId: number): Promise<Planned | undefined> {
  const queues = queueId === 0 ? (await readQueues(db, scope)).map(({ id }) => id) : []
  const held = await heldRosters(db, scope, [queueId, ...queues])
  if (held.size === 0) return undefined
  // Each by its own calendar: of two queues one may be closed on a day on which the other is not.
  const specials = new Map<number, Map<string, Special>>()
  for (const id of held.keys()) specials.set(id, await readSpecials(db, scope, id))
  const agentsOf = (id: number, at: number) => held.get(id)?.find(({ from, until }) => from <= at && at < until)?.agents
  return (at, day, slot) => {
    const holding = (agentsOf(queueId, at) ? [queueId] : queues).filter((id) => agentsOf(id, at))
    if (holding.length === 0) return undefined
    const place = weekdayOf(day) * slotsADay + slot
    return holding
      .filter((id) => isWorked(specials.get(id)?.get(day), slot))
      .reduce((sum, id) => sum + (agentsOf(id, at)!.get(place) ?? 0), 0)
  }
}

type Held = { from: number; until: number; agents: Map<number, number> }

/** By queue; one that plans nobody is none. */
async function heldRosters(db: Database, { agencyId }: Scope, queueIds: number[]): Promise<Map<number, Held[]>> {
  const of = (table: string) => db.knex(table).where({ agency_id: agencyId }).whereIn('queue_id', queueIds)
  const begins = await of('staffing_roster_begins')
  const now = (await of('staffing_roster')).map((row) => ({ ...row, until_at: Number.POSITIVE_INFINITY }))
  const rows = [...(await of('staffing_roster_past')), ...now]
  return new Map(
    [...Map.groupBy(rows, (row) => row.queue_id as number)].map(([queueId, own]) => {
      const rosters = Map.groupBy(own, (row) => Number(row.until_at))
      // One begins where another ends, too: of those before their begin was kept there is nothing else.
      const bounds = [
        ...begins.filter((row) => row.queue_id === queueId).map((row) => Number(row.from_at)),
        ...rosters.keys(),
      ]
      return [
        queueId,
        [...rosters].map(([until, slots]) => ({
          from: Math.max(Number.NEGATIVE_INFINITY, ...bounds.filter((at) => at < until)),
          until,
          agents: new Map(slots.map((one) => [one.weekday * slotsADay + one.slot, one.agents as number])),
        })),
      ]
    }),
  )
}

/** Who may serve the queue; undefined: everybody. */
export async function servingOf(db: Database, scope: Scope, queueId?: number): Promise<Set<number> | undefined> {
  if (!queueId) return undefined
  const queue = (await readQueues(db, scope)).find((one) => one.id === queueId)
  if (!queue?.skillId) return undefined
  const skills = await readSkills(db, scope)
  return new Set([...skills].flatMap(([agentId, own]) => (own[queue.skillId!] ? [agentId] : [])))
}

/** Of the agency's agents, as they are called. */
export async function agentNames(db: Database, { agencyId }: Scope): Promise<string[]> {
  const rows = await db.knex('users').where({ agency_id: agencyId, role: 'agent' }).select('name', 'username')
  return rows.flatMap(({ name, username }) => [name, username])
}

/** Agent -> skills with their levels. */
export async function readSkills(db: Database, { agencyId }: Scope): Promise<Map<number, Record<number, number>>> {
  const rows = await db.knex('agent_skills').where({ agency_id: agencyId })
  const skills = new Map<number, Record<number, number>>()
  for (const { user_id, skill_id, level } of rows)
    skills.set(user_id, { ...skills.get(user_id), [skill_id]: level ?? 1 })
  return skills
}

/** Days unlike the others in the calendar of a queue; of the whole agency (0): those of all its queues' calendars. */
export async function readSpecials(db: Database, { agencyId }: Scope, queueId: number): Promise<Map<string, Special>> {
  const queues = await db
    .knex('queues')
    .where({ agency_id: agencyId, ...(queueId ? { id: queueId } : {}) })
    .select('calendar_id')
  const calendars = new Set(queues.map((queue) => queue.calendar_id as number | null))
  // A queue without a calendar is open every day.
  if (calendars.has(null) || calendars.size === 0) return new Map()
  const days = await db
    .knex('calendar_days')
    .where({ agency_id: agencyId })
    .whereIn('calendar_id', [...calendars] as number[])
  const specials = new Map<string, Special>()
  for (const [day, rows] of Map.groupBy(days, (one) => one.day as string)) {
    if (rows.length < calendars.size) continue
    // Open while any of them is.
    const open = rows.filter(({ opens, closes }) => opens && closes)
    const [from, to] = [open.map((row) => slotOf(row.opens)), open.map((row) => slotOf(row.closes))]
    const hours = open.length > 0 ? { open: [Math.min(...from), Math.max(...to)] as const } : {}
    specials.set(day, { name: rows[0].name, ...hours })
  }
  return specials
}

const slotOf = (time: string) => Math.ceil((Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) / 30)
