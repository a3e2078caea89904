import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** Plays a recording or speaks a text to its end. @throws PromptMissing */
export async function play(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say } = step.config
  step.note(say.as === 'recording' ? say.value : step.text(say.value))
  return (await step.say(say)) ? 'done' : GONE
}
