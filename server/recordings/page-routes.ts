import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { AppError, pager, pagingOf, pagingQuery, type Session } from '../http/index.ts'
import { dayStart } from '../interactions/index.ts'
import { findFile } from './files.ts'
import { marksOf, maskedMs } from './marks.ts'
import { administrators, checkListening, keepers, mayDownload, pageRoles } from './rights.ts'
import type { RouteParts } from './routes.ts'
import type { RecordingSettings } from './rules-store.ts'
import { absenceCodes, saidState } from './state.ts'
import { listedStates, type RecordingFilter } from './store.ts'

const day = Type.Optional(Type.String({ pattern: '^(\\d{4}-\\d{2}-\\d{2})?$' }))
const choice = Type.Optional(Type.String({ pattern: '^\\d{0,9}$' }))
const yesNo = Type.Optional(Type.String({ pattern: '^(yes|no)?$' }))
/** Days of the agency, both included; lengths in seconds. An empty choice of the form is no choice. */
const Query = Type.Object({
  from: day,
  to: day,
  agent: choice,
  queue: choice,
  q: Type.Optional(Type.String({ maxLength: 100 })),
  min: choice,
  max: choice,
  masked: yesNo,
  held: yesNo,
  state: Type.Optional(Type.String({ pattern: `^(${listedStates.join('|')})?$` })),
  ...pagingQuery,
})
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 36 }) })
const Reason = Type.Object({ reason: Type.String({ maxLength: 2_000 }) })

function filterOf(query: Static<typeof Query>, session: Session): RecordingFilter {
  const { timeZone } = session
  return {
    ...(query.from ? { from: dayStart(query.from, timeZone) } : {}),
    ...(query.to ? { to: dayStart(query.to, timeZone, 1) } : {}),
    ...(query.queue ? { queueId: Number(query.queue) } : {}),
    ...(query.agent ? { agentId: Number(query.agent) } : {}),
    ...(query.q ? { text: query.q } : {}),
    ...(query.min ? { minMs: Number(query.min) * 1_000 } : {}),
    ...(query.max ? { maxMs: Number(query.max) * 1_000 } : {}),
    ...(query.masked ? { masked: query.masked === 'yes' } : {}),
    ...(query.held ? { held: query.held === 'yes' } : {}),
    ...(query.state ? { state: query.state as (typeof listedStates)[number] } : {}),
    // An agent's list is the agent's own, whatever is asked for.
    ...(session.role === 'agent' ? { agentId: session.userId } : {}),
  }
}

function checkList(session: Session, settings: RecordingSettings): void {
  checkListening(session, settings, { agentId: session.userId })
}

