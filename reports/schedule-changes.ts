// What a schedule is changed by: its name, its recipients, a pause, its end.
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Database } from '../server/database/index.ts'
import { AppError, type Audit } from '../server/http/types.ts'
import { type ReportRoutesOptions, reportRoles } from './access.ts'
import { checkSchedule } from './schedule-check.ts'
import { checkRecipients, maySee } from './schedule-platform.ts'
import { deleteSchedule } from './schedule-runs.ts'
import { readSchedule, type Schedule, setActive, setName, setRecipients } from './schedule-store.ts'

export const scheduleRoles = reportRoles.filter((role) => role !== 'integration')
export const scheduleParams = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 1 } },
  required: ['id'],
} as const

type Id = { Params: { id: number } }
export type Typed = Record<string, string | string[] | undefined>

/** Addresses, a list or separated by commas, and groups; each once. */
export function recipientsOf(body: Typed): string[] {
  const addresses = Array.isArray(body.recipients) ? body.recipients : (body.recipients ?? '').split(/[\s,;]+/)
  const all = [...addresses, ...[body.groups ?? []].flat()].map((one) => String(one).trim())
  return [...new Set(all.filter((one) => one !== ''))]
}

export type Asking = Pick<FastifyRequest, 'scope' | 'session'>

/** Also one that was deleted. @throws AppError where there is none, or none for whoever asks */
export async function readSeen(db: Database, asking: Asking, id: number): Promise<Schedule> {
  const schedule = await readSchedule(db, asking.scope, id)
  if (!schedule || !maySee(asking, schedule)) throw new AppError('schedule.not_found', 404)
  return schedule
}

/** @throws AppError as `readSeen`, or where it was deleted: only its history is there then */
export async function readLiving(db: Database, asking: Asking, id: number): Promise<Schedule> {
  const schedule = await readSeen(db, asking, id)
  if (schedule.deletedAt !== null) throw new AppError('schedule.deleted', 409)
  return schedule
}

export const recorder =
  (audit: Audit | undefined) => async (request: FastifyRequest, action: string, id: number, detail?: object) =>
    audit?.record(request.scope, {
      userId: request.session.userId,
      action,
      subjectType: 'schedule',
      subjectId: id,
      detail,
    })

export const scheduleChangeRoutes: FastifyPluginAsync<ReportRoutesOptions> = async (
  app,
  { db, audit, now = Date.now },
) => {
  const route = { config: { roles: scheduleRoles }, schema: { tags: ['reports'], params: scheduleParams } }
  const record = recorder(audit)
  /** Deleted by somebody between reading and writing. */
  const done = (changed: boolean) => {
    if (!changed) throw new AppError('schedule.deleted', 409)
  }

  app.post<Id & { Body: Typed | undefined }>('/api/reports/schedules/:id/recipients', route, async (request) => {
    const { scope, body } = request
    const { id } = request.params
    const schedule = await readLiving(db, request, id)
    const recipients = recipientsOf(body ?? {})
    checkSchedule({ ...schedule, recipients }, now(), request.session.role)
    await checkRecipients(db, { ...schedule, recipients })
    done(await setRecipients(db, scope, id, recipients))
    await record(request, 'schedule.readdressed', id, { recipients })
    return { id, recipients }
  })

  app.post<Id & { Body: Typed | undefined }>('/api/reports/schedules/:id/name', route, async (request) => {
    const { scope, body } = request
    const { id } = request.params
    const schedule = await readLiving(db, request, id)
    const name = typeof body?.name === 'string' ? body.name.trim() : ''
    checkSchedule({ ...schedule, name }, now(), request.session.role)
    done(await setName(db, scope, id, name))
    await record(request, 'schedule.renamed', id, { from: schedule.name, to: name })
    return { id, name }
  })

  const switched = (active: boolean) => async (request: FastifyRequest<Id>) => {
    const { id } = request.params
    await readLiving(db, request, id)
    done(await setActive(db, request.scope, id, active, now()))
    await record(request, active ? 'schedule.enabled' : 'schedule.disabled', id)
    return { id, active }
  }
  app.post<Id>('/api/reports/schedules/:id/enable', route, switched(true))
  app.post<Id>('/api/reports/schedules/:id/disable', route, switched(false))

  app.post<Id>('/api/reports/schedules/:id/delete', route, async (request) => {
    const { id } = request.params
    const { name } = await readLiving(db, request, id)
    done(await deleteSchedule(db, request.scope, id, now()))
    await record(request, 'schedule.deleted', id, { name })
    return { id, deleted: true }
  })
}
