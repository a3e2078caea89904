// Routing for every server, done by the one that holds the lease: there it is the thing itself, elsewhere a picture of it and a
// way to its owner.
import { EventEmitter } from 'node:events'
import type { LiveCall } from '../../freeswitch/call/types.ts'
import { setVariableCommand } from '../../freeswitch/esl/index.ts'
import type { SwitchClient } from '../../freeswitch/esl/types.ts'
import { AppError } from '../http/index.ts'
import type {
  AgentWork,
  CallbackRequest,
  EnqueueRequest,
  QueueExit,
  Routing,
  RoutingNow,
  SupervisionNow,
} from '../routing/index.ts'
import type { Bus } from './bus.ts'
import { fence } from './fence.ts'
import type { Lease } from './lease.ts'

/** Those have consequences (facts): on the other servers they are marked `elsewhere`. */
const ownersOwn = new Set(['gone', 'left'])
/** Told to the others whether somebody listens here or not; names beyond these, once somebody does. */
const events = [
  'gone',
  'left',
  'changed',
  'agent',
  'offered',
  'connected',
  'held',
  'ended',
  'consult',
  'supervision',
  'masked',
  'lost',
]
const HEARTBEAT_MS = 2_000
const CALLBACK_TRIES = 30

type Picture = {
  epoch: number
  n: number
  now: RoutingNow
  works: AgentWork[]
  estimates: [number, object][]
  supervisions: SupervisionNow[]
}
/** An order that holds until the next one of its kind, also for whoever routes next. */
type Standing = { path: 'agents.setReachable' | 'setQueueOpen'; args: unknown[] }
type News = { epoch: number; name: string; args: unknown[]; work?: AgentWork }
type Remote = { uuid: string; from: string }

export type SharedRouting = {
  routing: Routing
  gained(epoch: number): void
  lost(): void
}
export type SharedRoutingOptions = {
  /** A new routing over this client each time that the lease is gained. */
  make(client: SwitchClient): Routing
  client: SwitchClient
  lease: Pick<Lease, 'holds' | 'owner' | 'epoch'>
  bus: Pick<Bus, 'ask' | 'answer' | 'publish' | 'on' | 'hasPeers'>
  log(line: string): void
}

