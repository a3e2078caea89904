import { SwitchError, safeDialString, toneStream } from '../esl/index.ts'
import { endedByHangUp, isGone, type Leg, setAll, variableOf } from './leg.ts'
import type { LiveCall } from './types.ts'

type BridgeResult = Awaited<ReturnType<LiveCall['bridge']>>

const BUSY = /^(USER_BUSY|CALL_REJECTED|NORMAL_CIRCUIT_CONGESTION)$/
const NO_ANSWER = /^(NO_ANSWER|NO_USER_RESPONSE|ALLOTTED_TIMEOUT|ORIGINATOR_CANCEL)$/

/** See LiveCall.bridge. */
export async function bridge(
  leg: Leg,
  dial: string,
  options: { timeoutSeconds?: number; ringback?: string } = {},
): Promise<BridgeResult> {
  const to = safeDialString(dial)
  const seconds = options.timeoutSeconds ?? 30
  if (!Number.isInteger(seconds) || seconds < 1) throw new SwitchError('switch.unsafe', 'bridge: whole seconds')
  const ringback = options.ringback ? toneStream(options.ringback).replace('tone_stream://', '') : ''
  if (isGone(leg)) return { ended: 'hangup', cause: causeOf(leg) }
  await setAll(leg, {
    // Without these two a busy or ended other leg would end ours as well.
    continue_on_fail: 'true',
    hangup_after_bridge: 'false',
    call_timeout: String(seconds),
    originate_disposition: '',
    bridge_hangup_cause: '',
    last_bridge_hangup_cause: '',
    ringback,
  })
  const run = await leg.session.execute('bridge', to)
  if (endedByHangUp(leg, run)) return { ended: 'hangup', cause: causeOf(leg) }
  const disposition = variableOf(run.end, 'originate_disposition') ?? ''
  const cause = variableOf(run.end, 'last_bridge_hangup_cause') ?? variableOf(run.end, 'bridge_hangup_cause')
  if (disposition === 'SUCCESS') return { ended: 'talked', cause: cause ?? 'NORMAL_CLEARING' }
  const why = disposition || cause || 'UNKNOWN'
  return { ended: BUSY.test(why) ? 'busy' : NO_ANSWER.test(why) ? 'no_answer' : 'failed', cause: why }
}

function causeOf(leg: Leg): string {
  return leg.session.hungUp?.headers['Hangup-Cause'] ?? 'UNKNOWN'
}
