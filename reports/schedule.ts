import type { Database, Scope } from '../server/database/index.ts'
import { AppError } from '../server/http/types.ts'
import type { Bundle, Wanted } from './bundle/index.ts'
import type { Mailer } from './deliver.ts'
import {
  claimRetry,
  claimRun,
  dueRetries,
  endDeleted,
  endRun,
  forgetFiles,
  retryRun,
  staleRuns,
} from './schedule-runs.ts'
import { createSending, type Turn } from './schedule-send.ts'
import { activeSchedules, type Run, readOwnDays, readSchedule, type Schedule } from './schedule-store.ts'
import { dueRuns } from './schedule-times.ts'
import { createSlots, within } from './slots.ts'

/** How many runs go on beside each other in one server; of them those whose files are being made, which takes memory. */
const atOnce = { runs: 8, builds: 2 }
/** What making the files and speaking to the mail server may take at most. Each is well under `staleMs`. */
const limits = { build: 9 * 60_000, send: 6 * 60_000, stop: 20_000 }
/** A run of which nothing was heard for so long is one of a server that died. */
const staleMs = 15 * 60_000
export const keptMs = 90 * 86_400_000

export type SchedulerOptions = {
  db: Database
  /** Undefined: no SMTP_URL; runs then fail and say so. */
  mailer: Mailer | undefined
  now?: () => number
  /** Makes files and pictures; the platform gives one that does it in a thread. */
  bundle?: (scope: Scope, wanted: Wanted) => Promise<Bundle>
  /** For the links in files. */
  publicUrl?: string | undefined
  /** Milliseconds; for tests. */
  limits?: typeof limits
  /** Hears of every failure, beside the owner. */
  onFailure?: (failure: { schedule: Schedule; error: string }) => void
}

export type Scheduler = {
  /** Looks every half minute. */
  start(): void
  /** Begins none any more, and waits for those in the middle, but not for ever: what is still being sent is told as unknown later. */
  stop(): Promise<void>
  /** Sends all that is due now; resolves when all of it has ended, with the number of runs made. */
  tick(): Promise<number>
  /** Sends one at once, beside its pattern; with `onlyTo` as a sample to that address alone. */
  runNow(scope: Scope, schedule: Schedule, onlyTo?: string): Promise<'sent' | 'failed' | 'retry'>
}

