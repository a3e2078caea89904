import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

const ringback = '%(1000,4000,425)'
/** How it ended, as the reports count it. */
const counted = {
  talked: 'habló',
  busy: 'ocupado',
  no_answer: 'no atendió',
  failed: 'falló',
  hangup: 'cortó antes',
}

/** Calls an extension or a number and joins both; goes on when the other side is done. @throws PromptMissing */
export async function transfer(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { kind, say, seconds } = step.config
  const to = step.text(step.config.to).replace(kind === 'number' ? /[^0-9+]/g : /[^A-Za-z0-9._-]/g, '')
  if (to === '') {
    step.note('sin destino', 'sin destino')
    return 'failed'
  }
  if (!(await step.say(say))) return GONE
  const { dial } = step.platform
  const { ended, cause } = await step.live.bridge(
    kind === 'number' ? dial.number(to, step.call.data.agencyId) : dial.extension(to),
    { timeoutSeconds: seconds, ringback },
  )
  step.note(`${to}: ${cause}`, counted[ended])
  return ended === 'hangup' ? GONE : ended
}
