// One encoder for each place where text of ours enters the switch. Each gives back text that means itself there, or
// throws SwitchError `switch.unsafe`: nothing is repaired in silence.
import { SwitchError } from './types.ts'

const LINE_BREAK = /[\r\n\0]/

function refuse(what: string, why: string): never {
  // The text itself stays out of the message: messages go to logs and screens.
  throw new SwitchError('switch.unsafe', `${what}: ${why}`)
}

function oneLine(text: string, what: string): string {
  if (LINE_BREAK.test(text)) refuse(what, 'has a line break or a NUL')
  return text
}

/**
 * A whole command (`api ...`, `bgapi ...`). Besides line breaks, refuses what mod_event_socket takes anywhere in the
 * line for an order to unload itself: `unload` or `reload` together with its own name.
 */
export function commandLine(text: string): string {
  return noUnload(oneLine(text, 'command'), 'command')
}

function noUnload(text: string, what: string): string {
  if (/mod_event_socket/i.test(text) && /unload|reload/i.test(text)) {
    refuse(what, 'the switch would take it for an order to unload its event socket')
  }
  return text
}

/** Value of a header we send. */
export function headerValue(text: string): string {
  return oneLine(text, 'header')
}

/** A leg's Unique-ID (also one of our own making, by `origination_uuid`). */
export function legId(uuid: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(uuid) ? uuid : refuse('leg', 'not a Unique-ID')
}

/** Name of a channel variable. */
export function variableName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name) ? name : refuse('variable name', 'letters, digits, _ . - only')
}

/** Name of a dialplan application. An unknown one kills the leg (DESTINATION_OUT_OF_ORDER): take it from our code only. */
export function applicationName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name) ? name : refuse('application', 'not the name of an application')
}

/**
 * Argument of an application. The switch expands `${...}` in it, recursively, and reads a leading `^^x` or `%[...]` as
 * orders: refused, as this is only for text that means itself.
 */
