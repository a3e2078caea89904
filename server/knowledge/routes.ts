import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Scope } from '../database/index.ts'
import { AppError, type Role } from '../http/index.ts'
import { filterOf } from './filter.ts'
import { pageRoutes } from './page-routes.ts'
import { ArticleAnswer, ArticleBody, ArticleId, ArticleList, ArticleQuery } from './schema.ts'
import type { Article, Knowledge } from './store.ts'

const writers: readonly Role[] = ['supervisor', 'agency_administrator', 'administrator']
const readers: readonly Role[] = [...writers, 'agent', 'back_office']

/** `/knowledge` and `/api/knowledge`: everybody who attends reads; who leads them writes. */
export const knowledgeRoutes: FastifyPluginAsyncTypebox<{ knowledge: Knowledge }> = async (app, { knowledge }) => {
  const read = { roles: readers }
  const write = { roles: writers }
  const tags = ['knowledge']
  const existing = async (scope: Scope, id: number): Promise<Article> => {
    const article = await knowledge.get(scope, id)
    if (!article) throw new AppError('article.not_found', 404)
    return article
  }

  app.get(
    '/api/knowledge',
    { config: read, schema: { tags, querystring: ArticleQuery, response: { 200: ArticleList } } },
    async (request) => ({ articles: await knowledge.list(request.scope, filterOf(request.query)) }),
  )
  app.get(
    '/api/knowledge/:id',
    { config: read, schema: { tags, params: ArticleId, response: { 200: ArticleAnswer } } },
    async (request) => existing(request.scope, request.params.id),
  )
  app.post(
    '/api/knowledge',
    { config: write, schema: { tags, body: ArticleBody, response: { 201: ArticleAnswer } } },
    async (request, reply) =>
      reply.code(201).send(await knowledge.save(request.scope, request.session.userId, request.body)),
  )
  app.put(
    '/api/knowledge/:id',
    { config: write, schema: { tags, params: ArticleId, body: ArticleBody, response: { 200: ArticleAnswer } } },
    async (request) =>
      knowledge.save(request.scope, request.session.userId, { ...request.body, id: request.params.id }),
  )
  app.delete('/api/knowledge/:id', { config: write, schema: { tags, params: ArticleId } }, async (request, reply) => {
    await knowledge.remove(request.scope, request.session.userId, request.params.id)
    return reply.code(204).send()
  })
  await app.register(pageRoutes, {
    knowledge,
    read,
    write,
    existing,
    mayWrite: (role: Role) => writers.includes(role),
  })
}
