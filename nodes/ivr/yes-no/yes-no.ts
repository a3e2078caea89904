import type { ConfigOf } from '../../kit/definition.ts'
import { listen, phrasesOf } from '../../kit/listening.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

/** A question answered by sí or no, spoken or by the keys 1 and 2. @throws PromptMissing */
export async function yesNo(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, yes, no, seconds, confidence, bargeIn, noMatch, keys } = step.config
  const answer = await listen(step, {
    say,
    options: [
      { key: '1', label: 'sí', phrases: phrasesOf(yes) },
      { key: '2', label: 'no', phrases: phrasesOf(no) },
    ],
    seconds,
    confidence: confidence / 100,
    bargeIn,
    noMatch,
    withKeys: keys,
  })
  if (answer.ended === 'gone') return GONE
  if (answer.ended !== 'ok') return 'not_understood'
  return answer.key === '1' ? 'yes' : 'no'
}
