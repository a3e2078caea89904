// Recordings that lie on another machine: fetched over HTTP from the switch's side. The contract:
//
//   GET <base>/<path below RECORDINGS_DIR, each part percent-encoded>
//   Authorization: Bearer <secret>, and to go on: Range: bytes=<n>- with If-Range: <etag>
//   200 or 206 with Content-Length, ETag and X-Vera-Sha256 (hex, of the whole file); 401 or 403 wrong secret; 404 not there;
//   416 nothing behind n; 423 still being written; any other answer counts as "try later".
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hashFile } from './files.ts'

export type RecordingSource = { kind: 'shared' } | { kind: 'http'; url: string; secret: string }
export type RemoteFault = 'unreachable' | 'refused' | 'not_there' | 'too_large' | 'still_open' | 'broken'

/** `fault` is what pages say; the message has no secret in it. */
export class RemoteError extends Error {
  readonly fault: RemoteFault
  constructor(fault: RemoteFault, message: string) {
    super(message)
    this.name = 'RemoteError'
    this.fault = fault
  }
}

export type FetchOptions = {
  maxBytes?: number
  /** Without a byte for so long it is given up, ms. */
  idleMs?: number
  fetch?: typeof globalThis.fetch
  signal?: AbortSignal
}

/** An hour and a half of stereo at 16 kHz, with room to spare. */
const usualMost = 512 * 1024 ** 2

/**
 * One file from a switch's machine into `target`, by way of `<target>.part`, which a later attempt goes on with. Its hash is
 * compared with what the other side says. @throws RemoteError
 */
export async function fetchRecording(
  source: Extract<RecordingSource, { kind: 'http' }>,
  path: string,
  target: string,
  options: FetchOptions = {},
): Promise<{ bytes: number; sha256: string }> {
  const { maxBytes = usualMost, idleMs = 30_000, fetch = globalThis.fetch } = options
  const part = `${target}.part`
  const tagFile = `${part}.etag`
  await mkdir(dirname(target), { recursive: true })
  const etag = await readFile(tagFile, 'utf8').catch(() => '')
  const had =
    etag === ''
      ? 0
      : await stat(part).then(
          ({ size }) => size,
          () => 0,
        )
  const startAgain = () => Promise.all([rm(part, { force: true }), rm(tagFile, { force: true })])
  const idle = new AbortController()
  let timer = setTimeout(() => idle.abort(), idleMs)
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => idle.abort(), idleMs)
  }
  const signal = options.signal ? AbortSignal.any([options.signal, idle.signal]) : idle.signal
  try {
    const answer = await fetch(urlOf(source.url, path), {
      headers: {
        authorization: `Bearer ${source.secret}`,
        ...(had > 0 ? { range: `bytes=${had}-`, 'if-range': etag } : {}),
      },
      // The secret goes to the one address that was configured.
      redirect: 'error',
      signal,
    }).catch((error: Error) => {
      throw new RemoteError('unreachable', reasonOf(error))
    })
    const refused = faultOf(answer.status)
    if (refused) {
      await answer.body?.cancel().catch(() => undefined)
      if (answer.status === 416) await startAgain()
      throw new RemoteError(refused, `HTTP ${answer.status}`)
    }
    const goesOn = answer.status === 206
    const from = goesOn ? had : 0
    if (goesOn && !answer.headers.get('content-range')?.startsWith(`bytes ${had}-`)) {
      await answer.body?.cancel().catch(() => undefined)
      await startAgain()
      throw new RemoteError('broken', 'another range than the one asked for')
    }
    const length = Number(answer.headers.get('content-length') ?? 0)
    if (from + length > maxBytes) {
      await answer.body?.cancel().catch(() => undefined)
      throw new RemoteError('too_large', `${from + length} bytes`)
    }
    await writeFile(tagFile, answer.headers.get('etag') ?? '')
    const file = await open(part, goesOn ? 'a' : 'w')
    let size = from
    try {
      for await (const chunk of answer.body ?? []) {
        alive()
        size += chunk.length
        if (size > maxBytes) throw new RemoteError('too_large', `more than ${maxBytes} bytes`)
        await file.write(chunk)
      }
    } catch (error) {
      if (error instanceof RemoteError) await startAgain()
      throw error instanceof RemoteError ? error : new RemoteError('unreachable', reasonOf(error as Error))
    } finally {
      await file.close()
    }
    const sha256 = await hashFile(part)
    const said = answer.headers.get('x-vera-sha256')
    if (said !== null && said.toLowerCase() !== sha256) {
      await startAgain()
      throw new RemoteError('broken', 'its hash is not the one that the switch says')
    }
    await rename(part, target)
    await unlink(tagFile).catch(() => undefined)
    return { bytes: size, sha256 }
  } finally {
    clearTimeout(timer)
  }
}

function urlOf(base: string, path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.length === 0 || parts.includes('..') || parts.includes('.')) throw new RemoteError('broken', 'not a path')
  return `${base.replace(/\/+$/, '')}/${parts.map(encodeURIComponent).join('/')}`
}

function faultOf(status: number): RemoteFault | undefined {
  if (status === 200 || status === 206) return undefined
  if (status === 401 || status === 403) return 'refused'
  if (status === 404 || status === 410) return 'not_there'
  if (status === 423) return 'still_open'
  return status === 416 ? 'broken' : 'unreachable'
}

const reasonOf = (error: Error) => String((error.cause as { code?: string } | undefined)?.code ?? error.name)

/** ms until the next attempt: 1, 2, 4 ... 60 minutes. */
export const backoffMs = (attempts: number) => Math.min(60, 2 ** Math.max(0, attempts - 1)) * 60_000

/** Hash of what a companion sends, for its answer's header; undefined when there is no such file. */
export async function describeFile(path: string): Promise<{ size: number; sha256: string; etag: string } | undefined> {
  try {
    const { size } = await stat(path)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
    const sha256 = hash.digest('hex')
    return { size, sha256, etag: `"${sha256.slice(0, 32)}"` }
  } catch {
    return undefined
  }
}
