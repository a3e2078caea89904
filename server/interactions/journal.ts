import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Knex } from '../database/index.ts'
import type { Fact, FactSink } from './facts.ts'
import { FactFault, project } from './projection.ts'
import { openSpool, type Spool } from './spool.ts'

export type JournalOptions = {
  db: Database
  /** Of this process alone: facts wait here. */
  folder: string
  clock?: { now(): number }
  log?: { warn(detail: object, text: string): void; error(detail: object, text: string): void }
  /** Somebody should look: facts set aside (`facts.set_aside`), database away (`facts.waiting`), disk refused (`facts.disk`). */
  alarm?(alarm: { code: string; message: string; agencyId?: number }): void
  /** More to write in the transaction that stores facts, once their tables have them. */
  alongside?(trx: Knex, facts: readonly Fact[]): Promise<void>
  /** Waits between two tries; tests put their own in its place. */
  wait?(ms: number): Promise<void>
  /** Facts in one transaction at most. */
  batch?: number
}

export type FactJournal = FactSink & {
  /** Writes what was recorded up to now: true when all of it is in the database (or set aside), false when it still waits. */
  flush(): Promise<boolean>
  /** How many facts wait. */
  pending(): number
  /** Begins to write, first what an earlier run left. Facts can be recorded before. */
  start(): void
  /** Writes what can be written now and lets go of the folder; the rest is written by the next start. */
  stop(): Promise<void>
  /** Each batch once it is in the database, in order; returns how to stop listening. */
  onWritten(listener: (facts: Fact[]) => void): () => void
}

/** Longest text in a fact: what is longer is cut, so that it always fits its column. */
const MAX_TEXT = 10_000
const SYNC_MS = 100
/** So many tries while the database answers, but refuses this one fact for a reason that we do not know. */
const TRIES = 5

/**
 * The journal of facts: each goes to disk first and from there, in order, into the database in one transaction with what
 * it means for the tables. Exactly once: a fact whose id is stored already is passed over.
 * @throws Error when the folder is in use by another process
 */
