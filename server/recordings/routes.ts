import { join } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Database, Scope } from '../database/index.ts'
import type { Audit } from '../http/index.ts'
import { adminRoutes } from './admin-routes.ts'
import { audioRoutes } from './audio-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { createRecordings, type Recordings } from './recordings.ts'
import { runRoutes } from './run-routes.ts'

export type RecordingRoutesOptions = {
  db: Database
  audit: Audit
  /** Undefined: what only listening needs, over `recordingsDir`, without any job. */
  recordings?: Recordings
  recordingsDir?: string
  now?: () => number
  /** Names of the agency's prompts, for the announcement. */
  prompts?(scope: Scope): Promise<string[]>
  /** Names of campaigns that a rule may be for; undefined: there are none here. */
  campaigns?(scope: Scope): Promise<{ id: number; name: string }[]>
}
export type RouteParts = Omit<RecordingRoutesOptions, 'recordings'> & { recordings: Recordings }

/** `/recordings`, `/recordings/:id`, `/recordings/verification`, `/admin/recordings`, and the sound itself. */
export function recordingRoutes(options: RecordingRoutesOptions): FastifyPluginAsyncTypebox {
  const { db, audit, now } = options
  const folder = options.recordingsDir ?? '.'
  const recordings =
    options.recordings ??
    createRecordings({
      db,
      audit,
      alarms: { raise: () => {} },
      recordingsDir: folder,
      cacheDir: join(folder, '..', 'waveforms'),
      serverName: 'listening',
      ...(now ? { now } : {}),
    })
  const parts: RouteParts = { ...options, recordings }
  return async (app) => {
    await app.register(audioRoutes(parts))
    await app.register(pageRoutes(parts))
    await app.register(runRoutes(parts))
    await app.register(adminRoutes(parts))
  }
}
