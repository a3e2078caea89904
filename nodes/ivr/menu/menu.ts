import { ask } from '../../kit/asking.ts'
import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** One key out of those offered; `msg.choice` is the one pressed. @throws PromptMissing */
export async function menu(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, options, seconds, retries, bargeIn, noInput, noMatch } = step.config
  const answer = await ask(step, {
    say: [say],
    noInput,
    noMatch,
    retries,
    keys: { min: 1, max: 1, timeoutMs: seconds * 1_000, betweenMs: 1_000, terminators: '', bargeIn },
    accept: (digits) => (options.some(({ key }) => key === digits) ? digits : undefined),
  })
  if (answer.ended === 'gone') return GONE
  if (answer.ended !== 'ok') return answer.ended
  const choice = options.find(({ key }) => key === answer.digits) as (typeof options)[number]
  step.message.choice = { key: choice.key, label: choice.label }
  const chosen = `${choice.key} ${choice.label}`.trim()
  step.note(chosen, chosen)
  return `key:${choice.key}`
}
