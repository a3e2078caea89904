import type { FastifyPluginAsync } from 'fastify'
import { type ReportRoutesOptions, reportRoles } from '../../access.ts'
import { saidTable } from '../../english.ts'
import { readAgency } from '../../store.ts'
import { tableView } from '../../view.ts'
import { csvText } from '../../workbook/index.ts'
import type { Simulations } from './simulations.ts'
import { simulationTable } from './table.ts'

const params = {
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-f-]{36}$' } },
  required: ['id'],
} as const
const address = '/reports/staffing/simulations'

/** /reports/staffing/simulations: begin one, see how far it is, cancel it, read what came out. */
export const simulationRoutes: FastifyPluginAsync<ReportRoutesOptions & { simulations: Simulations }> = async (
  app,
  { db, simulations, audit },
) => {
  const config = { roles: reportRoles.filter((role) => role !== 'integration') }
  const page = { config, schema: { hide: true } as object }

  app.get(address, page, async ({ scope, session }, reply) => {
    const { timeZone } = await readAgency(db, scope)
    const language = session?.language ?? 'es'
    const list = await simulations.list(scope)
    const busy = list.some(({ state }) => state === 'running')
    const model = {
      busy,
      simulations: list.map((one) => {
        const table = simulationTable(one, csvText(one.createdAt, 'interval', timeZone))
        return {
          ...one,
          percent: Math.floor((100 * one.callsDone) / one.callsTotal),
          agents: one.question.agents.length,
          table: table && tableView(saidTable(table, language), timeZone, undefined, language),
        }
      }),
    }
    return reply.page('reports/simulations', model, {
      title: 'Simular colas que comparten agentes',
      nav: 'reports',
      script: 'reports/downloads',
    })
  })

  app.post(address, page, async ({ scope, session }, reply) => {
    const subjectId = await simulations.ask(scope, session.userId)
    await audit?.record(scope, {
      ...{ userId: session.userId, action: 'staffing.simulated', subjectType: 'simulation', subjectId },
    })
    return reply.redirect(address, 303)
  })

  app.post<{ Params: { id: string } }>(
    `${address}/:id/cancel`,
    { config, schema: { hide: true, params } as object },
    async ({ scope, params: { id } }, reply) => {
      await simulations.cancel(scope, id)
      return reply.redirect(address, 303)
    },
  )
}
