import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Scope } from '../database/index.ts'
import { pager, pagingOf, pagingQuery, type Role } from '../http/index.ts'
import { filterOf, type TicketRoutesPorts } from './filter.ts'
import { CommentBody, NewTicketBody, TicketForm, TicketNumber, TicketQuery } from './schema.ts'
import { priorities, states, transitions } from './states.ts'
import type { Named, Ticket, TicketEvent, Tickets } from './types.ts'

/** `/tickets`: the list, a new one, and one with its story. */
export const pageRoutes: FastifyPluginAsyncTypebox<{
  tickets: Tickets
  ports: TicketRoutesPorts
  roles: readonly Role[]
  byNumber(scope: Scope, number: number): Promise<Ticket>
  ownInteraction(scope: Scope, id: string | undefined): Promise<void>
}> = async (app, { tickets, ports, roles, byNumber, ownInteraction }) => {
  const config = { roles }
  const nav = 'tickets'

  app.get(
    '/tickets',
    {
      config,
      schema: { querystring: Type.Object({ ...TicketQuery, ...pagingQuery }) },
      // A form sends the choices that were not made as empty text.
      preValidation: async (request) => {
        const query = request.query as Record<string, unknown>
        for (const [name, value] of Object.entries(query)) if (value === '') delete query[name]
      },
    },
    async (request, reply) => {
      const asked = { state: 'pending', ...request.query }
      const paging = pagingOf(request.query)
      const [{ tickets: rows, total }, choices] = await Promise.all([
        tickets.list(request.scope, filterOf(asked, request.session.userId), paging),
        tickets.choices(request.scope),
      ])
      const narrowed = Object.keys(request.query).some((key) => key !== 'page' && key !== 'size' && key !== 'agency')
      return reply.page(
        'tickets/list',
        {
          rows,
          total,
          pager: pager(paging, total, request.url),
          asked,
          narrowed,
          states: ['pending', ...states, 'all'],
          backOffices: choices.backOffices,
          people: choices.people,
        },
        { title: 'tickets.title', nav },
      )
    },
  )

  app.get(
    '/tickets/new',
    {
      config,
      schema: { querystring: Type.Object({ citizen: TicketQuery.citizen, interaction: TicketQuery.interaction }) },
    },
    async (request, reply) => {
      const { citizen, interaction } = request.query
      const [choices, found] = await Promise.all([
        tickets.choices(request.scope),
        citizen === undefined ? undefined : ports.citizen(citizen),
      ])
      return reply.page(
        'tickets/new',
        {
          citizen: found,
          interactionId: interaction,
          priorities,
          topics: options(choices.topics),
          backOffices: options(choices.backOffices),
        },
        { title: 'tickets.new', nav },
      )
    },
  )
  app.post('/tickets/new', { config, schema: { body: NewTicketBody } }, async (request, reply) => {
    await ownInteraction(request.scope, request.body.interactionId)
    const ticket = await tickets.create(request.scope, request.session.userId, request.body)
    return reply.redirect(`/tickets/${ticket.number}?done=created`, 303)
  })

  app.get('/tickets/:number', { config, schema: { params: TicketNumber } }, async (request, reply) => {
    const ticket = await byNumber(request.scope, request.params.number)
    const [events, choices] = await Promise.all([
      tickets.events(request.scope, ticket.id),
      tickets.choices(request.scope),
    ])
    return reply.page(
      'tickets/ticket',
      {
        ticket,
        events: events.map(view),
        states: [ticket.state, ...transitions[ticket.state]],
        priorities,
        topics: options(choices.topics),
        backOffices: options(choices.backOffices),
        people: options(choices.people),
      },
      { title: `#${ticket.number} ${ticket.subject}`, nav },
    )
  })
  app.post(
    '/tickets/:number',
    { config, schema: { params: TicketNumber, body: TicketForm } },
    async (request, reply) => {
      const { id, number } = await byNumber(request.scope, request.params.number)
      const { topicId = null, backOfficeId = null, assigneeId = null, ...rest } = request.body
      const change = { ...rest, topicId, backOfficeId, assigneeId }
      await tickets.change(request.scope, request.session.userId, id, change)
      return reply.redirect(`/tickets/${number}?done=saved`, 303)
    },
  )
  app.post(
    '/tickets/:number/comments',
    { config, schema: { params: TicketNumber, body: CommentBody } },
    async (request, reply) => {
      const { id, number } = await byNumber(request.scope, request.params.number)
      await tickets.comment(request.scope, request.session.userId, id, request.body.body)
      return reply.redirect(`/tickets/${number}?done=saved`, 303)
    },
  )
}

const options = (list: Named[]) => list.map(({ id, name }) => ({ value: id, label: name }))
/** States and priorities are codes, whose text the page looks up. */
const view = (event: TicketEvent) =>
  event.kind === 'comment'
    ? event
    : { ...event, coded: event.field === 'state' ? 'states' : event.field === 'priority' ? 'priorities' : undefined }
