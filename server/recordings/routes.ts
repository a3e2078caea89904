import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { extname, resolve, sep } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Database } from '../database/index.ts'
import { AppError, type Audit, type Role } from '../http/index.ts'
import { readRange } from './range.ts'

export type RecordingRoutesOptions = { db: Database; audit: Audit; recordingsDir: string; now?: () => number }

const roles: readonly Role[] = ['supervisor', 'agency_administrator', 'administrator', 'agent']
const types: Record<string, string> = { '.wav': 'audio/wav', '.mp3': 'audio/mpeg', '.ogg': 'audio/ogg' }
/** A player asks for one recording in many pieces: that is listening once. */
const SAME_LISTENING_MS = 600_000

/** `GET /recordings/:id/audio`, whole or in ranges. */
export function recordingRoutes(options: RecordingRoutesOptions): FastifyPluginAsyncTypebox {
  const { db, audit, recordingsDir } = options
  const now = options.now ?? Date.now
  const heard = new Map<string, number>()
  const firstInAWhile = (key: string): boolean => {
    const at = now()
    for (const [old, since] of heard) if (at - since >= SAME_LISTENING_MS) heard.delete(old)
    if (heard.has(key)) return false
    heard.set(key, at)
    return true
  }

  return async (app) => {
    app.get(
      '/recordings/:id/audio',
      {
        config: { roles },
        schema: { params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 36 }) }), hide: true } as object,
      },
      async (request, reply) => {
        const { id } = request.params as { id: string }
        const { session, scope } = request
        const row = await db.knex('recordings').where({ agency_id: scope.agencyId, id }).first()
        if (!row) throw new AppError('recording.not_found', 404)
        if (session.role === 'agent' && row.agent_id !== session.userId) throw new AppError('recording.not_yours', 403)
        if (row.state === 'expected') throw new AppError('recording.still_open', 404)
        const file = row.state === 'present' ? await within(recordingsDir, row.path) : undefined
        if (!file) throw new AppError('recording.missing', 404)

        const part = readRange(request.headers.range, file.size)
        reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store')
        if (part === 'unsatisfiable') {
          return reply.code(416).header('content-range', `bytes */${file.size}`).send()
        }
        if (request.method === 'GET' && firstInAWhile(`${session.id} ${id}`)) {
          await audit.record(scope, {
            userId: session.userId,
            action: 'recording.listened',
            subjectType: 'recording',
            subjectId: id,
            detail: { interactionId: row.interaction_id },
          })
        }
        const { first, last } = part ?? { first: 0, last: file.size - 1 }
        reply
          .code(part ? 206 : 200)
          .type(types[extname(file.path).toLowerCase()] ?? 'application/octet-stream')
          .header('content-length', file.size === 0 ? 0 : last - first + 1)
        if (part) reply.header('content-range', `bytes ${first}-${last}/${file.size}`)
        return reply.send(file.size === 0 ? '' : createReadStream(file.path, { start: first, end: last }))
      },
    )
  }
}

/** The file, if it truly lies below the folder (links resolved): a path in the table is not trusted. */
async function within(folder: string, path: string): Promise<{ path: string; size: number } | undefined> {
  try {
    const root = await realpath(folder)
    // Talks are stored by their absolute path, voice mails below the folder.
    const real = await realpath(resolve(root, path))
    if (!real.startsWith(root + sep)) return undefined
    const found = await stat(real)
    return found.isFile() ? { path: real, size: found.size } : undefined
  } catch {
    return undefined
  }
}
