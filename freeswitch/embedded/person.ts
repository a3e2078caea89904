import { type Call, type CallRequest, runScript } from '../place-call.ts'
import type { Clock } from './clock.ts'
import type { Line, LineOptions } from './switch.ts'

/** A test call on the embedded switch, in virtual time: see `placeCall` of freeswitch/place-call.ts. */
export async function placeOn(line: (options: LineOptions) => Line, clock: Clock, request: CallRequest): Promise<Call> {
  let uuid = ''
  const result = await runScript(request, clock, (hooks) => {
    const own = line({
      from: request.from,
      to: request.to,
      ...(request.fromName === undefined ? {} : { fromName: request.fromName }),
      ...(request.context === undefined ? {} : { context: request.context }),
      ...(request.say === undefined ? {} : { variables: { vera_says_ms: String(500 + 70 * request.say.length) } }),
    })
    uuid = own.uuid
    own.onHeard = hooks.heard
    own.onAnswered = hooks.answered
    own.onEnded = hooks.ended
    return { press: own.press, hangUp: () => own.hangUp() }
  })
  return { uuid, ...result }
}
