// Recordings that another switch holds are brought here, with patience: table recording_fetches.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, scopeOf } from '../database/index.ts'
import { relativePath } from './files.ts'
import { backoffMs, type FetchOptions, fetchRecording, type RecordingSource, RemoteError } from './remote.ts'

/** A switch that says "not there" so often will not find it any more. */
const MOST_NOT_THERE = 8
/** After this nobody waits any longer, ms. */
const GIVE_UP_MS = 14 * 86_400_000
const AT_ONCE = 20

export type FetchingOptions = FetchOptions & {
  db: Database
  recordingsDir: string
  now: () => number
  /** Where a switch's recordings lie; undefined or `shared`: in our own folder. */
  sourceOf(node: string): RecordingSource | undefined
  /** Names of the switches whose recordings are to be fetched. */
  nodes: readonly string[]
  log(line: string): void
}

export function createFetching(options: FetchingOptions) {
  const { db, recordingsDir, now, sourceOf, nodes, log } = options
  const fetches = () => db.knex('recording_fetches')
  let busy: Promise<number> | undefined

  /** What closed without a file here, on a switch that keeps its own. */
  async function note(): Promise<void> {
    const rows = await db
      .knex('recordings')
      .join('interactions', 'interactions.id', 'recordings.interaction_id')
      .leftJoin('recording_fetches', 'recording_fetches.recording_id', 'recordings.id')
      .where('recordings.state', 'missing')
      .where('recordings.closed_at', '>', now() - GIVE_UP_MS)
      .whereIn('interactions.switch_node', [...nodes])
      .whereNull('recording_fetches.recording_id')
      .limit(200)
      .select('recordings.id', 'recordings.agency_id', 'interactions.switch_node')
    for (const row of rows) {
      await fetches()
        .insert({
          recording_id: row.id,
          agency_id: row.agency_id,
          node: row.switch_node,
          state: 'waiting',
          next_at: now(),
          at: now(),
        })
        .onConflict('recording_id')
        .ignore()
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
  async function one(row: any): Promise<boolean> {
    const own = { agency_id: scopeOf(row.agency_id).agencyId, id: row.recording_id }
    // The claim: another server that read the same row finds it changed.
    const claimed = await fetches()
      .where({ recording_id: row.recording_id, state: 'waiting', next_at: row.next_at })
      .update({ next_at: now() + backoffMs(row.attempts + 1), attempts: row.attempts + 1 })
    if (claimed === 0) return false
    const source = sourceOf(row.node)
    const recording = await db
      .knex('recordings')
      .where({ ...own, state: 'missing' })
      .first()
    const inside = recording && relativePath(recordingsDir, recording.path)
    const end = (change: object) => fetches().where({ recording_id: row.recording_id }).update(change)
    if (!inside || source?.kind !== 'http') {
      await end({ state: 'failed', fault: 'not_there' })
      return false
    }
    try {
      const target = join(recordingsDir, inside)
      const { bytes, sha256 } = await fetchRecording(source, inside, target, options)
      await db
        .knex('recordings')
        .where({ ...own, state: 'missing' })
        .update({ state: 'present', bytes, sha256, duration_ms: await durationOf(target, bytes) })
      await end({ state: 'done', fault: null })
      return true
    } catch (error) {
      const fault = error instanceof RemoteError ? error.fault : 'broken'
      const attempts = row.attempts + 1
      const over =
        fault === 'too_large' ||
        (fault === 'not_there' && attempts >= MOST_NOT_THERE) ||
        now() - Number(row.at) > GIVE_UP_MS
      log(`recording ${row.recording_id} from ${row.node}: ${fault} (${(error as Error).message}), attempt ${attempts}`)
      await end({ fault, ...(over ? { state: 'failed' } : {}) })
      return false
    }
  }

  return {
    /** Fetches what is due; how many came. One at a time. */
    tick(): Promise<number> {
      if (nodes.length === 0) return Promise.resolve(0)
      busy ??= (async () => {
        await note()
        const due = await fetches()
          .where({ state: 'waiting' })
          .where('next_at', '<=', now())
          .orderBy('next_at')
          .limit(AT_ONCE)
        let came = 0
        for (const row of due) if (await one(row)) came++
        return came
      })().finally(() => {
        busy = undefined
      })
      return busy
    },
    /** From the page: now, not in an hour. */
    async again(agencyId: number, recordingId: string): Promise<boolean> {
      const count = await fetches()
        .where({ agency_id: agencyId, recording_id: recordingId })
        .whereIn('state', ['waiting', 'failed'])
        .update({ state: 'waiting', next_at: now(), at: now() })
      return count > 0
    },
    settled: async () => {
      await busy?.catch(() => undefined)
    },
  }
}

/** Of a plain WAV, ms; null when it is none. */
async function durationOf(path: string, bytes: number): Promise<number | null> {
  const file = await open(path)
  const header = Buffer.alloc(44)
  try {
    await file.read(header, 0, 44, 0)
  } finally {
    await file.close()
  }
  const bytesPerSecond = header.toString('latin1', 0, 4) === 'RIFF' ? header.readUInt32LE(28) : 0
  return bytesPerSecond === 0 ? null : Math.round(((bytes - 44) / bytesPerSecond) * 1_000)
}
