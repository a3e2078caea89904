import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { AppError, type Role } from '../http/index.ts'
import { phoneText } from './phones.ts'
import type { CitizenRoutesPorts } from './routes.ts'
import { CitizenForm, CitizenId, OtherId } from './schema.ts'
import type { Citizen, Citizens, CitizenValues } from './types.ts'

const HISTORY = 15

/** `/citizens`: search, card, forms and merge. */
export const pageRoutes: FastifyPluginAsyncTypebox<{
  citizens: Citizens
  ports: CitizenRoutesPorts
  roles: readonly Role[]
}> = async (app, { citizens, ports, roles }) => {
  const config = { roles }
  const nav = 'citizens'
  const card = async (id: number): Promise<Citizen> => {
    const citizen = await citizens.byId(id)
    if (!citizen) throw new AppError('citizen.not_found', 404)
    return citizen
  }
  const query = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })), done: Type.Optional(Type.String()) })

  app.get('/citizens', { config, schema: { querystring: query } }, async (request, reply) => {
    const asked = (request.query.q ?? '').trim()
    const found = asked ? await citizens.search(request.scope, asked) : []
    return reply.page(
      'citizens/search',
      { asked, found: found.map(view), full: found.length === 50, digits: /^[\d\s.-]+$/.test(asked) },
      { title: 'citizens.title', nav },
    )
  })

  app.get('/citizens/new', { config }, async (request, reply) => {
    const given = request.query as Record<string, string | undefined>
    const start = { name: given.name, dni: given.dni, phoneLines: given.phone }
    return reply.page('citizens/form', { citizen: start, creating: true }, { title: 'citizens.new', nav })
  })
  app.post('/citizens/new', { config, schema: { body: CitizenForm } }, async (request, reply) => {
    const citizen = await citizens.create(request.scope, request.session.userId, valuesOf(request.body))
    return reply.redirect(`/citizens/${citizen.id}?done=created`, 303)
  })

  app.get('/citizens/:id', { config, schema: { params: CitizenId } }, async (request, reply) => {
    const citizen = await card(request.params.id)
    // An old link to a card that was merged.
    if (citizen.id !== request.params.id) return reply.redirect(`/citizens/${citizen.id}`)
    const [interactions, tickets] = await Promise.all([
      ports.interactionsOf(request.scope, citizen.id, HISTORY),
      ports.ticketsOf(request.scope, citizen.id, HISTORY),
    ])
    return reply.page(
      'citizens/card',
      { citizen: view(citizen), interactions: interactions.rows, total: interactions.total, tickets },
      { title: citizen.name, nav },
    )
  })

  app.get('/citizens/:id/edit', { config, schema: { params: CitizenId } }, async (request, reply) => {
    const citizen = view(await card(request.params.id))
    return reply.page('citizens/form', { citizen, creating: false }, { title: 'citizens.edit', nav })
  })
  app.post(
    '/citizens/:id/edit',
    { config, schema: { params: CitizenId, body: CitizenForm } },
    async (request, reply) => {
      const citizen = await citizens.update(
        request.scope,
        request.session.userId,
        request.params.id,
        valuesOf(request.body),
      )
      return reply.redirect(`/citizens/${citizen.id}?done=saved`, 303)
    },
  )

  app.get(
    '/citizens/:id/merge',
    {
      config,
      schema: {
        params: CitizenId,
        querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })), with: Type.Optional(OtherId) }),
      },
    },
    async (request, reply) => {
      const citizen = await card(request.params.id)
      const other = request.query.with === undefined ? undefined : await card(request.query.with)
      const asked = request.query.q ?? citizen.name
      const found = other ? [] : await citizens.search(request.scope, asked)
      const same = other?.id === citizen.id
      return reply.page(
        'citizens/merge',
        {
          citizen: view(citizen),
          asked,
          found: found.filter(({ id }) => id !== citizen.id).map(view),
          ...(other && !same ? { other: view(other), rows: compare(citizen, other) } : {}),
          differ: other && !same && Boolean(citizen.dni && other.dni && citizen.dni !== other.dni),
        },
        { title: 'citizens.merge.title', nav },
      )
    },
  )
  app.post(
    '/citizens/:id/merge',
    { config, schema: { params: CitizenId, body: Type.Object({ from: OtherId }) } },
    async (request, reply) => {
      const merge = { into: request.params.id, from: request.body.from }
      const citizen = await citizens.merge(request.scope, request.session.userId, merge)
      return reply.redirect(`/citizens/${citizen.id}?done=saved`, 303)
    },
  )
}

/** Dots every three digits, as documents are printed. */
const dotted = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, '.')

function view(citizen: Citizen) {
  return {
    ...citizen,
    dniText: citizen.dni && dotted(citizen.dni),
    cuitText: citizen.cuit?.replace(/^(\d\d)(\d{8})(\d)$/, '$1-$2-$3'),
    birthText: citizen.birthDate?.split('-').reverse().join('/'),
    phoneTexts: citizen.phones.map((number) => ({ number, text: phoneText(number) })),
    phoneLines: citizen.phones.map(phoneText).join('\n'),
  }
}

/** A whole form: what is empty in it was cleared. */
function valuesOf(form: Static<typeof CitizenForm>): CitizenValues {
  const { phones = '', ...rest } = form
  const empty = { name: '', dni: '', cuit: '', birthDate: '', email: '', address: '', locality: '', notes: '' }
  return { ...empty, ...rest, phones: phones.split(/[\n;,]/) }
}

/** Side by side: which value stays is decided as `mergeCards` does. */
function compare(stays: Citizen, goes: Citizen) {
  const [a, b] = [view(stays), view(goes)]
  const row = (name: string, left: string | undefined, right: string | undefined) => ({
    name,
    left,
    right,
    result: left || right,
    differ: Boolean(left && right && left !== right),
  })
  const phones = (text: { text: string }[]) => text.map((one) => one.text).join(' · ')
  return [
    row('name', a.name, b.name),
    row('dni', a.dniText, b.dniText),
    row('cuit', a.cuitText, b.cuitText),
    row('birthDate', a.birthText, b.birthText),
    row('email', a.email, b.email),
    row('address', a.address, b.address),
    row('locality', a.locality, b.locality),
    {
      name: 'phones',
      left: phones(a.phoneTexts),
      right: phones(b.phoneTexts),
      result: phones([...new Map([...a.phoneTexts, ...b.phoneTexts].map((one) => [one.text, one])).values()]),
      differ: false,
    },
  ]
}
