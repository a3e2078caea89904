// What a threshold will do, in a sentence; pure.
import type { Translate } from '../../http/drawing/translate.ts'
import type { ToneRule } from '../schema.ts'
import type { Shown } from '../shown.ts'

/** `70 %`, `90 s`, `3`. */
export function amount(unit: Shown['unit'], value: number, language: string): string {
  const text = new Intl.NumberFormat(language === 'en-US' ? 'en-US' : 'es-AR', { maximumFractionDigits: 2 }).format(
    value,
  )
  return unit === 'ratio' ? `${text} %` : unit === 'ms' || unit === 'since' ? `${text} s` : text
}

/** One line for each tone: «▼ en rojo por debajo de 70 %». */
export function toneWords(rule: ToneRule, unit: Shown['unit'], t: Translate, language: string): string[] {
  if (rule.kind === 'none') return []
  if (rule.kind === 'target')
    return ['good', 'warn', 'bad'].map((tone) => t(`wallboards.designer.tone.target_${tone}`, { points: 10 }))
  const { better, warn, bad } = rule
  const values = { warn: amount(unit, warn, language), bad: amount(unit, bad, language) }
  const lines = [t(`wallboards.designer.tone.${better}_good`, values)]
  // With both limits alike there is nothing between them.
  if (warn !== bad) lines.push(t(`wallboards.designer.tone.${better}_warn`, values))
  return [...lines, t(`wallboards.designer.tone.${better}_bad`, values)]
}
