// One file of mod_json_cdr read into what we keep of it. Everything in it may come from a stranger's phone: nothing is trusted.
import { callerNumber } from '../../freeswitch/call/index.ts'

/** Whose leg it is. `ring` is a phone that the dialplan rang by itself; `refused` never got as far as the platform. */
export type LegRole = 'caller' | 'agent' | 'ring' | 'callback' | 'consult' | 'refused' | 'other'

/** One leg of one call as the switch saw it. Instants UTC ms. */
export type CallRecord = {
  coreUuid: string
  uuid: string
  switchNode: string
  role: LegRole
  direction: 'inbound' | 'outbound'
  interactionId?: string
  /** Written on the leg by the platform; its number is looked up otherwise. */
  agencyId?: number
  otherLeg?: string
  from: string
  /** The number dialled. */
  to: string
  extension?: string
  /** The line by which we dialled it. */
  gateway?: string
  agentId?: number
  stayId?: string
  queueId?: number
  /** When the platform booked the talk on the agent's leg; its bridge for a talk that it had no time to book. */
  talkAt?: number
  /** The dialplan served it without the platform. */
  fallback: boolean
  startedAt: number
  answeredAt?: number
  bridgedAt?: number
  endedAt: number
  cause: string
  q850: number
  side: 'caller' | 'platform' | 'switch'
}

/** Why a file cannot be a call record. */
export type RecordFault = 'unreadable' | 'too_big' | 'not_json' | 'shape' | 'no_id' | 'clock' | 'database'
export type Reading = { record: CallRecord } | { fault: RecordFault; detail: string }

/** A record's clock may be ahead of ours by so much; further is no clock. */
const FUTURE_MS = 86_400_000
/** 2000-01-01: the clock of a machine without a battery. */
const EARLIEST_MS = 946_684_800_000
const ID = /^[\w.-]{1,36}$/

type Bag = Record<string, unknown>

/**
 * Reads the bytes of one file. `now` and `modifiedAt` (of the file, for a record without any time) in UTC ms; `node` when
 * the folder says which switch it is.
 */
export function readRecord(
  bytes: Buffer,
  about: { fileName: string; modifiedAt: number; now: number; node?: string },
): Reading {
  let parsed: unknown
  try {
    parsed = JSON.parse(textOf(bytes))
  } catch (error) {
    return { fault: 'not_json', detail: String((error as Error).message).slice(0, 200) }
  }
  const file = bag(parsed)
  const variables = bag(file?.variables)
  if (!file || !variables) return { fault: 'shape', detail: 'no variables' }
  const value = (name: string) => plain(variables[name])
  const callflow = Array.isArray(file.callflow) ? file.callflow : []
  const profiles = callflow.map((one) => bag(bag(one)?.caller_profile) ?? {})
  // The first profile is last in the file: what was dialled, before any transfer.
  const first = profiles.at(-1) ?? {}
  const latest = profiles[0] ?? {}
  const coreUuid = plain(file['core-uuid'])
  const named = /^(?:a_)?([\w.-]{1,36}?)\.cdr\.json$/.exec(about.fileName)?.[1] ?? ''
  const uuid = [value('uuid'), plain(latest.uuid), named].find((id) => ID.test(id)) ?? ''
  if (!ID.test(coreUuid) || uuid === '') return { fault: 'no_id', detail: 'core-uuid or uuid' }

  const times = bag(bag(callflow.at(-1))?.times) ?? {}
  const lastTimes = bag(bag(callflow[0])?.times) ?? {}
  const started =
    micros(value('start_uepoch')) ?? micros(plain(times.created_time)) ?? seconds(value('start_epoch')) ?? undefined
  const ended = micros(value('end_uepoch')) ?? micros(plain(lastTimes.hangup_time)) ?? seconds(value('end_epoch'))
  const startedAt = Math.round(started ?? ended ?? about.modifiedAt)
  // A clock that was set back during the call must not make it last less than nothing.
  const endedAt = Math.max(startedAt, Math.round(ended ?? about.modifiedAt))
  if (startedAt < EARLIEST_MS || endedAt > about.now + FUTURE_MS)
    return { fault: 'clock', detail: `${String(started)} ${String(ended)}` }
  const within = (at: number | undefined) =>
    at === undefined ? undefined : Math.min(endedAt, Math.max(startedAt, Math.round(at)))
  const answeredAt = within(micros(value('answer_uepoch')) ?? micros(plain(lastTimes.answered_time)))
  const bridgedAt = within(micros(value('bridge_uepoch')) ?? micros(plain(lastTimes.bridged_time)))

  const direction = value('direction') === 'outbound' ? 'outbound' : 'inbound'
  const origin = id(value('originating_leg_uuid')) ?? id(value('originator'))
  const role = roleOf(uuid, direction, origin, value, plain(first.context))
  const interactionId = id(value('vera_interaction')) ?? (role === 'caller' ? uuid : undefined)
  const otherLeg = id(value('vera_caller')) ?? origin ?? id(value('signal_bond')) ?? id(value('bridge_uuid'))
  const to = [value('vera_entry'), plain(first.destination_number), value('sip_to_user')].find(Boolean) ?? ''
  const from = [plain(first.caller_id_number), value('caller_id_number'), value('sip_from_user')].find(Boolean) ?? ''
  const cause = value('hangup_cause').toUpperCase()
  const optional = {
    agencyId: whole(value('vera_agency')),
    interactionId,
    otherLeg,
    extension: value('dialed_user').slice(0, 30) || undefined,
    gateway: direction === 'outbound' ? clip(value('sip_gateway_name')).slice(0, 60) || undefined : undefined,
    agentId: whole(value('vera_agent')),
    stayId: id(value('vera_stay')),
    queueId: whole(value('vera_queue')),
    talkAt:
      role === 'agent' && answeredAt !== undefined
        ? (within(millis(value('vera_talk_at'))) ?? (id(value('vera_caller')) ? bridgedAt : undefined))
        : undefined,
    answeredAt,
    bridgedAt,
  }
  return {
    record: {
      coreUuid,
      uuid,
      switchNode: (about.node ?? plain(file.switchname)).slice(0, 60) || 'fs1',
      role,
      direction,
      ...(Object.fromEntries(Object.entries(optional).filter(([, one]) => one !== undefined)) as Partial<CallRecord>),
      from: clip(callerNumber(from)),
      to: clip(to),
      fallback: value('vera_fallback') === 'true',
      startedAt,
      endedAt,
      cause: /^[A-Z][A-Z0-9_]{1,59}$/.test(cause) ? cause : 'UNSPECIFIED',
      q850: whole(value('hangup_cause_q850')) ?? 0,
      side: sideOf(value('sip_hangup_disposition'), cause),
    },
  }
}