export function createFactJournal(options: JournalOptions): FactJournal {
  const { db, folder } = options
  const now = () => options.clock?.now() ?? Date.now()
  const batchSize = options.batch ?? 100
  let spool: Spool | undefined = openSpool(folder)
  /** Lines that the disk refused; they go behind everything in the spool. */
  const held: string[] = []
  const listeners = new Set<(facts: Fact[]) => void>()
  let waiting = spool.left()
  let running = false
  let stopped = false
  let away = false
  let wake: (() => void) | undefined
  let pass: Promise<boolean> | undefined
  let loop: Promise<void> | undefined
  let syncTimer: NodeJS.Timeout | undefined
  const wait =
    options.wait ??
    ((ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        timer.unref()
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }))

  const alarm = (code: string, message: string, agencyId?: number) => {
    try {
      options.alarm?.({ code, message, ...(agencyId === undefined ? {} : { agencyId }) })
    } catch (error) {
      options.log?.error({ err: error }, 'the alarm of the facts could not be raised')
    }
  }

  const toDisk = (line: string) => {
    if (!spool) return false
    try {
      while (held.length > 0) {
        spool.append(held[0] as string)
        held.shift()
      }
      spool.append(line)
      return true
    } catch (error) {
      if (held.length === 0) {
        options.log?.error({ err: error }, 'facts cannot be written to disk; they wait in memory')
        alarm('facts.disk', String((error as Error).message))
      }
      return false
    }
  }

  const syncLater = () => {
    if (syncTimer || stopped) return
    syncTimer = setTimeout(() => {
      syncTimer = undefined
      spool?.sync().catch((error) => options.log?.error({ err: error }, 'facts could not be synced to disk'))
    }, SYNC_MS)
    syncTimer.unref()
  }

  const setAside = (line: string, error: unknown, agencyId?: number) => {
    const reason = String((error as Error)?.message ?? error).slice(0, 500)
    options.log?.error({ err: error, fact: line.slice(0, 500) }, 'a fact was set aside')
    try {
      appendFileSync(join(folder, 'set-aside.ndjson'), `${JSON.stringify({ at: now(), reason, line })}\n`, {
        mode: 0o600,
      })
    } catch (cause) {
      options.log?.error({ err: cause, line }, 'a fact could not even be set aside; here it is')
    }
    alarm('facts.set_aside', reason, agencyId)
  }

  const peek = (limit: number): { lines: string[]; fromDisk: boolean } => {
    const lines = spool?.peek(limit) ?? []
    return lines.length > 0 ? { lines, fromDisk: true } : { lines: held.slice(0, limit), fromDisk: false }
  }
  const drop = (lines: string[], fromDisk: boolean) => {
    if (fromDisk) {
      spool?.drop(lines.length)
      waiting -= lines.length
      return
    }
    // Some may have reached the disk while they were being written; there they are known by their id.
    for (const line of lines) {
      if (held[0] !== line) return
      held.shift()
      waiting--
    }
  }

  /** Stores and projects those that are new. @returns the new ones */
  const store = (facts: Fact[]) =>
    db.transaction(async (trx) => {
      const known = new Set<string>()
      for (const row of await trx('facts')
        .whereIn(
          'id',
          facts.map((fact) => fact.id),
        )
        .select('id'))
        known.add(row.id)
      const fresh: Fact[] = []
      for (const fact of facts) {
        if (known.has(fact.id)) continue
        known.add(fact.id)
        fresh.push(fact)
      }
      if (fresh.length === 0) return fresh
      await trx('facts').insert(fresh.map(rowOf))
      for (const fact of fresh) await project(trx, fact)
      await options.alongside?.(trx, fresh)
      return fresh
    })

  const tell = (facts: Fact[]) => {
    if (facts.length === 0) return
    for (const listener of listeners) {
      try {
        listener(facts)
      } catch (error) {
        options.log?.error({ err: error }, 'a listener of facts failed')
      }
    }
  }

  const isBack = () => {
    if (away) options.log?.warn({ waiting }, 'the database is back; facts are being written')
    away = false
  }
  const isAway = (error: unknown) => {
    if (!away) {
      options.log?.warn({ err: error, waiting }, 'facts wait on disk: the database does not take them')
      alarm('facts.waiting', String((error as Error)?.message ?? error).slice(0, 200))
    }
    away = true
  }

  /** One fact by itself. @returns false when it must wait */
  let tries = 0
  const writeOne = async (line: string, fact: Fact): Promise<boolean> => {
    try {
      tell(await store([fact]))
    } catch (error) {
      // Another process told the same (a fact with an id of its own) between our look and our insert.
      if (db.dialect.isDuplicate(error) && (await stored(db, fact.id))) return true
      if (!isFaultOfFact(error)) {
        if (isGone(db, error) || ++tries < TRIES || !(await answers(db))) {
          isAway(error)
          return false
        }
      }
      setAside(line, error, fact.agencyId)
    }
    tries = 0
    return true
  }

  /** Writes one batch from the front. @returns 'empty', 'written' or 'waiting' */
  const writeBatch = async (): Promise<'empty' | 'written' | 'waiting'> => {
    const { lines, fromDisk } = peek(batchSize)
    if (lines.length === 0) {
      waiting = 0
      return 'empty'
    }
    const facts = lines.map((line) => readFact(line))
    const sound = facts.filter((fact) => fact !== undefined)
    try {
      if (sound.length > 0) tell(await store(sound))
    } catch (error) {
      if (isGone(db, error)) {
        isAway(error)
        return 'waiting'
      }
      // Something among them: each by itself, so that it does not hold the others back.
      for (const [place, line] of lines.entries()) {
        const fact = facts[place]
        if (fact && !(await writeOne(line, fact))) return 'waiting'
        if (!fact && line.trim() !== '') setAside(line, new FactFault('not a fact'))
        drop([line], fromDisk)
      }
      isBack()
      return 'written'
    }
    for (const [place, line] of lines.entries()) {
      if (!facts[place] && line.trim() !== '') setAside(line, new FactFault('not a fact'))
    }
    drop(lines, fromDisk)
    isBack()
    return 'written'
  }

  /** Everything that waits, until nothing does or it must wait; never two at once. */
  const writeAll = (): Promise<boolean> => {
    pass ??= (async () => {
      try {
        for (;;) {
          const result = await writeBatch()
          if (result !== 'written') return result === 'empty'
        }
      } catch (error) {
        // The disk cannot be read, or the like.
        isAway(error)
        return false
      } finally {
        pass = undefined
      }
    })()
    return pass
  }

  const writeForever = async () => {
    let pause = 250
    while (running) {
      const done = await writeAll()
      if (!running) return
      if (done) {
        pause = 250
        if (waiting > 0) continue
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      } else {
        await wait(pause)
        pause = Math.min(pause * 2, 5_000)
      }
    }
  }

  return {
    record(given) {
      const at = Number.isFinite(given.at) ? Math.round(given.at!) : now()
      const fact = { ...given, id: given.id ?? randomUUID(), at } as Fact
      let line: string
      try {
        line = JSON.stringify(fact, (_key, value) =>
          typeof value === 'string' ? value.slice(0, MAX_TEXT).toWellFormed() : value,
        )
      } catch (error) {
        setAside(String(fact.kind), error, fact.agencyId)
        return fact
      }
      if (!toDisk(line)) held.push(line)
      waiting++
      syncLater()
      if (!away) wake?.()
      return fact
    },
    async flush() {
      // The pass under way may have looked before the last fact came.
      await pass
      return writeAll()
    },
    pending: () => Math.max(0, waiting),
    start() {
      if (running || stopped) return
      running = true
      loop = writeForever()
    },
    async stop() {
      if (stopped) return
      running = false
      stopped = true
      wake?.()
      await loop
      await writeAll()
      clearTimeout(syncTimer)
      await spool?.sync().catch((error) => options.log?.error({ err: error }, 'facts could not be synced to disk'))
      spool?.close()
      spool = undefined
      if (held.length > 0) options.log?.error({ facts: held }, 'facts that neither disk nor database took')
    },
    onWritten(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const stored = (db: Database, id: string) =>
  db
    .knex('facts')
    .where({ id })
    .first('id')
    .then(Boolean, () => false)

const rowOf = (fact: Fact) => {
  const { id, agencyId, interactionId, kind, at, ...body } = fact
  return { id, agency_id: agencyId, interaction_id: interactionId, kind, at, body: JSON.stringify(body) }
}

function readFact(line: string): Fact | undefined {
  try {
    const fact = JSON.parse(line) as Partial<Fact> | null
    return fact &&
      typeof fact === 'object' &&
      typeof fact.id === 'string' &&
      typeof fact.kind === 'string' &&
      typeof fact.interactionId === 'string' &&
      typeof fact.at === 'number' &&
      typeof fact.agencyId === 'number'
      ? (fact as Fact)
      : undefined
  } catch {
    return undefined
  }
}

/** The value is what is wrong, not the database: a text too long, an agency that does not exist, a missing value. */
const ofValues =
  /^(SQLITE_CONSTRAINT|SQLITE_MISMATCH|SQLITE_TOOBIG|ER_(BAD_NULL|DATA_TOO_LONG|TRUNCATED_WRONG|WARN_DATA|NO_REFERENCED|DUP_ENTRY|NO_DEFAULT_FOR_FIELD|DATA_OUT_OF_RANGE|INVALID_JSON|CONSTRAINT_FAILED|CHECK_CONSTRAINT))/
const isFaultOfFact = (error: unknown) =>
  error instanceof FactFault ||
  error instanceof TypeError ||
  ofValues.test(String((error as { code?: unknown } | null)?.code ?? ''))

/** Connections that died in the pool say so in words only. */
const isGone = (db: Database, error: unknown) =>
  db.dialect.isUnavailable(error) ||
  /closed state|connection (lost|was killed)|acquire a connection|destroyed|not open/i.test(
    String((error as Error | null)?.message),
  )

const answers = (db: Database) =>
  db.ping().then(
    () => true,
    () => false,
  )
