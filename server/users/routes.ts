import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { pager, pagingOf, pagingQuery } from '../http/paging.ts'
import { AppError, type Role, roles, type Session } from '../http/types.ts'
import { type By, rolesGivenBy, type UserInput, type Users } from './users.ts'

const admin = { roles: ['administrator', 'agency_administrator'] } as const
const tags = ['users']
const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const RoleName = Type.Unsafe<Role>({ type: 'string', enum: [...roles] })
const fields = {
  username: Type.String({ minLength: 2, maxLength: 60 }),
  name: Type.String({ minLength: 1, maxLength: 120, pattern: '\\S' }),
  role: RoleName,
  email: Type.Optional(Type.String({ maxLength: 200, pattern: '^\\S+@\\S+\\.\\S+$' })),
  extension: Type.Optional(Type.String({ maxLength: 12 })),
  language: Type.Optional(Type.Unsafe<'es' | 'en-US'>({ type: 'string', enum: ['es', 'en-US'] })),
  active: Type.Optional(Type.Boolean()),
}
const Body = Type.Object({
  ...fields,
  skills: Type.Optional(Type.Record(Type.String({ pattern: '^\\d+$' }), Type.Integer({ minimum: 1, maximum: 5 }))),
})
// One level a skill, in the order of the form: 0 = does not have it.
const Form = Type.Object({
  ...fields,
  skill: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 200 })),
  level: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 5 }), { maxItems: 200 })),
})
const Filter = Type.Object({
  ...pagingQuery,
  text: Type.Optional(Type.String({ maxLength: 80 })),
  role: Type.Optional(Type.Union([RoleName, Type.Literal('')])),
  done: Type.Optional(Type.String({ maxLength: 20 })),
  agency: Type.Optional(Type.String({ maxLength: 9 })),
})
const SkillBody = Type.Object({ name: Type.String({ minLength: 1, maxLength: 80, pattern: '\\S' }) })

const by = ({ userId, role }: Session): By => ({ userId, role })

