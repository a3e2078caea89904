// The thread: one bundle, its own connection, its own memory.
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase, scopeOf } from '../../server/database/index.ts'
import { AppError } from '../../server/http/types.ts'
import { faultText } from '../fault-text.ts'
import { makeBundle } from './bundle.ts'
import type { BundleJob, BundleSaid } from './thread.ts'

const { databaseUrl, agencyId, wanted } = workerData as BundleJob
const say = (said: BundleSaid) => parentPort!.postMessage(said)
const db = openDatabase(databaseUrl, { readOnly: true })
try {
  say({ bundle: await makeBundle(db, scopeOf(agencyId), wanted) })
} catch (error) {
  say({ fault: error instanceof AppError ? faultText(error) : (error as Error).message })
} finally {
  await db.close().catch(() => {})
}