/**
 * Sends what is due, of several servers one. A run is taken by the row it inserts; before the mail server is spoken to it says
 * so (`sending_at`). A server that dies earlier has sent nothing and another tries again; one that dies later may have sent it,
 * and nobody sends it twice: it is told as unknown.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, now = Date.now, onFailure } = options
  const { stop: stopMs, ...sendLimits } = options.limits ?? limits
  const { run, failed } = createSending({ ...options, now, limits: sendLimits })
  const runs = createSlots(atOnce.runs)
  const builds = createSlots(atOnce.builds)
  /** By schedule: its runs go one after another, beside those of the others. */
  const chains = new Map<number, Promise<number>>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<Promise<number>[]> | undefined
  let stopped = false

  /** Ends what a server left in the middle; what is answered are the mails that tell of it, which wait for the mail server. */
  async function endStale(at: number): Promise<Promise<number>[]> {
    const told: Promise<number>[] = []
    for (const { run: one, scope, schedule } of await staleRuns(db, at - staleMs)) {
      if (one.sendingAt === null) {
        // Nothing had left.
        await retryRun(db, scope, { ...one, sendingAt: null }, at, 'el servidor se detuvo antes de enviarlo')
        continue
      }
      const error = 'el servidor se detuvo en medio del envío: no se sabe si salió'
      if (await endRun(db, scope, one.id, { state: 'failed', error, now: at }))
        told.push(
          failed(schedule, error).then(
            () => 0,
            () => 0,
          ),
        )
    }
    return told
  }

  /** Waits for room, takes the run and makes it. A run is taken only when it can begin: what is taken and waits would look left. */
  async function inTurn(claim: () => Promise<Omit<Turn, 'built'> | undefined>): Promise<boolean> {
    const left = await runs.take()
    const built = await builds.take()
    try {
      const turn = stopped ? undefined : await claim()
      return turn !== undefined && (await run({ ...turn, built })) !== 'taken'
    } finally {
      built()
      left()
    }
  }

  /** One schedule's work: what is tried again, and what has fallen due. */
  async function work(schedule: Schedule, scope: Scope, retries: readonly Run[], dues: readonly number[]) {
    const jobs = [
      ...retries.map((one) => async () => {
        const taken = await claimRetry(db, scope, one, now())
        return taken && { scope, schedule, runId: one.id, dueAt: one.dueAt, attempts: taken.attempts, kind: one.kind }
      }),
      ...dues.map((dueAt) => async () => {
        // It may have been switched off while it waited for room.
        const current = await readSchedule(db, scope, schedule.id)
        const runId = current?.active ? await claimRun(db, scope, schedule.id, dueAt, now()) : undefined
        return runId === undefined ? undefined : { scope, schedule, runId, dueAt, attempts: 1, kind: 'due' as const }
      }),
    ]
    let made = 0
    for (const job of jobs) if (await inTurn(job)) made++
    return made
  }

  /** Finds what is due and begins it, but waits for none of it. Schedules that still have work going on are left for the next look. */
  async function look(): Promise<Promise<number>[]> {
    const at = now()
    await forgetFiles(db, at - keptMs)
    // One that was being sent when its schedule was deleted, and that the mail server could not take.
    await endDeleted(db.knex, at)
    const begun = await endStale(at)
    const begin = (schedule: Schedule, scope: Scope, retries: Run[], dues: number[]) => {
      if (stopped || chains.has(schedule.id) || retries.length + dues.length === 0) return
      const chain = work(schedule, scope, retries, dues)
        // One schedule's trouble must not hold up the others.
        .catch((error: Error) => {
          onFailure?.({ schedule, error: error.message })
          return 0
        })
        .finally(() => chains.delete(schedule.id))
      chains.set(schedule.id, chain)
      begun.push(chain)
    }
    const retries = Map.groupBy(await dueRetries(db, at), ({ run: { scheduleId } }) => scheduleId)
    for (const { schedule, scope, lastDue } of await activeSchedules(db)) {
      try {
        const own = schedule.parameters.workingDays ? await readOwnDays(db, scope) : undefined
        const dues = dueRuns(schedule, Math.max(schedule.since, lastDue ?? 0), at, own)
        begin(schedule, scope, retries.get(schedule.id)?.map(({ run: one }) => one) ?? [], dues)
      } catch (error) {
        onFailure?.({ schedule, error: (error as Error).message })
      }
    }
    // Those of schedules that were switched off, or could not be read above, meanwhile.
    for (const [first, ...more] of retries.values())
      begin(
        first!.schedule,
        first!.scope,
        [first!, ...more].map(({ run: one }) => one),
        [],
      )
    return begun
  }

  const guarded = () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  // A database that is away comes back: the next look finds what is due.
  const lookAgain = () => void guarded().catch(() => undefined)

  return {
    start() {
      timer ??= setInterval(lookAgain, 30_000)
      timer.unref()
      lookAgain()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      timer = undefined
      await looking?.catch(() => undefined)
      await within(stopMs, Promise.all(chains.values()), () => new Error('still sending')).catch(() => undefined)
    },
    async tick() {
      const made = await Promise.all(await guarded())
      return made.reduce((sum, one) => sum + one, 0)
    },
    async runNow(scope, schedule, onlyTo) {
      const kind = onlyTo ? 'sample' : 'now'
      // Whoever waits for it does not stand in line behind mail servers, only behind files being made.
      const built = await builds.take()
      try {
        let runId: number | undefined
        let dueAt = now()
        // Two people may press at the same instant.
        for (; runId === undefined; dueAt++) {
          if ((await readSchedule(db, scope, schedule.id))?.deletedAt !== null)
            throw new AppError('schedule.deleted', 409)
          runId = await claimRun(db, scope, schedule.id, dueAt, now(), kind)
        }
        const result = await run({ scope, schedule, runId, dueAt: dueAt - 1, attempts: 1, kind, built }, onlyTo)
        return result === 'taken' ? 'failed' : result
      } finally {
        built()
      }
    },
  }
}
