/** Hang-up causes and their Q.850 numbers, as FreeSWITCH names them. */
export const causes: Record<string, number> = {
  NONE: 0,
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_DESTINATION: 3,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  SUBSCRIBER_ABSENT: 20,
  CALL_REJECTED: 21,
  DESTINATION_OUT_OF_ORDER: 27,
  INVALID_NUMBER_FORMAT: 28,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_CIRCUIT_CONGESTION: 34,
  NETWORK_OUT_OF_ORDER: 38,
  NORMAL_TEMPORARY_FAILURE: 41,
  SWITCH_CONGESTION: 42,
  REQUESTED_CHAN_UNAVAIL: 44,
  OUTGOING_CALL_BARRED: 52,
  INCOMING_CALL_BARRED: 54,
  SERVICE_UNAVAILABLE: 63,
  INCOMPATIBLE_DESTINATION: 88,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  MANDATORY_IE_MISSING: 96,
  INTERWORKING: 127,
  // Beyond Q.850: FreeSWITCH reports 16 for them (captured: ALLOTTED_TIMEOUT -> 16).
  ORIGINATOR_CANCEL: 487,
  LOSE_RACE: 502,
  MANAGER_REQUEST: 503,
  BLIND_TRANSFER: 600,
  ATTENDED_TRANSFER: 601,
  ALLOTTED_TIMEOUT: 602,
  MEDIA_TIMEOUT: 604,
  PICKED_OFF: 605,
  USER_NOT_REGISTERED: 606,
}

/** The Q.850 number that goes into hangup_cause_q850. */
export function q850(cause: string): number {
  const number = causes[cause] ?? 16
  return number > 127 ? 16 : number
}

/** A cause's name from a name or number in any case; `fallback` if it is none. */
export function causeNamed(text: string | undefined, fallback = 'NORMAL_CLEARING'): string {
  if (!text) return fallback
  const upper = text.trim().toUpperCase()
  if (upper in causes) return upper
  const byNumber = Object.entries(causes).find(([, number]) => String(number) === upper)
  return byNumber?.[0] ?? fallback
}
