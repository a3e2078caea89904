import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** A ticket of this interaction, from the message left if there is one; into `msg.ticket`. */
export async function createTicket(step: Step<ConfigOf<typeof definition.fields>>): Promise<'created'> {
  const { config, message, call, platform } = step
  const ticket = await platform.tickets.create(call.data.agencyId, {
    subject: step.text(config.subject).slice(0, 200) || `Llamada de ${call.data.from || 'número privado'}`,
    description: step.text(config.description),
    priority: config.priority,
    origin: message.recording ? 'voicemail' : 'flow',
    interactionId: call.data.id,
    citizenId: message.citizen?.id,
    topic: step.text(config.topic) || undefined,
    backOffice: step.text(config.backOffice) || undefined,
  })
  message.ticket = ticket
  step.note(`n.º ${ticket.number}`, 'creado')
  return 'created'
}
