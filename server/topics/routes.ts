import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { AppError } from '../http/types.ts'
import type { Queues } from '../queues/index.ts'
import { type EntryInput, type Kind, kinds, type Topics } from './topics.ts'

const admin = { roles: ['administrator', 'agency_administrator'] } as const
const Body = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 80, pattern: '\\S' }),
  parentId: Type.Optional(Type.Integer({ minimum: 1 })),
  queueId: Type.Optional(Type.Integer({ minimum: 1 })),
  resolved: Type.Optional(Type.Boolean()),
  number: Type.Optional(Type.String({ maxLength: 40 })),
  active: Type.Optional(Type.Boolean()),
})
const paths: Record<Kind, string> = {
  topics: 'topics',
  dispositions: 'dispositions',
  break_reasons: 'break-reasons',
  back_offices: 'back-offices',
}
const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) })

export const topicRoutes: FastifyPluginAsyncTypebox<{ topics: Topics; queues: Pick<Queues, 'list'> }> = async (
  app,
  { topics, queues },
) => {
  for (const kind of kinds) {
    const path = paths[kind]
    const list = (scope: Scope, all: boolean): Promise<(EntryInput & { id: number })[]> =>
      kind === 'topics'
        ? topics.topics(scope, all)
        : kind === 'dispositions'
          ? topics.dispositions(scope, all)
          : kind === 'break_reasons'
            ? topics.breakReasons(scope, all)
            : topics.backOffices(scope, all)
    const tags = [path]
    app.get(`/api/${path}`, { schema: { tags } }, async (request) => ({ [kind]: await list(request.scope, false) }))
    app.post(`/api/${path}`, { config: admin, schema: { tags, body: Body } }, async (request, reply) => {
      const id = await topics.create(request.scope, request.session.userId, kind, {
        ...request.body,
        active: request.body.active ?? true,
      })
      return reply.code(201).send({ id })
    })
    app.put(`/api/${path}/:id`, { config: admin, schema: { tags, params: Id, body: Body } }, async (request) => {
      await topics.update(request.scope, request.session.userId, kind, request.params.id, {
        ...request.body,
        active: request.body.active ?? true,
      })
      return { id: request.params.id }
    })

    const shown = {
      kind,
      path,
      isTopic: kind === 'topics',
      isDisposition: kind === 'dispositions',
      isOffice: kind === 'back_offices',
    }
    app.get(`/admin/${path}`, { config: admin }, async (request, reply) => {
      const entries = await list(request.scope, true)
      const queueNames = new Map(
        kind === 'topics' ? (await queues.list(request.scope)).map(({ id, name }) => [id, name]) : [],
      )
      const below = (parent: number | undefined, depth: number): object[] =>
        entries
          .filter((entry) => entry.parentId === parent)
          .flatMap((entry) => [
            { ...entry, indent: '\u2003'.repeat(depth), queue: queueNames.get(entry.queueId ?? 0) },
            ...below(entry.id, depth + 1),
          ])
      return reply.page(
        'topics/list',
        { ...shown, rows: below(undefined, 0) },
        { title: `topics.${kind}.title`, nav: 'admin' },
      )
    })
    const form = async (scope: Scope, entry?: EntryInput & { id: number }) => ({
      ...shown,
      active: true,
      ...entry,
      parents: (await list(scope, true))
        .filter(({ id }) => id !== entry?.id)
        .map(({ id, name }) => ({ value: id, label: name })),
      queues: (await queues.list(scope)).map(({ id, name }) => ({ value: id, label: name })),
    })
    app.get(`/admin/${path}/new`, { config: admin }, async (request, reply) =>
      reply.page('topics/edit', await form(request.scope), { title: `topics.${kind}.new`, nav: 'admin' }),
    )
    app.post(`/admin/${path}/new`, { config: admin, schema: { body: Body } }, async (request, reply) => {
      await topics.create(request.scope, request.session.userId, kind, { ...request.body, active: true })
      return reply.redirect(`/admin/${path}?done=created`, 303)
    })
    app.get(`/admin/${path}/:id`, { config: admin, schema: { params: Id } }, async (request, reply) => {
      const entry = (await list(request.scope, true)).find(({ id }) => id === request.params.id)
      if (!entry) throw new AppError('topic.not_found', 404)
      return reply.page('topics/edit', await form(request.scope, entry), { title: entry.name, nav: 'admin' })
    })
    app.post(`/admin/${path}/:id`, { config: admin, schema: { params: Id, body: Body } }, async (request, reply) => {
      await topics.update(request.scope, request.session.userId, kind, request.params.id, {
        ...request.body,
        active: request.body.active ?? false,
      })
      return reply.redirect(`/admin/${path}?done=saved`, 303)
    })
  }
}
