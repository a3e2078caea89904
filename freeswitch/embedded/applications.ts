import { bridgeApplication } from './bridging.ts'
import { causeNamed } from './causes.ts'
import type { Channel } from './channel.ts'
import { playAndGetDigits, read } from './collecting.ts'
import { conferenceApplication } from './conference.ts'
import { eavesdrop } from './eavesdrop.ts'
import { limit } from './limits.ts'
import { answers, type Played, play, playDeaf, terminators } from './playing.ts'
import { separate } from './separate.ts'
import { beginRecording, writeRecording } from './sound.ts'

/** Runs to its end and gives the Application-Response (`_none_` when undefined). */
export type Application = (channel: Channel, data: string) => unknown

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
  // The real one takes a leg that was sent elsewhere meanwhile for a recording that failed [captured].
  if (channel.alive && channel.aborted) channel.hangup('DESTINATION_OUT_OF_ORDER')
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
  eavesdrop,
  conference: conferenceApplication,
  limit,
  record_session: (channel, data) => {
    const path = data.trim()
    if (beginRecording(path)) channel.recordings.start(path, stereo(channel))
  },
  stop_record_session: (channel, data) => {
    channel.recordings.stop(data.trim())
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
    const [extension = '', dialplan = 'XML', context = channel.profile.context] = separate(data, ' ')
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
    channel.waiting.keys.length = 0
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
