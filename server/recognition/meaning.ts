import { wordsOf } from './spanish-phones.ts'
import type { Grammar, Heard } from './types.ts'

const bare = (phrase: string) =>
  wordsOf(phrase)
    .join(' ')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')

/**
 * The option whose phrase a text is, or holds as whole words (the longest); undefined when there is none, or when two
 * options fit as well: «no, sí» is no answer.
 */
export function meaningOf(text: string, { options }: Grammar): string | undefined {
  const said = ` ${bare(text)} `
  let best = { length: 0, values: new Set<string>() }
  for (const { value, phrases } of options) {
    for (const phrase of phrases) {
      const words = bare(phrase)
      if (words === '' || !said.includes(` ${words} `)) continue
      if (said.trim() === words) return value
      if (words.length > best.length) best = { length: words.length, values: new Set([value]) }
      else if (words.length === best.length) best.values.add(value)
    }
  }
  return best.values.size === 1 ? [...best.values][0] : undefined
}

/** What another program answered, as far as it can be believed: `{text, confidence?, value?}`. @throws Error in one line */
export function heardFrom(answer: unknown, grammar: Grammar): Heard {
  if (typeof answer !== 'object' || answer === null) throw new Error('the answer is no JSON object')
  const { text, value, confidence } = answer as Record<string, unknown>
  if (typeof text !== 'string' && typeof value !== 'string') throw new Error('the answer has neither text nor value')
  const said =
    typeof text === 'string'
      ? text
          .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
          .trim()
          .slice(0, 200)
      : ''
  const known = grammar.options.some((option) => option.value === value)
  const meant = known ? (value as string) : meaningOf(said, grammar)
  const sure = typeof confidence === 'number' && Number.isFinite(confidence) ? confidence : said || known ? 0.8 : 0
  return { ...(meant === undefined ? {} : { value: meant }), text: said, confidence: Math.max(0, Math.min(1, sure)) }
}
