import { Type } from 'typebox'
import type { Role } from '../http/index.ts'
import { limits } from './form.ts'

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
