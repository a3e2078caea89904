// Voices that can be told apart: each party hums a tone of its own, and these measure who is heard where.
import { readFileSync, writeFileSync } from 'node:fs'

/** Hz by who hums it. The colleague who gets a transferred call uses the supervisor's browser, and so that tone. */
export const tones = { citizen: 400, agent: 700, supervisor: 1700 }
export type Who = keyof typeof tones
export type Loudness = Record<Who, number>
export const everybody = Object.keys(tones) as Who[]

/** Writes a tone as the WAV file (48 kHz, mono) that Chromium plays as a microphone, over and over. */
export function writeTone(path: string, hz: number): void {
  const rate = 48_000
  // Whole seconds hold whole waves: no click where it begins again.
  const samples = Int16Array.from({ length: rate * 2 }, (_, at) => 8_000 * Math.sin((2 * Math.PI * hz * at) / rate))
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer)]))
}

/**
 * How loud each tone is in one side of a stereo recording, 0..32767: the mean over tenths of a second (Goertzel under a Hann
 * window), so that a gap in a browser's sound does not cancel what is before it with what is after it. `from` and `to`: seconds.
 */
export function loudness(path: string, channel: 0 | 1, from = 0, to = Number.POSITIVE_INFINITY): Loudness {
  const wav = readFileSync(path)
  const rate = wav.readUInt32LE(24)
  const end = Math.min(Math.floor((wav.length - 44) / 4), Math.floor(to * rate))
  const block = Math.round(rate / 10)
  const sums: Loudness = { citizen: 0, agent: 0, supervisor: 0 }
  let blocks = 0
  for (let start = Math.floor(from * rate); start + block <= end; start += block, blocks++)
    for (const who of everybody) {
      const turn = 2 * Math.cos((2 * Math.PI * tones[who]) / rate)
      let [last, beforeLast] = [0, 0]
      for (let at = 0; at < block; at++) {
        const hann = 1 - Math.cos((2 * Math.PI * at) / block)
        const sample = wav.readInt16LE(44 + (start + at) * 4 + channel * 2) * hann
        ;[last, beforeLast] = [sample + turn * last - beforeLast, last]
      }
      sums[who] += (2 * Math.sqrt(Math.max(0, last ** 2 + beforeLast ** 2 - turn * last * beforeLast))) / block
    }
  for (const who of everybody) sums[who] = Math.round(sums[who] / Math.max(1, blocks))
  return sums
}

/** How loud one side of a stereo recording is, whatever it is: RMS, 0..32767. */
export function volume(path: string, channel: 0 | 1): number {
  const wav = readFileSync(path)
  const samples = Math.floor((wav.length - 44) / 4)
  let sum = 0
  for (let at = 0; at < samples; at++) sum += wav.readInt16LE(44 + at * 4 + channel * 2) ** 2
  return Math.round(Math.sqrt(sum / Math.max(1, samples)))
}

/** Length of a stereo recording of 16 bits, seconds. */
export function secondsOf(path: string): number {
  const wav = readFileSync(path)
  return (wav.length - 44) / 4 / wav.readUInt32LE(24)
}
