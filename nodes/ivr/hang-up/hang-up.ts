import type { ConfigOf } from '../../kit/definition.ts'
import { HANDED, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** Says goodbye, if anything, and hangs up. A goodbye that cannot be said does not keep the call. */
export async function hangUp(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, contained, busy } = step.config
  if (contained) step.call.fact({ kind: 'interaction.contained' })
  if (step.call.state === 'over') return HANDED
  step.note()
  await step.say(say)
  await step.live.hangup(busy ? 'USER_BUSY' : 'NORMAL_CLEARING')
  return HANDED
}
