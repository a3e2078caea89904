import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Content, faultsOf, type Question, questionsOf, valuesOf } from './form.ts'
import { type Answers, earned, scoreOf } from './score.ts'

const question = (more: Partial<Question> & { id: string }): Question => ({
  ...{ text: 'x', kind: 'yes_no', weight: 1, critical: false, na: true },
  ...more,
})
const points = [
  { id: 'bien', label: 'Bien', points: 10 },
  { id: 'regular', label: 'Regular', points: 4 },
  { id: 'mal', label: 'Mal', points: 0 },
]
const form: Content = {
  pass: 80,
  sections: [
    { id: 's1', title: 'Saludo', weight: 1, questions: [question({ id: 'a' }), question({ id: 'b', kind: 'scale' })] },
    {
      id: 's2',
      title: 'Solución',
      weight: 3,
      questions: [
        question({ id: 'c', kind: 'choice', options: points, weight: 2 }),
        question({ id: 'd', critical: true }),
      ],
    },
  ],
}
const answers = (values: Record<string, string>): Answers =>
  Object.fromEntries(Object.entries(values).map(([id, value]) => [id, { value }]))

test('worked by hand', () => {
  // Section 1: (1 + 3/4) / 2 = 0.875; section 2: (2 × 4/10 + 1) / 3 = 0.6; (0.875 + 3 × 0.6) / 4 = 0.66875.
  const told = scoreOf(form, answers({ a: 'yes', b: '4', c: 'regular', d: 'yes' }))
  assert.deepEqual(told, {
    score: 66.88,
    sections: [
      { id: 's1', score: 87.5 },
      { id: 's2', score: 60 },
    ],
    fatal: [],
    missing: [],
    passed: false,
  })
  // What does not apply is left out: section 1 has b alone, section 2 d alone.
  assert.equal(scoreOf(form, answers({ a: 'na', b: '5', c: 'na', d: 'yes' })).score, 100)
  assert.equal(scoreOf(form, answers({ a: 'no', b: 'na', c: 'na', d: 'na' })).score, 0)
  const fatal = scoreOf(form, answers({ a: 'yes', b: '5', c: 'bien', d: 'no' }))
  assert.deepEqual([fatal.score, fatal.fatal, fatal.passed, fatal.sections[0]?.score], [0, ['d'], false, 100])
  const none = scoreOf(form, answers({ a: 'na', b: 'na', c: 'na', d: 'na' }))
  assert.deepEqual([none.score, none.passed, none.missing], [null, null, []])
  assert.deepEqual(scoreOf(form, answers({ a: 'yes' })).missing, ['b', 'c', 'd'])
})

const anyOptions = fc
  .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 2, maxLength: 6 })
  .map((list) => list.map((points, at) => ({ id: `o${at}`, label: `${at}`, points })))
