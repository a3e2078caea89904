// Peaks of a recording, read as a stream: an hour of stereo never lies in memory.

/** Loudest value of each stretch, 0..127, for each channel. */
export type Peaks = { rate: number; channels: 1 | 2; durationMs: number; peaks: number[][] }

/** It is not a WAV of 16-bit PCM in one or two channels. */
export class NotAudio extends Error {
  constructor(text: string) {
    super(text)
    this.name = 'NotAudio'
  }
}

const WINDOW_MS = 20
const mostHeader = 65_536

/** Takes a WAV in pieces of any size. Sizes in its header may lie: a crashed switch leaves them 0. */
export class PeakMeter {
  #head: Buffer = Buffer.alloc(0)
  #started = false
  #rate = 0
  #channels: 1 | 2 = 1
  #left = Number.POSITIVE_INFINITY
  #rest: Buffer = Buffer.alloc(0)
  #frames = 0
  #window = 1
  #inWindow = 0
  #now: [number, number] = [0, 0]
  readonly #windows: [number[], number[]] = [[], []]

  /** @throws NotAudio */
  push(chunk: Buffer): void {
    if (this.#started) {
      this.#samples(chunk)
      return
    }
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
    const at = this.#readHeader(this.#head)
    if (at === undefined) {
      if (this.#head.length > mostHeader) throw new NotAudio('no sound within the first 64 kB')
      return
    }
    this.#started = true
    const body = this.#head.subarray(at)
    this.#head = Buffer.alloc(0)
    this.#samples(body)
  }

  /** At most `buckets` values a channel. @throws NotAudio when there was no sound at all */
  finish(buckets: number): Peaks {
    if (!this.#started) throw new NotAudio('not a WAV file')
    if (this.#inWindow > 0) this.#close()
    const lists = this.#channels === 2 ? this.#windows : [this.#windows[0]]
    return {
      rate: this.#rate,
      channels: this.#channels,
      durationMs: Math.round((this.#frames / this.#rate) * 1_000),
      peaks: lists.map((list) => shrink(list, buckets)),
    }
  }

  /** Where the samples begin; undefined while more is needed. */
  #readHeader(bytes: Buffer): number | undefined {
    if (bytes.length < 12) return undefined
    if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
      throw new NotAudio('not a WAV file')
    for (let at = 12; at + 8 <= bytes.length; ) {
      const name = bytes.toString('latin1', at, at + 4)
      const said = bytes.readUInt32LE(at + 4)
      const body = at + 8
      if (name === 'fmt ') {
        if (body + 16 > bytes.length) return undefined
        const format = bytes.readUInt16LE(body)
        const channels = bytes.readUInt16LE(body + 2)
        this.#rate = bytes.readUInt32LE(body + 4)
        if ((format !== 1 && format !== 0xfffe) || bytes.readUInt16LE(body + 14) !== 16)
          throw new NotAudio('only 16-bit PCM')
        if (channels < 1 || channels > 2 || this.#rate < 4_000 || this.#rate > 192_000)
          throw new NotAudio('only one or two channels')
        this.#channels = channels as 1 | 2
        this.#window = Math.round((this.#rate * WINDOW_MS) / 1_000)
      }
      if (name === 'data') {
        if (this.#rate === 0) throw new NotAudio('sound before its format')
        if (said !== 0 && said < 0xffffff00) this.#left = said
        return body
      }
      at = body + said + (said % 2)
    }
    return undefined
  }

  #samples(chunk: Buffer): void {
    const wanted = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk
    this.#left -= wanted.length
    const bytes = this.#rest.length === 0 ? wanted : Buffer.concat([this.#rest, wanted])
    const frame = this.#channels * 2
    const whole = bytes.length - (bytes.length % frame)
    for (let at = 0; at < whole; at += frame) {
      for (let channel = 0; channel < this.#channels; channel++) {
        const value = Math.abs(bytes.readInt16LE(at + channel * 2))
        if (value > (this.#now[channel] as number)) this.#now[channel] = value
      }
      if (++this.#inWindow === this.#window) this.#close()
    }
    this.#frames += whole / frame
    this.#rest = Buffer.from(bytes.subarray(whole))
  }

  #close(): void {
    for (let channel = 0; channel < this.#channels; channel++)
      this.#windows[channel]?.push(Math.min(127, Math.ceil((this.#now[channel] as number) / 258)))
    this.#now = [0, 0]
    this.#inWindow = 0
  }
}

/** The loudest of each stretch; a list that is short enough stays as it is. */
export function shrink(list: readonly number[], buckets: number): number[] {
  if (list.length <= buckets) return [...list]
  const out = new Array<number>(buckets).fill(0)
  for (let i = 0; i < list.length; i++) {
    const bucket = Math.floor((i * buckets) / list.length)
    if ((list[i] as number) > (out[bucket] as number)) out[bucket] = list[i] as number
  }
  return out
}
