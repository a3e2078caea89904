import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '../database/index.ts'
import type { Fact, FactSink } from './facts.ts'
import { project } from './projection.ts'

export type JournalOptions = {
  db: Database
  /** Where facts wait: `facts.ndjson`; and those that no database takes: `facts-rejected.ndjson`. */
  folder: string
  now?: () => number
  log?: (line: string) => void
  /** Wait between two tries while the database is away, ms. */
  retryMs?: number
  /** A fact that cannot be written was set aside. */
  onRejected?: (fact: Fact, reason: string) => void
}

export type FactJournal = FactSink & {
  /** Takes up what an earlier process left on disk and begins to write. */
  start(): void
  /** Writes what it can, then lets go; what is left stays on disk. */
  stop(): Promise<void>
  /** Resolves when all that was recorded before is in the database (waits while that is away). */
  flush(): Promise<void>
  /** Facts that are not in the database yet. */
  pending(): number
  on(event: 'written', listener: (facts: Fact[]) => void): void
}

const batchSize = 200

/**
 * Every fact goes to a file first (so a crash of ours loses none), then in order to the database, together with what it
 * means for the other tables, exactly once by its id. The file is emptied when all of it is written.
 */
export function createFactJournal(options: JournalOptions): FactJournal {
  const { db, folder, now = Date.now, log = () => {}, retryMs = 1_000 } = options
  const emitter = new EventEmitter()
  const spool = join(folder, 'facts.ndjson')
  const rejected = join(folder, 'facts-rejected.ndjson')
  mkdirSync(folder, { recursive: true })
  let queue: Fact[] = []
  let lines = 0 // in the spool, written or not
  let running: Promise<void> | undefined
  let started = false
  let stopped = false
  let away = false
  let wake: (() => void) | undefined
  const idle: (() => void)[] = []

  function kick() {
    if (!started || stopped || running) return
    running = drain().finally(() => {
      running = undefined
      if (queue.length > 0) kick()
    })
  }

  async function drain() {
    while (queue.length > 0 && !stopped) {
      const batch = queue.slice(0, batchSize)
      try {
        const fresh = await write(batch)
        queue = queue.slice(batch.length)
        if (away) log('facts: the database is back')
        away = false
        if (fresh.length > 0) emitter.emit('written', fresh)
      } catch (error) {
        if (!db.dialect.isUnavailable(error)) {
          await writeEach(batch)
          continue
        }
        if (!away) log(`facts: the database is away, ${queue.length} wait on disk (${(error as Error).message})`)
        away = true
        await pause()
      }
      if (queue.length === 0 || lines > queue.length + 20_000) compact()
    }
    if (queue.length === 0) for (const done of idle.splice(0)) done()
  }

  /** Tells the good from the bad of a batch that failed as a whole; a poisoned one never holds up the others. */
  async function writeEach(batch: Fact[]) {
    for (const fact of batch) {
      try {
        const fresh = await write([fact])
        if (fresh.length > 0) emitter.emit('written', fresh)
      } catch (error) {
        if (db.dialect.isUnavailable(error)) return
        appendFileSync(rejected, `${JSON.stringify(fact)}\n`)
        log(`facts: ${fact.kind} ${fact.id} set aside in facts-rejected.ndjson: ${(error as Error).message}`)
        options.onRejected?.(fact, (error as Error).message)
      }
      queue = queue.slice(1)
    }
    if (queue.length === 0) compact()
  }

  /** In one transaction; the facts that were not there yet. */
  async function write(batch: Fact[]): Promise<Fact[]> {
    const unique = [...new Map(batch.map((fact) => [fact.id, fact])).values()]
    return db.transaction(async (trx) => {
      const known = new Set(
        (
          await trx('facts')
            .whereIn(
              'id',
              unique.map((fact) => fact.id),
            )
            .select('id')
        ).map((row: { id: string }) => row.id),
      )
      const fresh = unique.filter((fact) => !known.has(fact.id))
      for (const fact of fresh) {
        const { id, agencyId, interactionId, at, kind, ...body } = fact
        await trx('facts').insert({
          id,
          agency_id: agencyId,
          interaction_id: interactionId,
          kind,
          at,
          body: JSON.stringify(body),
        })
        await project(trx, fact)
      }
      return fresh
    })
  }

  /** The spool keeps only what is not written; synchronous, so that no fact comes in between. */
  function compact() {
    const part = `${spool}.part`
    writeFileSync(part, queue.map((fact) => `${JSON.stringify(fact)}\n`).join(''))
    renameSync(part, spool)
    lines = queue.length
  }

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, retryMs)
      timer.unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  function takeUp(): Fact[] {
    if (!existsSync(spool)) return []
    const facts: Fact[] = []
    for (const line of readFileSync(spool, 'utf8').split('\n')) {
      if (line === '') continue
      try {
        facts.push(JSON.parse(line) as Fact)
      } catch {
        // The last line of a process that was killed in the middle of writing it.
        appendFileSync(rejected, `${line}\n`)
        log('facts: a broken line was set aside in facts-rejected.ndjson')
      }
    }
    return facts
  }

  return {
    record(given) {
      const fact = { ...given, id: randomUUID(), at: given.at ?? now() } as Fact
      try {
        appendFileSync(spool, `${JSON.stringify(fact)}\n`)
        lines++
      } catch (error) {
        log(`facts: cannot write to ${folder}: ${(error as Error).message}`)
      }
      queue.push(fact)
      kick()
      return fact
    },
    start() {
      if (started) return
      started = true
      const mine = new Set(queue.map((fact) => fact.id))
      queue = [...takeUp().filter((fact) => !mine.has(fact.id)), ...queue]
      lines = queue.length
      compact()
      kick()
    },
    async stop() {
      // One last try for what is in memory; a database that is away does not hold us back.
      if (!away && running) await running
      stopped = true
      wake?.()
      await running
    },
    flush: () => (queue.length === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    pending: () => queue.length,
    on: (event, listener) => void emitter.on(event, listener),
  }
}
