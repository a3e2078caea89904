// The only SQL of simulations of shared skills.
import type { Database, Scope } from '../../../server/database/index.ts'
import type { Question, Result } from './question.ts'

export type Simulation = {
  id: string
  by: string
  state: 'running' | 'done' | 'failed' | 'cancelled' | 'cut'
  question: Question
  callsDone: number
  callsTotal: number
  result: Result | undefined
  error: string | null
  createdAt: number
  endedAt: number | null
}
export type Ending = { state: 'done'; result: Result } | { state: 'failed'; error: string } | { state: 'cut' }

type Row = Record<string, string | number | null>
const toSimulation = (row: Row): Simulation => ({
  id: String(row.id),
  by: String(row.by),
  state: row.state as Simulation['state'],
  question: JSON.parse(String(row.question)) as Question,
  callsDone: Number(row.calls_done),
  callsTotal: Number(row.calls_total),
  result: row.result ? (JSON.parse(String(row.result)) as Result) : undefined,
  error: row.error as string | null,
  createdAt: Number(row.created_at),
  endedAt: row.ended_at === null ? null : Number(row.ended_at),
})
const kept = 20

export async function addSimulation(
  { knex }: Database,
  { agencyId }: Scope,
  one: { id: string; userId: number; server: string; question: Question; callsTotal: number },
  now: number,
): Promise<void> {
  const mine = { agency_id: agencyId }
  const old = await knex('staffing_simulations').where(mine).orderBy('created_at', 'desc').pluck('id')
  if (old.length >= kept)
    await knex('staffing_simulations')
      .where(mine)
      .whereIn('id', old.slice(kept - 1))
      .delete()
  await knex('staffing_simulations').insert({
    ...{ ...mine, id: one.id, user_id: one.userId, server: one.server, state: 'running' },
    ...{ question: JSON.stringify(one.question), calls_total: one.callsTotal, created_at: now, seen_at: now },
  })
}

/** A sign of life and how far it is; false: it was cancelled. */
export async function touch({ knex }: Database, { agencyId }: Scope, id: string, callsDone: number, now: number) {
  const running = knex('staffing_simulations').where({ agency_id: agencyId, id, state: 'running' })
  return (await running.update({ calls_done: callsDone, seen_at: now })) > 0
}

/** False when it is over already. */
export async function endSimulation({ knex }: Database, { agencyId }: Scope, id: string, ending: Ending, now: number) {
  const running = knex('staffing_simulations').where({ agency_id: agencyId, id, state: 'running' })
  const more =
    ending.state === 'done'
      ? { result: JSON.stringify(ending.result) }
      : ending.state === 'failed'
        ? { error: ending.error.slice(0, 200) }
        : {}
  return (await running.update({ state: ending.state, ended_at: now, ...more })) > 0
}

/** False: the agency has none such that runs. */
export async function cancelSimulation({ knex }: Database, { agencyId }: Scope, id: string, now: number) {
  const running = knex('staffing_simulations').where({ agency_id: agencyId, id, state: 'running' })
  return (await running.update({ state: 'cancelled', ended_at: now })) > 0
}

export async function hasSimulation({ knex }: Database, { agencyId }: Scope, id: string): Promise<boolean> {
  return (await knex('staffing_simulations').where({ agency_id: agencyId, id }).first('id')) !== undefined
}

/** What ran on a server that stopped, whoever's it is: `server`, started anew, or any that says nothing since `silentSince`. */
export async function cutShort(
  { knex }: Database,
  { server, silentSince }: { server?: string; silentSince: number },
  now: number,
): Promise<void> {
  await knex('staffing_simulations')
    .where('state', 'running')
    .where((lost) => {
      lost.where('seen_at', '<', silentSince)
      if (server !== undefined) lost.orWhere('server', server)
    })
    .update({ state: 'cut', ended_at: now })
}

/** The newest first. */
export async function listSimulations({ knex }: Database, { agencyId }: Scope, most = 10): Promise<Simulation[]> {
  const rows = await knex('staffing_simulations as s')
    .join('users as u', 'u.id', 's.user_id')
    .where('s.agency_id', agencyId)
    .orderBy('s.created_at', 'desc')
    .limit(most)
    .select('s.*', 'u.name as by')
  return rows.map(toSimulation)
}

/** The newest that came to an end since `since`. */
export async function latestDone(
  { knex }: Database,
  { agencyId }: Scope,
  since: number,
): Promise<Simulation | undefined> {
  const row = await knex('staffing_simulations as s')
    .join('users as u', 'u.id', 's.user_id')
    .where({ 's.agency_id': agencyId, 's.state': 'done' })
    .where('s.created_at', '>=', since)
    .orderBy('s.created_at', 'desc')
    .first('s.*', 'u.name as by')
  return row && toSimulation(row)
}
