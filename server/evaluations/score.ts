// The score of an evaluation: a pure function of its form and its answers, on the server and in the browser alike.
import type { Draft, Question, Section } from './form.ts'

export type Answer = {
  /** One of `valuesOf`; missing: not answered yet. */
  value?: string
  comment?: string
  /** Where in the recording, ms. */
  atMs?: number
}
export type Answers = Record<string, Answer>
/** Points of 100 to the hundredth; null: nothing that counts was answered. */
export type Points = number | null
export type Score = {
  score: Points
  sections: { id: string; score: Points }[]
  /** Critical questions that failed: one is enough for a 0. */
  fatal: string[]
  /** Questions without an answer. */
  missing: string[]
  /** Null where there is no score. */
  passed: boolean | null
}

/**
 * How much of a question's weight an answer earns, 0 to 1; null: it does not apply, and is left out of what is divided by.
 * An answer that the question does not have earns nothing and counts as none.
 */
export function earned(question: Question, value: string | undefined): number | null {
  if (value === undefined || value === 'na') return null
  switch (question.kind) {
    case 'yes_no':
      return value === 'yes' ? 1 : value === 'no' ? 0 : null
    case 'scale':
      return /^[1-5]$/.test(value) ? (Number(value) - 1) / 4 : null
    case 'choice': {
      const options = question.options ?? []
      const chosen = options.find(({ id }) => id === value)
      const best = options.reduce((most, { points }) => Math.max(most, points), 0)
      return chosen && best > 0 ? chosen.points / best : null
    }
  }
}

export function scoreOf(content: Draft, answers: Answers): Score {
  const fatal: string[] = []
  const missing: string[] = []
  const sections = content.sections.map((section) => {
    for (const question of section.questions) {
      const value = answers[question.id]?.value
      if (value === undefined) missing.push(question.id)
      if (question.critical && earned(question, value) === 0) fatal.push(question.id)
    }
    return { id: section.id, exact: ofSection(section, answers), weight: section.weight }
  })
  const exact = fatal.length > 0 ? 0 : mean(sections.map(({ exact, weight }) => [exact, weight]))
  const score = rounded(exact)
  return {
    score,
    sections: sections.map(({ id, exact }) => ({ id, score: rounded(exact) })),
    fatal,
    missing,
    passed: score === null ? null : fatal.length === 0 && score >= content.pass,
  }
}

const ofSection = ({ questions }: Section, answers: Answers) =>
  mean(questions.map((question) => [earned(question, answers[question.id]?.value), question.weight]))

/** Of what has a value, by weight; null when nothing has. */
function mean(parts: readonly (readonly [number | null, number])[]): number | null {
  let sum = 0
  let weights = 0
  for (const [value, weight] of parts) {
    if (value === null) continue
    sum += value * weight
    weights += weight
  }
  return weights > 0 ? sum / weights : null
}

/** The thousandth of a hundredth away from a half goes up, so that no order of adding decides. */
const rounded = (share: number | null): Points => (share === null ? null : Math.round(share * 10_000 + 1e-6) / 100)