function roleOf(
  uuid: string,
  direction: string,
  origin: string | undefined,
  value: (name: string) => string,
  context: string,
): LegRole {
  if (value('vera_offer') === uuid) return 'agent'
  if (value('vera_supervision') || value('vera_consult')) return 'consult'
  // The inner half of a loopback leg carries its outer half's variables; the outer half is the leg.
  const inner = value('loopback_leg') === 'B' && value('vera_entry') === ''
  if (value('vera_offer') || inner) return 'other'
  if (direction === 'inbound' && value('vera_entry')) return 'caller'
  if (value('vera_callback')) return 'callback'
  if (direction === 'outbound' && origin && value('dialed_user')) return 'ring'
  if (direction === 'inbound' && context === 'public' && value('vera_interaction') === '') return 'refused'
  return 'other'
}

/**
 * Who ended it. By SIP it is told; otherwise a normal end is taken to be the caller's, as the dispatcher takes it, and
 * any other the switch's.
 */
function sideOf(disposition: string, cause: string): CallRecord['side'] {
  if (/^recv_/.test(disposition)) return 'caller'
  if (/^send_/.test(disposition)) return cause === 'NORMAL_CLEARING' ? 'platform' : 'switch'
  return cause === 'NORMAL_CLEARING' || cause === 'ORIGINATOR_CANCEL' ? 'caller' : 'switch'
}

/** mod_json_cdr writes what SIP brought, byte by byte: what is not UTF-8 is read as Latin-1. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

const bag = (value: unknown): Bag | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Bag) : undefined
/** Text of a value that may be of any type; trees count as nothing. */
const plain = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, 4_000) : typeof value === 'number' ? String(value) : ''
const id = (text: string): string | undefined => (ID.test(text) ? text : undefined)
const whole = (text: string): number | undefined => {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0
  return number > 0 && number <= 2_147_483_647 ? number : undefined
}
const micros = (text: string): number | undefined => (/^[1-9]\d{0,17}$/.test(text) ? Number(text) / 1000 : undefined)
const millis = (text: string): number | undefined => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined)
const seconds = (text: string): number | undefined => (/^[1-9]\d{0,11}$/.test(text) ? Number(text) * 1000 : undefined)
/** One line that every column takes. */
const clip = (text: string) => [...text.toWellFormed().replace(/\p{Cc}/gu, ' ')].slice(0, 120).join('').trim()
