// Long work over an agency's recordings: with progress, cancelled from a page, and gone on with after a restart from the
// place where it was. Table recording_runs.
import { type Database, insertId, type Scope, scopeOf } from '../database/index.ts'

export const runKinds = ['verify', 'expire', 'compress'] as const
export type RunKind = (typeof runKinds)[number]
export type Run = {
  id: number
  kind: RunKind
  key: string
  state: 'running' | 'done' | 'cancelled' | 'failed'
  position: string
  total: number
  done: number
  faults: number
  /** Freed or saved by it. */
  bytes: number
  startedAt: number
  endedAt?: number
  error?: string
  userId?: number
}
export type Candidate = { id: string } & Record<string, unknown>
export type Outcome = { fault?: { state: string; detail?: string }; bytes?: number }
/** What a kind of run does. */
export type Work = {
  /** How many there are. @throws Error: the run fails and says so */
  begin(scope: Scope, run: Run): Promise<number>
  /** The next ones behind `position`, by id. */
  next(scope: Scope, run: Run, position: string, limit: number): Promise<Candidate[]>
  one(scope: Scope, run: Run, row: Candidate, signal: AbortSignal): Promise<Outcome>
  ended?(scope: Scope, run: Run): Promise<void>
}

/** A server that has not said anything for so long has died: another one (or it itself, started again) goes on. */
const DEAD_MS = 120_000
const BATCH = 50

export type Runs = ReturnType<typeof createRuns>

export function createRuns(options: {
  db: Database
  now: () => number
  /** This process: a name that no other one has, not even the one before it. */
  owner: string
  works: Record<RunKind, Work>
  log(line: string): void
}) {
  const { db, now, owner, works, log } = options
  const table = () => db.knex('recording_runs')
  const driving = new Map<number, AbortController>()
  let stopping = false

  /** False: cancelled meanwhile, or another server took it. */
  const beat = async (run: Run) =>
    (await table().where({ id: run.id, state: 'running', owner }).update({
      position: run.position,
      total: run.total,
      done: run.done,
      faults: run.faults,
      bytes: run.bytes,
      beat_at: now(),
    })) > 0

  async function end(run: Run, state: Run['state'], error?: string): Promise<void> {
    const count = await table()
      .where({ id: run.id, state: 'running', owner })
      .update({ state, ended_at: now(), error: error?.slice(0, 300) ?? null })
    if (count > 0) run.state = state
  }

  async function work(scope: Scope, run: Run, signal: AbortSignal): Promise<void> {
    const job = works[run.kind]
    const total = await job.begin(scope, run)
    run.total = run.done + total
    for (;;) {
      if (!(await beat(run))) return
      const rows = await job.next(scope, run, run.position, BATCH)
      if (rows.length === 0) break
      for (const row of rows) {
        if (stopping) return
        const { fault, bytes = 0 } = await job.one(scope, run, row, signal)
        // The place moves only when the work on this one is done: a restart in between does it again.
        if (fault) {
          await db
            .knex('recording_faults')
            .insert({
              agency_id: scope.agencyId,
              run_id: run.id,
              recording_id: row.id,
              state: fault.state,
              detail: (fault.detail ?? '').slice(0, 200),
            })
            .onConflict(['run_id', 'recording_id'])
            .merge()
          run.faults++
        }
        run.position = row.id
        run.done++
        run.bytes += bytes
        if (!(await beat(run))) return
      }
    }
    await end(run, 'done')
    if (run.state === 'done') await job.ended?.(scope, run)
  }

  return {
    /** Undefined when there is one of that key already. */
    async begin(scope: Scope, kind: RunKind, key: string, userId?: number): Promise<number | undefined> {
      try {
        return await insertId(
          table().insert({
            agency_id: scope.agencyId,
            kind,
            run_key: key,
            state: 'running',
            started_at: now(),
            beat_at: now(),
            owner,
            user_id: userId ?? null,
          }),
        )
      } catch (error) {
        if (db.dialect.isDuplicate(error)) return undefined
        throw error
      }
    },
    /** Works on it to its end, a cancel, or `stop`. Never rejects for the work's own failure. */
    async drive(runId: number): Promise<void> {
      if (driving.has(runId) || stopping) return
      const controller = new AbortController()
      driving.set(runId, controller)
      try {
        const row = await table().where({ id: runId, state: 'running', owner }).first()
        if (!row) return
        const run = runOf(row)
        try {
          await work(scopeOf(row.agency_id), run, controller.signal)
        } catch (error) {
          if (stopping || db.dialect.isUnavailable(error)) return
          log(`${run.kind} ${run.id} of recordings: ${(error as Error).message}`)
          await end(run, 'failed', (error as Error).message)
        }
      } finally {
        driving.delete(runId)
      }
    },
    /** Takes over what nobody works on. Ids. */
    async adopt(): Promise<number[]> {
      const found = await table().where({ state: 'running' }).select('id', 'owner', 'beat_at')
      const mine: number[] = []
      for (const row of found) {
        if (driving.has(row.id)) continue
        if (row.owner !== owner) {
          if (now() - Number(row.beat_at) < DEAD_MS) continue
          const taken = await table()
            .where({ id: row.id, owner: row.owner, beat_at: row.beat_at, state: 'running' })
            .update({ owner, beat_at: now() })
          if (taken === 0) continue
        }
        mine.push(row.id)
      }
      return mine
    },
    async cancel(scope: Scope, runId: number): Promise<boolean> {
      const count = await table()
        .where({ agency_id: scope.agencyId, id: runId, state: 'running' })
        .update({ state: 'cancelled', ended_at: now() })
      driving.get(runId)?.abort()
      return count > 0
    },
    async list(scope: Scope, limit = 30): Promise<Run[]> {
      return (await table().where({ agency_id: scope.agencyId }).orderBy('id', 'desc').limit(limit)).map(runOf)
    },
    async byId(scope: Scope, id: number): Promise<Run | undefined> {
      const row = await table().where({ agency_id: scope.agencyId, id }).first()
      return row && runOf(row)
    },
    async faults(scope: Scope, runId: number): Promise<{ recordingId: string; state: string; detail: string }[]> {
      const rows = await db
        .knex('recording_faults')
        .where({ agency_id: scope.agencyId, run_id: runId })
        .orderBy('id')
        .limit(10_000)
      return rows.map((row) => ({ recordingId: row.recording_id, state: row.state, detail: row.detail }))
    },
    stop(): void {
      stopping = true
      for (const controller of driving.values()) controller.abort()
    },
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function runOf(row: any): Run {
  return {
    id: row.id,
    kind: row.kind,
    key: row.run_key,
    state: row.state,
    position: row.position,
    total: row.total,
    done: row.done,
    faults: row.faults,
    bytes: Number(row.bytes),
    startedAt: Number(row.started_at),
    ...(row.ended_at === null ? {} : { endedAt: Number(row.ended_at) }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.user_id === null ? {} : { userId: row.user_id }),
  }
}
