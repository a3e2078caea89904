import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { wavHeader } from '../conf/music.ts'

const known = new Map<string, { stamp: number; ms: number }>()

/**
 * How long a sound lasts, ms: `Infinity` for endless streams, undefined when there is no such file. Understands WAV files,
 * `file_string://`, `tone_stream://`, `silence_stream://` and `local_stream://`.
 */
export function soundMs(name: string): number | undefined {
  if (name.startsWith('file_string://')) {
    const parts = name.slice(14).split('!').map(soundMs)
    // Like the real one: what cannot be opened is skipped, and nothing at all is FILE NOT FOUND.
    const there = parts.filter((ms) => ms !== undefined)
    return there.length > 0 ? there.reduce((sum, ms) => sum + ms, 0) : undefined
  }
  if (name.startsWith('silence_stream://')) {
    const ms = Number.parseInt(name.slice(17), 10)
    return ms > 0 ? ms : Number.POSITIVE_INFINITY
  }
  if (name.startsWith('tone_stream://')) return toneMs(name.slice(14))
  if (name.startsWith('local_stream://')) return Number.POSITIVE_INFINITY
  if (/^[a-z_]+:\/\//.test(name)) return undefined
  return fileMs(name)
}

/** A tone script's length: the sum of its `%(on,off,...)` times its loops. */
export function toneMs(script: string): number {
  let sum = 0
  for (const match of script.matchAll(/%\(\s*(\d+)\s*\\?,\s*(\d+)/g)) sum += Number(match[1]) + Number(match[2])
  const loops = Number(/(?:loops|L)=(-?\d+)/.exec(script)?.[1] ?? 1)
  return loops < 0 ? Number.POSITIVE_INFINITY : (sum || 1000) * Math.max(1, loops)
}

function fileMs(path: string): number | undefined {
  try {
    const state = statSync(path)
    if (!state.isFile()) return undefined
    const seen = known.get(path)
    if (seen?.stamp === state.mtimeMs) return seen.ms
    const ms = measure(path, state.size)
    if (ms !== undefined) known.set(path, { stamp: state.mtimeMs, ms })
    return ms
  } catch {
    return undefined
  }
}

function measure(path: string, size: number): number | undefined {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(Math.min(size, 4096))
    readSync(file, head, 0, head.length, 0)
    if (head.toString('latin1', 0, 4) !== 'RIFF') {
      // An MP3 or so: close enough at 64 kbit/s.
      return /\.(mp3|ogg|opus)$/i.test(path) ? (size * 8) / 64 : undefined
    }
    let bytesPerSecond = 16_000
    for (let at = 12; at + 8 <= head.length; ) {
      const chunk = head.toString('latin1', at, at + 4)
      const length = head.readUInt32LE(at + 4)
      if (chunk === 'fmt ' && at + 20 <= head.length) bytesPerSecond = head.readUInt32LE(at + 16) || bytesPerSecond
      if (chunk === 'data') return (Math.min(length, size - at - 8) / bytesPerSecond) * 1000
      at += 8 + length + (length % 2)
    }
    return undefined
  } finally {
    closeSync(file)
  }
}

/** A second of someone talking far away: syllables of a hum with a little noise. */
function murmur(channels: number, pitch: number): Buffer {
  const samples = new Int16Array(8000 * channels)
  for (let i = 0; i < 8000; i++) {
    const syllable = Math.max(0, Math.sin((2 * Math.PI * 3.7 * i) / 8000)) ** 2
    for (let channel = 0; channel < channels; channel++) {
      const tone =
        Math.sin((2 * Math.PI * (pitch + 70 * channel) * i) / 8000) + 0.4 * Math.sin((4 * Math.PI * pitch * i) / 8000)
      samples[i * channels + channel] = 2600 * syllable * tone + ((i * 7919 + channel * 104729) % 211) - 105
    }
  }
  return Buffer.from(samples.buffer)
}
const voices = [murmur(1, 140), murmur(2, 140)]

/** Whether a recording can be begun at `path`: creates the empty file. */
export function beginRecording(path: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true })
    closeSync(openSync(path, 'w'))
    return true
  } catch {
    return false
  }
}

/** From here on (ms) these voices are on the two sides; `tone:<Hz>` is heard as such. */
export type Passage = { fromMs: number; masked: boolean; left: ReadonlySet<string>; right: ReadonlySet<string> }

/**
 * Writes a recording of `ms` to `path`: 8 kHz, 16 bit. A murmur at the beginning and once every half minute; the rest is a
 * hole of silence, so that hours of simulated calls do not fill the disk. Passages with tones are written as they sound,
 * masked ones as silence. Returns false when it could not be written.
 */
export function writeRecording(path: string, ms: number, channels: 1 | 2, passages: Passage[] = []): boolean {
  try {
    const frames = Math.round(Math.max(0, ms) * 8)
    const bytes = frames * channels * 2
    const file = openSync(path, 'w')
    try {
      writeSync(file, wavHeader(bytes, 8000, channels))
      ftruncateSync(file, 44 + bytes)
      const voice = voices[channels - 1]!
      const second = 16_000 * channels
      for (let at = 0; at < bytes; at += at === 0 || at === second ? second : 30 * second) {
        writeSync(file, voice, 0, Math.min(voice.length, bytes - at), 44 + at)
      }
      for (const [index, passage] of passages.entries()) {
        const { masked, left, right } = passage
        if (!masked && ![...left, ...right].some((one) => one.startsWith('tone:'))) continue
        const from = Math.min(frames, Math.round(passage.fromMs * 8))
        const to = Math.min(frames, Math.round((passages[index + 1]?.fromMs ?? ms) * 8))
        const sides = channels === 2 ? [left, right] : [new Set([...left, ...right])]
        const samples = sounding(sides, from, to)
        writeSync(file, samples, 0, samples.length, 44 + from * channels * 2)
      }
    } finally {
      closeSync(file)
    }
    return true
  } catch {
    return false
  }
}

/** The tones of each side from one frame to another, interleaved. */
function sounding(sides: ReadonlySet<string>[], from: number, to: number): Buffer {
  const samples = new Int16Array(Math.max(0, to - from) * sides.length)
  for (const [side, voices] of sides.entries()) {
    for (const voice of voices) {
      if (!voice.startsWith('tone:')) continue
      const step = (2 * Math.PI * Number(voice.slice(5))) / 8000
      for (let i = from; i < to; i++) {
        const at = (i - from) * sides.length + side
        samples[at] = samples[at]! + 6000 * Math.sin(step * i)
      }
    }
  }
  return Buffer.from(samples.buffer)
}