/** The list, the page of one recording, and its legal hold. */
export function pageRoutes({ recordings }: RouteParts): FastifyPluginAsyncTypebox {
  const { store, rules, holds, runs, recordingsDir, now } = recordings

  return async (app) => {
    const config = { roles: pageRoles }
    const tags = ['recordings']

    app.get('/api/recordings', { config, schema: { tags, querystring: Query } }, async ({ session, scope, query }) => {
      checkList(session, await rules.settings(scope))
      const { rows, total } = await store.list(scope, filterOf(query, session), pagingOf(query))
      return { rows: rows.map(({ path: _path, ...row }) => ({ ...row, said: saidState(row as never, now()) })), total }
    })

    app.get('/recordings', { config, schema: { querystring: Query } }, async (request, reply) => {
      const { session, scope } = request
      checkList(session, await rules.settings(scope))
      const paging = pagingOf(request.query)
      const [{ rows, total }, names] = await Promise.all([
        store.list(scope, filterOf(request.query, session), paging),
        store.names(scope),
      ])
      const { page: _page, size: _size, ...asked } = request.query
      const model = {
        rows: rows.map((row) => ({ ...row, said: saidState(row, now()) })),
        total,
        asked,
        narrowed: Object.values(asked).some(Boolean),
        states: listedStates,
        own: session.role === 'agent',
        keeper: keepers.includes(session.role),
        administrator: administrators.includes(session.role),
        disk: diskNotice(),
        pager: pager(paging, total, request.url),
        ...names,
      }
      return reply.page('recordings/list', model, { title: 'recordings.title', nav: 'recordings' })
    })

    app.get('/recordings/:id', { config, schema: { params: Params } }, async (request, reply) => {
      const { session, scope } = request
      const row = await store.byId(scope, request.params.id)
      if (!row) throw new AppError('recording.not_found', 404)
      const settings = await rules.settings(scope)
      checkListening(session, settings, row)
      const [facts, held, run, names, found] = await Promise.all([
        store.factsOf(scope, row.interactionId),
        holds.of(scope, row.id),
        row.verifiedRun === undefined ? undefined : runs.byId(scope, row.verifiedRun),
        store.names(scope),
        row.state === 'present' ? findFile(recordingsDir, row.path) : undefined,
      ])
      const durationMs = row.durationMs ?? 0
      const marks = marksOf({ id: row.id, startedAt: row.startedAt, durationMs }, facts)
      const people = await store.userNames(scope, [
        ...held.flatMap((one) => [one.userId, one.liftedBy ?? 0]),
        ...marks.flatMap((mark) => [mark.agentId ?? 0, mark.supervisorId ?? 0]),
      ])
      const queueOf = new Map(names.queues.map(({ id, name }) => [id, name]))
      const model = {
        recording: row,
        said: saidState(row, now()),
        playable: typeof found === 'object',
        absence: typeof found === 'string' ? absenceCodes[found] : undefined,
        marks: marks.map((mark) => ({
          ...mark,
          at: row.startedAt + mark.fromMs,
          before: mark.fromMs < 0,
          ms: mark.lastedMs ?? (mark.toMs === undefined ? undefined : mark.toMs - mark.fromMs),
          who: people.get(mark.agentId ?? mark.supervisorId ?? 0) ?? queueOf.get(mark.queueId ?? 0),
        })),
        maskedMs: maskedMs(marks),
        holds: held.map((one) => ({ ...one, who: people.get(one.userId), liftedWho: people.get(one.liftedBy ?? 0) })),
        run,
        kilobytes: row.bytes === undefined ? undefined : Math.ceil(row.bytes / 1_024),
        mayDownload: mayDownload(session, settings),
        mayHold: keepers.includes(session.role) && ['expected', 'present', 'missing'].includes(row.state),
        mayLift: administrators.includes(session.role),
        mayFetch: keepers.includes(session.role) && row.state === 'missing' && row.fetchState !== undefined,
        // The page of another room: linked where it exists.
        mayEvaluate:
          keepers.includes(session.role) &&
          row.kind === 'call' &&
          row.agentId !== undefined &&
          app.hasRoute({ method: 'GET', url: '/evaluations/new' }),
        // A voice mail has one voice only.
        voices: row.kind === 'call',
      }
      return reply.page('recordings/recording', model, {
        title: 'recordings.one',
        nav: 'recordings',
        script: 'recordings/recording',
      })
    })

    app.post(
      '/recordings/:id/hold',
      { config: { roles: keepers }, schema: { params: Params, body: Reason } },
      async ({ session, scope, params, body }, reply) => {
        await holds.place(scope, session.userId, params.id, body.reason)
        return reply.redirect(`/recordings/${encodeURIComponent(params.id)}?done=saved`, 303)
      },
    )
    app.post(
      '/recordings/:id/lift',
      { config: { roles: administrators }, schema: { params: Params, body: Reason } },
      async ({ session, scope, params, body }, reply) => {
        await holds.lift(scope, session.userId, params.id, body.reason)
        return reply.redirect(`/recordings/${encodeURIComponent(params.id)}?done=saved`, 303)
      },
    )
    app.post(
      '/recordings/:id/fetch',
      { config: { roles: keepers }, schema: { params: Params } },
      async ({ scope, params }, reply) => {
        if (!(await recordings.fetchAgain(scope, params.id))) throw new AppError('recording.not_found', 404)
        return reply.redirect(`/recordings/${encodeURIComponent(params.id)}?done=saved`, 303)
      },
    )
  }

  function diskNotice() {
    const { state, freeBytes } = recordings.diskState()
    return state === 'ok' || state === 'unknown' ? undefined : { state, gigabytes: freeBytes / 1024 ** 3 }
  }
}
