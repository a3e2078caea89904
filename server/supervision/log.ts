import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../database/index.ts'
import type { Paging } from '../http/index.ts'

export type LogAction = 'listen' | 'whisper' | 'join' | 'take_over' | 'agent_state' | 'move' | 'queue'
export const logActions: readonly LogAction[] = [
  'listen',
  'whisper',
  'join',
  'take_over',
  'agent_state',
  'move',
  'queue',
]
export type LogEntry = {
  at: number
  userId: number
  action: LogAction
  agentId?: number
  queueId?: number
  interactionId?: string
  supervisionId?: string
  detail?: Record<string, string | number | boolean | null>
}
/** Instants UTC ms, `to` is excluded. */
export type LogFilter = { from?: number; to?: number; userId?: number; agentId?: number; action?: LogAction }
export type LogRow = {
  id: string
  at: number
  endedAt: number | null
  /** ms; null while it lasts, or of something without length. */
  lastedMs: number | null
  action: LogAction
  user: string
  agent: string | null
  queue: string | null
  interactionId: string | null
  detail: Record<string, string | number | boolean | null>
}

/** What supervisors did: who, whom, when, how long. Never changed but for the end of what lasts. */
export function createSupervisionLog({ knex }: Database) {
  const rows = (scope: Scope, filter: LogFilter) => {
    const query = knex('supervision_log as l').where('l.agency_id', scope.agencyId)
    if (filter.from !== undefined) query.where('l.at', '>=', filter.from)
    if (filter.to !== undefined) query.where('l.at', '<', filter.to)
    if (filter.userId !== undefined) query.where('l.user_id', filter.userId)
    if (filter.agentId !== undefined) query.where('l.agent_id', filter.agentId)
    if (filter.action !== undefined) query.where('l.action', filter.action)
    return query
  }
  return {
    async add(scope: Scope, entry: LogEntry): Promise<void> {
      const { at, userId, action, agentId, queueId, interactionId, supervisionId, detail } = entry
      await knex('supervision_log').insert({
        id: randomUUID(),
        agency_id: scope.agencyId,
        at,
        user_id: userId,
        action,
        agent_id: agentId ?? null,
        queue_id: queueId ?? null,
        interaction_id: interactionId ?? null,
        supervision_id: supervisionId ?? null,
        detail: detail ? JSON.stringify(detail) : null,
      })
    },
    /** Ends what is open of a supervision. */
    async close(scope: Scope, supervisionId: string, at: number): Promise<void> {
      await knex('supervision_log')
        .where({ agency_id: scope.agencyId, supervision_id: supervisionId })
        .whereNull('ended_at')
        .update({ ended_at: at })
    },
    /** The mode that is open of a supervision, known to a platform that did not see it begin. */
    async openMode(scope: Scope, supervisionId: string): Promise<string | undefined> {
      const row = await knex('supervision_log')
        .where({ agency_id: scope.agencyId, supervision_id: supervisionId })
        .whereNull('ended_at')
        .first('action')
      return row?.action
    },
    /** The youngest first. */
    async list(scope: Scope, filter: LogFilter, paging: Pick<Paging, 'size' | 'offset'>) {
      const [{ count }] = (await rows(scope, filter).count({ count: '*' })) as [{ count: number | string }]
      const found = await rows(scope, filter)
        .leftJoin('users as u', 'u.id', 'l.user_id')
        .leftJoin('users as a', 'a.id', 'l.agent_id')
        .leftJoin('queues as q', 'q.id', 'l.queue_id')
        .orderBy([
          { column: 'l.at', order: 'desc' },
          { column: 'l.id', order: 'desc' },
        ])
        .limit(paging.size)
        .offset(paging.offset)
        .select('l.*', { user: 'u.name', agent: 'a.name', queue: 'q.name' })
      return {
        total: Number(count),
        rows: found.map((row): LogRow => {
          const endedAt = row.ended_at === null ? null : Number(row.ended_at)
          const at = Number(row.at)
          return {
            id: row.id,
            at,
            endedAt,
            lastedMs: endedAt === null ? null : endedAt - at,
            action: row.action,
            user: row.user ?? '',
            agent: row.agent,
            queue: row.queue,
            interactionId: row.interaction_id,
            detail: row.detail ? JSON.parse(row.detail) : {},
          }
        }),
      }
    },
    async supervisors(scope: Scope): Promise<{ id: number; name: string }[]> {
      return knex('users')
        .whereIn('id', knex('supervision_log').where({ agency_id: scope.agencyId }).distinct('user_id'))
        .orderBy('name')
        .select('id', 'name')
    },
  }
}
export type SupervisionLog = ReturnType<typeof createSupervisionLog>
