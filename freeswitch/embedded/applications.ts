import { bridgeApplication } from './bridging.ts'
import { causeNamed } from './causes.ts'
import type { Channel } from './channel.ts'
import { separate } from './separate.ts'
import { beginRecording, soundMs, writeRecording } from './sound.ts'

/** Runs to its end and gives the Application-Response (`_none_` when undefined). */
export type Application = (channel: Channel, data: string) => unknown

type Played = 'done' | 'break' | 'key' | 'missing' | 'gone'

/** Plays one sound with its events; keys for which `stops` is true end it (and stay taken). */
async function play(
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
  channel.far.hears?.(sound)
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

function terminators(channel: Channel): (digit: string) => boolean {
  const wanted = channel.get('playback_terminators') ?? '*'
  if (wanted === 'none') return () => false
  if (wanted === 'any') return () => true
  return (digit) => wanted.includes(digit)
}

const answers: Record<Played, string> = {
  done: 'FILE PLAYED',
  break: 'FILE PLAYED',
  key: 'FILE PLAYED',
  missing: 'FILE NOT FOUND',
  gone: 'PLAYBACK ERROR',
}

const playback: Application = async (channel, data) => {
  if (!channel.answered) channel.progressMedia()
  return answers[(await play(channel, data, terminators(channel))).how]
}

const endlessPlayback: Application = async (channel, data) => {
  let how: Played = 'done'
  while (!channel.aborted && (how === 'done' || how === 'break')) {
    // The real one takes no keys here: they come out, as events, in what runs next.
    how = (await playDeaf(channel, data)).how
  }
  return answers[how]
}
async function playDeaf(channel: Channel, sound: string): Promise<{ how: Played }> {
  const ms = soundMs(sound)
  if (ms === undefined) return { how: 'missing' }
  channel.emit('PLAYBACK_START', { 'Playback-File-Path': sound })
  channel.far.hears?.(sound)
  const woken = await channel.pass(Math.max(ms, 20))
  const how = woken === 'abort' ? 'gone' : woken === 'break' ? 'break' : 'done'
  channel.emit('PLAYBACK_STOP', { 'Playback-File-Path': sound, 'Playback-Status': how === 'break' ? 'break' : 'done' })
  return { how }
}

/**
 * Collects digits: the prompt (stopped by the first key), then up to `firstMs` for the first key and `betweenMs` between
 * keys. The real one waits at least a second for the first one, whatever is asked [captured].
 */
async function collect(
  channel: Channel,
  prompt: string,
  max: number,
  firstMs: number,
  betweenMs: number,
  ends: string,
): Promise<{ digits: string; terminator?: string; missing: boolean; gone: boolean }> {
  let digits = ''
  const result = (terminator?: string, gone = false) => ({
    digits,
    ...(terminator ? { terminator } : {}),
    missing: false,
    gone,
  })
  if (prompt) {
    const played = await play(channel, prompt, () => true, true)
    if (played.how === 'missing') return { digits, missing: true, gone: false }
    if (played.how === 'gone') return result(undefined, true)
    if (played.key !== undefined) {
      if (ends.includes(played.key)) return result(played.key)
      digits += played.key
    }
  }
  while (digits.length < max) {
    const woken = await channel.pass(digits === '' ? Math.max(1000, firstMs) : Math.max(1000, betweenMs), true)
    if (woken === 'abort') return result(undefined, true)
    if (woken !== 'key') break
    const digit = channel.takeKey()
    if (digit === undefined) continue
    if (ends.includes(digit)) return result(digit)
    digits += digit
  }
  return result()
}

/** play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid file> <var> <regexp> [<digit timeout>] */
const playAndGetDigits: Application = async (channel, data) => {
  const [
    min = '1',
    max = '1',
    tries = '1',
    timeout = '5000',
    ends = '#',
    file = '',
    invalid = '',
    name = '',
    regexp = '',
    between,
  ] = separate(data, ' ')
  const pattern = regexp ? new RegExp(`^(?:${regexp})$`) : undefined
  channel.set(name, undefined)
  for (let left = Math.max(1, Number(tries)); left > 0 && !channel.aborted; left--) {
    const got = await collect(
      channel,
      file,
      Number(max),
      Number(timeout),
      Number(between ?? timeout),
      ends === 'none' ? '' : ends,
    )
    if (got.terminator) channel.set('read_terminator_used', got.terminator)
    if (got.gone) break
    if (got.digits.length >= Number(min) && (!pattern || pattern.test(got.digits))) {
      channel.set(name, got.digits)
      channel.set('read_result', 'success')
      return undefined
    }
    channel.set('read_result', 'failure')
    if (invalid && !got.gone) await play(channel, invalid, () => true, true)
  }
  channel.set('read_result', 'failure')
  return undefined
}

/** read <min> <max> <file> <var> <timeout> <terminators> */
const read: Application = async (channel, data) => {
  const [min = '1', max = '1', file = '', name = '', timeout = '5000', ends = '#'] = separate(data, ' ')
  channel.set(name, undefined)
  const got = await collect(
    channel,
    file === 'silence' ? '' : file,
    Number(max),
    Number(timeout),
    Number(timeout),
    ends === 'none' ? '' : ends,
  )
  channel.set('read_terminator_used', got.terminator)
  channel.set(name, got.digits)
  const enough = got.digits.length >= Number(min)
  channel.set(
    'read_result',
    enough && (got.terminator || got.digits.length >= Number(max)) ? 'success' : enough ? 'timeout' : 'failure',
  )
  return undefined
}

/** record <path> [<seconds> [<threshold> [<silence seconds>]]] */
const record: Application = async (channel, data) => {
  const [path = '', limit = '0', , silence = '0'] = separate(data, ' ')
  if (!beginRecording(path)) {
    channel.hangup('DESTINATION_OUT_OF_ORDER')
    return undefined
  }
  channel.set('playback_terminator_used', undefined)
  channel.emit('RECORD_START', { 'Record-File-Path': path })
  const stops = terminators(channel)
  const begun = channel.core.clock.now()
  // A simulated caller speaks for a while (variable vera_says_ms), then is silent until the silence limit ends it.
  const speaks = Number(channel.get('vera_says_ms') ?? 4000)
  const bySilence = Number(silence) > 0 ? speaks + Number(silence) * 1000 : Number.POSITIVE_INFINITY
  const byLimit = Number(limit) > 0 ? Number(limit) * 1000 : Number.POSITIVE_INFINITY
  let key: string | undefined
  for (let left = Math.min(bySilence, byLimit); left > 0; ) {
    const at = channel.core.clock.now()
    const woken = await channel.pass(left, true)
    left -= channel.core.clock.now() - at
    if (woken !== 'key') break
    const digit = channel.takeKey()
    if (digit !== undefined && stops(digit)) {
      key = digit
      break
    }
  }
  const ms = channel.core.clock.now() - begun
  writeRecording(path, ms, 1)
  if (key !== undefined) channel.set('playback_terminator_used', key)
  channel.set('record_ms', String(Math.round(ms)))
  channel.set('record_seconds', String(Math.round(ms / 1000)))
  channel.set('record_samples', String(Math.round(ms * 8)))
  channel.set('silence_hits_exhausted', String(key === undefined && bySilence < byLimit && ms >= bySilence - 25))
  channel.emit('RECORD_STOP', { 'Record-File-Path': path })
  return undefined
}

const socket: Application = async (channel, data) => {
  const [address = '', ...flags] = data.split(/\s+/)
  await channel.core.callOut(channel, address, new Set(flags))
  return channel.get('current_application_response')
}

function assign(channel: Channel, data: string, scope: 'own' | 'exported'): undefined {
  const at = data.indexOf('=')
  const name = (at < 0 ? data : data.slice(0, at)).trim().replace(/^nolocal:/, '')
  channel.set(name, at < 0 ? undefined : data.slice(at + 1))
  if (scope === 'exported') {
    const list = new Set((channel.get('export_vars') ?? '').split(',').filter(Boolean))
    channel.set('export_vars', [...list.add(name)].join(','))
  }
  return undefined
}

function multiset(channel: Channel, data: string): undefined {
  const [, delimiter = ' ', rest = data] = /^\^\^(.)(.*)$/s.exec(data) ?? []
  for (const pair of separate(rest, delimiter)) assign(channel, pair, 'own')
  return undefined
}

/** The applications of the embedded switch, by name. */
export const applications: Record<string, Application> = {
  answer: (channel) => channel.answer(),
  pre_answer: (channel) => channel.progressMedia(),
  ring_ready: (channel) => channel.progress(),
  set: (channel, data) => assign(channel, data, 'own'),
  export: (channel, data) => assign(channel, data, 'exported'),
  multiset,
  unset: (channel, data) => channel.set(data.trim(), undefined),
  unexport: (channel, data) => {
    const list = (channel.get('export_vars') ?? '').split(',').filter((name) => name !== data)
    channel.set('export_vars', list.join(','))
  },
  playback,
  endless_playback: endlessPlayback,
  loop_playback: (channel, data) => {
    const [, count = '1', file = data] = /^\+(-?\d+)\s+(.*)$/.exec(data) ?? []
    return (async () => {
      let how: Played = 'done'
      for (let left = Number(count); left !== 0 && !channel.aborted && how !== 'missing'; left--)
        how = (await playDeaf(channel, file)).how
      return answers[how]
    })()
  },
  gentones: async (channel, data) => {
    await playDeaf(channel, `tone_stream://${data.replace('|', ';loops=')}`)
    return undefined
  },
  play_and_get_digits: playAndGetDigits,
  read,
  record,
  record_session: (channel, data) => {
    const path = data.trim()
    if (beginRecording(path)) channel.startRecording(path, stereo(channel))
  },
  stop_record_session: (channel, data) => {
    channel.stopRecording(data.trim())
  },
  sleep: async (channel, data) => {
    const until = channel.core.clock.now() + (Number(data) || 0)
    for (;;) {
      const woken = await channel.pass(until - channel.core.clock.now(), true)
      if (woken !== 'key') break
      channel.takeKey()
    }
  },
  park: (channel) => channel.park().then(() => undefined),
  bridge: bridgeApplication,
  transfer: (channel, data) => {
    const [extension = '', dialplan = 'XML', context = channel.profile.context] = data.trim().split(/\s+/)
    channel.core.transfer(channel, extension, dialplan, context)
  },
  hangup: (channel, data) => channel.hangup(causeNamed(data)),
  respond: (channel, data) => channel.hangup(data.startsWith('486') ? 'USER_BUSY' : 'CALL_REJECTED'),
  socket,
  echo: (channel) => channel.park().then(() => undefined),
  send_dtmf: (channel, data) => {
    for (const digit of data.split('@')[0] ?? '') if (/[0-9A-D*#]/i.test(digit)) channel.far.key?.(digit)
  },
  start_dtmf: () => undefined,
  stop_dtmf: () => undefined,
  flush_dtmf: (channel) => {
    channel.keys.length = 0
  },
  break: (channel) => channel.breakOff(false),
  log: () => undefined,
  info: () => undefined,
  event: () => undefined,
}

/** Two sides apart when RECORD_STEREO says so, on the leg or for all. */
export function stereo(channel: Channel): 1 | 2 {
  return (channel.get('RECORD_STEREO') ?? channel.core.globals.get('RECORD_STEREO')) === 'true' ? 2 : 1
}
