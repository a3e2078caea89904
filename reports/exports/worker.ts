// The thread: one report, its own connection, its own memory.
import { createWriteStream } from 'node:fs'
import { setPriority } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase, scopeOf } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { knownReport } from '../access.ts'
import type { Report } from '../report.ts'
import { makeFile, prepare } from '../run.ts'
import type { Job, Said } from './thread.ts'

const job = workerData as Job
const port = parentPort!
const say = (said: Said) => port.postMessage(said)

// On Linux this is of the calling thread alone: whoever has a call to serve goes first.
if (process.platform === 'linux') {
  try {
    setPriority(10)
  } catch {
    // Not allowed here: then with the same rank.
  }
}

let asked = 0
let wake: (() => void) | undefined
port.on('message', () => {
  asked++
  wake?.()
})
const more = async () => {
  while (asked === 0) await new Promise<void>((resolve) => (wake = resolve))
  asked--
}

/** The same report, that says how far it is. */
function counted(report: Report): Report {
  if (report.kind !== 'detail') return report
  const { detail } = report
  return {
    ...report,
    detail: {
      ...detail,
      async *rows(context) {
        let rows = 0
        for await (const batch of detail.rows(context)) {
          yield batch
          rows += batch.length
          say({ type: 'rows', rows })
        }
      },
    },
  }
}

const db = openDatabase(job.databaseUrl, { readOnly: true })
try {
  // Who may was looked at when it was asked for.
  const report = counted(knownReport(job.report, 'administrator'))
  const context = await prepare(db, scopeOf(job.agencyId), report, job.query, job.now, job.language)
  const { table, publicUrl } = job
  const file = await makeFile(context, job.format, {
    ...(table ? { table } : {}),
    ...(publicUrl ? { publicUrl } : {}),
  })
  const rows = file.rows ?? (report.kind === 'detail' ? await report.detail.count(context) : null)
  say({ type: 'ready', name: file.name, fileType: file.type, rows })
  if (job.path) await pipeline(file.content, createWriteStream(job.path))
  else
    for await (const chunk of file.content) {
      await more()
      say({ type: 'chunk', bytes: chunk as Uint8Array })
    }
  say({ type: 'end' })
} catch (error) {
  const { message, code } = error as Error & { code?: string }
  const app = error instanceof AppError ? error : undefined
  say({ type: 'failed', message, code, status: app?.status, values: app?.values ?? {}, fields: app?.fields })
} finally {
  await db.close().catch(() => {})
  port.close()
}
