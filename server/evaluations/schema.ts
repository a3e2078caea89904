import { Type } from 'typebox'
import { pagingQuery, type Role } from '../http/index.ts'
import { limits } from './form.ts'
import { states } from './rows.ts'
import { taskLimits } from './task-limits.ts'

/** Who evaluates. */
export const evaluators: readonly Role[] = ['supervisor', 'agency_administrator', 'administrator']
/** Agents too: their own. */
export const readers: readonly Role[] = [...evaluators, 'agent']

const id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
export const FormId = Type.Object({ id })
export const NewForm = Type.Object({
  name: Type.String({ minLength: 1, maxLength: limits.name }),
  from: Type.Optional(id),
})
/** The content is looked at by the store, which says what is wrong with it in words. */
export const DraftBody = Type.Object({
  revision: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  name: Type.String({ maxLength: 1_000 }),
  content: Type.Unknown(),
})
export const RevisionBody = Type.Object({ revision: DraftBody.properties.revision })

export const EvaluationId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 36 }) })
const choice = Type.Optional(Type.String({ pattern: '^\\d{0,9}$' }))
const yes = Type.Optional(Type.String({ pattern: '^(yes|no)?$' }))
/** A day of the agency, or an instant as reports write it. An empty choice of the form is no choice. */
const when = Type.Optional(Type.String({ pattern: '^(\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z)?)?$' }))
export const EvaluationQuery = Type.Object({
  from: when,
  to: when,
  agent: choice,
  queue: choice,
  form: choice,
  evaluator: choice,
  state: Type.Optional(Type.String({ pattern: `^(${states.join('|')})?$` })),
  fatal: yes,
  passed: yes,
  disputed: yes,
  ...pagingQuery,
})
const answers = Type.Record(
  Type.String({ pattern: '^[a-z0-9]{1,20}$' }),
  Type.Object({
    value: Type.Optional(Type.String({ maxLength: 20 })),
    comment: Type.Optional(Type.String({ maxLength: 10_000 })),
    atMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
  }),
)
const revision = DraftBody.properties.revision
const long = Type.String({ maxLength: 10_000 })
export const WorkBody = Type.Object({ revision, answers, comment: long })
export const CorrectBody = Type.Object({ revision, answers, text: long })
export const CloseBody = Type.Object({ revision, text: Type.Optional(long) })
export const DisputeBody = Type.Object({ text: Type.Optional(long) })
export const NewQuery = Type.Object({ recording: EvaluationId.properties.id })
export const NewBody = Type.Object({ recording: EvaluationId.properties.id, form: id })

const date = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
/** Days of the agency, all of them included. */
export const TaskBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 120 }),
  form: id,
  evaluator: id,
  queue: Type.Optional(id),
  agents: Type.Optional(Type.Array(id, { maxItems: taskLimits.agents })),
  perAgent: Type.Integer({ minimum: 1, maximum: taskLimits.perAgent }),
  minSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: taskLimits.minSeconds })),
  from: date,
  to: date,
  due: date,
  monthly: Type.Optional(Type.Boolean()),
})
export const ReplaceBody = Type.Object({
  recording: EvaluationId.properties.id,
  why: Type.Optional(Type.String({ maxLength: 1_000 })),
})
