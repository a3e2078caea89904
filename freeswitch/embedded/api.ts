import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { causeNamed } from './causes.ts'
import { conferenceCommand } from './conference.ts'
import type { Core } from './core.ts'
import { expand } from './expand.ts'
import { type Command, legCommands } from './leg-commands.ts'
import { limitUsage } from './limits.ts'
import { originate } from './originate.ts'
import { type PhoneMode, phoneModes } from './phones.ts'
import { showRegistrations, sofiaCommand } from './registrations.ts'
import { separate } from './separate.ts'
import { showCalls, showChannels } from './show.ts'

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
    if (what === 'registrations') return showRegistrations(core, json)
    return '-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|say|interfaces|interface_types|tasks|limits|status\n'
  },
  sofia: sofiaCommand,
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
    if (!(phoneModes as readonly string[]).includes(mode)) return `-USAGE: <extension> ${phoneModes.join('|')}\n`
    return core.phones.set(extension, mode as PhoneMode) ? '+OK\n' : '-ERR no such phone\n'
  },
  originate: originateCommand,
  conference: conferenceCommand,
  limit_usage: limitUsage,
  ...legCommands,
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
