import { Type } from 'typebox'
import { origins, priorities, states } from './states.ts'

const id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
const oneOf = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values] })
const State = oneOf(states)
const Priority = oneOf(priorities)

export const TicketNumber = Type.Object({ number: id })
export const NewTicketBody = Type.Object({
  subject: Type.String({ minLength: 1, maxLength: 200 }),
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  priority: Type.Optional(Priority),
  citizenId: Type.Optional(id),
  interactionId: Type.Optional(Type.String({ maxLength: 36 })),
  topicId: Type.Optional(id),
  backOfficeId: Type.Optional(id),
  assigneeId: Type.Optional(id),
})
const nullable = Type.Optional(Type.Union([id, Type.Null()]))
export const TicketPatch = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  description: Type.Optional(Type.String({ maxLength: 10_000 })),
  state: Type.Optional(State),
  priority: Type.Optional(Priority),
  citizenId: nullable,
  topicId: nullable,
  backOfficeId: nullable,
  assigneeId: nullable,
})
/** The form of the page: a choice that is absent was cleared. */
export const TicketForm = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  state: State,
  priority: Priority,
  topicId: Type.Optional(id),
  backOfficeId: Type.Optional(id),
  assigneeId: Type.Optional(id),
})
export const CommentBody = Type.Object({ body: Type.String({ minLength: 1, maxLength: 10_000 }) })
export const TicketQuery = {
  state: Type.Optional(oneOf(['pending', 'all', ...states] as const)),
  backOffice: Type.Optional(id),
  assignee: Type.Optional(id),
  citizen: Type.Optional(id),
  interaction: Type.Optional(Type.String({ maxLength: 36 })),
  overdue: Type.Optional(Type.Boolean()),
  mine: Type.Optional(Type.Boolean()),
  q: Type.Optional(Type.String({ maxLength: 100 })),
}
const Named = Type.Object({ id: Type.Integer(), name: Type.String() })
export const TicketAnswer = Type.Object({
  id: Type.Integer(),
  number: Type.Integer(),
  subject: Type.String(),
  description: Type.String(),
  state: State,
  priority: Priority,
  dueAt: Type.Optional(Type.Number()),
  overdue: Type.Boolean(),
  origin: oneOf(origins),
  citizen: Type.Optional(Named),
  interactionId: Type.Optional(Type.String()),
  topic: Type.Optional(Named),
  backOffice: Type.Optional(Named),
  assignee: Type.Optional(Named),
  createdBy: Type.Optional(Type.String()),
  createdAt: Type.Number(),
  updatedAt: Type.Number(),
  solvedAt: Type.Optional(Type.Number()),
  closedAt: Type.Optional(Type.Number()),
  version: Type.Integer(),
})
export const TicketEvents = Type.Array(
  Type.Object({
    kind: Type.String(),
    at: Type.Number(),
    author: Type.Optional(Type.String()),
    body: Type.Optional(Type.String()),
    field: Type.Optional(Type.String()),
    before: Type.Optional(Type.String()),
    after: Type.Optional(Type.String()),
  }),
)