export const userRoutes: FastifyPluginAsyncTypebox<{ users: Users }> = async (app, { users }) => {
  const filterOf = ({ text, role }: Static<typeof Filter>) => ({ ...(text ? { text } : {}), ...(role ? { role } : {}) })

  app.get('/api/users', { config: admin, schema: { tags, querystring: Filter } }, async (request) => {
    const filter = filterOf(request.query)
    return {
      users: await users.list(request.scope, filter, pagingOf(request.query, 200)),
      total: await users.count(request.scope, filter),
    }
  })
  app.get('/api/users/:id', { config: admin, schema: { tags, params: Id } }, async (request) => ({
    user: await users.get(request.scope, request.params.id),
  }))
  app.post('/api/users', { config: admin, schema: { tags, body: Body } }, async (request, reply) => {
    const { id, password } = await users.create(request.scope, by(request.session), request.body as UserInput)
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({ user: await users.get(request.scope, id), password })
  })
  app.put('/api/users/:id', { config: admin, schema: { tags, params: Id, body: Body } }, async (request) => {
    await users.update(request.scope, by(request.session), request.params.id, request.body as UserInput)
    return { user: await users.get(request.scope, request.params.id) }
  })
  app.post('/api/users/:id/password', { config: admin, schema: { tags, params: Id } }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return { password: await users.resetPassword(request.scope, by(request.session), request.params.id) }
  })
  app.get('/api/skills', { schema: { tags } }, async (request) => ({ skills: await users.skills(request.scope) }))
  app.post('/api/skills', { config: admin, schema: { tags, body: SkillBody } }, async (request, reply) =>
    reply.code(201).send({ id: await users.createSkill(request.scope, by(request.session), request.body.name) }),
  )

  app.get('/admin/users', { config: admin, schema: { querystring: Filter } }, async (request, reply) => {
    const filter = filterOf(request.query)
    const paging = pagingOf(request.query, 50)
    const total = await users.count(request.scope, filter)
    const skills = new Map((await users.skills(request.scope)).map((skill) => [skill.id, skill.name]))
    const rows = (await users.list(request.scope, filter, paging)).map((user) => ({
      ...user,
      skillNames: Object.keys(user.skills)
        .map((id) => skills.get(Number(id)))
        .join(', '),
    }))
    return reply.page(
      'users/list',
      {
        rows,
        text: request.query.text,
        roles: roles.map((role) => ({ role, chosen: role === request.query.role })),
        pager: pager(paging, total, request.url),
      },
      { title: 'users.title', nav: 'admin' },
    )
  })
  const form = async (
    request: { scope: Parameters<Users['skills']>[0]; session: Session },
    user?: Awaited<ReturnType<Users['get']>>,
  ) => ({
    ...user,
    active: user?.active ?? true,
    roles: rolesGivenBy(request.session.role),
    skillRows: (await users.skills(request.scope)).map((skill) => ({ ...skill, level: user?.skills[skill.id] ?? 0 })),
    levels: [0, 1, 2, 3, 4, 5],
    mine: user?.id === request.session.userId,
  })
  const input = ({ skill = [], level = [], active, ...rest }: Static<typeof Form>): UserInput => ({
    ...rest,
    active: active ?? false,
    skills: Object.fromEntries(skill.map((id, n) => [id, level[n] ?? 0] as const).filter(([, value]) => value > 0)),
  })
  app.get('/admin/users/new', { config: admin }, async (request, reply) =>
    reply.page('users/edit', await form(request), { title: 'users.new', nav: 'admin' }),
  )
  app.post('/admin/users/new', { config: admin, schema: { body: Form } }, async (request, reply) => {
    const { id, password } = await users.create(
      request.scope,
      by(request.session),
      input({ ...request.body, active: true }),
    )
    return reply.page(
      'users/password',
      { user: await users.get(request.scope, id), password, fresh: true },
      { title: 'users.created', nav: 'admin' },
    )
  })
  app.get('/admin/users/:id', { config: admin, schema: { params: Id } }, async (request, reply) => {
    const user = await users.get(request.scope, request.params.id)
    return reply.page('users/edit', await form(request, user), { title: user.name, nav: 'admin' })
  })
  app.post('/admin/users/:id', { config: admin, schema: { params: Id, body: Form } }, async (request, reply) => {
    await users.update(request.scope, by(request.session), request.params.id, input(request.body))
    return reply.redirect('/admin/users?done=saved', 303)
  })
  app.post('/admin/users/:id/password', { config: admin, schema: { params: Id } }, async (request, reply) => {
    const password = await users.resetPassword(request.scope, by(request.session), request.params.id)
    return reply.page(
      'users/password',
      { user: await users.get(request.scope, request.params.id), password },
      { title: 'users.new_password', nav: 'admin' },
    )
  })

  app.get('/admin/skills', { config: admin }, async (request, reply) =>
    reply.page('users/skills', { rows: await users.skills(request.scope) }, { title: 'users.skills', nav: 'admin' }),
  )
  app.post('/admin/skills', { config: admin, schema: { body: SkillBody } }, async (request, reply) => {
    await users.createSkill(request.scope, by(request.session), request.body.name)
    return reply.redirect('/admin/skills?done=created', 303)
  })
  app.post(
    '/admin/skills/:id',
    {
      config: admin,
      schema: {
        params: Id,
        body: Type.Object({
          rename: Type.Optional(Type.String({ maxLength: 80 })),
          action: Type.Optional(Type.String()),
        }),
      },
    },
    async (request, reply) => {
      if (request.body.action === 'delete')
        await users.removeSkill(request.scope, by(request.session), request.params.id)
      else if (request.body.rename?.trim())
        await users.renameSkill(request.scope, by(request.session), request.params.id, request.body.rename)
      else throw new AppError('request.invalid', 400, {}, { rename: 'validation.required' })
      return reply.redirect(`/admin/skills?done=${request.body.action === 'delete' ? 'deleted' : 'saved'}`, 303)
    },
  )
}
