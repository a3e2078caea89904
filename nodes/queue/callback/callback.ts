import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import { textAt } from '../../kit/template.ts'
import type { definition } from './config.ts'

/** Asks for a call back to the caller's number or to one keyed in. @throws Error when the agency has no such queue */
export async function callback(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { config, call, platform, message } = step
  const { agencyId, id: interactionId, from } = call.data
  const queue = await platform.queues.find(agencyId, step.text(config.queue))
  if (!queue) throw new Error(`el organismo no tiene la cola «${config.queue}»`)
  const number = (config.number ? textAt(message, config.number) : from).replace(/[^0-9+]/g, '')
  if (number.replace('+', '').length < 6) {
    step.note('sin número', 'sin número')
    return 'failed'
  }
  await platform.callbacks.request({
    agencyId,
    queueId: queue.id,
    interactionId,
    number,
    ...(message.citizen ? { citizenId: message.citizen.id } : {}),
  })
  step.note(number, 'pedida')
  if (call.state === 'over') return 'requested'
  return (await step.say(config.say)) ? 'requested' : GONE
}
