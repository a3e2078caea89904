import type { Channel } from './channel.ts'
import { soundMs } from './sound.ts'

export type Played = 'done' | 'break' | 'key' | 'missing' | 'gone'

/** Plays one sound with its events; keys for which `stops` is true end it (and stay taken). */
export async function play(
  channel: Channel,
  sound: string,
  stops: (digit: string) => boolean,
  collecting = false,
): Promise<{ how: Played; key?: string }> {
  const ms = soundMs(sound)
  if (ms === undefined) return { how: 'missing' }
  channel.set('playback_terminator_used', undefined)
  channel.set('read_result', undefined)
  const begun = channel.core.clock.now()
  channel.emit('PLAYBACK_START', {
    'Playback-File-Path': sound,
    'Playback-File-Type': sound.includes('://') ? 'stream' : 'wav',
  })
  const outer = begin(channel, sound)
  let how: Played = 'done'
  let key: string | undefined
  const limit = Number(channel.get('playback_timeout_sec') ?? 0) * 1000 || Number.POSITIVE_INFINITY
  let left = Math.min(ms, limit)
  while (left > 0) {
    const at = channel.core.clock.now()
    const woken = await channel.pass(left, true)
    left -= channel.core.clock.now() - at
    if (woken === 'time') break
    if (woken === 'abort') how = 'gone'
    else if (woken === 'break') how = 'break'
    else {
      const digit = channel.takeKey()
      if (digit === undefined || !stops(digit)) continue
      key = digit
      how = 'key'
    }
    break
  }
  finish(channel, outer)
  const played = Math.round((channel.core.clock.now() - begun) * 8)
  channel.set('playback_last_offset_pos', String(played))
  channel.set('playback_seconds', String(Math.floor(played / 8000)))
  channel.set('playback_ms', String(Math.floor(played / 8)))
  channel.set('playback_samples', String(played))
  if (key !== undefined && !collecting) channel.set('playback_terminator_used', key)
  channel.emit('PLAYBACK_STOP', {
    'Playback-File-Path': sound,
    'Playback-File-Type': sound.includes('://') ? 'stream' : 'wav',
    'Playback-Status': how === 'break' || how === 'key' ? 'break' : 'done',
  })
  return key === undefined ? { how } : { how, key }
}

/** The keys that end a sound: `playback_terminators`, `*` when unset. */
export function terminators(channel: Channel): (digit: string) => boolean {
  const wanted = channel.get('playback_terminators') ?? '*'
  if (wanted === 'none') return () => false
  if (wanted === 'any') return () => true
  return (digit) => wanted.includes(digit)
}

/** Application-Response of a sound that ended so. */
export const answers: Record<Played, string> = {
  done: 'FILE PLAYED',
  break: 'FILE PLAYED',
  key: 'FILE PLAYED',
  missing: 'FILE NOT FOUND',
  gone: 'PLAYBACK ERROR',
}

/** Plays without taking keys: they come out, as events, in what runs next. */
export async function playDeaf(channel: Channel, sound: string): Promise<{ how: Played }> {
  const ms = soundMs(sound)
  if (ms === undefined) return { how: 'missing' }
  channel.emit('PLAYBACK_START', { 'Playback-File-Path': sound })
  const outer = begin(channel, sound)
  const woken = await channel.pass(Math.max(ms, 20))
  finish(channel, outer)
  const how = woken === 'abort' ? 'gone' : woken === 'break' ? 'break' : 'done'
  channel.emit('PLAYBACK_STOP', { 'Playback-File-Path': sound, 'Playback-Status': how === 'break' ? 'break' : 'done' })
  return { how }
}

/** The far end hears it, and so do those who record; gives what played before (a message inside another sound). */
function begin(channel: Channel, sound: string): string | undefined {
  const outer = channel.playing
  channel.playing = sound
  channel.far.hears?.(sound)
  channel.core.listen()
  return outer
}
function finish(channel: Channel, outer: string | undefined): void {
  channel.playing = outer
  channel.core.listen()
}
