import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

const shown = { open: 'abierto', closed: 'cerrado', holiday: 'feriado' }

/** Open, closed or holiday now, by the agency's calendar. @throws Error when the agency has no such calendar */
export async function hours(step: Step<ConfigOf<typeof definition.fields>>): Promise<'open' | 'closed' | 'holiday'> {
  const { calendar, reject } = step.config
  const status = await step.platform.calendars.status(step.call.data.agencyId, calendar, step.now)
  if (!status)
    throw new Error(calendar ? `el organismo no tiene el calendario «${calendar}»` : 'el organismo no tiene calendario')
  if (status !== 'open' && reject) step.call.fact({ kind: 'interaction.rejected', reason: 'closed' })
  step.note(shown[status], shown[status])
  return status
}
