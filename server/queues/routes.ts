import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Calendars } from '../calendars/index.ts'
import type { Scope } from '../database/index.ts'
import type { Channel } from '../interactions/index.ts'
import type { Users } from '../users/index.ts'
import { channels, type Queue, type QueueInput, type Queues } from './queues.ts'

const admin = { roles: ['administrator', 'agency_administrator'] } as const
const tags = ['queues']
const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const whole = (minimum: number, maximum: number, value?: number) =>
  Type.Integer({ minimum, maximum, ...(value === undefined ? {} : { default: value }) })
const fields = {
  code: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,38}$' }),
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  channel: Type.Unsafe<Channel>({ type: 'string', enum: [...channels], default: 'voice' }),
  skillId: Type.Optional(Type.Integer({ minimum: 1 })),
  calendarId: Type.Optional(Type.Integer({ minimum: 1 })),
  priority: whole(1, 9, 5),
  maxWaitSeconds: Type.Optional(whole(1, 86_400)),
  maxSize: Type.Optional(whole(1, 10_000)),
  noAgents: Type.Unsafe<'wait' | 'overflow'>({ type: 'string', enum: ['wait', 'overflow'], default: 'wait' }),
  ringSeconds: whole(3, 120, 20),
  wrapUpSeconds: whole(0, 3_600, 30),
  targetSeconds: whole(1, 3_600, 20),
  targetPercent: whole(1, 100, 80),
  shortAbandonSeconds: whole(0, 120, 5),
  messageEverySeconds: whole(10, 3_600, 30),
}
const Level = Type.Object({ afterSeconds: whole(0, 86_400), minLevel: whole(1, 5) })
const Body = Type.Object({
  ...fields,
  levels: Type.Array(Level, { maxItems: 5, default: [] }),
  messages: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { maxItems: 10, default: [] }),
  record: Type.Boolean({ default: true }),
  announcePosition: Type.Boolean({ default: true }),
  active: Type.Boolean({ default: true }),
})
const Form = Type.Object({
  ...fields,
  after: Type.Optional(Type.Array(Type.String({ maxLength: 6 }), { maxItems: 5 })),
  level: Type.Optional(Type.Array(Type.String({ maxLength: 1 }), { maxItems: 5 })),
  messages: Type.Optional(Type.String({ maxLength: 5_000 })),
  record: Type.Optional(Type.Boolean()),
  announcePosition: Type.Optional(Type.Boolean()),
  active: Type.Optional(Type.Boolean()),
})

type Options = { queues: Queues; users: Pick<Users, 'skills'>; calendars: Pick<Calendars, 'list'> }

export const queueRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { queues, users, calendars }) => {
  app.get('/api/queues', { schema: { tags } }, async (request) => ({ queues: await queues.list(request.scope) }))
  app.get('/api/queues/:id', { schema: { tags, params: Id } }, async (request) => ({
    queue: await queues.get(request.scope, request.params.id),
  }))
  app.post('/api/queues', { config: admin, schema: { tags, body: Body } }, async (request, reply) => {
    const id = await queues.create(request.scope, request.session.userId, request.body)
    return reply.code(201).send({ queue: await queues.get(request.scope, id) })
  })
  app.put('/api/queues/:id', { config: admin, schema: { tags, params: Id, body: Body } }, async (request) => {
    await queues.update(request.scope, request.session.userId, request.params.id, request.body)
    return { queue: await queues.get(request.scope, request.params.id) }
  })

  app.get('/admin/queues', { config: admin }, async (request, reply) => {
    const skills = new Map((await users.skills(request.scope)).map(({ id, name }) => [id, name]))
    const hours = new Map((await calendars.list(request.scope)).map(({ id, name }) => [id, name]))
    const rows = (await queues.list(request.scope)).map((queue) => ({
      ...queue,
      skill: skills.get(queue.skillId ?? 0),
      calendar: hours.get(queue.calendarId ?? 0),
    }))
    return reply.page('queues/list', { rows }, { title: 'queues.title', nav: 'admin' })
  })
  const form = async (scope: Scope, queue?: Queue) => ({
    ...initial,
    ...queue,
    messagesText: (queue?.messages ?? []).join('\n'),
    skills: (await users.skills(scope)).map(({ id, name }) => ({ value: id, label: name })),
    calendars: (await calendars.list(scope)).map(({ id, name }) => ({ value: id, label: name })),
    channels,
    levelRows: [0, 1, 2].map((n) => queue?.levels[n] ?? {}),
  })
  app.get('/admin/queues/new', { config: admin }, async (request, reply) =>
    reply.page('queues/edit', await form(request.scope), { title: 'queues.new', nav: 'admin' }),
  )
  app.post('/admin/queues/new', { config: admin, schema: { body: Form } }, async (request, reply) => {
    await queues.create(request.scope, request.session.userId, { ...read(request.body), active: true })
    return reply.redirect('/admin/queues?done=created', 303)
  })
  app.get('/admin/queues/:id', { config: admin, schema: { params: Id } }, async (request, reply) => {
    const queue = await queues.get(request.scope, request.params.id)
    return reply.page('queues/edit', await form(request.scope, queue), { title: queue.name, nav: 'admin' })
  })
  app.post('/admin/queues/:id', { config: admin, schema: { params: Id, body: Form } }, async (request, reply) => {
    await queues.update(request.scope, request.session.userId, request.params.id, read(request.body))
    return reply.redirect('/admin/queues?done=saved', 303)
  })
}

const initial = {
  channel: 'voice',
  priority: 5,
  noAgents: 'wait',
  ringSeconds: 20,
  wrapUpSeconds: 30,
  targetSeconds: 20,
  targetPercent: 80,
  shortAbandonSeconds: 5,
  messageEverySeconds: 30,
  record: true,
  announcePosition: true,
  active: true,
}

function read({
  after = [],
  level = [],
  messages = '',
  record,
  announcePosition,
  active,
  ...rest
}: Static<typeof Form>): QueueInput {
  return {
    ...rest,
    levels: level
      .map((value, n) => ({ afterSeconds: Number(after[n] ?? 0), minLevel: Number(value) }))
      .filter(
        ({ afterSeconds, minLevel }) =>
          minLevel >= 1 && minLevel <= 5 && Number.isInteger(afterSeconds) && afterSeconds >= 0,
      ),
    messages: messages
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(0, 10),
    record: record ?? false,
    announcePosition: announcePosition ?? false,
    active: active ?? false,
  }
}
