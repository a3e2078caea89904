import { decodeText } from './text.ts'

/**
 * What the switch sent between two blank lines, with its body. `headers` are without Content-Length, which `body` has used
 * up. `body` is a view: use it before returning.
 */
export type Frame = { type: string; headers: Readonly<Record<string, string>>; body: Buffer }

/** The other side does not speak ESL. The connection is of no use any more. */
export class FramingError extends Error {
  readonly code = 'switch.malformed'
  constructor(message: string) {
    super(message)
    this.name = 'FramingError'
  }
}

export type FrameLimits = {
  /** Longest header block in bytes; 10 MiB, as in the switch itself. */
  headerBytes: number
  /** Longest body in bytes. */
  bodyBytes: number
}

/** A frame whose body is still arriving. */
type Unfinished = Frame & { filled: number }

const LF = 10
const CR = 13
const NOTHING = Buffer.alloc(0)
const EVENT_TYPE = 'text/event-json'
const LENGTH = Buffer.from('Content-Length: ')
const AFTER_LENGTH = Buffer.from(`\nContent-Type: ${EVENT_TYPE}\n\n`)
const EVENT_HEADERS = Object.freeze({ 'Content-Type': EVENT_TYPE })

/**
 * Cuts a stream of bytes into frames, whatever the borders of its chunks. Never keeps a reference to a chunk (so the
 * socket may read into one buffer again and again), looks at every byte once, and holds at most one header block or
 * one body. `push` throws FramingError on anything that is not ESL and on every call after that.
 */
export class FrameReader {
  readonly #limits: FrameLimits
  readonly #onFrame: (frame: Frame) => void
  #header = NOTHING
  #headerUsed = 0
  /** Only CRs since the last LF: the next LF ends the block. */
  #lineEmpty = true
  #waiting: Unfinished | undefined
  #broken: FramingError | undefined
  #stopped = false

  constructor(onFrame: (frame: Frame) => void, limits: Partial<FrameLimits> = {}) {
    this.#onFrame = onFrame
    this.#limits = { headerBytes: 10 * 1024 * 1024, bodyBytes: 64 * 1024 * 1024, ...limits }
  }

  /** No frame comes out any more, also not from the chunk being read. */
  stop(): void {
    this.#stopped = true
    this.#header = NOTHING
    this.#headerUsed = 0
    this.#waiting = undefined
  }

  push(chunk: Buffer): void {
    if (this.#broken) throw this.#broken
    try {
      this.#read(chunk)
    } catch (error) {
      if (error instanceof FramingError) {
        this.#broken = error
        this.stop()
      }
      throw error
    }
  }

  #read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#stopped) {
      if (this.#waiting) at = this.#fill(this.#waiting, chunk, at)
      else {
        const quick = this.#headerUsed === 0 && this.#lineEmpty ? quickEvent(chunk, at) : undefined
        at = quick ? this.#body(EVENT_TYPE, EVENT_HEADERS, quick.length, chunk, quick.bodyAt) : this.#block(chunk, at)
      }
    }
  }

  /** Reads on in a header block; returns where to go on. */
  #block(chunk: Buffer, from: number): number {
    const end = this.#blockEnd(chunk, from)
    const until = end === -1 ? chunk.length : end
    const used = this.#headerUsed + until - from
    if (used > this.#limits.headerBytes) {
      throw new FramingError(`header block longer than ${this.#limits.headerBytes} bytes`)
    }
    if (end === -1) {
      this.#keep(chunk, from)
      return until
    }
    let block = chunk.subarray(from, until)
    if (this.#headerUsed > 0) {
      this.#keep(chunk.subarray(0, until), from)
      block = this.#header.subarray(0, this.#headerUsed)
    }
    const headers = parseHeaders(block)
    this.#headerUsed = 0
    if (this.#header.length > 65_536) this.#header = NOTHING
    // A blank line with no header before it: nothing was said.
    if (!headers) return until
    return this.#body(headers['Content-Type'] ?? '', headers, contentLength(headers), chunk, until)
  }

