import { ask, shown } from '../../kit/asking.ts'
import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'
import { lengths, spoken, valueFrom } from './rules.ts'

const confirmation = {
  es: (value: string) => `Usted marcó: ${value}. Si es correcto, marque 1. Para corregirlo, marque 2.`,
  'en-US': (value: string) => `You entered: ${value}. If that is correct, press 1. To correct it, press 2.`,
}

/** A value keyed in by a rule, read back if wanted; into `msg.answer` and `msg.answers[into]`. @throws PromptMissing */
export async function askData(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, rule, into, confirm, seconds, retries, noInput, noMatch } = step.config
  const keys = {
    ...lengths(rule, step.config.min, step.config.max),
    timeoutMs: seconds * 1_000,
    betweenMs: 3_000,
    terminators: '#',
  }
  for (let round = 0; round <= retries; round++) {
    const accept = (digits: string) => valueFrom(rule, digits)
    const answer = await ask(step, { say: [say], noInput, noMatch, retries: retries - round, keys, accept })
    if (answer.ended === 'gone') return GONE
    if (answer.ended !== 'ok') return 'failed'
    const right = confirm ? await confirmed(step, answer.digits) : true
    if (right === undefined) return GONE
    if (!right) continue
    step.message.answer = answer.digits
    step.message.answers = { ...step.message.answers, [into]: answer.digits }
    step.note(`${into}: ${shown(answer.digits)}`, 'respondió')
    return 'ok'
  }
  return 'failed'
}

/** Whether the caller says that it is right; silence is a no. Undefined: hung up. */
async function confirmed(step: Step<ConfigOf<typeof definition.fields>>, value: string): Promise<boolean | undefined> {
  const { language } = step.call.data
  const nothing = { as: 'text' as const, value: '' }
  const answer = await ask(step, {
    say: [confirmation[language](spoken(step.config.rule, value, language))],
    noInput: nothing,
    noMatch: nothing,
    retries: 1,
    keys: { min: 1, max: 1, timeoutMs: 6_000, betweenMs: 1_000, terminators: '' },
    accept: (digits) => (digits === '1' || digits === '2' ? digits : undefined),
  })
  if (answer.ended === 'gone') return undefined
  return answer.ended === 'ok' && answer.digits === '1'
}