export function createSharedRouting({ make, client, lease, bus, log }: SharedRoutingOptions): SharedRouting {
  const fenced = fence(client, lease)
  /** Never started: it says which verbs there are. */
  const template = make(fenced)
  const verbs = new Set<string>()
  const emitter = new EventEmitter().setMaxListeners(0)
  const names = new Set<string>(events)
  let queues: Parameters<Routing['setQueues']>[0] = []
  let people: Parameters<Routing['setAgents']>[0] = []
  let local: Routing | undefined
  let begun: Promise<void> = Promise.resolve()
  let started = false
  let beat: NodeJS.Timeout | undefined
  let n = 0
  const picture = { epoch: 0, n: 0, now: undefined as RoutingNow | undefined }
  const works = new Map<number, AgentWork>()
  const standing = new Map<string, Standing>()
  let supervisions: SupervisionNow[] = []
  let estimates = new Map<number, object>()

  const tell = (name: string, args: unknown[]) => {
    for (const listener of emitter.listeners(name)) {
      try {
        listener(...args)
      } catch (error) {
        log(`listener of ${name}: ${(error as Error).stack}`)
      }
    }
  }
  function show(): void {
    if (!local || !bus.hasPeers) return
    const now = local.now()
    const busy = now.agents.flatMap(({ id }) => {
      const work = local?.agents.work(id)
      return work && Object.keys(work).length > 1 ? [work] : []
    })
    const known = queues.map(({ id }) => [id, local?.estimate(id) ?? {}] as [number, object])
    const watched = local.supervise.now()
    const next = { epoch: lease.epoch, n: ++n, now, works: busy, estimates: known, supervisions: watched }
    bus.publish('routing.now', next satisfies Picture)
  }
  function attach(routing: Routing, name: string): void {
    const on = routing.on as (name: string, listener: (...args: unknown[]) => void) => void
    on(name, (...args) => {
      if (routing !== local) return
      if (name === 'changed') show()
      else {
        const about = args[0] as { agentId?: number; id?: number } | undefined
        const work = local.agents.work(about?.agentId ?? (name === 'agent' ? about?.id : undefined) ?? -1)
        bus.publish('routing.event', { epoch: lease.epoch, name, args, ...(work && { work }) } satisfies News)
      }
      tell(name, args)
    })
  }
  bus.on('routing.now', (message) => {
    const next = message as Picture
    if (local || next.epoch < picture.epoch || (next.epoch === picture.epoch && next.n <= picture.n)) return
    Object.assign(picture, { epoch: next.epoch, n: next.n, now: next.now })
    works.clear()
    for (const work of next.works) works.set(work.now.id, work)
    estimates = new Map(next.estimates)
    supervisions = next.supervisions
    tell('changed', [next.now])
  })
  bus.on('routing.event', (message) => {
    const { epoch, name, args, work } = message as News
    if (local || epoch < picture.epoch) return
    if (work) works.set(work.now.id, work)
    if (name === 'supervision') {
      const [one] = args as [SupervisionNow]
      supervisions = supervisions.filter(({ supervisionId }) => supervisionId !== one.supervisionId)
      if (one.state !== 'ended') supervisions.push(one)
    }
    tell(name, ownersOwn.has(name) ? [{ ...(args[0] as object), elsewhere: true }] : args)
  })
  bus.on('routing.standing', (message) => {
    const { path, args } = message as Standing
    standing.set(`${path} ${args[0]}`, { path, args })
  })
  /** Done here if we route, else by the owner; all remember it. */
  function stand(path: Standing['path'], args: unknown[]): void {
    const key = `${path} ${args[0]}`
    const same = JSON.stringify(standing.get(key)?.args) === JSON.stringify(args)
    standing.set(key, { path, args })
    if (local) own(path)(...args)
    else if (lease.owner) forward(path, args).catch((error: Error) => log(`${path}: ${error.message}`))
    if (!same) bus.publish('routing.standing', { path, args } satisfies Standing)
  }

  /** A verb of the routing itself: `agents.ready`, `calls.move`, `setQueueOpen`. */
  function own(path: string): (...args: unknown[]) => unknown {
    const [group, verb] = path.split('.') as [string, string?]
    const target = (verb ? (local as never)[group] : local) as unknown as Record<
      string,
      (...args: unknown[]) => unknown
    >
    return (...args) => (target[verb ?? group] as (...args: unknown[]) => unknown)(...args)
  }
  async function forward(path: string, args: unknown[]): Promise<unknown> {
    const { owner } = lease
    if (!owner || lease.holds()) throw new AppError('cluster.no_owner', 503)
    return bus.ask(owner.split('#', 1)[0] as string, `routing.${path}`, args)
  }
  /** By agent: what one asks for arrives in the order in which it was asked. */
  const lines = new Map<unknown, Promise<unknown>>()
  function inLine(path: string, args: unknown[]): Promise<unknown> {
    if (!path.startsWith('agents.')) return forward(path, args)
    const [agentId] = args
    const answer = (lines.get(agentId) ?? Promise.resolve()).then(() => forward(path, args))
    const quiet = answer
      .catch(() => {})
      .finally(() => {
        if (lines.get(agentId) === quiet) lines.delete(agentId)
      })
    lines.set(agentId, quiet)
    return answer
  }
  const call =
    (path: string) =>
    (...args: unknown[]): unknown => {
      if (local) return own(path)(...args)
      const answer = inLine(path, args)
      // Verbs that give nothing back are not awaited by everybody.
      answer.catch((error: Error) => log(`${path}: ${error.message}`))
      return answer
    }
  bus.answer('routing', async (method, args) => {
    const path = method.slice('routing.'.length)
    if (!local || !lease.holds()) throw new AppError('cluster.no_owner', 503)
    await begun
    if (path === 'calls.enqueue') return enqueueFor(args[0] as Remote, args[1] as EnqueueRequest)
    if (!verbs.has(path)) throw new AppError('cluster.unknown_method', 400)
    return own(path)(...args.map((arg) => arg ?? undefined))
  })

  /** For another server's flow: the leg's variables are set from here, its transfer is for whoever drives it. */
  function enqueueFor({ uuid, from }: Remote, request: EnqueueRequest) {
    const call = {
      uuid,
      from,
      hungUp: false,
      async setVariables(values: Record<string, string>) {
        try {
          for (const [name, value] of Object.entries(values)) await fenced.api(setVariableCommand(uuid, name, value))
        } catch (error) {
          if (/no such channel/i.test((error as Error).message)) return false
          throw error
        }
        return true
      },
      async transfer() {},
    }
    return (local as Routing).calls.enqueue(call as unknown as LiveCall, request)
  }

  const shared: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(template)) {
    const paths = typeof value === 'function' ? [key] : Object.keys(value).map((verb) => `${key}.${verb}`)
    for (const path of paths) verbs.add(path)
    shared[key] =
      typeof value === 'function'
        ? call(key)
        : Object.fromEntries(Object.keys(value).map((verb) => [verb, call(`${key}.${verb}`)]))
  }
  const questions = [
    'start',
    'stop',
    'setQueues',
    'setAgents',
    'now',
    'estimate',
    'on',
    'agents.work',
    'calls.enqueue',
    'supervise.now',
  ]
  for (const path of questions) verbs.delete(path)

  const routing = shared as unknown as Routing
  Object.assign(routing, {
    async start() {
      started = true
      if (lease.holds()) begin()
      await begun
    },
    stop() {
      started = false
      end()
    },
    setQueues(list) {
      queues = list
      local?.setQueues(list)
    },
    setAgents(list) {
      people = list
      local?.setAgents(list)
    },
    now: () => local?.now() ?? picture.now ?? { at: 0, agents: [], waiting: [] },
    estimate: (queueId, stayId) =>
      local?.estimate(queueId, stayId) ?? (stayId === undefined ? (estimates.get(queueId) ?? {}) : {}),
    on(name, listener) {
      if (!names.has(name)) {
        names.add(name)
        if (local) attach(local, name)
      }
      emitter.on(name, listener as never)
      return () => void emitter.off(name, listener as never)
    },
  } satisfies Partial<Routing>)
  routing.agents.setReachable = (...args) => stand('agents.setReachable', args)
  routing.setQueueOpen = (...args) => stand('setQueueOpen', args)
  routing.supervise.now = () => local?.supervise.now() ?? supervisions
  routing.agents.work = (agentId) => {
    if (local) return local.agents.work(agentId)
    const now = picture.now?.agents.find(({ id }) => id === agentId)
    return works.get(agentId) ?? (now && { now })
  }
  routing.calls.enqueue = async (call, request) => {
    if (local) return local.calls.enqueue(call, request)
    const said = (await forward('calls.enqueue', [{ uuid: call.uuid, from: call.from }, request])) as {
      stayId: string
      exit?: QueueExit
      gone?: true
    }
    // A leg that is not there any more is heard of by the owner, like any other's.
    if (!said.exit && !said.gone)
      await call.transfer('vera_wait', 'vera').catch((error: Error) => log(`to the queue: ${error.message}`))
    return said
  }
  routing.calls.requestCallback = (request: CallbackRequest) => {
    if (local) return local.calls.requestCallback(request)
    // Promised to a citizen: asked again until somebody routes. The stay's id is the owner's to give.
    const ask = async (tries: number): Promise<void> => {
      try {
        if (local) local.calls.requestCallback(request)
        else await forward('calls.requestCallback', [request])
      } catch (error) {
        if (tries <= 1 || !started) log(`a callback could not be handed over: ${(error as Error).message}`)
        else setTimeout(() => void ask(tries - 1), 2_000).unref()
      }
    }
    void ask(CALLBACK_TRIES)
    return { stayId: '' }
  }

  function begin(): void {
    if (local || !started) return
    const next = make(fenced)
    local = next
    next.setQueues(queues)
    next.setAgents(people)
    for (const { path, args } of standing.values()) own(path)(...args)
    for (const name of names) attach(next, name)
    begun = next.start().catch((error: Error) => log(`routing could not begin: ${error.message}`))
    beat = setInterval(show, HEARTBEAT_MS)
    beat.unref()
  }
  function end(): void {
    clearInterval(beat)
    const last = local
    if (!last) return
    // The picture goes on from what was: screens are not empty until the next owner speaks.
    picture.now = last.now()
    supervisions = last.supervise.now()
    works.clear()
    local = undefined
    last.stop()
  }
  return { routing, gained: begin, lost: end }
}
