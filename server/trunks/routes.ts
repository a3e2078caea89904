import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { dayStart } from '../interactions/index.ts'
import type { Live } from '../live/types.ts'
import { codecs, type TrunkInput } from './check.ts'
import type { Attempts, Trunk } from './store.ts'
import type { Trunks } from './trunks.ts'

export type TrunkRoutesOptions = {
  trunks: Trunks
  /** The flow that a dialled number enters, by its name; undefined: none takes it. */
  flowOf?(number: string): Promise<string | undefined>
  /** Where given, the page follows the lines. */
  live?: Live
  now?(): number
}

const platform = { roles: ['administrator'] } as const
const tags = ['trunks']
const Id = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const whole = (minimum: number, maximum: number, value: number) => Type.Integer({ minimum, maximum, default: value })
const Form = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 40 }),
  agencyId: Type.Optional(Type.Integer({ minimum: 1 })),
  host: Type.String({ minLength: 1, maxLength: 120 }),
  port: whole(1, 65_535, 5_060),
  transport: Type.Unsafe<'udp' | 'tcp'>({ type: 'string', enum: ['udp', 'tcp'], default: 'udp' }),
  register: Type.Optional(Type.Boolean()),
  username: Type.Optional(Type.String({ maxLength: 80 })),
  password: Type.Optional(Type.String({ maxLength: 100 })),
  callerId: Type.Optional(Type.String({ maxLength: 24 })),
  codecs: Type.Optional(Type.String({ maxLength: 60 })),
  maxLines: whole(1, 10_000, 30),
  callsPerSecond: whole(1, 500, 5),
  position: whole(1, 1_000, 10),
  addresses: Type.Optional(Type.String({ maxLength: 4_000 })),
  enabled: Type.Optional(Type.Boolean()),
})
const Link = Type.Object({ trunkId: Type.Optional(Type.Integer({ minimum: 1 })) })

/** Words of a field, whatever parts them. */
const words = (text: string | undefined) => (text ?? '').split(/[\s,;]+/).filter((word) => word !== '')
const read = (form: Static<typeof Form>): TrunkInput => ({
  name: form.name.trim(),
  agencyId: form.agencyId,
  host: form.host.trim(),
  port: form.port,
  transport: form.transport,
  register: form.register ?? false,
  username: form.username?.trim() ?? '',
  password: form.password,
  callerId: (form.callerId ?? '').replace(/[\s().-]/g, ''),
  codecs: words(form.codecs ?? 'PCMA,PCMU').map((codec) => codec.toUpperCase()),
  maxLines: form.maxLines,
  callsPerSecond: form.callsPerSecond,
  position: form.position,
  addresses: words(form.addresses),
  enabled: form.enabled ?? false,
})

/** Answered of attempted; null without attempts. */
const ratio = (answered: number, attempts: number) => (attempts === 0 ? null : answered / attempts)
const served = (one: Attempts | undefined) => ({
  inbound: one?.inbound ?? 0,
  inboundAsr: ratio(one?.inboundAnswered ?? 0, one?.inbound ?? 0),
  outbound: one?.outbound ?? 0,
  outboundAsr: ratio(one?.outboundAnswered ?? 0, one?.outbound ?? 0),
})

/** `/admin/trunks`: lines to carriers, their state and use, and the numbers that come in through them. */
export const trunkRoutes: FastifyPluginAsyncTypebox<TrunkRoutesOptions> = async (app, options) => {
  const { trunks, now = Date.now } = options
  const rows = async (scope: Scope, timeZone: string) => {
    const today = new Intl.DateTimeFormat('en-CA', { timeZone }).format(now())
    const day = await trunks.attempts(scope, dayStart(today, timeZone))
    const week = await trunks.attempts(scope, now() - 7 * 86_400_000)
    return (await trunks.list(scope)).map((trunk) => ({
      ...trunk,
      today: served(day.get(trunk.name)),
      week: served(week.get(trunk.name)),
    }))
  }
  const present = async (scope: Scope, timeZone: string) => ({
    busy: trunks.busy(),
    refused: trunks.refused(),
    rows: await rows(scope, timeZone),
  })
  const topic = options.live?.define({
    name: 'trunks.now',
    roles: platform.roles,
    snapshot: ({ scope, timeZone }) => present(scope, timeZone),
    everyMs: 2_000,
  })
  const silence = trunks.changes.on(() => topic?.changed())
  // What the hook resolves with would be taken for an error.
  app.addHook('preClose', async () => void silence())
  app.get('/api/trunks', { config: platform, schema: { tags } }, async (request) =>
    present(request.scope, request.session.timeZone),
  )
  app.get('/admin/trunks', { config: platform }, async (request, reply) => {
    const now = await present(request.scope, request.session.timeZone)
    const numbers = []
    for (const number of await trunks.numbers(request.scope))
      numbers.push({ ...number, flow: await options.flowOf?.(number.number) })
    return reply.page(
      'trunks/list',
      {
        now,
        numbers,
        choices: now.rows.map(({ id, name }) => ({ id, name })),
      },
      { title: 'trunks.title', nav: 'admin' },
    )
  })
  const form = async (trunk?: Trunk) => ({
    ...{ port: 5060, transport: 'udp', maxLines: 30, callsPerSecond: 5, position: 10, enabled: true, codecs: [] },
    ...trunk,
    codecsText: (trunk?.codecs ?? ['PCMA', 'PCMU']).join(', '),
    addressesText: (trunk?.addresses ?? []).join('\n'),
    agencies: (await trunks.agencies()).map(({ id, name }) => ({ value: id, label: name })),
    transports: ['udp', 'tcp'].map((value) => ({ value, label: value.toUpperCase() })),
    codecsKnown: codecs.join(', '),
  })
  app.get('/admin/trunks/new', { config: platform }, async (_request, reply) =>
    reply.page('trunks/edit', await form(), { title: 'trunks.new', nav: 'admin' }),
  )
  app.post('/admin/trunks/new', { config: platform, schema: { body: Form } }, async (request, reply) => {
    await trunks.create(request.scope, request.session.userId, { ...read(request.body), enabled: true })
    return reply.redirect('/admin/trunks?done=created', 303)
  })
  app.get('/admin/trunks/:id', { config: platform, schema: { params: Id } }, async (request, reply) => {
    const trunk = await trunks.get(request.scope, request.params.id)
    return reply.page('trunks/edit', await form(trunk), { title: trunk.name, nav: 'admin' })
  })
  app.post('/admin/trunks/:id', { config: platform, schema: { params: Id, body: Form } }, async (request, reply) => {
    await trunks.update(request.scope, request.session.userId, request.params.id, read(request.body))
    return reply.redirect('/admin/trunks?done=saved', 303)
  })
  app.post('/admin/trunks/:id/delete', { config: platform, schema: { params: Id } }, async (request, reply) => {
    await trunks.remove(request.scope, request.session.userId, request.params.id)
    return reply.redirect('/admin/trunks?done=deleted', 303)
  })
  app.post(
    '/admin/trunks/numbers/:id',
    { config: platform, schema: { params: Id, body: Link } },
    async (request, reply) => {
      await trunks.linkNumber(request.scope, request.session.userId, request.params.id, request.body?.trunkId)
      return reply.redirect('/admin/trunks?done=saved', 303)
    },
  )
}
