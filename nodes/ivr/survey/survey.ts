import { ask } from '../../kit/asking.ts'
import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** One key from 1 to the best; kept as the interaction's score. @throws PromptMissing */
export async function survey(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, maxScore, seconds, retries, thanks } = step.config
  const silence = { as: 'text' as const, value: '' }
  const answer = await ask(step, {
    say: [say],
    noInput: silence,
    noMatch: silence,
    retries,
    keys: { min: 1, max: 1, timeoutMs: seconds * 1_000, betweenMs: 1_000, terminators: '' },
    accept: (digits) => (Number(digits) >= 1 && Number(digits) <= maxScore ? digits : undefined),
  })
  if (answer.ended === 'gone') return GONE
  if (answer.ended !== 'ok') return 'none'
  step.message.score = Number(answer.digits)
  step.call.fact({ kind: 'interaction.survey', score: Number(answer.digits) })
  step.note(answer.digits, answer.digits)
  return (await step.say(thanks)) ? 'scored' : GONE
}
