import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type Agencies, type Agency, agencyKinds } from './agencies.ts'

const platform = { roles: ['administrator'] } as const
const admin = { roles: ['administrator', 'agency_administrator'] } as const
const tags = ['agencies']
const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const Body = Type.Object({
  code: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$' }),
  name: Type.String({ minLength: 1, maxLength: 160, pattern: '\\S' }),
  kind: Type.Unsafe<Agency['kind']>({ type: 'string', enum: [...agencyKinds] }),
  parentId: Type.Optional(Type.Integer({ minimum: 1 })),
  timeZone: Type.Optional(Type.String({ maxLength: 60 })),
  areaCode: Type.Optional(Type.String({ pattern: '^\\d{0,6}$' })),
  active: Type.Optional(Type.Boolean()),
})
const NumberBody = Type.Object({
  number: Type.String({ minLength: 2, maxLength: 40 }),
  description: Type.Optional(Type.String({ maxLength: 120 })),
})
const zone = 'America/Argentina/Buenos_Aires'

export const agencyRoutes: FastifyPluginAsyncTypebox<{ agencies: Agencies }> = async (app, { agencies }) => {
  const whole = <Given extends { timeZone?: string; areaCode?: string; active?: boolean }>(
    given: Given,
    active: boolean,
  ) => ({
    ...given,
    timeZone: given.timeZone ?? zone,
    areaCode: given.areaCode ?? '',
    active: given.active ?? active,
  })
  app.get('/api/agencies', { config: platform, schema: { tags } }, async (request) => ({
    agencies: await agencies.tree(request.scope),
  }))
  app.post('/api/agencies', { config: platform, schema: { tags, body: Body } }, async (request, reply) => {
    const id = await agencies.create(request.scope, request.session.userId, whole(request.body, true))
    return reply.code(201).send({ agency: await agencies.get(request.scope, id) })
  })
  app.put('/api/agencies/:id', { config: platform, schema: { tags, params: Id, body: Body } }, async (request) => {
    await agencies.update(request.scope, request.session.userId, request.params.id, whole(request.body, true))
    return { agency: await agencies.get(request.scope, request.params.id) }
  })
  app.get('/api/numbers', { config: admin, schema: { tags } }, async (request) => ({
    numbers: await agencies.numbers(request.scope),
  }))

  app.get('/admin/agencies', { config: platform }, async (request, reply) =>
    reply.page(
      'agencies/list',
      { rows: (await agencies.tree(request.scope)).map((row) => ({ ...row, indent: '\u2003'.repeat(row.depth) })) },
      { title: 'agencies.title', nav: 'admin' },
    ),
  )
  const form = async (request: { scope: Parameters<Agencies['tree']>[0] }, agency?: Agency) => ({
    timeZone: zone,
    active: true,
    ...agency,
    parents: (await agencies.tree(request.scope))
      .filter(({ id }) => id !== agency?.id)
      .map(({ id, name, depth }) => ({ value: id, label: '\u2003'.repeat(depth) + name })),
    kinds: agencyKinds,
  })
  app.get('/admin/agencies/new', { config: platform }, async (request, reply) =>
    reply.page('agencies/edit', await form(request), { title: 'agencies.new', nav: 'admin' }),
  )
  app.post('/admin/agencies/new', { config: platform, schema: { body: Body } }, async (request, reply) => {
    await agencies.create(request.scope, request.session.userId, whole(request.body, true))
    return reply.redirect('/admin/agencies?done=created', 303)
  })
  app.get('/admin/agencies/:id', { config: platform, schema: { params: Id } }, async (request, reply) => {
    const agency = await agencies.get(request.scope, request.params.id)
    return reply.page('agencies/edit', await form(request, agency), { title: agency.name, nav: 'admin' })
  })
  app.post('/admin/agencies/:id', { config: platform, schema: { params: Id, body: Body } }, async (request, reply) => {
    await agencies.update(request.scope, request.session.userId, request.params.id, whole(request.body, false))
    return reply.redirect('/admin/agencies?done=saved', 303)
  })

  app.get('/admin/numbers', { config: admin }, async (request, reply) =>
    reply.page(
      'agencies/numbers',
      { rows: await agencies.numbers(request.scope) },
      { title: 'agencies.numbers', nav: 'admin' },
    ),
  )
  app.post('/admin/numbers', { config: admin, schema: { body: NumberBody } }, async (request, reply) => {
    await agencies.addNumber(request.scope, request.session.userId, request.body.number, request.body.description ?? '')
    return reply.redirect('/admin/numbers?done=created', 303)
  })
  app.post('/admin/numbers/:id/delete', { config: admin, schema: { params: Id } }, async (request, reply) => {
    await agencies.removeNumber(request.scope, request.session.userId, request.params.id)
    return reply.redirect('/admin/numbers?done=deleted', 303)
  })
}
