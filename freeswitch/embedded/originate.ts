import { causeNamed } from './causes.ts'
import type { Channel, FarEnd } from './channel.ts'
import type { Core } from './core.ts'
import { separate } from './separate.ts'
import { doorOf, ring } from './sip.ts'

export type Originated = { leg: Channel } | { cause: string }
type Variables = Record<string, string>

/** Takes `{a=b,c='d'}` (or `[...]`) off the front of a dial string; `^^x` as first characters changes the comma. */
export function takeVariables(text: string, open: string, close: string): { variables: Variables; rest: string } {
  const variables: Variables = {}
  let rest = text.trimStart()
  while (rest.startsWith(open)) {
    const end = rest.indexOf(close)
    if (end < 0) break
    let inside = rest.slice(1, end)
    let delimiter = ','
    if (inside.startsWith('^^')) {
      delimiter = inside[2] ?? ','
      inside = inside.slice(3)
    }
    for (const pair of separate(inside, delimiter)) {
      const at = pair.indexOf('=')
      if (at > 0) variables[pair.slice(0, at).trim()] = pair.slice(at + 1).replace(/^'(.*)'$/s, '$1')
    }
    rest = rest.slice(end + 1).trimStart()
  }
  return { variables, rest }
}

/** Splits at `delimiter` outside of brackets. */
function outside(text: string, delimiter: string): string[] {
  const parts = ['']
  let depth = 0
  for (const character of text) {
    if ('[{('.includes(character)) depth++
    if (']})'.includes(character)) depth--
    if (character === delimiter && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

/**
 * Dials: `a,b` at once (the first to answer wins), `x|y` one after the other. Resolves with the answered leg, which has
 * not begun to do anything, or with the cause of the failure. A parent that ends cancels it.
 */
export async function originate(
  core: Core,
  dial: string,
  parent?: Channel,
  defaults: Variables = {},
): Promise<Originated> {
  const { variables, rest } = takeVariables(dial, '{', '}')
  const common = { ...defaults, ...variables }
  let cause = 'NORMAL_TEMPORARY_FAILURE'
  for (const group of outside(rest, '|')) {
    const result = await race(
      core,
      outside(group, ',')
        .map((part) => part.trim())
        .filter(Boolean),
      common,
      parent,
    )
    if ('leg' in result) return result
    cause = result.cause
    if (parent && !parent.alive) break
  }
  return { cause }
}

async function race(
  core: Core,
  endpoints: string[],
  common: Variables,
  parent: Channel | undefined,
): Promise<Originated> {
  const legs: Channel[] = []
  let cause = endpoints.length === 0 ? 'INVALID_NUMBER_FORMAT' : 'NORMAL_TEMPORARY_FAILURE'
  for (const endpoint of endpoints) {
    const made = await reach(core, endpoint, common, parent)
    if ('cause' in made) cause = made.cause
    else legs.push(made.leg)
  }
  if (legs.length === 0) return { cause }
  const seconds = Number(
    common.originate_timeout ??
      common.call_timeout ??
      parent?.get('originate_timeout') ??
      parent?.get('call_timeout') ??
      60,
  )
  const perLeg = Number(common.leg_timeout ?? Number.POSITIVE_INFINITY)
  const timer = core.clock.after(Math.min(seconds, perLeg) * 1000, () => {
    for (const leg of legs) if (!leg.answered) leg.hangup(perLeg < seconds ? 'ALLOTTED_TIMEOUT' : 'NO_ANSWER')
  })
  let stop = () => {}
  const winner = await new Promise<Channel | undefined>((resolve) => {
    const look = () => {
      const answered = legs.find((leg) => leg.answered && leg.alive)
      if (answered) return resolve(answered)
      for (const leg of legs) if (leg.cause !== undefined) cause = leg.cause
      if (legs.every((leg) => !leg.alive)) return resolve(undefined)
      if (parent && !parent.alive) {
        for (const leg of legs) leg.hangup('ORIGINATOR_CANCEL')
      }
    }
    stop = () => {
      for (const leg of [...legs, ...(parent ? [parent] : [])]) leg.watchers.delete(look)
    }
    for (const leg of [...legs, ...(parent ? [parent] : [])]) leg.watchers.add(look)
    look()
  })
  stop()
  timer()
  if (!winner) return { cause: parent && !parent.alive ? 'ORIGINATOR_CANCEL' : cause }
  for (const leg of legs) if (leg !== winner) leg.hangup('LOSE_RACE')
  return { leg: winner }
}

/** One endpoint of a dial string as a new leg that rings, or the cause why there is none. */
async function reach(
  core: Core,
  endpoint: string,
  common: Variables,
  parent: Channel | undefined,
): Promise<Originated> {
  const { variables: own, rest } = takeVariables(endpoint, '[', ']')
  const variables = { ...common, ...own }
  const [kind = '', ...path] = rest.split('/')
  const target = path.join('/')
  const uuid = variables.origination_uuid
  if (uuid !== undefined && core.channels.has(uuid)) return { cause: 'DESTINATION_OUT_OF_ORDER' }
  const caller = {
    name: variables.origination_caller_id_name ?? parent?.get('effective_caller_id_name') ?? parent?.profile.name ?? '',
    number:
      variables.origination_caller_id_number ??
      parent?.get('effective_caller_id_number') ??
      parent?.profile.number ??
      '0000000000',
  }
  const make = (name: string, destination: string, far: FarEnd) => {
    const leg = core.create(name, 'outbound', { ...caller, destination }, far, uuid)
    for (const [key, value] of Object.entries(variables)) leg.set(key, value)
    if (parent) {
      leg.lastPeer = parent
      leg.set('originator', parent.uuid)
      leg.set('call_uuid', parent.variables.get('call_uuid'))
      for (const name of (parent.get('export_vars') ?? '').split(',').filter(Boolean)) leg.set(name, parent.get(name))
    }
    if (uuid !== undefined) leg.emit('CHANNEL_UUID', {}, false)
    leg.emit('CHANNEL_OUTGOING')
    leg.state = 'CS_INIT'
    leg.emit('CHANNEL_CREATE')
    leg.emit('CHANNEL_ORIGINATE')
    leg.state = 'CS_CONSUME_MEDIA'
    return leg
  }
  if (kind === 'error') return { cause: causeNamed(target, 'NORMAL_TEMPORARY_FAILURE') }
  if (kind === 'null') {
    const leg = make(rest, target, {})
    leg.answer()
    return { leg }
  }
  if (kind === 'loopback') return { leg: loopback(core, path, variables, caller, make) }
  const door = kind === 'sofia' ? doorOf(path.at(-1) ?? '') : undefined
  if (door) {
    const leg = make(rest, door.user, {})
    leg.far = ring(leg, door)
    return { leg }
  }
  const extension = kind === 'user' ? target.split('@')[0] : /^sofia\/agents\/(?:sip:)?([0-9]+)/.exec(rest)?.[1]
  if (extension !== undefined) {
    const reached = core.phones.reach(extension)
    if ('cause' in reached) return reached
    const leg = make(`sofia/agents/${target.replace(/^agents\//, '')}`, extension, {})
    leg.set('dialed_user', extension)
    leg.set('dialed_domain', target.split('@')[1] ?? core.globals.get('vera_domain') ?? '')
    leg.set('presence_id', `${extension}@${leg.get('dialed_domain') ?? ''}`)
    leg.far = reached.far(leg)
    return { leg }
  }
  if (kind === 'sofia') {
    const number = path.at(-1)?.split('@')[0] ?? ''
    const leg = make(rest, number, {})
    const far = core.outside(number, leg)
    if (typeof far === 'string') leg.hangup(far, 'far')
    else leg.far = far
    return { leg }
  }
  return { cause: 'DESTINATION_OUT_OF_ORDER' }
}

/** loopback/<extension>[/<context>]: the outbound leg -a and, at its far end, the inbound leg -b in the dialplan. */
function loopback(
  core: Core,
  path: string[],
  variables: Variables,
  caller: { name: string; number: string },
  make: (name: string, destination: string, far: FarEnd) => Channel,
): Channel {
  const [extension = '', context = 'default'] = path
  const a = make(`loopback/${extension}-a`, extension, {})
  const b = core.create(`loopback/${extension}-b`, 'inbound', { ...caller, destination: extension, context }, {})
  for (const [key, value] of Object.entries(variables)) b.set(key, value)
  a.link = b
  b.link = a
  a.set('other_loopback_leg_uuid', b.uuid)
  a.set('loopback_leg', 'A')
  b.set('other_loopback_leg_uuid', a.uuid)
  b.set('loopback_leg', 'B')
  a.far = { hungUp: (cause) => b.hangup(cause, 'far'), key: (digit) => b.receive(digit, 'UNKNOWN') }
  b.far = {
    hungUp: (cause) => a.hangup(cause, 'far'),
    key: (digit) => a.receive(digit, 'UNKNOWN'),
    answered: () => a.answer(),
    rings: () => a.progress(),
  }
  core.clock.after(0, () => {
    if (b.alive) core.enter(b)
  })
  return a
}
