import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Scope } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { knownReport } from '../access.ts'
import { type File, type Format, prepare } from '../run.ts'
import { languageOf } from '../store.ts'
import type { Language } from '../workbook/index.ts'
import {
  addExport,
  cancelExport,
  claimExport,
  countActive,
  type Ending,
  type Export,
  endExport,
  expireExports,
  listExports,
  readExport,
  removeExport,
  reviveExports,
  touchExport,
  wantedIds,
} from './store.ts'
import { type Job, type Run, runToFile, runToStream } from './thread.ts'

export const keptDays = 3
const dayMs = 86_400_000
/** A server that says nothing for so long is gone. */
const silentMs = 60_000
const mostWaiting = 5
const mostStreams = 4
const tickMs = 1_000
/** Less than this must stay free for calls and recordings. */
const spareBytes = 500e6

export type ExportsOptions = {
  db: Database
  databaseUrl: string
  folder: string
  server: string
  publicUrl?: string
  now: () => number
  log(line: string): void
  /** What makes a file; tests put their own. */
  run?: (job: Job & { path: string }) => Run
  freeBytes?: () => Promise<number>
}
export type Wanted = {
  report: string
  query: Record<string, unknown>
  format: Format
  table?: string | undefined
  language?: Language | undefined
}
export type Exports = ReturnType<typeof createExports>

