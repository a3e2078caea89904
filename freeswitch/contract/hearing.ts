import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from './stage.ts'

/** The voices of these tests, Hz. */
export const voices = { citizen: 500, agent: 900, supervisor: 1500 } as const
export type Voice = keyof typeof voices

type Sound = { channels: number; rate: number; at(frame: number, channel: number): number; frames: number }

/** A 16-bit WAV file. */
export function readSound(path: string): Sound {
  const data = readFileSync(path)
  const channels = data.readUInt16LE(22)
  const rate = data.readUInt32LE(24)
  const start = data.indexOf('data', 12, 'latin1') + 8
  const frames = Math.floor((data.length - start) / 2 / channels)
  return { channels, rate, frames, at: (frame, channel) => data.readInt16LE(start + (frame * channels + channel) * 2) }
}

/** How loud `hertz` is on one channel between two instants (ms). */
export function loudness(sound: Sound, channel: number, hertz: number, fromMs: number, toMs: number): number {
  let sine = 0
  let cosine = 0
  const from = Math.floor((fromMs * sound.rate) / 1000)
  const to = Math.min(sound.frames, Math.floor((toMs * sound.rate) / 1000))
  for (let i = from; i < to; i++) {
    const value = sound.at(i, channel)
    sine += value * Math.sin((2 * Math.PI * hertz * i) / sound.rate)
    cosine += value * Math.cos((2 * Math.PI * hertz * i) / sound.rate)
  }
  return (2 * Math.hypot(sine, cosine)) / Math.max(1, to - from)
}

/** Gives a leg its voice: a tone played on its other half, for ever. */
export async function speak(stage: Stage, half: string, hertz: number): Promise<void> {
  const from = stage.seen.length
  await stage.client.api(`uuid_broadcast ${half} tone_stream://%(60000,0,${hertz});loops=-1 aleg`)
  await stage.event(stage.of(half, 'PLAYBACK_START'), from, 'voice')
}

let count = 0
/** Who is on the two sides of a leg now: what it says and what it hears. */
export async function sidesNow(stage: Stage, uuid: string): Promise<{ says: Voice[]; hears: Voice[] }> {
  const path = join(stage.folder, `sides-${++count}.wav`)
  assert.match(await stage.client.api(`uuid_record ${uuid} start ${path}`), /^\+OK/)
  await stage.pass(700)
  const from = stage.seen.length
  assert.match(await stage.client.api(`uuid_record ${uuid} stop ${path}`), /^\+OK/)
  await stage.event(stage.of(uuid, 'RECORD_STOP'), from)
  const sound = readSound(path)
  assert.equal(sound.channels, 2, 'stereo')
  const heard = (channel: number) =>
    (Object.keys(voices) as Voice[]).filter((voice) => loudness(sound, channel, voices[voice], 300, 600) > 1500)
  return { says: heard(0), hears: heard(1) }
}
