// What a form asks. Its content is JSON in a version, and a published version never changes.
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

/** Characters, and how many of each. */
export const limits = { name: 120, text: 300, help: 600, label: 120, comment: 2_000, questions: 100 } as const

const key = Type.String({ pattern: '^[a-z0-9]{1,20}$' })
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const weight = (minimum: number) => Type.Integer({ minimum, maximum: 1_000 })
const Option = Type.Object({ id: key, label: text(limits.label), points: Type.Integer({ minimum: 0, maximum: 1_000 }) })
const Question = Type.Object({
  id: key,
  text: text(limits.text),
  help: Type.Optional(Type.String({ maxLength: limits.help })),
  /** Yes or no; 1 to 5; or one of its options, each with points. */
  kind: Type.Union([Type.Literal('yes_no'), Type.Literal('scale'), Type.Literal('choice')]),
  options: Type.Optional(Type.Array(Option, { minItems: 2, maxItems: 10 })),
  /** Beside the other questions of its section; 0: asked, and adds nothing. */
  weight: weight(0),
  /** Its worst answer brings the whole to 0. */
  critical: Type.Boolean(),
  /** «Does not apply» may be answered. */
  na: Type.Boolean(),
})
const Section = Type.Object({
  id: key,
  title: text(limits.label),
  /** Beside the other sections. */
  weight: weight(1),
  questions: Type.Array(Question, { minItems: 1, maxItems: limits.questions }),
})
export const Content = Type.Object({
  /** From so many points of 100 on it is passed. */
  pass: Type.Integer({ minimum: 0, maximum: 100 }),
  lead: Type.Optional(Type.String({ maxLength: limits.help })),
  sections: Type.Array(Section, { minItems: 1, maxItems: 20 }),
})
export type Option = Static<typeof Option>
export type Question = Static<typeof Question>
export type Section = Static<typeof Section>
export type Content = Static<typeof Content>

/** A draft may be half done: of it only the shape and the sizes are held. */
export const Draft = Type.Object({
  pass: Type.Integer({ minimum: 0, maximum: 100 }),
  lead: Type.Optional(Type.String({ maxLength: limits.help })),
  sections: Type.Array(
    Type.Object({
      ...Section.properties,
      title: Type.String({ maxLength: limits.label }),
      questions: Type.Array(
        Type.Object({
          ...Question.properties,
          text: Type.String({ maxLength: limits.text }),
          options: Type.Optional(
            Type.Array(Type.Object({ ...Option.properties, label: Type.String({ maxLength: limits.label }) }), {
              maxItems: 10,
            }),
          ),
        }),
        { maxItems: limits.questions },
      ),
    }),
    { maxItems: 20 },
  ),
})
export type Draft = Static<typeof Draft>

export const questionsOf = (content: Draft): Question[] => content.sections.flatMap(({ questions }) => questions)

/** Why a draft cannot be published: the key of a text for each place (`sections.0.questions.2`); empty when it can. */
export function faultsOf(draft: Draft): Record<string, string> {
  const faults: Record<string, string> = {}
  const ids = new Set<string>()
  const once = (id: string, place: string) => {
    if (ids.has(id)) faults[place] = 'form.twice'
    ids.add(id)
  }
  if (draft.sections.length === 0) faults.sections = 'form.no_sections'
  if (questionsOf(draft).length > limits.questions) faults.sections = 'form.too_many'
  for (const [at, section] of draft.sections.entries()) {
    const place = `sections.${at}`
    once(section.id, place)
    if (section.title.trim() === '') faults[place] = 'form.no_title'
    if (section.questions.length === 0) faults[place] = 'form.no_questions'
    for (const [index, question] of section.questions.entries()) {
      const here = `${place}.questions.${index}`
      once(question.id, here)
      if (question.text.trim() === '') faults[here] = 'form.no_text'
      if (question.kind !== 'choice') continue
      const options = question.options ?? []
      if (options.length < 2 || options.some(({ label }) => label.trim() === '')) faults[here] = 'form.no_options'
      else if (new Set(options.map(({ id }) => id)).size < options.length) faults[here] = 'form.twice'
      else if (bestOf(options) === 0) faults[here] = 'form.no_points'
      else if (question.critical && options.every(({ points }) => points > 0)) faults[here] = 'form.never_fatal'
    }
  }
  if (Object.keys(faults).length === 0) {
    if (questionsOf(draft).every((question) => question.weight === 0)) faults.sections = 'form.nothing_counts'
    else if (!Value.Check(Content, draft)) faults.sections = 'form.malformed'
  }
  return faults
}

export const bestOf = (options: readonly Option[]): number => Math.max(0, ...options.map(({ points }) => points))

/** What may be answered to a question, in the order shown. */
export function valuesOf(question: Question): string[] {
  const { kind, options = [], na } = question
  const own =
    kind === 'yes_no' ? ['yes', 'no'] : kind === 'scale' ? ['1', '2', '3', '4', '5'] : options.map(({ id }) => id)
  return na ? [...own, 'na'] : own
}
