import { bridgeHeaders } from './bridge-headers.ts'
import type { Channel } from './channel.ts'

/** Joins two legs as uuid_bridge does: each leaves what it does and talks. */
export function join(first: Channel, second: Channel): void {
  first.peer = second
  second.peer = first
  first.go({ kind: 'bridge', peer: second, first: true })
  second.go({ kind: 'bridge', peer: first, first: false })
}

/** One leg's side of a uuid_bridge: until one of them ends or is sent elsewhere; then where it goes on. */
export async function talk(leg: Channel, peer: Channel, first: boolean): Promise<void> {
  leg.setState('CS_SOFT_EXECUTE')
  if (first && peer.alive) {
    leg.emit('CHANNEL_EXECUTE', {
      Application: 'uuid_bridge',
      'Application-Data': peer.uuid,
    })
    peer.emit('CHANNEL_EXECUTE', {
      Application: 'uuid_bridge',
      'Application-Data': leg.uuid,
    })
    bridged(leg, peer)
  }
  if (!first) leg.setState('CS_EXCHANGE_MEDIA')
  await passKeys(leg, peer)
  if (first && leg.lastPeer === peer) leg.emit('CHANNEL_UNBRIDGE', bridgeHeaders(leg, peer))
  part(leg, peer)
  if (leg.aborted) return
  if (afterBridge(leg)) return
  leg.hangup(peer.cause ?? 'NORMAL_CLEARING')
}
/** Marks both as joined and says so. */
export function bridged(leg: Channel, peer: Channel): void {
  leg.times.bridged = peer.times.bridged = leg.core.micros()
  for (const [one, other] of [
    [leg, peer],
    [peer, leg],
  ] as const) {
    one.peer = other
    one.lastPeer = other
    one.set('bridge_channel', other.name)
    one.set('bridge_uuid', other.uuid)
    one.set('signal_bond', other.uuid)
    one.set('last_bridge_to', other.uuid)
  }
  peer.set('call_uuid', leg.variables.get('call_uuid'))
  leg.emit('CHANNEL_BRIDGE', bridgeHeaders(leg, peer))
  leg.core.listen()
  leg.far.joined?.(peer)
  peer.far.joined?.(leg)
}
/** Passes keys on until the bridge is over. */
export async function passKeys(leg: Channel, peer: Channel): Promise<void> {
  for (;;) {
    const woken = await leg.pass(Number.POSITIVE_INFINITY, true, () => !peer.alive || peer.peer !== leg)
    if (woken === 'abort' || woken === 'until') return
    if (woken === 'key') {
      const digit = leg.takeKey()
      if (digit !== undefined) peer.far.key?.(digit)
    }
  }
}
export function part(leg: Channel, peer: Channel): void {
  if (leg.peer === peer) leg.peer = undefined
  leg.core.listen()
  leg.far.joined?.(undefined)
  peer.poke()
}
/** transfer_after_bridge and park_after_bridge; false when neither is set. */
export function afterBridge(leg: Channel): boolean {
  const to = leg.get('transfer_after_bridge')
  if (to) {
    const [extension = '', dialplan = 'XML', context = leg.profile.context] = to.split(':')
    leg.core.transfer(leg, extension, dialplan, context)
    return true
  }
  if (leg.get('park_after_bridge') === 'true') {
    leg.go({ kind: 'park' })
    return true
  }
  return false
}
