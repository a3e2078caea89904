import { q850 } from './causes.ts'
import type { Channel, Headers } from './channel.ts'

/** As in Channel-State-Number of the real one. */
const stateNumbers: Record<string, number> = {
  CS_NEW: 0,
  CS_INIT: 1,
  CS_ROUTING: 2,
  CS_SOFT_EXECUTE: 3,
  CS_EXECUTE: 4,
  CS_EXCHANGE_MEDIA: 5,
  CS_PARK: 6,
  CS_CONSUME_MEDIA: 7,
  CS_HIBERNATE: 8,
  CS_RESET: 9,
  CS_HANGUP: 10,
  CS_REPORTING: 11,
  CS_DESTROY: 12,
  CS_NONE: 13,
}

/** The variables of the end: cause, instants and durations (seconds, ms and microseconds). */
export function endVariables(leg: Channel): Record<string, string> {
  const { times } = leg
  const out: Record<string, string> = {
    hangup_cause: leg.cause!,
    hangup_cause_q850: String(q850(leg.cause!)),
    digits_dialed: 'none',
    last_app: leg.application,
    last_arg: leg.applicationData,
    caller_id: leg.profile.name ? `"${leg.profile.name}" <${leg.profile.number}>` : leg.profile.number,
  }
  const instants: [string, number][] = [
    ['start', times.created],
    ['profile_start', times.profile],
    ['answer', times.answered],
    ['bridge', times.bridged],
    ['last_hold', times.lastHold],
    ['resurrect', 0],
    ['progress', times.progress],
    ['progress_media', times.media],
    ['end', times.hungUp],
  ]
  for (const [name, micros] of instants) {
    if (micros > 0) out[`${name}_stamp`] = new Date(micros / 1000).toISOString().slice(0, 19).replace('T', ' ')
    out[`${name}_epoch`] = String(Math.floor(micros / 1e6))
    out[`${name}_uepoch`] = String(micros)
  }
  out.hold_accum_usec = String(times.holdSum)
  out.hold_accum_ms = String(Math.floor(times.holdSum / 1000))
  out.hold_accum_seconds = String(Math.floor(times.holdSum / 1e6))
  const since = (from: number, to: number) => (from > 0 && to > 0 ? Math.max(0, to - from) : 0)
  const durations: [string, string, number][] = [
    ['duration', 'duration', since(times.created, times.hungUp)],
    ['billsec', 'bill', since(times.answered, times.hungUp)],
    ['progresssec', 'progress', since(times.created, times.progress)],
    ['answersec', 'answer', since(times.created, times.answered)],
    ['waitsec', 'wait', since(times.created, times.bridged)],
    ['progress_mediasec', 'progress_media', since(times.created, times.media)],
    ['flow_billsec', 'flow_bill', since(times.created, times.hungUp)],
  ]
  for (const [seconds, stem, micros] of durations) {
    out[seconds] = String(Math.floor(micros / 1e6))
    out[stem === 'duration' ? 'mduration' : `${stem}msec`] = String(Math.floor(micros / 1000))
    out[stem === 'duration' ? 'uduration' : `${stem}usec`] = String(micros)
  }
  if (leg.core.isLoopback(leg)) out.is_loopback = '1'
  return out
}

