import { Type } from 'typebox'

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }))
const data = {
  dni: text(20),
  cuit: text(20),
  birthDate: text(10),
  email: text(200),
  address: text(200),
  locality: text(120),
  notes: text(5_000),
}
const phones = Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 20 }))

export const NewCitizenBody = Type.Object({ name: Type.String({ minLength: 1, maxLength: 160 }), ...data, phones })
export const CitizenPatch = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 160 })),
  ...data,
  phones,
})
/** One phone a line. */
export const CitizenForm = Type.Object({ name: text(160), ...data, phones: text(1_000) })
export const CitizenId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) })
export const OtherId = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
export const CitizenAnswer = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  dni: Type.Optional(Type.String()),
  cuit: Type.Optional(Type.String()),
  birthDate: Type.Optional(Type.String()),
  email: Type.Optional(Type.String()),
  address: Type.Optional(Type.String()),
  locality: Type.Optional(Type.String()),
  notes: Type.Optional(Type.String()),
  phones: Type.Array(Type.String()),
  invented: Type.Boolean(),
  createdAt: Type.Number(),
  updatedAt: Type.Number(),
})
