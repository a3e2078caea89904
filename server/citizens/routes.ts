import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { AppError, type Role } from '../http/index.ts'
import { pageRoutes } from './page-routes.ts'
import { CitizenAnswer, CitizenId, CitizenPatch, NewCitizenBody, OtherId } from './schema.ts'
import type { Citizens } from './types.ts'

/** What the card shows of other rooms: the own agency's only. */
export type CitizenRoutesPorts = {
  interactionsOf(
    scope: Scope,
    citizenId: number,
    limit: number,
  ): Promise<{
    total: number
    rows: {
      id: string
      at: number
      channel: string
      queue?: string
      agent?: string
      topic?: string
      disposition?: string
      outcome?: string
    }[]
  }>
  ticketsOf(
    scope: Scope,
    citizenId: number,
    limit: number,
  ): Promise<{ number: number; subject: string; state: string; at: number; dueAt?: number; overdue?: boolean }[]>
}

export const citizenRoles: readonly Role[] = [
  'agent',
  'supervisor',
  'agency_administrator',
  'administrator',
  'back_office',
]

export function citizenRoutes(citizens: Citizens, ports: CitizenRoutesPorts): FastifyPluginAsyncTypebox {
  return async (app) => {
    const config = { roles: citizenRoles }
    const tags = ['citizens']

    app.get(
      '/api/citizens',
      {
        config,
        schema: {
          tags,
          summary: 'Search by name, DNI, CUIT or phone in any notation; at most 50',
          querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }),
          response: { 200: Type.Object({ citizens: Type.Array(CitizenAnswer) }) },
        },
      },
      async (request) => ({ citizens: await citizens.search(request.scope, request.query.q ?? '') }),
    )
    app.get(
      '/api/citizens/:id',
      { config, schema: { tags, params: CitizenId, response: { 200: CitizenAnswer } } },
      async (request) => {
        const citizen = await citizens.byId(request.params.id)
        if (!citizen) throw new AppError('citizen.not_found', 404)
        return citizen
      },
    )
    app.post(
      '/api/citizens',
      { config, schema: { tags, body: NewCitizenBody, response: { 201: CitizenAnswer } } },
      async (request, reply) => {
        const citizen = await citizens.create(request.scope, request.session.userId, request.body)
        return reply.code(201).send(citizen)
      },
    )
    app.patch(
      '/api/citizens/:id',
      { config, schema: { tags, params: CitizenId, body: CitizenPatch, response: { 200: CitizenAnswer } } },
      async (request) => citizens.update(request.scope, request.session.userId, request.params.id, request.body),
    )
    app.post(
      '/api/citizens/:id/merge',
      {
        config,
        schema: {
          tags,
          summary: 'Joins the card `from` into this one; doing it twice is doing it once',
          params: CitizenId,
          body: Type.Object({ from: OtherId }),
          response: { 200: CitizenAnswer },
        },
      },
      async (request) =>
        citizens.merge(request.scope, request.session.userId, { into: request.params.id, from: request.body.from }),
    )
    await app.register(pageRoutes, { citizens, ports, roles: citizenRoles })
  }
}
