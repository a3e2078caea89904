// What pages show of forms: each question with what may be answered, and how much it weighs in the whole.
import { bestOf, type Draft, type Question, type Section, valuesOf } from './form.ts'
import type { Answers, Score } from './score.ts'

const sum = (weights: readonly { weight: number }[]) => weights.reduce((all, { weight }) => all + weight, 0)
const share = (one: { weight: number }, of: readonly { weight: number }[]) => {
  const whole = sum(of)
  return whole > 0 ? one.weight / whole : 0
}

export type ChoiceView = { value: string; label?: string; points?: number; chosen: boolean }

function choices(question: Question, chosen: string | undefined): ChoiceView[] {
  return valuesOf(question).map((value) => {
    const option = question.kind === 'choice' ? question.options?.find(({ id }) => id === value) : undefined
    return { value, ...(option ? { label: option.label, points: option.points } : {}), chosen: value === chosen }
  })
}

/** A form to be read or answered. Shares are of the whole, if every question applies. */
export function formView(content: Draft, answers: Answers = {}, score?: Score) {
  const points = new Map(score?.sections.map((one) => [one.id, one.score]))
  return {
    pass: content.pass,
    lead: content.lead,
    sections: content.sections.map((section: Section) => ({
      id: section.id,
      title: section.title,
      share: share(section, content.sections),
      score: points.get(section.id) ?? undefined,
      questions: section.questions.map((question) => {
        const answer = answers[question.id] ?? {}
        return {
          ...question,
          best: bestOf(question.options ?? []),
          share: share(question, section.questions) * share(section, content.sections),
          choices: choices(question, answer.value),
          scale: question.kind === 'scale',
          answer,
          failed: score?.fatal.includes(question.id),
        }
      }),
    })),
  }
}

/** The colour of a score; never alone: the number and a word stand with it. */
export function scoreTone({ passed, fatal }: { passed?: boolean; fatal: number }): 'good' | 'warn' | 'bad' | '' {
  if (passed === undefined) return ''
  return passed ? 'good' : fatal > 0 ? 'bad' : 'warn'
}
