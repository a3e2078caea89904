// Calls that the switch turned away before the platform saw them: no flow, no fact; without this page nobody would know.
import type { SwitchEvent } from '../../freeswitch/esl/types.ts'

/**
 * `codec`: no codec in common; `caller_limit`: one caller with too many calls at once or in a minute; `line_limit`: more
 * calls from one address than a carrier may send; `unknown_source`: from an address of no line.
 */
export type RefusedWhy = 'codec' | 'caller_limit' | 'line_limit' | 'unknown_source'
export type Refused = {
  why: RefusedWhy
  /** The line of the address; empty: of none. */
  line: string
  node: string
  direction: 'inbound' | 'outbound'
  count: number
  /** ms */
  firstAt: number
  lastAt: number
  /** Who called last, as far as it is told. */
  from: string
  /** Address of the other side; empty: the switch does not tell it. */
  address: string
  /** Codecs that the other side offered, e.g. `G729`. */
  codecs: string
}

const dayMs = 86_400_000
const mostKept = 200
/** Static payload types (RFC 3551) that carriers leave without a name. */
const payloads: Record<string, string> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  8: 'PCMA',
  9: 'G722',
  15: 'G728',
  18: 'G729',
}

/** Names of the audio codecs in an SDP, without telephone-event; at most six. */
export function codecsOf(sdp: string): string {
  const offered = /^m=audio \d+ \S+ ([\d ]+)/m.exec(sdp)?.[1]?.trim().split(' ') ?? []
  const names = offered.map(
    (number) => new RegExp(`^a=rtpmap:${number} ([\\w.-]{1,30})/`, 'm').exec(sdp)?.[1] ?? payloads[number] ?? '',
  )
  const audio = names.filter((name) => name !== '' && !/^(telephone-event|CN)$/i.test(name))
  return [...new Set(audio)].slice(0, 6).join(', ')
}

/** Why a leg of the carriers' profile ended without having been a call; undefined: for another reason. */
export function whyOf({ headers }: Pick<SwitchEvent, 'headers'>): RefusedWhy | undefined {
  const cause = headers['Hangup-Cause']
  if (cause === 'INCOMPATIBLE_DESTINATION' && headers['Caller-Channel-Answered-Time'] !== undefined) {
    // A talk that was renegotiated to nothing was a call all the same.
    if (Number(headers['Caller-Channel-Answered-Time']) > 0) return undefined
  }
  if (cause === 'INCOMPATIBLE_DESTINATION') return 'codec'
  if (headers['Call-Direction'] !== 'inbound') return undefined
  if (headers.variable_current_application === 'limit') {
    if (cause === 'CALL_REJECTED') return 'caller_limit'
    return cause === 'NORMAL_CIRCUIT_CONGESTION' ? 'line_limit' : undefined
  }
  // Refused by the list of addresses before it had a caller; there is no other sign of it.
  return cause === 'CALL_REJECTED' && addressOf(headers) === '' ? 'unknown_source' : undefined
}

const addressOf = (headers: SwitchEvent['headers']) =>
  headers['Caller-Network-Addr'] || headers.variable_sip_network_ip || ''

/** Remembers what was refused, by reason and line, until it has been quiet for a day. */
export function createRefused(now: () => number, lineOf: (address: string) => string) {
  const held = new Map<string, Refused>()
  return {
    /** What was booked of the event, if it is the end of a call that was refused. */
    heard(node: string, event: SwitchEvent): Refused | undefined {
      const { name, headers } = event
      const channel = headers['Channel-Name'] ?? ''
      if (name !== 'CHANNEL_HANGUP_COMPLETE' || !channel.startsWith('sofia/trunk/')) return undefined
      const why = whyOf(event)
      if (why === undefined) return undefined
      const direction = headers['Call-Direction'] === 'inbound' ? 'inbound' : 'outbound'
      const address = addressOf(headers)
      const line = direction === 'outbound' ? (headers.variable_sip_gateway_name ?? '') : lineOf(address)
      const key = `${why} ${direction} ${node} ${line}`
      const before = held.get(key)
      const sdp = headers.variable_switch_r_sdp ?? ''
      const refused: Refused = {
        ...{ why, line, node, direction, address, lastAt: now() },
        firstAt: before?.firstAt ?? now(),
        count: (before?.count ?? 0) + 1,
        from: (headers['Caller-Caller-ID-Number'] || channel.slice('sofia/trunk/'.length))
          .replace(/[^\w.@+:-]/g, '?')
          .slice(0, 60),
        codecs: why === 'codec' ? codecsOf(sdp) : '',
      }
      held.delete(key)
      held.set(key, refused)
      if (held.size > mostKept) held.delete(held.keys().next().value as string)
      return refused
    },
    /** The latest first. */
    list(): Refused[] {
      for (const [key, { lastAt }] of held) if (lastAt <= now() - dayMs) held.delete(key)
      return [...held.values()].reverse()
    },
  }
}
