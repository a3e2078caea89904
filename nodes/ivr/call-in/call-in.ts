import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** A call has come in; the dispatcher has answered it. */
export async function callIn(step: Step<ConfigOf<typeof definition.fields>>): Promise<'call'> {
  step.note(step.message.call.to)
  return 'call'
}
