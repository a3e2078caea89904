import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { pager, pagingOf, pagingQuery } from '../http/index.ts'
import type { Role } from '../http/types.ts'
import { dayStart } from '../interactions/index.ts'
import { auditCsv } from './audit-csv.ts'
import { type LogFilter, logActions } from './log.ts'
import type { By, Orders } from './orders.ts'
import type { NowPorts } from './ports.ts'

const id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
const text = Type.String({ minLength: 1, maxLength: 64 })
const Mode = Type.Union([
  Type.Literal('listen'),
  Type.Literal('whisper'),
  Type.Literal('join'),
  Type.Literal('take_over'),
])
const day = Type.Optional(Type.String({ pattern: '^(\\d{4}-\\d{2}-\\d{2})?$' }))
const choice = Type.Optional(Type.String({ pattern: '^\\d{0,9}$' }))
const LogQuery = Type.Object({
  from: day,
  to: day,
  user: choice,
  agent: choice,
  action: Type.Optional(Type.String({ maxLength: 20 })),
  ...pagingQuery,
})
/** Rows of a file at most; a longer time is asked for in parts. */
const CSV_ROWS = 50_000

/** `/supervisor/audit` and the API of what a supervisor orders. */
export function orderRoutes(options: {
  orders: Orders
  lists: NowPorts['lists']
  roles: readonly Role[]
}): FastifyPluginAsyncTypebox {
  const { orders, lists } = options
  const byOf = ({ scope, session }: Pick<FastifyRequest, 'scope' | 'session'>): By => ({
    scope,
    userId: session.userId,
    timeZone: session.timeZone,
  })
  return async (app) => {
    const config = { roles: options.roles }
    const params = Type.Object({ id: text })
    const numbered = Type.Object({ id })

    app.post(
      '/api/supervision/listen',
      { config, schema: { body: Type.Object({ agentId: id, mode: Mode }) } },
      (request) => orders.begin(byOf(request), request.body.agentId, request.body.mode),
    )
    app.post(
      '/api/supervision/:id/mode',
      { config, schema: { params, body: Type.Object({ mode: Mode }) } },
      async (request) => {
        await orders.mode(byOf(request), request.params.id, request.body.mode)
        return { mode: request.body.mode }
      },
    )
    app.post('/api/supervision/:id/end', { config, schema: { params } }, async (request) => {
      await orders.end(byOf(request), request.params.id)
      return { ended: true }
    })
    app.post(
      '/api/supervision/calls/:id/move',
      {
        config,
        schema: { params, body: Type.Object({ queueId: Type.Optional(id), first: Type.Optional(Type.Boolean()) }) },
      },
      async (request) => {
        const { queueId, first = false } = request.body
        await orders.move(byOf(request), request.params.id, { ...(queueId ? { queueId } : {}), first })
        return { moved: true }
      },
    )
    app.post(
      '/api/supervision/queues/:id/open',
      {
        config,
        schema: {
          params: numbered,
          body: Type.Object({
            // null: as the queue's settings say. By enum: a type would be made to fit, and null become false.
            open: Type.Unsafe<boolean | null>({ enum: [true, false, null] }),
            until: Type.Optional(Type.Union([Type.Literal('today'), Type.Literal('reopened')])),
          }),
        },
      },
      async (request) => {
        const { open, until = 'reopened' } = request.body
        await orders.queue(byOf(request), request.params.id, open ?? undefined, until)
        return orders.doors.now(request.params.id) ?? { open: null }
      },
    )
    app.put(
      '/api/supervision/settings',
      { config, schema: { body: Type.Object({ tellAgents: Type.Boolean() }) } },
      async (request) => {
        await orders.setTellsAgents(byOf(request), request.body.tellAgents)
        return { tellAgents: request.body.tellAgents }
      },
    )

    app.get('/api/supervision/log', { config, schema: { querystring: LogQuery } }, (request) =>
      orders.log.list(request.scope, filterOf(request.query, request.session.timeZone), pagingOf(request.query)),
    )
    app.get('/supervisor/audit', { config, schema: { querystring: LogQuery } }, async (request, reply) => {
      const { scope, query, session } = request
      const paging = pagingOf(query)
      const [{ rows, total }, supervisors, agents, queues, reasons, tell] = await Promise.all([
        orders.log.list(scope, filterOf(query, session.timeZone), paging),
        orders.log.supervisors(scope),
        lists.agents(scope),
        lists.queues(scope),
        lists.breakReasons(scope),
        orders.tellsAgents(scope),
      ])
      const { page: _page, size: _size, ...asked } = query
      const named = (list: { id: number; name: string }[], one: unknown) => list.find((row) => row.id === one)?.name
      const model = {
        rows: rows.map((row) => ({
          ...row,
          reason: named(reasons, row.detail.reasonId),
          queueFrom: row.detail.from === row.detail.to ? undefined : named(queues, row.detail.from),
        })),
        asked,
        supervisors,
        agents,
        actions: logActions,
        narrowed: Object.values(asked).some(Boolean),
        tell,
        csv: `/supervisor/audit.csv?${new URLSearchParams(asked as Record<string, string>)}`,
        pager: pager(paging, total, request.url),
      }
      const shown = { title: 'supervision.audit.title', nav: 'supervisor', script: 'supervision/audit' }
      return reply.page('supervision/audit', model, shown)
    })
    app.get('/supervisor/audit.csv', { config, schema: { querystring: LogQuery } }, async (request, reply) => {
      const { scope, query, session } = request
      const filter = filterOf(query, session.timeZone)
      const { rows } = await orders.log.list(scope, filter, { size: CSV_ROWS, offset: 0 })
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="auditoria-de-supervision.csv"')
        .send(auditCsv(rows, session.timeZone))
    })
  }
}

type Query = { from?: string; to?: string; user?: string; agent?: string; action?: string }

/** Days are the agency's, both included. */
function filterOf({ from, to, user, agent, action }: Query, timeZone: string): LogFilter {
  const filter: LogFilter = {}
  if (from) filter.from = dayStart(from, timeZone)
  if (to) filter.to = dayStart(to, timeZone, 1)
  if (user) filter.userId = Number(user)
  if (agent) filter.agentId = Number(agent)
  const known = logActions.find((one) => one === action)
  if (known) filter.action = known
  return filter
}
