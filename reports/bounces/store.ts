// The only SQL of bounces.
import { type Database, type Scope, scopeOf } from '../../server/database/index.ts'
import type { NoticeOf, RunNamed } from './notification.ts'

export type Bounce = {
  recipient: string
  state: 'failed' | 'delayed'
  status: string
  diagnostic: string
  noticedAt: number
}

const toBounce = (row: Record<string, string | number>): Bounce => ({
  recipient: String(row.recipient),
  state: row.state as Bounce['state'],
  status: String(row.status),
  diagnostic: String(row.diagnostic),
  noticedAt: Number(row.noticed_at),
})

/** The run that a mail's id names, with whom it was sent to; undefined: there is none such. The mailbox is every agency's, so is this. */
export async function findRun(db: Database, { runId, token }: RunNamed) {
  const row = await db
    .knex('schedule_runs')
    .where({ id: runId, mail_token: token })
    .whereNotNull('sending_at')
    .first('agency_id', 'sent_to')
  if (!row) return undefined
  return { scope: scopeOf(Number(row.agency_id)), sentTo: JSON.parse(String(row.sent_to ?? '[]')) as string[] }
}

/** Marks a recipient; what failed replaces what was delayed, and nothing else is ever changed. */
export async function markBounce(
  db: Database,
  { agencyId }: Scope,
  runId: number,
  recipient: string,
  { state, status, diagnostic }: Pick<NoticeOf, 'state' | 'status' | 'diagnostic'>,
  now: number,
): Promise<void> {
  const mine = { agency_id: agencyId, run_id: runId, recipient }
  const said = { state, status, diagnostic, noticed_at: now }
  await db
    .knex('schedule_bounces')
    .insert({ ...mine, ...said })
    .onConflict(['run_id', 'recipient'])
    .ignore()
  if (state === 'failed')
    await db
      .knex('schedule_bounces')
      .where({ ...mine, state: 'delayed' })
      .update(said)
}

/** Of these runs, by run. */
export async function listBounces(db: Database, { agencyId }: Scope, runIds: readonly number[]) {
  const rows = await db
    .knex('schedule_bounces')
    .where({ agency_id: agencyId })
    .whereIn('run_id', [...runIds])
    .orderBy('recipient')
  return new Map(
    [...Map.groupBy(rows, (row) => Number(row.run_id))].map(([runId, list]) => [runId, list.map(toBounce)]),
  )
}

export type Untold = { scope: Scope; runId: number; scheduleId: number; dueAt: number; bounces: Bounce[] }

/** What failed since then and its owner does not know yet, by run. */
export async function untold(db: Database, since: number): Promise<Untold[]> {
  const rows = await db
    .knex('schedule_bounces as b')
    .join('schedule_runs as r', 'r.id', 'b.run_id')
    .where('b.state', 'failed')
    .whereNull('b.told_at')
    .where('b.noticed_at', '>=', since)
    .orderBy(['b.run_id', 'b.recipient'])
    .select('b.*', 'r.schedule_id', 'r.due_at')
  return [...Map.groupBy(rows, (row) => Number(row.run_id))].map(([runId, list]) => ({
    scope: scopeOf(Number(list[0].agency_id)),
    runId,
    scheduleId: Number(list[0].schedule_id),
    dueAt: Number(list[0].due_at),
    bounces: list.map(toBounce),
  }))
}

/** True where we are the ones who tell it. */
export async function claimTelling(db: Database, { scope, runId, bounces }: Untold, now: number): Promise<Bounce[]> {
  const ours: Bounce[] = []
  for (const bounce of bounces) {
    const { recipient } = bounce
    const mine = { agency_id: scope.agencyId, run_id: runId, recipient, state: 'failed' }
    if ((await db.knex('schedule_bounces').where(mine).whereNull('told_at').update({ told_at: now })) > 0)
      ours.push(bounce)
  }
  return ours
}

/** It could not be told after all: the next look tries again. */
export async function untell(db: Database, { agencyId }: Scope, runId: number, bounces: readonly Bounce[]) {
  await db
    .knex('schedule_bounces')
    .where({ agency_id: agencyId, run_id: runId })
    .whereIn(
      'recipient',
      bounces.map((one) => one.recipient),
    )
    .update({ told_at: null })
}
