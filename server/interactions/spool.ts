// Facts on disk: NDJSON segments that are appended to, read from the front and removed once everything in them is written.
import {
  closeSync,
  fdatasync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const SEGMENT = /^facts-(\d{8})\.ndjson$/
const ROTATE_BYTES = 1_048_576
const READ_BYTES = 65_536
const LOCK_STALE_MS = 60_000

/** One line of the spool and where the next begins. */
type Line = { text: string; end: number }
type Segment = { number: number; path: string; fd: number; offset: number; size: number }

export type Spool = {
  /** How many lines an earlier run left. */
  left(): number
  /** Hands the line to the system's cache at once: it outlives a crash of ours. Throws when the disk refuses. */
  append(line: string): void
  /** Up to `limit` lines from the front; they stay until `drop`. */
  peek(limit: number): string[]
  /** The first `count` lines last peeked are done with. */
  drop(count: number): void
  /** To the disk itself: outlives a crash of the machine. */
  sync(): Promise<void>
  /** Lets go of the folder; what is not done with stays there. */
  close(): void
}

/**
 * Opens the folder's spool, with what an earlier run left in it.
 * @throws Error with one line when another living process has the folder
 */
export function openSpool(folder: string): Spool {
  mkdirSync(folder, { recursive: true })
  const lock = takeLock(join(folder, 'lock'))
  const open = (number: number, flags: string): Segment => {
    const path = join(folder, `facts-${String(number).padStart(8, '0')}.ndjson`)
    const fd = openSync(path, flags, 0o600)
    return { number, path, fd, offset: 0, size: statSync(path).size }
  }
  const numbers = readdirSync(folder)
    .map((name) => Number(SEGMENT.exec(name)?.[1] ?? Number.NaN))
    .filter(Number.isFinite)
    .sort((a, b) => a - b)
  const segments = numbers.map((number) => open(number, 'r'))
  // Never append behind what an earlier run wrote: its last line may be torn.
  segments.push(open((numbers.at(-1) ?? 0) + 1, 'a+'))
  const last = () => segments.at(-1) as Segment
  let torn = false
  let dirty = false
  let peeked: Line[] = []

  const retire = (segment: Segment) => {
    closeSync(segment.fd)
    unlinkSync(segment.path)
  }

  return {
    left: () =>
      segments.reduce((sum, { path }) => sum + readFileSync(path).toString('latin1').split('\n').length - 1, 0),
    append(line) {
      const segment = last()
      const bytes = Buffer.from(`${torn ? '\n' : ''}${line}\n`)
      let written = 0
      try {
        while (written < bytes.length) written += writeSync(segment.fd, bytes, written)
        torn = false
      } catch (error) {
        if (written > 0) torn = true
        throw error
      } finally {
        segment.size += written
        dirty ||= written > 0
      }
    },
    peek(limit) {
      while (segments.length > 1 && segments[0]!.offset >= segments[0]!.size) retire(segments.shift()!)
      const segment = segments[0]!
      peeked = readLines(segment, limit, segments.length > 1)
      return peeked.map((line) => line.text)
    },
    drop(count) {
      const segment = segments[0]!
      const line = peeked[count - 1]
      if (line) segment.offset = line.end
      peeked = peeked.slice(count)
      if (segment === last() && segment.offset >= segment.size && segment.size >= ROTATE_BYTES && !torn) {
        segments.push(open(segment.number + 1, 'a+'))
        retire(segments.shift()!)
      }
    },
    sync() {
      lock.touch()
      if (!dirty) return Promise.resolve()
      dirty = false
      const { fd } = last()
      return new Promise((resolve, reject) =>
        fdatasync(fd, (error) => {
          // Rotated away in the meantime: everything in it was already in the database.
          if (!error || error.code === 'EBADF') return resolve()
          dirty = true
          reject(error)
        }),
      )
    },
    close() {
      for (const segment of segments) {
        if (segment.offset >= segment.size) retire(segment)
        else closeSync(segment.fd)
      }
      segments.length = 0
      lock.release()
    },
  }
}

/** Lines from the segment's offset. Its tail without an end of line counts only in a `finished` segment. */
function readLines(segment: Segment, limit: number, finished: boolean): Line[] {
  const lines: Line[] = []
  let buffer = Buffer.alloc(0)
  let position = segment.offset
  let start = segment.offset
  while (lines.length < limit) {
    const end = buffer.indexOf(10, start - position)
    if (end >= 0) {
      lines.push({ text: buffer.toString('utf8', start - position, end), end: position + end + 1 })
      start = position + end + 1
      continue
    }
    const chunk = Buffer.alloc(READ_BYTES)
    const read = readSync(segment.fd, chunk, 0, READ_BYTES, position + buffer.length)
    if (read === 0) break
    buffer = Buffer.concat([buffer.subarray(start - position), chunk.subarray(0, read)])
    position = start
  }
  const rest = buffer.subarray(start - position)
  if (finished && rest.length > 0 && lines.length < limit) {
    lines.push({ text: rest.toString('utf8'), end: segment.size })
  }
  return lines
}

/** Two processes on one folder would remove each other's segments. */
function takeLock(path: string): { touch(): void; release(): void } {
  try {
    const owner = Number(readFileSync(path, 'utf8'))
    const fresh = Date.now() - statSync(path).mtimeMs < LOCK_STALE_MS
    if (owner !== process.pid && fresh && isAlive(owner)) {
      throw new Error(`The facts' folder is in use by process ${owner}: stop it or choose another folder (${path})`)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  writeFileSync(path, String(process.pid))
  let touched = Date.now()
  return {
    touch() {
      if (Date.now() - touched < 10_000) return
      touched = Date.now()
      try {
        utimesSync(path, new Date(), new Date())
      } catch {
        // Someone cleaned the folder; the next start makes a new lock.
      }
    },
    release() {
      try {
        unlinkSync(path)
      } catch {
        // Gone already.
      }
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
