// What a supervisor orders: each is allowed in the own agency only, done by routing, and kept with who, whom and when.
import { type Database, type Scope, scopeOf } from '../database/index.ts'
import { AppError, type Audit } from '../http/types.ts'
import { type Routing, RoutingError, type SupervisionMode, type SupervisionNow } from '../routing/index.ts'
import { createDoors, type Doors, midnightAfter } from './doors.ts'
import { createSupervisionLog, type LogEntry, type SupervisionLog } from './log.ts'

/** How long a supervisor sees that the own phone was not reached. */
const FAILURE_SHOWN_MS = 15_000

export type OrderPorts = {
  db: Database
  routing: Routing
  audit: Audit
  lists: {
    queues(scope: Scope): Promise<{ id: number; name: string }[]>
    agents(scope: Scope): Promise<{ id: number; name: string }[]>
    breakReasons(scope: Scope): Promise<{ id: number; name: string }[]>
  }
  /** Dial string of the supervisor's phone, in the browser or on the desk; undefined: none, or not registered. */
  supervisorDial(scope: Scope, userId: number): Promise<string | undefined>
  /** False: another server routes, hears the same and writes it. */
  writes?(): boolean
  now?(): number
  log?(line: string): void
}
export type By = { scope: Scope; userId: number; timeZone: string }

export type Orders = {
  readonly log: SupervisionLog
  readonly doors: Doors
  /** Reads the doors and begins to write what supervisors do. */
  start(): Promise<void>
  stop(): void
  /** Errors: AppError `supervision.*` and the codes of routing, 404 and 409. */
  begin(by: By, agentId: number, mode: SupervisionMode): Promise<{ supervisionId: string }>
  mode(by: By, supervisionId: string, mode: SupervisionMode): Promise<void>
  end(by: By, supervisionId: string): Promise<void>
  agentState(by: By, agentId: number, state: 'available' | 'break' | 'offline', reasonId?: number): Promise<void>
  move(by: By, stayId: string, to: { queueId?: number; first: boolean }): Promise<void>
  /** `open` undefined: as the queue's settings say. */
  queue(by: By, queueId: number, open: boolean | undefined, until: 'today' | 'reopened'): Promise<void>
  supervisions(scope: Scope): SupervisionNow[]
  /** Supervisions of the last seconds that never came to be, and why. */
  failures(scope: Scope): { supervisorId: number; why: string }[]
  tellsAgents(scope: Scope): Promise<boolean>
  setTellsAgents(by: By, tell: boolean): Promise<void>
  /** For the agent's desk: whether somebody listens, where the agency wants agents to know. */
  heardBy(scope: Scope, agentId: number): boolean
  onChange(listener: (agencyId: number) => void): () => void
}

