import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import type { Live } from '../live/types.ts'
import type { Phones } from './phones.ts'
import type { Certificates } from './shown.ts'

export type PhoneRoutesOptions = {
  phones: Phones
  /** What browsers and phones are shown by TLS. */
  certificates?: Pick<Certificates, 'list'>
  /** Where given, the page follows the phones as they come and go. */
  live?: Live
}

const admin = { roles: ['administrator', 'agency_administrator'] } as const
const platform = { roles: ['administrator'] } as const
const tags = ['phones']
const Extension = Type.Object({ extension: Type.String({ pattern: '^\\d{2,12}$' }) })
const Setting = Type.Object({ autoAnswer: Type.Optional(Type.Boolean()) })
const Source = Type.Object({ address: Type.String({ maxLength: 64, pattern: '^[0-9a-fA-F.:]+$' }) })

/** `/admin/phones`: who has a phone, from where, its password and what is kept out. */
export const phoneRoutes: FastifyPluginAsyncTypebox<PhoneRoutesOptions> = async (app, options) => {
  const { phones } = options
  const present = async (scope: Scope) => ({
    known: phones.known(),
    rows: (await phones.list(scope)).map(({ a1Hash, ...phone }) => ({
      ...phone,
      hasPassword: a1Hash !== undefined,
      registered: phones.registered(phone.extension),
      mismatch: phones.mismatch(phone.extension),
    })),
  })
  const topic = options.live?.define({
    name: 'phones.now',
    roles: admin.roles,
    snapshot: ({ scope }) => present(scope),
    everyMs: 1_000,
  })
  const silence = phones.changes.on(() => topic?.changed())
  // What the hook resolves with would be taken for an error.
  app.addHook('preClose', async () => void silence())
  app.get('/api/phones', { config: admin, schema: { tags } }, async (request) => ({
    phones: (await present(request.scope)).rows,
  }))
  app.get('/admin/phones', { config: admin }, async (request, reply) => {
    const whole = request.session.role === 'administrator'
    const certificates = whole ? (options.certificates?.list() ?? []) : []
    return reply.page(
      'phones/list',
      {
        now: await present(request.scope),
        domain: phones.domain,
        // The sources attack the whole centre: its administrators judge them.
        blocked: whole ? await phones.blocked() : [],
        whole,
        refusals: whole ? phones.refusals() : [],
        certificates: certificates.filter(({ state }) => state !== 'good'),
        goodCertificates: certificates.filter(({ state }) => state === 'good'),
      },
      { title: 'phones.title', nav: 'admin' },
    )
  })
  app.post(
    '/admin/phones/:extension/password',
    { config: admin, schema: { params: Extension } },
    async (request, reply) => {
      const { extension } = request.params
      const { user, password } = await phones.rotate(request.scope, request.session.userId, extension)
      return reply.page(
        'phones/password',
        { extension, user, password, domain: phones.domain },
        { title: 'phones.new_password', nav: 'admin' },
      )
    },
  )
  app.post(
    '/admin/phones/:extension',
    { config: admin, schema: { params: Extension, body: Setting } },
    async (request, reply) => {
      const { extension } = request.params
      const on = request.body?.autoAnswer ?? false
      await phones.setAutoAnswer(request.scope, request.session.userId, extension, on)
      return reply.redirect('/admin/phones?done=saved', 303)
    },
  )
  app.post('/admin/phones/sources/unblock', { config: platform, schema: { body: Source } }, async (request, reply) => {
    await phones.unblock(request.scope, request.session.userId, request.body.address)
    return reply.redirect('/admin/phones?done=saved', 303)
  })
}
