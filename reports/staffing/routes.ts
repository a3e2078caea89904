import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../../server/http/types.ts'
import { type ReportRoutesOptions, reportRoles } from '../access.ts'
import { queueOf } from './queue-of.ts'
import { listFiles, rosterFileRoutes } from './roster-file/index.ts'
import { readRoster, writeRoster } from './roster-text.ts'
import { simulationRoutes } from './simulations/index.ts'
import { planMark, readQueues, readSaved, readSettings, saveStaffing, readRoster as storedRoster } from './store.ts'

const number = { type: 'string', maxLength: 12 } as const
const body = {
  type: 'object',
  properties: {
    queue: number,
    shrinkage: number,
    cost: number,
    target: number,
    seconds: number,
    roster: { type: 'string', maxLength: 20_000 },
    shown: { type: 'string', maxLength: 64, description: 'what the page showed: another plan is not replaced' },
  },
} as const

/** /reports/staffing/roster: who is planned, and what a queue aims at and costs. */
export const staffingRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (app, options) => {
  const { db, audit, now = Date.now } = options
  await app.register(rosterFileRoutes, options)
  const { simulations } = options
  if (simulations) await app.register(simulationRoutes, { ...options, simulations })
  const config = { roles: reportRoles.filter((role) => role !== 'integration') }
  const address = '/reports/staffing/roster'

  app.get<{ Querystring: { queue?: string; done?: string } }>(
    address,
    { config, schema: { hide: true } as object },
    async ({ scope, query }, reply) => {
      const queues = await readQueues(db, scope)
      const queueId = queueOf(query.queue, queues)
      // First: what is saved between the two is then told as another's rather than replaced.
      const mark = await planMark(db.knex, scope, queueId)
      const settings = await readSettings(db, scope, queueId)
      return reply.page(
        'reports/roster',
        {
          queues: [{ id: '', name: '' }, ...queues].map(({ id, name }) => ({
            id,
            name,
            chosen: (id || 0) === queueId,
          })),
          queue: queueId || '',
          mark,
          last: await readSaved(db, scope, queueId),
          shrinkage: Math.round(settings.shrinkage * 100),
          cost: settings.costHour,
          target: Math.round(settings.target * 100),
          seconds: settings.targetSeconds,
          roster: writeRoster(await storedRoster(db, scope, queueId)),
          files: (await listFiles(db, scope, queueId)).slice(0, 3),
          back: `/reports/staffing${queueId ? `?queue=${queueId}` : ''}`,
          saved: query.done === 'saved',
        },
        { title: 'Dotación planificada', nav: 'reports', script: 'reports/workbooks' },
      )
    },
  )

  app.post<{ Body: Record<string, string | undefined> }>(
    address,
    { config, schema: { hide: true, body } as object },
    async ({ scope, session, body: sent }, reply) => {
      const queueId = queueOf(sent.queue, await readQueues(db, scope))
      const fields: Record<string, string> = {}
      const within = (name: string, least: number, most: number) => {
        const value = Number((sent[name] ?? '0').replace(',', '.'))
        if (!(value >= least && value <= most)) fields[name] = `reports.staffing.invalid.${name}`
        return value
      }
      const settings = {
        shrinkage: within('shrinkage', 0, 90) / 100,
        costHour: within('cost', 0, 10_000_000),
        target: within('target', 1, 99) / 100,
        targetSeconds: Math.round(within('seconds', 0, 3600)),
      }
      const read = readRoster(sent.roster ?? '')
      if ('wrongLine' in read) fields.roster = 'reports.staffing.invalid.roster'
      if (Object.keys(fields).length > 0 || 'wrongLine' in read)
        throw new AppError('report.bad_parameters', 400, {}, fields)
      const saving = { userId: session.userId, shown: sent.shown, now: now() }
      await saveStaffing(db, scope, queueId, { settings, roster: read.roster, ...saving })
      await audit?.record(scope, {
        userId: session.userId,
        action: 'staffing.saved',
        subjectType: 'queue',
        subjectId: queueId,
        detail: settings,
      })
      return reply.redirect(`${address}?${queueId ? `queue=${queueId}&` : ''}done=saved`, 303)
    },
  )
}
