import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/**
 * Silences the recordings of this call, or lets them hear again; the file keeps its timing. A call that is not being
 * recorded goes on at `done`. `failed`: a recording could not be changed, so nothing sensitive should be asked.
 */
export async function mask(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const masked = step.config.action === 'mask'
  const { agencyId, id, leg } = step.call.data
  const port = step.platform.masking
  if (!port) {
    step.note('no recording can be masked here', 'falló')
    return 'failed'
  }
  try {
    const count = await port.set({ agencyId, interactionId: id, leg }, masked)
    step.note(`${masked ? 'masked' : 'unmasked'}: ${count}`, masked ? 'silenciada' : 'se oye de nuevo')
    return 'done'
  } catch (error) {
    step.note(`${step.config.action} failed: ${(error as Error).message}`, 'falló')
    return 'failed'
  }
}
