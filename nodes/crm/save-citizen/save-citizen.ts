import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** Creates the citizen or completes the card; into `msg.citizen`. Values that the base refuses go out by `failed`. */
export async function saveCitizen(step: Step<ConfigOf<typeof definition.fields>>): Promise<'saved' | 'failed'> {
  const { config, message, call, platform } = step
  const digits = (template: string) => step.text(template).replace(/[^0-9]/g, '') || undefined
  const dni = digits(config.dni)
  const name = step.text(config.name) || message.citizen?.name || (dni ? `DNI ${dni}` : '')
  if (name === '') return 'failed'
  try {
    const citizen = await platform.citizens.save(call.data.agencyId, {
      id: message.citizen?.id,
      name,
      dni,
      cuit: digits(config.cuit),
      phone: step.text(config.phone) || undefined,
      email: step.text(config.email) || undefined,
    })
    message.citizen = citizen
    call.fact({ kind: 'interaction.identified', citizenId: citizen.id })
    step.note(citizen.name, 'guardado')
    return 'saved'
  } catch (error) {
    step.note(`no se guardó: ${(error as Error).message}`, 'no se guardó')
    return 'failed'
  }
}