export function applicationArgument(text: string): string {
  // In a header of sendmsg the switch obeys that order too.
  noUnload(oneLine(text, 'argument'), 'argument')
  if (text.includes('${')) refuse('argument', 'has ${, which the switch would expand')
  // `$\'{...}` would be `${...}` by then.
  if (text.includes('\\')) refuse('argument', 'has a backslash, which the switch drops before it expands')
  if (/^\s*(\^\^|%\[)/.test(text)) refuse('argument', 'begins with ^^ or %[, which the switch takes for an order')
  return text
}

/**
 * The API command that stores `value` literally: not expanded, and read back byte by byte. An empty value unsets.
 */
export function setVariableCommand(uuid: string, name: string, value: string): string {
  oneLine(value, 'value')
  const quoted = value.replace(/[\\']/g, '\\$&')
  return commandLine(`uuid_setvar ${legId(uuid)} ${variableName(name)} '${quoted}'`)
}

/**
 * The `{a=b,c=d}` before a dial string. It is parsed twice and loses quotes, so only ASCII letters, digits and
 * ` ._-+@` pass: set anything else with `setVariableCommand` on an `origination_uuid` you chose.
 */
export function originateVariables(values: Readonly<Record<string, string | number | boolean>>): string {
  const parts = Object.entries(values).map(([name, value]) => {
    const text = String(value)
    if (!/^[A-Za-z0-9 ._+@-]*$/.test(text)) refuse('originate variable', `${variableName(name)} has other characters`)
    return `${variableName(name)}=${text}`
  })
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** Where a leg may be called. */
export type Destination =
  /** A phone of an agent: `user/1001@vera`. */
  | { user: string; domain: string }
  /** A number through a line: `sofia/gateway/red/+5493424567890`. */
  | { gateway: string; number: string }
  /** The dialplan itself; tests. */
  | { loopback: string; context: string }

/** The destination as the switch writes it. Names: letters, digits, `. _ -`; numbers: digits, `*`, `#` and one leading `+`. */
export function dialString(to: Destination): string {
  if ('user' in to) return `user/${dialName(to.user)}@${dialName(to.domain)}`
  if ('gateway' in to) return `sofia/gateway/${dialName(to.gateway)}/${dialNumber(to.number)}`
  return `loopback/${dialNumberOrName(to.loopback)}/${dialName(to.context)}`
}

/**
 * A dial string from wherever it comes: one destination or several to be tried in turn (`|`); no braces, no expansion,
 * and no `:_:`, behind which the switch would begin a call of its own beside the first.
 */
export function safeDialString(text: string): string {
  const one = /^[A-Za-z][A-Za-z0-9_]*\/(?!.*:_:)[A-Za-z0-9_+*#][A-Za-z0-9._+*#@:/-]{0,199}$/
  return text.split('|').every((part) => one.test(part)) ? text : refuse('dial string', 'not one made by dialString')
}

/** Extension or context of the dialplan. */
export function extensionName(text: string): string {
  return dialNumberOrName(text)
}

function dialName(text: string): string {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(text) ? text : refuse('destination', 'letters, digits, . _ - only')
}

function dialNumber(text: string): string {
  return /^\+?[0-9*#]{1,32}$/.test(text) ? text : refuse('number', 'digits, *, # and a leading + only')
}

function dialNumberOrName(text: string): string {
  return /^\+?[0-9*#]{1,32}$/.test(text) ? text : dialName(text)
}

/** An absolute path of a recording or a prompt. A space would split it, `!` would begin another file, `{` variables. */
export function filePath(path: string): string {
  if (!/^\/[A-Za-z0-9._/-]{1,400}$/.test(path)) refuse('path', 'absolute; letters, digits, . _ - and / only')
  if (path.split('/').includes('..')) refuse('path', 'has ..')
  return path
}

/** A tone of the switch's tone generator, with or without its `tone_stream://`. */
export function toneStream(tone: string): string {
  const text = tone.replace(/^tone_stream:\/\//, '')
  if (!/^[A-Za-z0-9%(),.;=+*:-]{1,200}$/.test(text)) refuse('tone', 'not a tone of the switch')
  return `tone_stream://${text}`
}

/** Keys of a phone: `0-9*#ABCD`; `what` is for the message. */
export function phoneKeys(text: string, what: string): string {
  return /^[0-9*#A-D]*$/.test(text) ? text : refuse(what, 'keys are 0-9 * # A-D')
}

/** A hang-up cause by its name, e.g. `NORMAL_CLEARING`. */
export function hangupCause(text: string): string {
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(text) ? text : refuse('cause', 'not the name of a hang-up cause')
}

/** One event name, or `CUSTOM` with one subclass. */
export function eventName(text: string): string {
  return /^(?:[A-Z][A-Z0-9_]{0,63}|CUSTOM [A-Za-z0-9_.:-]{1,128})$/.test(text)
    ? text
    : refuse('event', 'not an event name')
}

/** `event json ...` for these names: plain names first, as all that follows CUSTOM is read as subclasses. */
export function subscription(names: readonly string[]): string {
  const known = [...new Set(names.map(eventName))]
  const custom = known.filter((name) => name.startsWith('CUSTOM ')).map((name) => name.slice(7))
  const plain = known.filter((name) => !name.startsWith('CUSTOM'))
  return `event json ${plain.join(' ')}${custom.length > 0 ? ` CUSTOM ${custom.join(' ')}` : ''}`
}

/**
 * `sendmsg` that runs an application on a leg behind what already runs there (`event-lock`: without it the switch nests
 * the new one inside the running one). `eventUuid` comes back as `Application-UUID` of its events.
 */
export function executeMessage(uuid: string, application: string, argument: string, eventUuid?: string): string {
  const lines = [
    `sendmsg ${legId(uuid)}`,
    'call-command: execute',
    `execute-app-name: ${applicationName(application)}`,
    'event-lock: true',
  ]
  if (eventUuid !== undefined) lines.push(`event-uuid: ${legId(eventUuid)}`)
  if (argument !== '') lines.push(`execute-app-arg: ${applicationArgument(argument)}`)
  return `${lines.join('\n')}\n\n`
}

/** `sendmsg` that ends a leg. */
export function hangupMessage(uuid: string, cause: string): string {
  return `sendmsg ${legId(uuid)}\ncall-command: hangup\nhangup-cause: ${hangupCause(cause)}\n\n`
}
