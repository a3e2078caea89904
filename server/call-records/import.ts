// Files into rows, each once: read, stored in one transaction, and only then moved out of the way. Killed anywhere in
// between, the next pass finds the file again and the row already there.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../database/index.ts'
import { setBroken, setDone, type WaitingFile, waitingFiles } from './folder.ts'
import { type CallRecord, type RecordFault, readRecord } from './record.ts'
import { storeRecords } from './store.ts'

export type ImportOptions = {
  db: Database
  cdrDir: string
  now(): number
  /** Facts have so long to arrive before a record is joined with them, ms. */
  graceMs: number
  /** A file that is no JSON may still be being written for so long, ms. */
  halfWrittenMs: number
  /** 0: a file is removed once it is imported. */
  keepDays: number
  /** The configured name of the switch that had this run, if it was ever seen alive. */
  nodeOf(coreUuid: string): string | undefined
  stopping(): boolean
  /** Files that are imported but could not be moved: not read again and again. */
  stuck: Set<string>
  /** Told after each batch. */
  progress(done: { imported: number; repeated: number; broken: number; awaited: number }): void
  log(text: string, detail: object): void
}

/** Real ones have 5 to 30 kB. */
const MAX_BYTES = 2_000_000
const BATCH = 300
const AT_ONCE = 16

type Read = { file: WaitingFile; record: CallRecord }

/** Imports everything that waits. Rejects when the database does not answer; nothing is lost then. */
export async function importAll(options: ImportOptions): Promise<void> {
  let batch: WaitingFile[] = []
  for await (const file of waitingFiles(options.cdrDir)) {
    if (options.stopping()) return
    batch.push(file)
    if (batch.length < BATCH) continue
    await importBatch(batch, options)
    batch = []
  }
  if (batch.length > 0) await importBatch(batch, options)
}

async function importBatch(files: WaitingFile[], options: ImportOptions): Promise<void> {
  const { now, stuck } = options
  const done = { imported: 0, repeated: 0, broken: 0, awaited: 0 }
  const read: Read[] = []
  const refuse = async (file: WaitingFile, fault: RecordFault, detail: string) => {
    done.broken++
    options.log('a call record was set aside', { file: file.name, fault, detail })
    await setBroken(file, fault, detail, now()).catch((error: Error) =>
      options.log('a broken call record could not be moved', { file: file.name, err: error }),
    )
  }
  const one = async (file: WaitingFile) => {
    const path = join(file.folder, file.name)
    if (stuck.has(path)) return
    try {
      const found = await stat(path)
      if (!found.isFile()) return refuse(file, 'unreadable', 'not a file')
      if (found.size > MAX_BYTES) return refuse(file, 'too_big', `${found.size} bytes`)
      const about = { fileName: file.name, modifiedAt: Math.round(found.mtimeMs), now: now() }
      const reading = readRecord(await readFile(path), { ...about, ...(file.node ? { node: file.node } : {}) })
      if ('record' in reading) {
        const { record } = reading
        read.push({ file, record: { ...record, switchNode: options.nodeOf(record.coreUuid) ?? record.switchNode } })
      }
      // A clock that was set back makes no file wait for ever.
      else if (reading.fault === 'not_json' && Math.abs(now() - found.mtimeMs) < options.halfWrittenMs) done.awaited++
      else await refuse(file, reading.fault, reading.detail)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EACCES' || code === 'EPERM' || code === 'ELOOP') await refuse(file, 'unreadable', code)
      // Too many open files and the like: the file is not at fault.
      else if (code !== 'ENOENT') done.awaited++
    }
  }
  const queue = files.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const file of queue) await one(file)
    }),
  )
  const stored = await store(read, options, refuse)
  done.imported = stored.fresh
  done.repeated = stored.kept.length - stored.fresh
  const moving = stored.kept.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const { file } of moving)
        await setDone(file, now(), options.keepDays > 0).catch((error: Error) => {
          stuck.add(join(file.folder, file.name))
          options.log('an imported call record could not be moved', { file: file.name, err: error })
        })
    }),
  )
  options.progress(done)
}

/** All in one transaction; if the database takes not all of them, each by itself, so that one does not hold the rest back. */
async function store(
  read: Read[],
  { db, now, graceMs }: ImportOptions,
  refuse: (file: WaitingFile, fault: RecordFault, detail: string) => Promise<void>,
): Promise<{ fresh: number; kept: Read[] }> {
  const settleAt = now() + graceMs
  if (read.length === 0) return { fresh: 0, kept: [] }
  try {
    const records = read.map(({ record }) => record)
    return { fresh: await storeRecords(db, records, now(), settleAt), kept: read }
  } catch {
    const kept: Read[] = []
    let fresh = 0
    for (const item of read) {
      try {
        fresh += await storeRecords(db, [item.record], now(), settleAt)
        kept.push(item)
      } catch (error) {
        // While the database is away nobody is at fault.
        await db.ping()
        if (db.dialect.isUnavailable(error)) throw error
        await refuse(item.file, 'database', String((error as Error).message).slice(0, 200))
      }
    }
    return { fresh, kept }
  }
}
