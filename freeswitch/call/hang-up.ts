import { type SwitchEvent, switchTime } from '../esl/index.ts'
import type { HangUp } from './types.ts'

/** What the last event of a leg says about its end; `asked` when our side ended it. */
export function hangUpOf(event: SwitchEvent, asked: boolean): HangUp {
  const cause = event.headers['Hangup-Cause'] ?? event.headers.variable_hangup_cause ?? 'UNKNOWN'
  return {
    cause,
    q850: Number(event.headers.variable_hangup_cause_q850 ?? 0) || 0,
    side: asked ? 'platform' : sideOf(event, cause),
    at: Math.round(switchTime(event)),
  }
}

/** On SIP the switch says who; elsewhere a plain end is the caller's and anything else the switch's. */
function sideOf(event: SwitchEvent, cause: string): HangUp['side'] {
  const disposition = event.headers.variable_sip_hangup_disposition
  if (disposition) return disposition.startsWith('recv_') ? 'caller' : 'switch'
  return cause === 'NORMAL_CLEARING' || cause === 'ORIGINATOR_CANCEL' ? 'caller' : 'switch'
}
