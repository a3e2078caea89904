import { randomUUID } from 'node:crypto'
import type { Channel, FarEnd } from './channel.ts'
import type { Core } from './core.ts'

/** Where calls arrive: the profile's name and the dialplan context they enter. */
type Door = { core: Core; profile: string; context: string }

/** The embedded switches of this process by the port at which their SIP would be; no packet is ever sent. */
const doors = new Map<number, Door>()

/** Opens a door; gives what closes it. @throws Error when another switch of this process has the port */
export function listenSip(port: number, door: Door): () => void {
  if (doors.has(port)) throw new Error(`SIP port ${port} is another embedded switch's`)
  doors.set(port, door)
  return () => {
    if (doors.get(port) === door) doors.delete(port)
  }
}

/** `sip:user@host:port` or `user@host:port` of a dial string, when an embedded switch of this process listens there. */
export function doorOf(target: string): { door: Door; user: string } | undefined {
  const [, user, port] = /^(?:sips?:)?([^@]+)@[^:;]+:(\d+)/.exec(target) ?? []
  const door = port === undefined ? undefined : doors.get(Number(port))
  return door && user !== undefined && !door.core.stopped ? { door, user } : undefined
}

/** The call arrives as a leg of the other switch; the result is the far end of `leg`. */
export function ring(leg: Channel, { door, user }: { door: Door; user: string }): FarEnd {
  const { core, profile, context } = door
  const caller = { name: leg.profile.name, number: leg.profile.number }
  const arrived = core.create(
    `sofia/${profile}/${caller.number}@127.0.0.1`,
    'inbound',
    { ...caller, destination: user, context },
    {},
  )
  for (const [key, value] of leg.variables) if (/^sip_h_X-/i.test(key)) arrived.set(key, value)
  for (const [key, value] of Object.entries({
    ...{ sip_from_user: caller.number, sip_to_user: user, sip_req_user: user, sip_network_ip: '127.0.0.1' },
    ...{ sip_call_id: randomUUID(), sofia_profile_name: profile },
  }))
    arrived.set(key, value)
  leg.link = arrived
  arrived.link = leg
  arrived.far = {
    answered: () => leg.answer(),
    rings: () => leg.progress(),
    hungUp: (cause) => leg.hangup(cause, 'far'),
    key: (digit) => leg.receive(digit),
  }
  core.clock.after(5, () => {
    if (arrived.alive) core.enter(arrived)
  })
  return {
    hungUp: (cause) => arrived.hangup(arrived.answered ? cause : 'ORIGINATOR_CANCEL', 'far'),
    key: (digit) => arrived.receive(digit),
  }
}
