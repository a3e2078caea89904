import type { Channel, Headers } from './channel.ts'

/** What CHANNEL_BRIDGE and CHANNEL_UNBRIDGE say beside the leg's own headers. */
export function bridgeHeaders(leg: Channel, peer: Channel): Headers {
  return { 'Bridge-A-Unique-ID': leg.uuid, 'Bridge-B-Unique-ID': peer.uuid }
}
