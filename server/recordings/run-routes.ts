import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../http/index.ts'
import { administrators, keepers } from './rights.ts'
import type { RouteParts } from './routes.ts'
import { type RunKind, runKinds } from './runs.ts'

const Query = Type.Object({ run: Type.Optional(Type.Integer({ minimum: 1 })) })
const Params = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const Body = Type.Object({ kind: Type.Unsafe<RunKind>({ type: 'string', enum: [...runKinds] }) })

/** The nightly runs, what they found wrong, and a file of it. */
export function runRoutes({ audit, recordings }: RouteParts): FastifyPluginAsyncTypebox {
  const { runs, store } = recordings
  return async (app) => {
    app.get(
      '/recordings/verification',
      { config: { roles: keepers }, schema: { querystring: Query } },
      async ({ session, scope, query }, reply) => {
        const list = await runs.list(scope)
        const shown = query.run
          ? await runs.byId(scope, query.run)
          : list.find((run) => run.kind === 'verify' && run.state !== 'running')
        if (query.run && !shown) throw new AppError('recording.run_not_found', 404)
        const faults = shown ? await runs.faults(scope, shown.id) : []
        const rows = await store.byIds(
          scope,
          faults.slice(0, 500).map(({ recordingId }) => recordingId),
        )
        const people = await store.userNames(
          scope,
          list.flatMap(({ userId }) => userId ?? []),
        )
        const model = {
          runs: list.map((run) => ({
            ...run,
            who: people.get(run.userId ?? 0),
            share: run.total === 0 ? 0 : run.done / run.total,
            megabytes: run.bytes / 1024 ** 2,
          })),
          shown,
          faults: faults.slice(0, 500).map((fault) => ({ ...fault, recording: rows.get(fault.recordingId) })),
          more: Math.max(0, faults.length - 500),
          running: list.some((run) => run.state === 'running'),
          administrator: administrators.includes(session.role),
          opus: await recordings.opusAvailable(),
        }
        return reply.page('recordings/verification', model, {
          title: 'recordings.verification.title',
          nav: 'recordings',
        })
      },
    )

    app.get(
      '/recordings/verification/:id/faults.csv',
      { config: { roles: keepers }, schema: { params: Params, hide: true } as never },
      async (request, reply) => {
        const { id } = request.params as { id: number }
        const { scope, session } = request
        const run = await runs.byId(scope, id)
        if (!run) throw new AppError('recording.run_not_found', 404)
        const faults = await runs.faults(scope, id)
        const rows = await store.byIds(
          scope,
          faults.map(({ recordingId }) => recordingId),
        )
        const instant = new Intl.DateTimeFormat('sv-SE', {
          timeZone: session.timeZone,
          dateStyle: 'short',
          timeStyle: 'medium',
        })
        const lines = faults.map(({ recordingId, state, detail }) => {
          const row = rows.get(recordingId)
          return [
            recordingId,
            row ? instant.format(row.startedAt) : '',
            row?.queue ?? '',
            row?.agent ?? '',
            row?.number ?? '',
            state,
            detail,
            row?.path ?? '',
            row?.sha256 ?? '',
          ]
        })
        const head = ['id', 'inicio', 'cola', 'agente', 'numero', 'estado', 'detalle', 'archivo', 'sha256']
        await audit.record(scope, {
          userId: session.userId,
          action: 'recordings.faults_downloaded',
          subjectType: 'recording_run',
          subjectId: id,
        })
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="grabaciones-${run.id}.csv"`)
          .send(`\ufeff${[head, ...lines].map((line) => line.map(cell).join(';')).join('\r\n')}\r\n`)
      },
    )

    app.post(
      '/recordings/runs',
      { config: { roles: administrators }, schema: { body: Body } },
      async ({ session, scope, body }, reply) => {
        const id = await recordings.runNow(scope, body.kind, session.userId)
        if (id === undefined) throw new AppError('recording.run_running', 409)
        return reply.redirect('/recordings/verification?done=created', 303)
      },
    )
    app.post(
      '/recordings/runs/:id/cancel',
      { config: { roles: administrators }, schema: { params: Params } },
      async ({ session, scope, params }, reply) => {
        if (!(await runs.cancel(scope, params.id))) throw new AppError('recording.run_not_found', 404)
        await audit.record(scope, {
          userId: session.userId,
          action: 'recordings.run_cancelled',
          subjectType: 'recording_run',
          subjectId: params.id,
        })
        return reply.redirect('/recordings/verification?done=saved', 303)
      },
    )
  }
}

/** Quoted, and never a formula in a sheet. */
function cell(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return `"${text.replaceAll('"', '""')}"`
}
