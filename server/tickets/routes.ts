import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { AppError, pagingOf, pagingQuery, type Role } from '../http/index.ts'
import { filterOf, type TicketRoutesPorts } from './filter.ts'
import { pageRoutes } from './page-routes.ts'
import {
  CommentBody,
  NewTicketBody,
  TicketAnswer,
  TicketEvents,
  TicketNumber,
  TicketPatch,
  TicketQuery,
} from './schema.ts'
import type { Ticket, Tickets } from './types.ts'

const roles: readonly Role[] = ['agent', 'supervisor', 'agency_administrator', 'administrator', 'back_office']

export function ticketRoutes(tickets: Tickets, ports: TicketRoutesPorts): FastifyPluginAsyncTypebox {
  return async (app) => {
    const config = { roles }
    const tags = ['tickets']
    const byNumber = async (scope: Scope, number: number): Promise<Ticket> => {
      const ticket = await tickets.byNumber(scope, number)
      if (!ticket) throw new AppError('ticket.not_found', 404)
      return ticket
    }
    const ownInteraction = async (scope: Scope, id: string | undefined) => {
      if (id !== undefined && !(await ports.hasInteraction(scope, id))) {
        throw new AppError('ticket.invalid', 400, {}, { interactionId: 'ticket.unknown_choice' })
      }
    }

    app.get(
      '/api/tickets',
      {
        config,
        schema: {
          tags,
          querystring: Type.Object({ ...TicketQuery, ...pagingQuery }),
          response: { 200: Type.Object({ total: Type.Integer(), tickets: Type.Array(TicketAnswer) }) },
        },
      },
      async (request) =>
        tickets.list(request.scope, filterOf(request.query, request.session.userId), pagingOf(request.query)),
    )
    app.get(
      '/api/tickets/:number',
      {
        config,
        schema: {
          tags,
          params: TicketNumber,
          response: { 200: Type.Object({ ticket: TicketAnswer, events: TicketEvents }) },
        },
      },
      async (request) => {
        const ticket = await byNumber(request.scope, request.params.number)
        return { ticket, events: await tickets.events(request.scope, ticket.id) }
      },
    )
    app.post(
      '/api/tickets',
      { config, schema: { tags, body: NewTicketBody, response: { 201: TicketAnswer } } },
      async (request, reply) => {
        await ownInteraction(request.scope, request.body.interactionId)
        const ticket = await tickets.create(request.scope, request.session.userId, request.body)
        return reply.code(201).send(ticket)
      },
    )
    app.patch(
      '/api/tickets/:number',
      { config, schema: { tags, params: TicketNumber, body: TicketPatch, response: { 200: TicketAnswer } } },
      async (request) => {
        const { id } = await byNumber(request.scope, request.params.number)
        return tickets.change(request.scope, request.session.userId, id, request.body)
      },
    )
    app.post(
      '/api/tickets/:number/comments',
      { config, schema: { tags, params: TicketNumber, body: CommentBody } },
      async (request, reply) => {
        const { id } = await byNumber(request.scope, request.params.number)
        await tickets.comment(request.scope, request.session.userId, id, request.body.body)
        return reply.code(204).send()
      },
    )
    await app.register(pageRoutes, { tickets, ports, roles, byNumber, ownInteraction })
  }
}