/** Long files: one at a time on each server, made in a thread, kept for some days for whoever asked. */
export function createExports(options: ExportsOptions) {
  const { db, folder, server, now, log, run = runToFile } = options
  const freeBytes =
    options.freeBytes ??
    (async () => {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    })
  let current: { one: Export; run: Run } | undefined
  let making: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined
  let stopping = false
  let sweptAt = Number.NEGATIVE_INFINITY
  let streams = 0
  const fileOf = (id: string) => join(folder, id)
  const partOf = (id: string) => `${fileOf(id)}.part`

  const jobOf = (scope: Scope, wanted: Wanted, at: number): Job => ({
    databaseUrl: options.databaseUrl,
    agencyId: scope.agencyId,
    ...wanted,
    publicUrl: options.publicUrl,
    now: at,
  })

  async function make(one: Export): Promise<Ending> {
    await mkdir(folder, { recursive: true })
    if ((await freeBytes()) < spareBytes) return { state: 'failed', error: 'export.disk_full', values: {} }
    const scope = { agencyId: one.agencyId }
    const language = await languageOf(db, one.userId)
    const made = run({ ...jobOf(scope, { ...one, language }, one.createdAt), path: partOf(one.id) })
    current = { one, run: made }
    const { name, type, rowsDone, rowsTotal } = await made.done
    await rename(partOf(one.id), fileOf(one.id))
    const { size } = await stat(fileOf(one.id))
    return { state: 'done', bytes: size, fileName: name, fileType: type, rowsDone, rowsTotal }
  }

  async function begin(one: Export): Promise<void> {
    const ending = await make(one).catch((error) => (stopping ? { state: 'waiting' as const } : failureOf(one, error)))
    current = undefined
    const ours = await endExport(db, one, now(), ending)
    if (!ours || ending.state !== 'done')
      await Promise.all([partOf(one.id), fileOf(one.id)].map((path) => rm(path, { force: true })))
  }

  function failureOf(one: Export, error: Error & { code?: string }): Ending {
    if (error instanceof AppError) return { state: 'failed', error: error.code, values: error.values }
    log(`export ${one.id} (${one.report}) failed: ${error.message}`)
    const code = error.code ?? ''
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL')
      return { state: 'failed', error: 'export.disk_full', values: {} }
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return { state: 'failed', error: 'export.too_big', values: {} }
    if (db.dialect.isUnavailable(error)) return { state: 'failed', error: 'export.database', values: {} }
    return { state: 'failed', error: 'export.failed', values: {} }
  }

  async function look(): Promise<void> {
    const at = now()
    if (current && !(await touchExport(db, current.one, at, current.run.progress()))) await current.run.cancel()
    await reviveExports(db, { silentSince: at - silentMs }, at)
    if (at - sweptAt >= 3_600_000) {
      sweptAt = at
      await sweep(at)
    }
    if (making || stopping) return
    const one = await claimExport(db, server, at, silentMs)
    if (!one) return
    making = begin(one)
      .catch((error: Error) => log(`exports: ${error.message}`))
      .finally(() => {
        making = undefined
      })
  }

  /** Files that are over, or whose export is. */
  async function sweep(at: number): Promise<void> {
    const over = new Set(await expireExports(db, at - keptDays * dayMs))
    const files = await readdir(folder)
    const ids = [...new Set(files.map((file) => file.replace(/\.part$/, '')))]
    const wanted = await wantedIds(db, ids)
    for (const file of files) {
      const id = file.replace(/\.part$/, '')
      if (over.has(id) || !wanted.has(id)) await rm(join(folder, file), { force: true })
    }
  }

  /** Does what is due: claims, signs of life, retention. */
  function tick(): Promise<void> {
    ticking ??= look()
      .catch((error: Error) => log(`exports: ${error.message}`))
      .finally(() => {
        ticking = undefined
      })
    return ticking
  }

  const own = async (scope: Scope, userId: number, id: string): Promise<Export> => {
    const one = await readExport(db, scope, userId, id)
    if (!one) throw new AppError('export.not_found', 404)
    return one
  }

  return {
    tick,
    /** Waits for the run under way. */
    idle: async () => {
      await ticking
      await making
    },
    async start(): Promise<void> {
      await mkdir(folder, { recursive: true })
      await reviveExports(db, { server }, now())
      timer = setInterval(() => void tick(), tickMs)
    },
    async stop(): Promise<void> {
      stopping = true
      clearInterval(timer)
      await ticking
      await current?.run.cancel()
      await making
    },
    /** Throws `AppError` for wrong parameters, and for more than a person may have under way. */
    async ask(scope: Scope, userId: number, wanted: Wanted): Promise<Export> {
      await prepare(db, scope, knownReport(wanted.report), wanted.query, now())
      if ((await countActive(db, scope, userId)) >= mostWaiting)
        throw new AppError('export.too_many', 429, { most: mostWaiting })
      const id = randomUUID()
      await addExport(db, scope, { id, userId, server, createdAt: now(), table: undefined, ...wanted })
      if (timer) void tick()
      return own(scope, userId, id)
    },
    list: (scope: Scope, userId: number) => listExports(db, scope, userId),
    get: own,
    /** Nothing happens to one that is over. */
    async cancel(scope: Scope, userId: number, id: string): Promise<Export> {
      await own(scope, userId, id)
      const cancelled = await cancelExport(db, scope, userId, id, now())
      if (cancelled && current?.one.id === id) await current.run.cancel()
      return own(scope, userId, id)
    },
    async remove(scope: Scope, userId: number, id: string): Promise<void> {
      await own(scope, userId, id)
      if (await removeExport(db, scope, userId, id)) await rm(fileOf(id), { force: true })
    },
    async file(scope: Scope, userId: number, id: string): Promise<File & { bytes: number }> {
      const { state, fileName, fileType, server: keeper, ...one } = await own(scope, userId, id)
      if (state !== 'done') throw new AppError('export.not_ready', 409)
      const found = await stat(fileOf(id)).catch(() => undefined)
      if (!found) {
        if (keeper !== server) throw new AppError('export.elsewhere', 409, { server: keeper })
        throw new AppError('export.not_found', 404)
      }
      const content = createReadStream(fileOf(id))
      return {
        name: String(fileName),
        type: String(fileType),
        content,
        bytes: found.size,
        ...(one.rowsTotal === null ? {} : { rows: one.rowsTotal }),
      }
    },
    /** A file at once, in a thread, at its reader's pace. */
    async stream(scope: Scope, wanted: Wanted): Promise<File> {
      if (streams >= mostStreams) throw new AppError('export.busy', 429)
      streams++
      try {
        const file = await runToStream(jobOf(scope, wanted, now()))
        file.content.once('close', () => streams--)
        return file
      } catch (error) {
        streams--
        throw error
      }
    },
  }
}