const anyForm: fc.Arbitrary<Content> = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 50 }),
      questions: fc.array(
        fc.record({
          kind: fc.constantFrom('yes_no' as const, 'scale' as const, 'choice' as const),
          options: anyOptions,
          weight: fc.integer({ min: 0, max: 50 }),
          critical: fc.boolean(),
          na: fc.boolean(),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((sections) => ({
    pass: 75,
    sections: sections.map((section, at) => ({
      ...section,
      id: `s${at}`,
      title: 'x',
      questions: section.questions.map((one, index) => question({ ...one, id: `q${at}x${index}` })),
    })),
  }))
const answered = anyForm.chain((content) =>
  fc
    .tuple(
      ...questionsOf(content).map((one) =>
        fc
          .option(fc.constantFrom(...valuesOf(one)), { nil: undefined, freq: 8 })
          .map((value) => [one.id, value === undefined ? {} : { value }] as const),
      ),
    )
    .map((pairs) => ({ content, answers: Object.fromEntries(pairs) as Answers })),
)

test('is between 0 and 100, and so is each section; a critical fail is a 0 that did not pass', () => {
  fc.assert(
    fc.property(answered, ({ content, answers }) => {
      const told = scoreOf(content, answers)
      for (const score of [told.score, ...told.sections.map(({ score }) => score)])
        assert.ok(score === null || (score >= 0 && score <= 100))
      assert.equal(told.sections.length, content.sections.length)
      if (told.fatal.length > 0) assert.deepEqual([told.score, told.passed], [0, false])
      assert.equal(told.passed === null, told.score === null)
    }),
  )
})

test('what does not apply changes nothing: as if it had not been asked; all of it is no value', () => {
  fc.assert(
    fc.property(answered, ({ content, answers }) => {
      const applies = (one: Question) => earned(one, answers[one.id]?.value) !== null
      const asked = {
        ...content,
        sections: content.sections.map((one) => ({ ...one, questions: one.questions.filter(applies) })),
      }
      const [whole, less] = [scoreOf(content, answers), scoreOf(asked, answers)]
      assert.deepEqual([whole.score, whole.sections, whole.fatal], [less.score, less.sections, less.fatal])
      const na = Object.fromEntries(questionsOf(content).map(({ id }) => [id, { value: 'na' }]))
      assert.deepEqual([scoreOf(content, na).score, scoreOf(content, na).fatal], [null, []])
    }),
  )
})

test('weights are shares: twice all of them is the same', () => {
  fc.assert(
    fc.property(
      answered,
      fc.integer({ min: 2, max: 20 }),
      fc.integer({ min: 2, max: 20 }),
      ({ content, answers }, s, q) => {
        const times = {
          ...content,
          sections: content.sections.map((one) => ({
            ...one,
            weight: one.weight * s,
            questions: one.questions.map((two) => ({ ...two, weight: two.weight * q })),
          })),
        }
        assert.deepEqual(scoreOf(times, answers), scoreOf(content, answers))
      },
    ),
  )
})

test('a better answer never lowers it', () => {
  fc.assert(
    fc.property(answered, fc.nat(), ({ content, answers }, at) => {
      const all = questionsOf(content)
      const one = all[at % all.length]!
      const before = earned(one, answers[one.id]?.value)
      if (before === null) return
      const better = valuesOf(one).filter((value) => (earned(one, value) ?? -1) >= before)
      for (const value of better) {
        const after = scoreOf(content, { ...answers, [one.id]: { value } }).score
        assert.ok(after! >= scoreOf(content, answers).score!)
      }
    }),
  )
})

test('a draft that cannot be published says where and why', () => {
  assert.deepEqual(faultsOf(form), {})
  const wrong = (change: (content: Content) => void) => {
    const copy = structuredClone(form)
    change(copy)
    return faultsOf(copy)
  }
  assert.deepEqual(faultsOf({ pass: 80, sections: [] }), { sections: 'form.no_sections' })
  assert.deepEqual(
    wrong(({ sections }) => (sections[0]!.questions[1]!.text = ' ')),
    { 'sections.0.questions.1': 'form.no_text' },
  )
  assert.deepEqual(
    wrong(({ sections }) => (sections[1]!.questions[0]!.options = [])),
    { 'sections.1.questions.0': 'form.no_options' },
  )
  assert.deepEqual(
    wrong(({ sections }) => {
      for (const option of sections[1]!.questions[0]!.options!) option.points = 0
    }),
    { 'sections.1.questions.0': 'form.no_points' },
  )
  assert.deepEqual(
    wrong(({ sections }) => {
      Object.assign(sections[1]!.questions[0]!, { critical: true, options: points.slice(0, 2) })
    }),
    { 'sections.1.questions.0': 'form.never_fatal' },
  )
  assert.deepEqual(
    wrong(({ sections }) => (sections[1]!.questions[1]!.id = 'a')),
    { 'sections.1.questions.1': 'form.twice' },
  )
  assert.deepEqual(
    wrong((content) => {
      for (const one of questionsOf(content)) one.weight = 0
    }),
    { sections: 'form.nothing_counts' },
  )
})