export function createOrders(ports: OrderPorts): Orders {
  const { db, routing, audit, lists } = ports
  const now = ports.now ?? Date.now
  const say = (line: string) => ports.log?.(`supervision: ${line}`)
  const log = createSupervisionLog(db)
  const doors = createDoors({ db, routing, now, log: say })
  const listeners = new Set<(agencyId: number) => void>()
  const changed = (agencyId: number) => {
    for (const listener of listeners) listener(agencyId)
  }
  /** Agencies whose agents are told. */
  const telling = new Set<number>()
  const failed = new Map<number, SupervisionNow>()
  let stops: (() => void)[] = []
  /** Rows are written in the order of what happened. */
  let writing: Promise<unknown> = Promise.resolve()
  const write = (work: () => Promise<unknown>) => {
    writing = writing.then(work).catch((error: Error) => say(error.message))
    return writing
  }

  async function agentOf(scope: Scope, agentId: number) {
    const agent = (await lists.agents(scope)).find(({ id }) => id === agentId)
    if (!agent) throw new AppError('supervision.agent_not_found', 404)
    return agent
  }
  async function queueOf(scope: Scope, queueId: number) {
    const queue = (await lists.queues(scope)).find(({ id }) => id === queueId)
    if (!queue) throw new AppError('supervision.queue_not_found', 404)
    return queue
  }
  /** Supervisors steer their own supervisions only. */
  function ownOf({ scope, userId }: By, supervisionId: string): SupervisionNow {
    const found = routing.supervise.now().find((one) => one.supervisionId === supervisionId)
    if (!found || found.agencyId !== scope.agencyId || found.supervisorId !== userId)
      throw new AppError('supervision.not_found', 404)
    return found
  }
  async function kept(
    { scope, userId }: By,
    entry: Omit<LogEntry, 'at' | 'userId'>,
    subject: [string, number | string],
  ) {
    const [subjectType, subjectId] = subject
    await write(() => log.add(scope, { ...entry, at: now(), userId }))
    const detail = entry.detail ?? {}
    await audit.record(scope, { userId, action: `supervision.${entry.action}`, subjectType, subjectId, detail })
    changed(scope.agencyId)
  }
  function follow(one: SupervisionNow): void {
    if (ports.writes?.() ?? true) keep(one)
    const { supervisorId: userId } = one
    failed.delete(userId)
    if (one.state === 'ended' && one.why && one.why !== 'cancelled') {
      failed.set(userId, one)
      setTimeout(() => {
        if (failed.get(userId) === one && failed.delete(userId)) changed(one.agencyId)
      }, FAILURE_SHOWN_MS).unref()
    }
    changed(one.agencyId)
  }
  function keep(one: SupervisionNow): void {
    const scope = scopeOf(one.agencyId)
    const { supervisionId, mode: action, agentId, interactionId, supervisorId: userId, at, state } = one
    write(async () => {
      if (state === 'ended') return log.close(scope, supervisionId, at)
      if (state === 'ringing' || (await log.openMode(scope, supervisionId)) === action) return
      await log.close(scope, supervisionId, at)
      await log.add(scope, { at, userId, action, agentId, interactionId, supervisionId })
      const detail = { mode: action, interactionId }
      await audit.record(scope, {
        userId,
        action: 'supervision.began',
        subjectType: 'user',
        subjectId: agentId,
        detail,
      })
    })
  }

  return {
    log,
    doors,
    async start() {
      for (const row of await db.knex('supervision_settings').where({ tell_agents: true })) telling.add(row.agency_id)
      stops = [routing.on('supervision', follow)]
      await doors.start()
    },
    stop() {
      for (const stop of stops) stop()
      doors.stop()
    },
    async begin(by, agentId, mode) {
      await agentOf(by.scope, agentId)
      const supervisorDial = await ports.supervisorDial(by.scope, by.userId)
      if (!supervisorDial) throw new AppError('supervision.no_phone', 409)
      return routed(() => routing.supervise.begin({ supervisorId: by.userId, supervisorDial, agentId, mode }))
    },
    async mode(by, supervisionId, mode) {
      ownOf(by, supervisionId)
      await routed(() => routing.supervise.mode(supervisionId, mode))
    },
    async end(by, supervisionId) {
      ownOf(by, supervisionId)
      await routed(() => routing.supervise.end(supervisionId))
    },
    async agentState(by, agentId, state, reasonId) {
      await agentOf(by.scope, agentId)
      if (reasonId !== undefined && !(await lists.breakReasons(by.scope)).some(({ id }) => id === reasonId))
        throw new AppError('supervision.reason_not_found', 404)
      const from = routing.agents.work(agentId)?.now.state ?? 'offline'
      await routed(async () => {
        if (state === 'break') routing.agents.takeBreak(agentId, reasonId)
        else if (state === 'offline') routing.agents.signOut(agentId)
        else {
          routing.agents.signIn(agentId)
          routing.agents.ready(agentId)
        }
      })
      const detail = { from, to: state, reasonId: reasonId ?? null }
      await kept(by, { action: 'agent_state', agentId, detail }, ['user', agentId])
    },
    async move(by, stayId, { queueId, first }) {
      const item = routing.now().waiting.find((one) => one.stayId === stayId)
      if (!item || item.agencyId !== by.scope.agencyId) throw new AppError('supervision.not_waiting', 404)
      const to = await queueOf(by.scope, queueId ?? item.queueId)
      await routed(() => routing.calls.move(stayId, { queueId: to.id, ...(first ? { priority: 0 } : {}) }))
      const detail = { from: item.queueId, to: to.id, first }
      const { interactionId } = item
      await kept(by, { action: 'move', queueId: to.id, interactionId, detail }, ['interaction', interactionId])
    },
    async queue(by, queueId, open, until) {
      await queueOf(by.scope, queueId)
      const ends = open !== undefined && until === 'today' ? midnightAfter(now(), by.timeZone) : undefined
      await doors.set(by.scope, by.userId, queueId, open, ends)
      const detail = { open: open ?? null, until: ends ?? null }
      await kept(by, { action: 'queue', queueId, detail }, ['queue', queueId])
    },
    supervisions: (scope) => routing.supervise.now().filter(({ agencyId }) => agencyId === scope.agencyId),
    failures: (scope) =>
      [...failed.values()]
        .filter(({ agencyId }) => agencyId === scope.agencyId)
        .map(({ supervisorId, why = 'failed' }) => ({ supervisorId, why })),
    async tellsAgents(scope) {
      return telling.has(scope.agencyId)
    },
    async setTellsAgents({ scope, userId }, tell) {
      const { agencyId } = scope
      await db
        .knex('supervision_settings')
        .insert({ agency_id: agencyId, tell_agents: tell })
        .onConflict('agency_id')
        .merge()
      if (tell) telling.add(agencyId)
      else telling.delete(agencyId)
      const detail = { tell }
      await audit.record(scope, {
        userId,
        action: 'supervision.settings',
        subjectType: 'agency',
        subjectId: agencyId,
        detail,
      })
      changed(agencyId)
    },
    heardBy: (scope, agentId) =>
      telling.has(scope.agencyId) &&
      routing.supervise.now().some((one) => one.agentId === agentId && one.state === 'on'),
    onChange(listener) {
      listeners.add(listener)
      const stop = doors.onChange(() => listener(0))
      return () => {
        listeners.delete(listener)
        stop()
      }
    },
  }
}

/** Routing's refusals as answers of the API. */
async function routed<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RoutingError) throw new AppError(error.code, 409)
    throw error
  }
}
