import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError, type Audit, type Role } from '../http/index.ts'
import { dayStart } from '../interactions/index.ts'
import type { CallRecords } from './index.ts'
import type { Reconciliation } from './reconciliation.ts'

export type CallRecordRoutesOptions = { records: CallRecords; audit: Audit; now?: () => number }

const roles: readonly Role[] = ['administrator', 'agency_administrator', 'supervisor']
/** Files belong to the switch, not to an agency: numbers of anybody's callers are in them. */
const keepers: readonly Role[] = ['administrator']
const DAYS = 7
const Day = Type.String({ pattern: '^(\\d{4}-\\d{2}-\\d{2})?$' })

/** `/admin/call-records`: the switch's records beside the facts, day by day. */
export const callRecordRoutes: FastifyPluginAsyncTypebox<CallRecordRoutesOptions> = async (app, options) => {
  const { records, audit } = options
  const now = options.now ?? Date.now

  app.get(
    '/admin/call-records',
    { config: { roles }, schema: { querystring: Type.Object({ day: Type.Optional(Day) }) } },
    async (request, reply) => {
      const { scope, session } = request
      const { timeZone, role } = session
      const today = dayIn(now(), timeZone)
      const chosen = request.query.day || today
      const days = await Promise.all(
        Array.from({ length: DAYS }, (_, back) => back).map(async (back) => {
          const from = dayStart(chosen, timeZone, -back)
          const found = await records.reconciliation(scope, { from, to: dayStart(chosen, timeZone, 1 - back) })
          return { ...found, day: dayIn(from, timeZone), ...verdictOf(found) }
        }),
      )
      const [shown] = days as [(typeof days)[number], ...typeof days]
      const mayRetry = keepers.includes(role)
      const [lists, waiting, broken] = await Promise.all([
        records.differences(scope, { from: shown.from, to: shown.to }),
        records.waiting(),
        records.broken(),
      ])
      const state = records.state()
      return reply.page(
        'call-records/call-records',
        {
          asked: chosen,
          today,
          shown,
          days,
          ...lists,
          files: { ...waiting, ...state, old: waiting.oldestAt !== undefined && now() - waiting.oldestAt > 300_000 },
          brokenCount: broken.length,
          broken: mayRetry ? broken.slice(0, 100) : [],
          mayRetry,
        },
        { title: 'call-records.title', nav: 'admin' },
      )
    },
  )

  app.get(
    '/api/call-records/reconciliation',
    { config: { roles }, schema: { tags: ['call-records'], querystring: Type.Object({ from: Day, to: Day }) } },
    async (request) => {
      const { timeZone } = request.session
      const { from, to } = request.query
      const range = { from: dayStart(from, timeZone), to: dayStart(to, timeZone, 1) }
      if (range.to <= range.from || range.to - range.from > 400 * 86_400_000) throw new AppError('request.invalid', 400)
      return records.reconciliation(request.scope, range)
    },
  )

  app.post(
    '/admin/call-records/retry',
    { config: { roles: keepers }, schema: { body: Type.Object({ key: Type.String({ maxLength: 500 }) }) } },
    async (request, reply) => {
      const { key } = request.body
      if (!(await records.retry(key))) throw new AppError('call_records.no_file', 404)
      await audit.record(request.scope, {
        userId: request.session.userId,
        action: 'call_records.retried',
        subjectType: 'call_record_file',
        subjectId: key.slice(0, 120),
      })
      return reply.redirect('/admin/call-records?done=saved', 303)
    },
  )
}

/** The day of an instant in a zone, `2026-11-23`. */
const dayIn = (at: number, timeZone: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(at)

/** How the day stands: what differs that is not merely still under way. */
function verdictOf(found: Reconciliation): { differing: number; verdict: 'even' | 'differs' | 'not_compared' } {
  const differing = found.onlyRecords + found.onlyFacts - found.pending
  if (!found.compared) return { differing: 0, verdict: 'not_compared' }
  return { differing, verdict: differing > 0 || found.recordings.missing > 0 ? 'differs' : 'even' }
}
