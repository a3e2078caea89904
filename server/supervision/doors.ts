import type { Database, Scope } from '../database/index.ts'
import type { Routing } from '../routing/index.ts'

export type Door = { open: boolean /** UTC ms; missing: until changed by hand. */; until?: number }

/**
 * Queues opened and closed by hand, kept so that a restart does not undo it. `start` reads them; `now` is from memory, for
 * screens. A door whose time is over opens and closes again as the queue's own settings say.
 */
export function createDoors({
  db,
  routing,
  now = Date.now,
  log = () => {},
}: {
  db: Database
  routing: Pick<Routing, 'setQueueOpen'>
  now?: () => number
  log?(line: string): void
}) {
  const doors = new Map<number, Door & { agencyId: number }>()
  const listeners = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined

  function arm(): void {
    clearTimeout(timer)
    const next = Math.min(...[...doors.values()].map(({ until }) => until ?? Number.POSITIVE_INFINITY))
    if (!Number.isFinite(next)) return
    timer = setTimeout(() => void expire(), Math.min(Math.max(0, next - now()), 2 ** 31 - 1))
    timer.unref()
  }
  function forget(queueId: number): void {
    doors.delete(queueId)
    routing.setQueueOpen(queueId, undefined)
  }
  /** Ends what is over; a database that is away does not keep a queue closed. */
  async function expire(): Promise<void> {
    for (const [queueId, { until }] of [...doors]) if (until !== undefined && until <= now()) forget(queueId)
    for (const listener of listeners) listener()
    arm()
    await db
      .knex('queue_doors')
      .whereNotNull('until')
      .where('until', '<=', now())
      .delete()
      .catch((error: Error) => log(`doors: ${error.message}`))
  }

  return {
    async start(): Promise<void> {
      for (const row of await db.knex('queue_doors').select('*')) {
        const until = row.until === null ? undefined : Number(row.until)
        doors.set(row.queue_id, { open: Boolean(row.open), until, agencyId: row.agency_id })
        routing.setQueueOpen(row.queue_id, Boolean(row.open))
      }
      await expire()
    },
    stop(): void {
      clearTimeout(timer)
    },
    /** `open` undefined: as the queue's settings say again. The queue must be the scope's. */
    async set(scope: Scope, userId: number, queueId: number, open: boolean | undefined, until?: number): Promise<void> {
      const { agencyId } = scope
      if (open === undefined) {
        await db.knex('queue_doors').where({ queue_id: queueId, agency_id: agencyId }).delete()
        forget(queueId)
      } else {
        await db
          .knex('queue_doors')
          .insert({ queue_id: queueId, agency_id: agencyId, open, until: until ?? null, user_id: userId, at: now() })
          .onConflict('queue_id')
          .merge()
        doors.set(queueId, { open, until, agencyId })
        routing.setQueueOpen(queueId, open)
      }
      arm()
      for (const listener of listeners) listener()
    },
    /** As it stands by hand; undefined: as its settings say. */
    now(queueId: number): Door | undefined {
      const door = doors.get(queueId)
      return door && { open: door.open, ...(door.until === undefined ? {} : { until: door.until }) }
    },
    onChange(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
export type Doors = ReturnType<typeof createDoors>

/** The next midnight of a time zone, UTC ms, to the quarter of an hour. */
export function midnightAfter(at: number, timeZone: string): number {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  const quarter = 900_000
  const today = day.format(at)
  let next = Math.floor(at / quarter) * quarter
  do next += quarter
  while (day.format(next) === today)
  return next
}