/** The headers that every event of the leg has. */
export function legHeaders(leg: Channel): Headers {
  const { profile, times } = leg
  const other = leg.peer ?? leg.lastPeer
  const out: Headers = {
    'Channel-State': leg.state,
    'Channel-Call-State': leg.callState,
    'Channel-State-Number': String(stateNumbers[leg.state] ?? 0),
    'Channel-Name': leg.name,
    'Unique-ID': leg.uuid,
    'Call-Direction': leg.direction,
    'Presence-Call-Direction': leg.direction,
    'Channel-HIT-Dialplan': String(leg.direction === 'inbound'),
    'Channel-Call-UUID': leg.variables.get('call_uuid') ?? leg.uuid,
    'Answer-State': leg.answerState,
    'Channel-Read-Codec-Name': 'PCMA',
    'Channel-Read-Codec-Rate': '8000',
    'Channel-Read-Codec-Bit-Rate': '64000',
    'Channel-Write-Codec-Name': 'PCMA',
    'Channel-Write-Codec-Rate': '8000',
    'Channel-Write-Codec-Bit-Rate': '64000',
    'Caller-Direction': leg.direction,
    'Caller-Logical-Direction': leg.direction,
    'Caller-Username': profile.number,
    'Caller-Dialplan': profile.dialplan,
    'Caller-Caller-ID-Name': profile.name,
    'Caller-Caller-ID-Number': profile.number,
    'Caller-Orig-Caller-ID-Name': profile.name,
    'Caller-Orig-Caller-ID-Number': profile.number,
    'Caller-Callee-ID-Name': profile.calleeName,
    'Caller-Callee-ID-Number': profile.calleeNumber,
    'Caller-ANI': profile.number,
    'Caller-Destination-Number': profile.destination,
    'Caller-Unique-ID': leg.uuid,
    'Caller-Source': profile.source,
    'Caller-Context': profile.context,
    'Caller-Channel-Name': leg.name,
    'Caller-Profile-Index': String(leg.profileIndex),
    'Caller-Profile-Created-Time': String(times.profile),
    'Caller-Channel-Created-Time': String(times.created),
    'Caller-Channel-Answered-Time': String(times.answered),
    'Caller-Channel-Progress-Time': String(times.progress),
    'Caller-Channel-Progress-Media-Time': String(times.media),
    'Caller-Channel-Hangup-Time': String(times.hungUp),
    'Caller-Channel-Transfer-Time': String(times.transfer),
    'Caller-Channel-Resurrect-Time': '0',
    'Caller-Channel-Bridged-Time': String(times.bridged),
    'Caller-Channel-Last-Hold': String(times.lastHold),
    'Caller-Channel-Hold-Accum': String(times.holdSum),
    'Caller-Screen-Bit': 'true',
    'Caller-Privacy-Hide-Name': 'false',
    'Caller-Privacy-Hide-Number': 'false',
  }
  for (const key of [
    'Caller-Caller-ID-Name',
    'Caller-Orig-Caller-ID-Name',
    'Caller-Callee-ID-Name',
    'Caller-Callee-ID-Number',
    'Caller-Username',
  ]) {
    if (out[key] === '') delete out[key]
  }
  const presence = leg.variables.get('presence_id')
  if (presence) out['Channel-Presence-ID'] = presence
  if (leg.cause !== undefined) out['Hangup-Cause'] = leg.cause
  if (other) {
    out['Other-Type'] = leg.direction === 'inbound' ? 'originatee' : 'originator'
    out['Other-Leg-Unique-ID'] = other.uuid
    out['Other-Leg-Channel-Name'] = other.name
    out['Other-Leg-Caller-ID-Number'] = other.profile.number
    out['Other-Leg-Destination-Number'] = other.profile.destination
    out['Other-Leg-Direction'] = other.direction
  }
  return out
}

/** A field of the caller profile by its dialplan name. */
export function profileField(leg: Channel, name: string): string | undefined {
  const { profile } = leg
  switch (name) {
    case 'destination_number':
      return profile.destination
    case 'caller_id_name':
      return profile.name
    case 'caller_id_number':
    case 'ani':
      return profile.number
    case 'context':
      return profile.context
    case 'dialplan':
      return profile.dialplan
    case 'source':
      return profile.source
    case 'chan_name':
      return leg.name
    case 'network_addr':
      return leg.variables.get('sip_network_ip')
    case 'uuid':
      return leg.uuid
    case 'state':
      return leg.state
    default:
      return undefined
  }
}

/** The variables of a leg that has just been made. */
export function firstVariables(leg: Channel): [string, string][] {
  return Object.entries({
    direction: leg.direction,
    uuid: leg.uuid,
    session_id: String(++leg.core.sessions),
    channel_name: leg.name,
    call_uuid: leg.uuid,
    read_codec: 'PCMA',
    read_rate: '8000',
    write_codec: 'PCMA',
    write_rate: '8000',
    ...(leg.direction === 'outbound' ? { is_outbound: 'true' } : {}),
  })
}

/** sip_hangup_disposition: which side ended a SIP leg, and with what. */
export function hangupDisposition(leg: Channel, by: 'far' | 'switch'): string {
  const early = !leg.answered
  if (by === 'far') return early ? (leg.direction === 'outbound' ? 'recv_refuse' : 'recv_cancel') : 'recv_bye'
  return early ? (leg.direction === 'outbound' ? 'send_cancel' : 'send_refuse') : 'send_bye'
}
