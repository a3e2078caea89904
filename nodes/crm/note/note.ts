import type { ConfigOf } from '../../kit/definition.ts'
import type { Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** Leaves a note on the interaction: the agent reads it on the citizen's card. */
export async function note(step: Step<ConfigOf<typeof definition.fields>>): Promise<'done'> {
  const text = step.text(step.config.text)
  if (text !== '') step.call.fact({ kind: 'interaction.note', text })
  return 'done'
}