  #blockEnd(chunk: Buffer, from: number): number {
    let at = from
    let empty = this.#lineEmpty
    while (at < chunk.length) {
      const lf = chunk.indexOf(LF, at)
      const stop = lf === -1 ? chunk.length : lf
      for (; empty && at < stop; at++) if (chunk[at] !== CR) empty = false
      if (lf === -1) break
      if (empty) {
        this.#lineEmpty = true
        return lf + 1
      }
      empty = true
      at = lf + 1
    }
    this.#lineEmpty = empty
    return -1
  }

  #keep(chunk: Buffer, from: number): void {
    const need = this.#headerUsed + chunk.length - from
    if (need > this.#header.length) {
      const larger = Buffer.allocUnsafe(Math.max(1024, need, this.#header.length * 2))
      this.#header.copy(larger, 0, 0, this.#headerUsed)
      this.#header = larger
    }
    chunk.copy(this.#header, this.#headerUsed, from)
    this.#headerUsed = need
  }

  /** Hands the frame over when its body is all there, else starts to collect it; returns where to go on. */
  #body(type: string, headers: Frame['headers'], length: number, chunk: Buffer, at: number): number {
    if (length > this.#limits.bodyBytes) {
      throw new FramingError(`body of ${length} bytes is longer than ${this.#limits.bodyBytes}`)
    }
    if (at + length <= chunk.length) {
      this.#onFrame({ type, headers, body: length === 0 ? NOTHING : chunk.subarray(at, at + length) })
      return at + length
    }
    const body = Buffer.allocUnsafe(length)
    chunk.copy(body, 0, at)
    this.#waiting = { type, headers, body, filled: chunk.length - at }
    return chunk.length
  }

  #fill(waiting: Unfinished, chunk: Buffer, at: number): number {
    const take = Math.min(waiting.body.length - waiting.filled, chunk.length - at)
    chunk.copy(waiting.body, waiting.filled, at, at + take)
    waiting.filled += take
    if (waiting.filled === waiting.body.length) {
      this.#waiting = undefined
      this.#onFrame({ type: waiting.type, headers: waiting.headers, body: waiting.body })
    }
    return at + take
  }
}

/** The head that FreeSWITCH itself writes before a JSON event; undefined when it is anything else, or not all there. */
function quickEvent(chunk: Buffer, from: number): { length: number; bodyAt: number } | undefined {
  for (let i = 0; i < LENGTH.length; i++) if (chunk[from + i] !== LENGTH[i]) return undefined
  let at = from + LENGTH.length
  let length = 0
  let digit = (chunk[at] ?? 0) - 48
  const first = at
  while (digit >= 0 && digit <= 9 && at - first < 9) {
    length = length * 10 + digit
    digit = (chunk[++at] ?? 0) - 48
  }
  if (at === first) return undefined
  for (let i = 0; i < AFTER_LENGTH.length; i++) if (chunk[at + i] !== AFTER_LENGTH[i]) return undefined
  return { length, bodyAt: at + AFTER_LENGTH.length }
}

function parseHeaders(block: Buffer): Record<string, string> | undefined {
  // A null prototype: a header called `__proto__` is a header like any other.
  let headers: Record<string, string> | undefined
  for (const line of decodeText(block).split('\n')) {
    const text = line.replace(/\r+$/, '')
    if (text === '') continue
    const colon = text.indexOf(':')
    if (colon <= 0) throw new FramingError(`a header line has no name: ${JSON.stringify(text.slice(0, 60))}`)
    const name = text.slice(0, colon)
    const value = text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1)
    headers ??= Object.create(null) as Record<string, string>
    if (name === 'Content-Length' && headers[name] !== undefined && headers[name] !== value) {
      throw new FramingError('two different Content-Length')
    }
    headers[name] = value
  }
  return headers
}

/** Takes the length out of the headers. */
function contentLength(headers: Record<string, string>): number {
  const text = headers['Content-Length']
  if (text === undefined) return 0
  if (!/^\d{1,15}$/.test(text))
    throw new FramingError(`Content-Length is not a number: ${JSON.stringify(text.slice(0, 40))}`)
  delete headers['Content-Length']
  return Number(text)
}
