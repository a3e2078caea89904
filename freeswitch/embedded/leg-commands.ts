import { stereo } from './applications.ts'
import { causeNamed, causes } from './causes.ts'
import type { Channel } from './channel.ts'
import type { Core } from './core.ts'
import { join } from './joining.ts'
import { hold, unhold } from './phones.ts'
import { separate } from './separate.ts'
import { beginRecording } from './sound.ts'

/** A command: gets what stands behind its name; its answer is what `api` gives, `undefined` for nothing. */
export type Command = (core: Core, line: string) => string | undefined | Promise<string | undefined>

const noChannel = '-ERR No such channel!\n'

/** The commands about one leg: uuid_... */
export const legCommands: Record<string, Command> = {
  uuid_exists: (core, line) => String(core.channels.has(line.trim())),
  uuid_getvar(core, line) {
    const [uuid, name] = separate(line, ' ')
    if (!uuid || !name) return '-USAGE: <uuid> <var>\n'
    const channel = core.channels.get(uuid)
    return channel ? (channel.get(name) ?? core.globals.get(name) ?? '_undef_') : noChannel
  },
  uuid_setvar(core, line) {
    const [uuid, name, value] = separate(line, ' ', 3)
    if (!uuid || !name) return '-USAGE: <uuid> <var> [value]\n'
    return withChannel(core, uuid, (channel) => channel.set(name, value))
  },
  uuid_setvar_multi(core, line) {
    const [uuid, list] = separate(line, ' ', 2)
    if (!uuid || !list) return '-USAGE: <uuid> <var>=<value>;<var>=<value>...\n'
    return withChannel(core, uuid, (channel) => {
      for (const pair of separate(list, ';')) {
        const at = pair.indexOf('=')
        if (at > 0) channel.set(pair.slice(0, at), pair.slice(at + 1))
      }
    })
  },
  uuid_dump(core, line) {
    const [uuid = '', format] = line.trim().split(/\s+/)
    const channel = core.channels.get(uuid)
    if (!channel) return noChannel
    const headers = core.describe('CHANNEL_DATA', channel)
    if (format === 'json') return JSON.stringify(headers)
    return `${Object.entries(headers)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n')}\n`
  },
  uuid_kill(core, line) {
    const [uuid, cause] = line.trim().split(/\s+/)
    if (!uuid) return '-USAGE: <uuid> [cause]\n'
    if (cause && !(cause.toUpperCase() in causes)) return '-ERR Invalid cause!\n'
    return withChannel(core, uuid, (channel) => channel.hangup(causeNamed(cause)))
  },
  uuid_transfer(core, line) {
    const [uuid, ...rest] = separate(line, ' ')
    if (!uuid || rest.length === 0) return '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n'
    const which = rest[0] === '-bleg' || rest[0] === '-both' ? rest.shift() : undefined
    const channel = core.channels.get(uuid)
    if (!channel) return noChannel
    const [extension = '', dialplan = 'XML', context] = rest
    const legs = [...(which === '-bleg' ? [] : [channel]), ...(which && channel.peer ? [channel.peer] : [])]
    if (legs.length === 0) return '-ERR No such channel!\n'
    for (const leg of legs) core.transfer(leg, extension, dialplan, context ?? leg.profile.context)
    return '+OK\n'
  },
  uuid_bridge(core, line) {
    const [one, other] = line.trim().split(/\s+/)
    if (!one || !other) return '-USAGE: <uuid> <other_uuid>\n'
    const first = core.channels.get(one)
    const second = core.channels.get(other)
    if (!first?.alive || !second?.alive || first === second) return '-ERR Invalid uuid\n'
    if (!first.answered && !second.answered) return '-ERR Channel not answered\n'
    join(first, second)
    return `+OK ${other}\n`
  },
  uuid_broadcast(core, line) {
    const [uuid, path, which = 'aleg'] = separate(line, ' ', 3)
    if (!uuid || !path) return '-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n'
    const channel = core.channels.get(uuid)
    if (!channel) return '-ERR invalid uuid\n'
    const [, application = 'playback', argument = path] = /^([a-z_]+)::(.*)$/s.exec(path) ?? []
    for (const leg of which === 'both' ? [channel, channel.peer] : [which === 'bleg' ? channel.peer : channel]) {
      leg?.post({ application, argument, lock: false, loops: 1 })
    }
    return '+OK Message sent\n'
  },
  uuid_break(core, line) {
    const [uuid, all] = line.trim().split(/\s+/)
    if (!uuid) return '-USAGE: <uuid> [all]\n'
    return withChannel(core, uuid, (channel) => channel.breakOff(all === 'all'))
  },
  uuid_record(core, line) {
    const [uuid, action, path] = separate(line, ' ')
    if (!uuid || !action || !path)
      return '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n'
    const channel = core.channels.get(uuid)
    if (!channel?.alive) return '-ERR Cannot locate session!\n'
    if (action === 'start') {
      if (!beginRecording(path)) return '-ERR Cannot record session!\n'
      channel.recordings.start(path, stereo(channel))
      return '+OK Success\n'
    }
    if (action === 'stop') {
      if (path === 'all' && channel.recordings.running) channel.recordings.stopAll()
      else if (!channel.recordings.stop(path)) return '-ERR Cannot stop record session!\n'
      return '+OK Success\n'
    }
    if (action !== 'mask' && action !== 'unmask')
      return '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n'
    if (channel.recordings.mask(path, action === 'mask')) return '+OK Success\n'
    return `-ERR Cannot ${action} recording session!\n`
  },
  uuid_hold(core, line) {
    const words = line.trim().split(/\s+/)
    const action = words.length > 1 && ['off', 'toggle', 'on'].includes(words[0]!) ? words.shift()! : 'on'
    if (!words[0]) return '-USAGE: [off|toggle] <uuid> [<display>]\n'
    const channel = core.channels.get(words[0])
    // The real one answers success for a leg that is not there [captured].
    if (!channel) return '+OK Success\n'
    const held = channel.callState === 'HELD'
    const done = action === 'off' || (action === 'toggle' && held) ? unhold(channel) : hold(channel)
    return done || (action === 'on' && held) ? '+OK Success\n' : '-ERR Operation failed\n'
  },
  uuid_phone_event(core, line) {
    const [uuid, event = ''] = line.trim().split(/\s+/)
    if (!uuid) return '-USAGE: <uuid>\n'
    const channel = core.channels.get(uuid)
    if (!channel?.alive) return '-ERR Operation failed\n'
    channel.far.phoneEvent?.(event)
    return '+OK Success\n'
  },
  uuid_send_dtmf: (core, line) => dtmf(core, line, 'sent'),
  uuid_recv_dtmf: (core, line) => dtmf(core, line, 'received'),
  uuid_park: (core, line) => withChannel(core, line.trim(), (channel) => channel.go({ kind: 'park' })),
  uuid_answer: (core, line) => withChannel(core, line.trim(), (channel) => channel.answer()),
  uuid_buglist: (core, line) => (core.channels.has(line.trim()) ? '<media-bugs>\n</media-bugs>\n' : noChannel),
}

function withChannel(core: Core, uuid: string, act: (channel: Channel) => void): string {
  const channel = core.channels.get(uuid)
  if (!channel?.alive) return noChannel
  act(channel)
  return '+OK\n'
}

function dtmf(core: Core, line: string, way: 'sent' | 'received'): string {
  const [uuid = '', digits] = separate(line, ' ')
  if (!digits) return '-USAGE: <uuid> <dtmf_data>\n'
  const channel = core.channels.get(uuid)
  if (!channel?.alive) return '-ERR Cannot locate session!\n'
  for (const digit of digits.split('@')[0]!) {
    if (!/[0-9A-D*#]/i.test(digit)) continue
    if (way === 'sent') channel.far.key?.(digit)
    else channel.receive(digit, 'APP')
  }
  return way === 'sent' ? `+OK ${uuid} sent DTMF ${digits}.\n` : `+OK ${uuid} received DTMF ${digits}.\n`
}
