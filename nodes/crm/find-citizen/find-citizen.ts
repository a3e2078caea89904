import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import { textAt } from '../../kit/template.ts'
import type { definition } from './config.ts'

/** Who is calling, by number, DNI or CUIT; into `msg.citizen`. */
export async function findCitizen(step: Step<ConfigOf<typeof definition.fields>>): Promise<'found' | 'not_found'> {
  const { by, from } = step.config
  const { citizens } = step.platform
  const { agencyId } = step.call.data
  const value = textAt(step.message, from || (by === 'phone' ? 'call.from' : 'answer'))
  const digits = value.replace(/[^0-9]/g, '')
  const lookUp = { phone: citizens.byPhone, dni: citizens.byDni, cuit: citizens.byCuit }[by]
  const citizen = digits === '' ? undefined : await lookUp(agencyId, by === 'phone' ? value : digits)
  if (!citizen) {
    step.note('no encontrado', 'no encontrado')
    return 'not_found'
  }
  step.message.citizen = citizen
  step.call.fact({ kind: 'interaction.identified', citizenId: citizen.id })
  step.note(citizen.name, 'encontrado')
  return 'found'
}
