import { bridgeHeaders } from './bridge-headers.ts'
import type { Channel } from './channel.ts'
import { afterBridge, bridged, part, passKeys } from './joining.ts'
import { originate } from './originate.ts'

/**
 * The application `bridge`: dials, joins and waits for the end. A leg that cannot be joined goes on only with
 * continue_on_fail; after the talk the leg goes on unless hangup_after_bridge=true.
 */
export async function bridgeApplication(channel: Channel, dial: string): Promise<undefined> {
  const { core } = channel
  channel.set('originate_disposition', undefined)
  channel.set('last_bridge_hangup_cause', undefined)
  channel.setCallState('RING_WAIT')
  const result = await originate(core, dial, channel)
  if (channel.alive) channel.setCallState(channel.answered ? 'ACTIVE' : 'RINGING')
  channel.set('originate_disposition', 'leg' in result ? 'SUCCESS' : result.cause)
  channel.set('DIALSTATUS', 'leg' in result ? 'SUCCESS' : result.cause)
  if ('cause' in result) {
    channel.set('originate_failed_cause', result.cause)
    if (channel.aborted) return undefined
    const goOn = channel.get('continue_on_fail')
    const listed = goOn?.split(',').some((cause) => cause.trim().toUpperCase() === result.cause)
    if (goOn !== 'true' && !listed) channel.hangup(result.cause)
    return undefined
  }
  const { leg } = result
  if (channel.aborted) {
    leg.hangup('ORIGINATOR_CANCEL')
    return undefined
  }
  channel.answer()
  leg.state = 'CS_EXCHANGE_MEDIA'
  bridged(channel, leg)
  // The other leg's keys and end are handled on its own thread; it stays joined until one of the two leaves.
  leg.running = otherSide(leg, channel)
  await passKeys(channel, leg)
  channel.emit('CHANNEL_UNBRIDGE', bridgeHeaders(channel, leg))
  const cause = leg.cause
  part(channel, leg)
  channel.set('last_bridge_hangup_cause', cause ?? 'NORMAL_CLEARING')
  if (channel.aborted) return undefined
  if (afterBridge(channel)) return undefined
  if (channel.get('hangup_after_bridge') === 'true') channel.hangup(cause ?? 'NORMAL_CLEARING')
  return undefined
}

async function otherSide(leg: Channel, channel: Channel): Promise<void> {
  await passKeys(leg, channel)
  part(leg, channel)
  leg.running = undefined
  if (!leg.alive) return leg.end()
  if (leg.next || afterBridge(leg)) return leg.start()
  leg.hangup(channel.cause ?? 'NORMAL_CLEARING')
}
