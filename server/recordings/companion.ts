// The switch's side of remote.ts, for a machine that has only FreeSWITCH and its recordings: serves them to Vera and nobody else.
import { timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { findFile } from './files.ts'
import { readRange } from './range.ts'
import { describeFile } from './remote.ts'

/** For `http.createServer`: reads below `folder`, asks each time for the secret. */
export function recordingsCompanion({ folder, secret }: { folder: string; secret: string }) {
  const wanted = Buffer.from(`Bearer ${secret}`)
  const knows = (said: string | undefined) => {
    const given = Buffer.from(said ?? '')
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const end = (status: number, headers: Record<string, string | number> = {}) =>
      void response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end()
    if (!knows(request.headers.authorization)) return end(401)
    if (request.method !== 'GET') return end(405)
    let path: string
    try {
      path = decodeURIComponent((request.url ?? '/').split('?')[0]!.slice(1))
    } catch {
      return end(400)
    }
    const found = await findFile(folder, `./${path}`)
    if (found === 'folder' || found === 'unreadable') return end(503)
    if (typeof found !== 'object') return end(404)
    const about = await describeFile(found.path)
    if (!about) return end(503)
    const headers = { etag: about.etag, 'x-vera-sha256': about.sha256, 'content-type': 'application/octet-stream' }
    const same = request.headers['if-range'] === undefined || request.headers['if-range'] === about.etag
    const part = same ? readRange(request.headers.range, about.size) : undefined
    if (part === 'unsatisfiable') return end(416, { 'content-range': `bytes */${about.size}` })
    const { first, last } = part ?? { first: 0, last: about.size - 1 }
    response.writeHead(part ? 206 : 200, {
      ...headers,
      'content-length': about.size === 0 ? 0 : last - first + 1,
      ...(part ? { 'content-range': `bytes ${first}-${last}/${about.size}` } : {}),
    })
    if (about.size === 0) return void response.end()
    createReadStream(found.path, { start: first, end: last })
      .on('error', () => response.destroy())
      .pipe(response)
  }
}
