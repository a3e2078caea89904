import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError, type Session } from '../http/index.ts'
import { findFile } from './files.ts'
import { readRange } from './range.ts'
import { checkListening, mayDownload, pageRoles } from './rights.ts'
import type { RouteParts } from './routes.ts'
import { absenceCodes } from './state.ts'
import type { RecordingRow } from './store.ts'
import { NotAudio } from './waveform.ts'

const types: Record<string, string> = {
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg; codecs=opus',
}
/** A player asks for one recording in many pieces: that is listening once. */
const SAME_LISTENING_MS = 600_000

/** `GET /recordings/:id/audio`, whole or in ranges, to hear or (by right) to download; `GET /recordings/:id/peaks`. */
export function audioRoutes({ audit, recordings }: RouteParts): FastifyPluginAsyncTypebox {
  const { store, rules, waveforms, recordingsDir, now } = recordings
  const heard = new Map<string, number>()
  const firstInAWhile = (key: string): boolean => {
    const at = now()
    for (const [old, since] of heard) if (at - since >= SAME_LISTENING_MS) heard.delete(old)
    if (heard.has(key)) return false
    heard.set(key, at)
    return true
  }
  /** @throws AppError with the reason when there is nothing to be heard, or not by this person */
  async function soundOf(session: Session, id: string): Promise<{ row: RecordingRow; path: string; size: number }> {
    const row = await store.byId(session.scope, id)
    if (!row) throw new AppError('recording.not_found', 404)
    checkListening(session, await rules.settings(session.scope), row)
    if (row.state === 'expected') throw new AppError('recording.still_open', 404)
    if (row.state === 'expired' || row.state === 'expiring') throw new AppError('recording.expired', 404)
    if (row.state === 'missing') throw new AppError('recording.no_audio', 404)
    const found = await findFile(recordingsDir, row.path)
    if (typeof found === 'string') throw new AppError(absenceCodes[found], 404)
    return { row, ...found }
  }
  const schema = {
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 36 }) }),
    querystring: Type.Object({ download: Type.Optional(Type.Boolean()) }),
    hide: true,
  }

  return async (app) => {
    app.get('/recordings/:id/audio', { config: { roles: pageRoles }, schema }, async (request, reply) => {
      const { session } = request
      const { id } = request.params
      const { row, path, size } = await soundOf(session, id)
      const download = request.query.download === true
      if (download && !mayDownload(session, await rules.settings(session.scope)))
        throw new AppError('recording.no_download', 403)

      const part = download ? undefined : readRange(request.headers.range, size)
      reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store')
      if (part === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send()
      if (request.method === 'GET' && (download || firstInAWhile(`${session.id} ${id}`))) {
        await audit.record(session.scope, {
          userId: session.userId,
          action: download ? 'recording.downloaded' : 'recording.listened',
          subjectType: 'recording',
          subjectId: id,
          detail: { interactionId: row.interactionId },
        })
      }
      const { first, last } = part ?? { first: 0, last: size - 1 }
      const extension = extname(path).toLowerCase()
      reply
        .code(part ? 206 : 200)
        .type(types[extension] ?? 'application/octet-stream')
        .header('content-length', size === 0 ? 0 : last - first + 1)
      if (part) reply.header('content-range', `bytes ${first}-${last}/${size}`)
      if (download) {
        const day = new Date(row.startedAt).toISOString().slice(0, 10)
        const name = `grabacion-${day}-${id}`.replace(/[^A-Za-z0-9-]/g, '')
        reply.header('content-disposition', `attachment; filename="${name}${extension.replace(/[^.a-z0-9]/g, '')}"`)
      }
      return reply.send(size === 0 ? '' : createReadStream(path, { start: first, end: last }))
    })

    app.get('/recordings/:id/peaks', { config: { roles: pageRoles }, schema }, async (request, reply) => {
      const { row, path } = await soundOf(request.session, request.params.id)
      try {
        const peaks = await waveforms.of(row.id, row.sha256, path)
        return reply.header('cache-control', 'private, no-store').send(peaks)
      } catch (error) {
        if (error instanceof NotAudio) throw new AppError('recording.no_waveform', 422)
        throw error
      }
    })
  }
}
