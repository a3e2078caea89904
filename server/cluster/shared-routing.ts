// Routing for every server, done by the one that holds the lease: there it is the thing itself, elsewhere a picture of it and a
// way to its owner.
import { EventEmitter } from 'node:events'
import type { LiveCall } from '../../freeswitch/call/types.ts'
import { setVariableCommand } from '../../freeswitch/esl/index.ts'
import { type SwitchClient, SwitchError } from '../../freeswitch/esl/types.ts'
import { AppError } from '../http/index.ts'
import type { AgentWork, CallbackRequest, EnqueueRequest, QueueExit, Routing, RoutingNow } from '../routing/index.ts'
import type { Bus } from './bus.ts'
import type { Lease } from './lease.ts'

/** Those have consequences (facts, flows): only the owner hears them. */
const ownersOwn = new Set(['gone', 'left'])
/** Told to the others whether somebody listens here or not; names beyond these, once somebody does. */
const events = ['changed', 'agent', 'offered', 'connected', 'held', 'ended', 'consult', 'supervision', 'masked', 'lost']
const HEARTBEAT_MS = 2_000
const CALLBACK_TRIES = 30

type Picture = { epoch: number; n: number; now: RoutingNow; works: AgentWork[]; estimates: [number, object][] }
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
    bus.publish('routing.now', { epoch: lease.epoch, n: ++n, now, works: busy, estimates: known } satisfies Picture)
  }
  function attach(routing: Routing, name: string): void {
    const on = routing.on as (name: string, listener: (...args: unknown[]) => void) => void
    on(name, (...args) => {
      if (routing !== local) return
      if (name === 'changed') show()
      else if (!ownersOwn.has(name)) {
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
    tell('changed', [next.now])
  })
  bus.on('routing.event', (message) => {
    const { epoch, name, args, work } = message as News
    if (local || epoch < picture.epoch || ownersOwn.has(name)) return
    if (work) works.set(work.now.id, work)
    tell(name, args)
  })

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
  const call =
    (path: string) =>
    (...args: unknown[]): unknown => {
      if (local) return own(path)(...args)
      const answer = forward(path, args)
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
        for (const [name, value] of Object.entries(values)) await fenced.api(setVariableCommand(uuid, name, value))
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
  const questions = ['start', 'stop', 'setQueues', 'setAgents', 'now', 'estimate', 'on', 'agents.work', 'calls.enqueue']
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
    }
    // A leg that is not there any more is heard of by the owner, like any other's.
    if (!said.exit)
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
    works.clear()
    local = undefined
    last.stop()
  }
  return { routing, gained: begin, lost: end }
}

/** Commands of somebody who is not the owner any more do not reach the switch, even if he does not know it yet. */
function fence(client: SwitchClient, lease: Pick<Lease, 'holds'>): SwitchClient {
  const mine = () =>
    lease.holds() ? undefined : Promise.reject(new SwitchError('switch.down', 'another server routes the calls'))
  return {
    get state() {
      return client.state
    },
    get reason() {
      return client.reason
    },
    get coreUuid() {
      return client.coreUuid
    },
    get dropped() {
      return client.dropped
    },
    start: () => client.start(),
    stop: () => client.stop(),
    api: (command, timeoutMs) => mine() ?? client.api(command, timeoutMs),
    bgapi: (command, timeoutMs) => mine() ?? client.bgapi(command, timeoutMs),
    execute: (uuid, application, argument) => mine() ?? client.execute(uuid, application, argument),
    on(event: string, listener: never) {
      client.on(event as 'event', listener)
      return this
    },
    off(event, listener) {
      client.off(event, listener)
      return this
    },
  }
}
