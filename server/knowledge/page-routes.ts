import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Scope } from '../database/index.ts'
import type { Role } from '../http/index.ts'
import { filterOf } from './filter.ts'
import { ArticleBody, ArticleId, ArticleQuery } from './schema.ts'
import type { Article, ArticleSummary, Knowledge } from './store.ts'

type Access = { roles: readonly Role[] }

/** `/knowledge`: the articles by topic, one to read, and its form. */
export const pageRoutes: FastifyPluginAsyncTypebox<{
  knowledge: Knowledge
  read: Access
  write: Access
  existing(scope: Scope, id: number): Promise<Article>
  mayWrite(role: Role): boolean
}> = async (app, { knowledge, read, write, existing, mayWrite }) => {
  const nav = 'knowledge'

  app.get(
    '/knowledge',
    {
      config: read,
      schema: { querystring: ArticleQuery },
      // A form sends the choices that were not made as empty text.
      preValidation: async (request) => {
        const query = request.query as Record<string, unknown>
        for (const [name, value] of Object.entries(query)) if (value === '') delete query[name]
      },
    },
    async (request, reply) => {
      const { q, topic } = request.query
      const [articles, topics] = await Promise.all([
        knowledge.list(request.scope, filterOf(request.query)),
        knowledge.topics(request.scope),
      ])
      return reply.page(
        'knowledge/list',
        {
          groups: byTopic(articles),
          topics: topics.filter(({ id, active }) => active || id === topic),
          asked: { q, topic },
          narrowed: q !== undefined || topic !== undefined,
          mayWrite: mayWrite(request.session.role),
        },
        { title: 'knowledge.title', nav },
      )
    },
  )

  /** An article keeps the topic that was retired after it was written. */
  const form = async (scope: Scope, article?: Article) => ({
    article,
    topics: (await knowledge.topics(scope))
      .filter(({ id, active }) => active || id === article?.topic?.id)
      .map(({ id, name }) => ({ value: id, label: name })),
  })
  app.get('/knowledge/new', { config: write }, async (request, reply) =>
    reply.page('knowledge/edit', await form(request.scope), { title: 'knowledge.new', nav }),
  )
  app.post('/knowledge/new', { config: write, schema: { body: ArticleBody } }, async (request, reply) => {
    const { id } = await knowledge.save(request.scope, request.session.userId, request.body)
    return reply.redirect(`/knowledge/${id}?done=created`, 303)
  })
  app.get('/knowledge/:id', { config: read, schema: { params: ArticleId } }, async (request, reply) => {
    const article = await existing(request.scope, request.params.id)
    return reply.page(
      'knowledge/article',
      { article, mayWrite: mayWrite(request.session.role) },
      { title: article.title, nav },
    )
  })
  app.get('/knowledge/:id/edit', { config: write, schema: { params: ArticleId } }, async (request, reply) => {
    const article = await existing(request.scope, request.params.id)
    return reply.page('knowledge/edit', await form(request.scope, article), { title: article.title, nav })
  })
  app.post(
    '/knowledge/:id/edit',
    { config: write, schema: { params: ArticleId, body: ArticleBody } },
    async (request, reply) => {
      const { id } = request.params
      await knowledge.save(request.scope, request.session.userId, { ...request.body, id })
      return reply.redirect(`/knowledge/${id}?done=saved`, 303)
    },
  )
  app.post('/knowledge/:id/remove', { config: write, schema: { params: ArticleId } }, async (request, reply) => {
    await knowledge.remove(request.scope, request.session.userId, request.params.id)
    return reply.redirect('/knowledge?done=deleted', 303)
  })
}

/** The list comes in the order of topics. */
function byTopic(articles: ArticleSummary[]): { topic: string | undefined; articles: ArticleSummary[] }[] {
  const groups = Map.groupBy(articles, ({ topic }) => topic?.id)
  return [...groups.values()].map((group) => ({ topic: group[0]?.topic?.name, articles: group }))
}
