import type { ConfigOf } from '../../kit/definition.ts'
import { listen, phrasesOf } from '../../kit/listening.ts'
import { GONE, type Step } from '../../kit/step.ts'
import type { definition } from './config.ts'

const byKey = {
  es: (key: string, label: string) => `Para ${label}, marque ${key}.`,
  'en-US': (key: string, label: string) => `For ${label}, press ${key}.`,
}
const symbols: Record<string, { es: string; 'en-US': string }> = {
  '*': { es: 'asterisco', 'en-US': 'star' },
  '#': { es: 'numeral', 'en-US': 'pound' },
}

/** One of several options, spoken or by its key. @throws PromptMissing */
export async function sayOption(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { say, options, seconds, confidence, bargeIn, noMatch, keys } = step.config
  const { language } = step.call.data
  const made = options.map(({ key, label }) => byKey[language](symbols[key]?.[language] ?? key, label || key)).join(' ')
  const answer = await listen(step, {
    say,
    options: options.map(({ key, label, phrases }) => ({ key, label, phrases: [label, ...phrasesOf(phrases ?? '')] })),
    seconds,
    confidence: confidence / 100,
    bargeIn,
    noMatch,
    withKeys: keys.value.trim() === '' ? { as: 'text', value: made } : keys,
  })
  if (answer.ended === 'gone') return GONE
  return answer.ended === 'ok' ? `key:${answer.key}` : 'not_understood'
}
