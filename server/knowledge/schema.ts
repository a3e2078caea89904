import { Type } from 'typebox'
import { limits } from './store.ts'

const id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
export const ArticleId = Type.Object({ id })
export const ArticleBody = Type.Object({
  title: Type.String({ minLength: 1, maxLength: limits.title }),
  body: Type.String({ minLength: 1, maxLength: limits.body }),
  topicId: Type.Optional(id),
  updatedAt: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
})
export const ArticleQuery = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 100 })),
  topic: Type.Optional(id),
})
const shared = {
  id: Type.Integer(),
  topic: Type.Optional(Type.Object({ id: Type.Integer(), name: Type.String() })),
  title: Type.String(),
  updatedAt: Type.Number(),
}
export const ArticleAnswer = Type.Object({ ...shared, body: Type.String() })
export const ArticleList = Type.Object({ articles: Type.Array(Type.Object({ ...shared, excerpt: Type.String() })) })
