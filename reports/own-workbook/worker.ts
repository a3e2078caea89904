// The thread: one workbook, its own connection, its own memory.
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase, scopeOf } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { fillFor } from './own-workbook.ts'
import { WorkbookRefused } from './refused.ts'
import type { Said, ThreadJob } from './thread.ts'

const job = workerData as ThreadJob
const say = (said: Said) => parentPort!.postMessage(said)
// On Linux this is of the calling thread alone: whoever has a call to serve goes first.
if (process.platform === 'linux') {
  try {
    setPriority(10)
  } catch {
    // Not allowed here: then with the same rank.
  }
}
const db = openDatabase(job.databaseUrl, { readOnly: true })
try {
  say({ filled: await fillFor(db, scopeOf(job.agencyId), job) })
} catch (error) {
  if (error instanceof WorkbookRefused) say({ refused: { code: error.code, values: error.values } })
  else if (error instanceof AppError) {
    const { code, status, values, fields } = error
    say({ wrong: { code, status, values, ...(fields ? { fields } : {}) } })
  } else say({ fault: (error as Error).message })
} finally {
  await db.close().catch(() => {})
}
