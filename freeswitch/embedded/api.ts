import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { stereo } from './applications.ts'
import { causeNamed, causes } from './causes.ts'
import type { Channel } from './channel.ts'
import type { Core } from './core.ts'
import { expand } from './expand.ts'
import { originate } from './originate.ts'
import { hold, type PhoneMode, unhold } from './phones.ts'
import { separate } from './separate.ts'
import { showCalls, showChannels } from './show.ts'
import { beginRecording } from './sound.ts'

/** A command: gets what stands behind its name; its answer is what `api` gives, `undefined` for nothing. */
type Command = (core: Core, line: string) => string | undefined | Promise<string | undefined>

const noChannel = '-ERR No such channel!\n'

const commands: Record<string, Command> = {
  status(core) {
    const up = Math.max(0, core.clock.now() - core.startedAt)
    const part = (unit: number, modulo: number) => Math.floor(up / unit) % modulo
    return `UP ${part(31_536_000_000, 1000)} years, ${part(86_400_000, 365)} days, ${part(3_600_000, 24)} hours, ${part(60_000, 60)} minutes, ${part(1000, 60)} seconds, ${part(1, 1000)} milliseconds, 0 microseconds
FreeSWITCH (Version 1.11.1-embedded  64bit) is ready
${core.sessions} session(s) since startup
${core.channels.size} session(s) - peak ${core.channels.size}, last 5min ${core.channels.size} 
0 session(s) per Sec out of max 200, peak 0, last 5min 0 
2000 session(s) max
min idle cpu 0.00/100.00
`
  },
  version: () => 'FreeSWITCH Version 1.11.1-embedded~64bit ( 64bit)\n',
  uptime: (core) => `${Math.floor((core.clock.now() - core.startedAt) / 1000)}\n`,
  create_uuid: () => randomUUID(),
  echo: (_, line) => line,
  eval: (core, line) =>
    expand(
      line,
      () => undefined,
      (name) => core.globals.get(name),
    ),
  strftime: (core, line) => strftime(line || '%Y-%m-%d %T', new Date(core.clock.now())),
  strepoch: (core) => String(Math.floor(core.clock.now() / 1000)),
  global_getvar: (core, line) => core.globals.get(line.trim()),
  global_setvar(core, line) {
    const at = line.indexOf('=')
    if (at < 1) return '-USAGE: <var>[=<value>]\n'
    if (line.length === at + 1) core.globals.delete(line.slice(0, at))
    else core.globals.set(line.slice(0, at), line.slice(at + 1))
    return '+OK'
  },
  reloadxml(core) {
    core.reload()
    core.emit('RELOADXML', undefined)
    return '+OK [Success]\n'
  },
  show(core, line) {
    const [what = '', ...rest] = line.trim().split(/\s+/)
    const json = rest.at(-1) === 'json'
    if (what === 'channels') return showChannels(core, json, rest[0] === 'count')
    if (what === 'calls') return showCalls(core, json)
    if (what === 'registrations') return json ? '{"row_count": 0}\n' : '\n0 total.\n'
    return '-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|say|interfaces|interface_types|tasks|limits|status\n'
  },
  sofia: (_, line) =>
    line.trim() === 'status'
      ? '                     Name\t   Type\t                                      Data\tState\n                   agents\tprofile\t             sip:embedded@127.0.0.1:5060\tRUNNING (0)\n                    trunk\tprofile\t             sip:embedded@127.0.0.1:5080\tRUNNING (0)\n2 profiles 0 aliases\n'
      : '-ERR not supported by the embedded switch\n',
  sofia_contact(core, line) {
    const extension = /^(?:[\w.]+\/)?([^@]+)/.exec(line.trim())?.[1] ?? ''
    const mode = core.phones.mode(extension)
    return mode && mode !== 'off' ? `sofia/agents/sip:${extension}@127.0.0.1:5060` : 'error/user_not_registered'
  },
  file_exists: (_, line) => String(existsSync(line.trim())),
  hupall(core, line) {
    const [cause, name, value] = separate(line, ' ')
    for (const channel of [...core.channels.values()])
      if (!name || channel.get(name) === value) channel.hangup(causeNamed(cause, 'MANAGER_REQUEST'))
    const named = causeNamed(cause, 'MANAGER_REQUEST')
    return name
      ? `+OK hangup all channels matching [${name}]=[${value}] with cause: ${named}\n`
      : `+OK hangup all channels with cause ${named}\n`
  },
  vera_phone(core, line) {
    const [extension = '', mode = ''] = line.trim().split(/\s+/)
    if (!['robot', 'manual', 'off'].includes(mode)) return '-USAGE: <extension> robot|manual|off\n'
    return core.phones.set(extension, mode as PhoneMode) ? '+OK\n' : '-ERR no such phone\n'
  },
  originate: originateCommand,
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
    core.join(first, second)
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
      channel.startRecording(path, stereo(channel))
      return '+OK Success\n'
    }
    if (action === 'stop')
      return channel.stopRecording(path) || path === 'all' ? '+OK Success\n' : '-ERR Cannot stop record session!\n'
    return action === 'mask' || action === 'unmask'
      ? '+OK Success\n'
      : '-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n'
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

/** originate <dial string> <extension>|&<application>(<arguments>) [<dialplan>] [<context>] [<name>] [<number>] [<seconds>] */
async function originateCommand(core: Core, line: string): Promise<string> {
  const usage =
    '-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n'
  const split = /^((?:[{[][^}\]]*[}\]]\s*)*\S+)\s+(&[a-z_]+\(.*\)|&[a-z_]+|\S+)\s*(.*)$/is.exec(line.trim())
  if (!split) return usage
  const [, dial = '', target = '', rest = ''] = split
  const [dialplan = 'XML', context = 'default', name, number, seconds] = separate(rest, ' ')
  const result = await originate(core, dial, undefined, {
    ...(name ? { origination_caller_id_name: name } : {}),
    ...(number ? { origination_caller_id_number: number } : {}),
    ...(seconds ? { originate_timeout: seconds } : {}),
  })
  if ('cause' in result) return `-ERR ${result.cause}\n`
  const { leg } = result
  const application = /^&([a-z_]+)(?:\((.*)\))?$/is.exec(target)
  // On its own turn, as on the real one, where the answer overtakes the leg's first application.
  setImmediate(() => {
    if (application) leg.go({ kind: 'steps', steps: [{ application: application[1]!, data: application[2] ?? '' }] })
    else leg.go({ kind: 'route', extension: target, dialplan, context })
  })
  return `+OK ${leg.uuid}\n`
}

function strftime(format: string, at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const values: Record<string, string> = {
    Y: String(at.getUTCFullYear()),
    m: two(at.getUTCMonth() + 1),
    d: two(at.getUTCDate()),
    H: two(at.getUTCHours()),
    M: two(at.getUTCMinutes()),
    S: two(at.getUTCSeconds()),
    T: at.toISOString().slice(11, 19),
    F: at.toISOString().slice(0, 10),
    s: String(Math.floor(at.getTime() / 1000)),
    '%': '%',
  }
  return format.replace(/%([YmdHMSTFs%])/g, (_, letter: string) => values[letter]!)
}

/** Runs one API command line; the answer's text, empty when the command gives nothing. */
export async function runCommand(core: Core, line: string): Promise<string> {
  const text = line.trim()
  const at = text.search(/\s/)
  const name = at < 0 ? text : text.slice(0, at)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) return `-ERR ${name} Command not found!\n`
  return (await command(core, at < 0 ? '' : text.slice(at + 1))) ?? ''
}
