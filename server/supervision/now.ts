import type { Scope } from '../database/index.ts'
import type { AgentState } from '../interactions/index.ts'
import type { AgentNow, WorkItem } from '../routing/index.ts'
import type { Health, MetricsNow, NowPorts, QueueChoice, TodayFigures } from './ports.ts'

export type AgentRow = {
  id: number
  name: string
  extension?: string
  state: AgentState
  /** UTC ms; 0 when the agent was not here yet. */
  since: number
  reason?: string
  next?: AgentNow['next']
  unavailable?: AgentNow['unavailable']
  unreachable?: AgentNow['unreachable']
  /** With a citizen on the line: somebody may listen. */
  talking?: boolean
  queueId?: number
  queue?: string
  /** Who is on the line. */
  who?: string
  number?: string
  answered: number
  ahtMs: number | null
  occupancy: number | null
}
export type WaitingRow = {
  stayId: string
  /** Within its queue, 1 is first. */
  position: number
  since: number
  queueId: number
  queue: string
  number: string
  citizen?: string
  ringing: boolean
  callback: boolean
  targetSeconds: number
}
/** How a service level stands to its target: met, missed by at most ten points, or by more; null without a value. */
export type Level = 'good' | 'warn' | 'bad' | null
export const levelOf = (ratio: number | null, percent: number): Level =>
  ratio === null ? null : ratio * 100 >= percent ? 'good' : ratio * 100 >= percent - 10 ? 'warn' : 'bad'

export type QueueRow = QueueChoice &
  TodayFigures & { level: Level; waiting: number; oldest: number | null; talking: number }

/** The centre at this instant, as screens and boards show it. `null`: no value. */
export type NowModel = {
  /** False where today's numbers are missing: the database has not answered yet. What is happening now is there. */
  figures: boolean
  /** When they were counted, UTC ms, whole seconds: while the database is away they are the last ones. Null: never. */
  countedAt: number | null
  /** Of which period they are, for the address that explains one. */
  explain: MetricsNow['explain'] | null
  total: TodayFigures & { linesBusy: number; level: Level }
  waiting: number
  oldest: number | null
  /** The target that most calls of the moment are held to. */
  target: { seconds: number; percent: number } | null
  counts: Record<AgentState, number>
  signedIn: number
  agents: AgentRow[]
  calls: WaitingRow[]
  queues: QueueRow[]
  health: Health
  example: boolean
}

const none: TodayFigures = {
  received: 0,
  offered: 0,
  answered: 0,
  abandoned: 0,
  overflowed: 0,
  callbacks: 0,
  serviceLevel: null,
  serviceLevelRecent: null,
  asaMs: null,
  ahtMs: null,
  waitMaxMs: null,
}
const order: AgentState[] = ['offered', 'talking', 'wrap_up', 'available', 'break', 'offline']

export type Now = {
  model(scope: Scope): Promise<NowModel>
  /** Something of the centre changed: anybody's numbers may be others now. */
  onChange(listener: () => void): () => void
  stop(): void
}

/** How long today's numbers are good for: what is happening now is always of now, and a wall is a second behind at most. */
const FIGURES_MS = 100

/** One reading of the centre for all screens and boards of an agency, however many look at it. */
export function createNow(ports: NowPorts): Now {
  const { routing, lists } = ports
  const now = ports.now ?? Date.now
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  // Facts reach the database a moment after the event, a wait gets longer without any, and names, alarms and midnight change
  // without routing: looked at again after the last change, which never takes the turn of the next one.
  let again: NodeJS.Timeout | undefined
  const lookAgain = (step = 0) => {
    clearTimeout(again)
    again = setTimeout(() => {
      tell()
      lookAgain(step + 1)
    }, [400, 600, 2_000][step] ?? 5_000).unref()
  }
  const changed = () => {
    tell()
    lookAgain()
  }
  const stop = routing.on('changed', changed)
  lookAgain()

  type Counted = { figures: MetricsNow | undefined; fresh: boolean }
  type Read = { at: number; answer: Promise<[Counted, QueueChoice[], Names[], Names[]]> }
  type Names = { id: number; name: string; extension?: string }
  const reads = new Map<number, Read>()
  const lastFigures = new Map<number, MetricsNow>()
  const lastLists = new Map<number, [QueueChoice[], Names[], Names[]]>()
  const read = (scope: Scope) => {
    const known = reads.get(scope.agencyId)
    if (known && now() - known.at < FIGURES_MS) return known.answer
    const answer = Promise.all([figuresOf(scope), listsOf(scope)]).then(
      ([counted, known]): [Counted, QueueChoice[], Names[], Names[]] => [counted, ...known],
    )
    reads.set(scope.agencyId, { at: now(), answer })
    return answer
  }
  const figuresOf = async (scope: Scope): Promise<Counted> => {
    try {
      const figures = await ports.metricsNow(scope)
      lastFigures.set(scope.agencyId, figures)
      return { figures, fresh: true }
    } catch (error) {
      ports.log?.(`supervision: ${(error as Error).message}`)
      return { figures: lastFigures.get(scope.agencyId), fresh: false }
    }
  }
  /** The last ones known when the database is away. */
  const listsOf = async (scope: Scope): Promise<[QueueChoice[], Names[], Names[]]> => {
    try {
      const fresh: [QueueChoice[], Names[], Names[]] = [
        ...(await Promise.all([lists.queues(scope), lists.agents(scope), lists.breakReasons(scope)])),
      ]
      lastLists.set(scope.agencyId, fresh)
      return fresh
    } catch {
      return lastLists.get(scope.agencyId) ?? [[], [], []]
    }
  }

  return {
    async model(scope) {
      const [{ figures, fresh }, queues, people, reasons] = await read(scope)
      const routed = routing.now()
      const waiting = routed.waiting.filter((item) => item.agencyId === scope.agencyId)
      const agentsNow = new Map(routed.agents.map((agent) => [agent.id, agent]))
      const named = await citizensOf(ports, scope, waiting, people, agentsNow)
      const queueNames = new Map(queues.map((queue) => [queue.id, queue]))
      const agents = people
        .map((person): AgentRow => {
          const agent = agentsNow.get(person.id)
          const connected = agent && busy(agent) ? routing.agents.work(person.id)?.connected : undefined
          const mine = figures?.agents[person.id]
          return {
            id: person.id,
            name: person.name,
            extension: person.extension,
            state: agent?.state ?? 'offline',
            since: agent?.since ?? 0,
            reason: reasons.find(({ id }) => id === agent?.breakReasonId)?.name,
            next: agent?.next,
            unavailable: agent?.unavailable,
            unreachable: agent?.unreachable,
            ...(connected && !connected.lost ? { talking: true } : {}),
            queueId: agent?.queueId,
            queue: queueNames.get(agent?.queueId ?? 0)?.name,
            who: connected?.citizenId === undefined ? undefined : named.get(connected.citizenId),
            number: connected?.from,
            answered: mine?.answered ?? 0,
            ahtMs: mine?.ahtMs ?? null,
            occupancy: mine?.occupancy ?? null,
          }
        })
        .sort(
          (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.since - b.since || (a.name < b.name ? -1 : 1),
        )
      const counts = { offline: 0, available: 0, offered: 0, talking: 0, wrap_up: 0, break: 0 }
      for (const agent of agents) counts[agent.state]++
      const places = new Map<number, number>()
      const calls = waiting.map((item): WaitingRow => {
        const position = (places.get(item.queueId) ?? 0) + 1
        places.set(item.queueId, position)
        const queue = queueNames.get(item.queueId)
        return {
          stayId: item.stayId,
          position,
          since: item.placeSince,
          queueId: item.queueId,
          queue: queue?.name ?? '',
          number: item.from,
          citizen: item.citizenId === undefined ? undefined : named.get(item.citizenId),
          ringing: item.state === 'offered',
          callback: item.callback ?? false,
          targetSeconds: queue?.targetSeconds ?? 20,
        }
      })
      calls.sort((a, b) => a.since - b.since)
      // Whoever waits for a callback has hung up: in line, but nobody is kept waiting on the phone.
      const held = waiting.filter((item) => !item.callback)
      const total = figures?.total ?? { ...none, linesBusy: 0 }
      const target = targetOf(queues, figures)
      return {
        figures: figures !== undefined,
        countedAt: figures ? Math.floor(figures.countedAt / 1_000) * 1_000 : null,
        explain: figures?.explain ?? null,
        total: { ...total, level: levelOf(total.serviceLevel, target?.percent ?? 80) },
        waiting: held.length,
        oldest: oldestOf(held),
        target,
        counts,
        signedIn: agents.length - counts.offline,
        agents,
        calls,
        queues: queues.map((queue) => {
          const line = held.filter((item) => item.queueId === queue.id)
          const talking = agents.filter((agent) => agent.state === 'talking' && agent.queueId === queue.id).length
          const today = figures?.queues[queue.id] ?? none
          const level = levelOf(today.serviceLevel, queue.targetPercent)
          return {
            ...queue,
            ...today,
            level,
            waiting: line.length,
            oldest: oldestOf(line),
            talking,
          }
        }),
        health: { ...ports.health(), ...(fresh ? {} : { database: false }) },
        example: ports.example ?? false,
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      stop()
      clearTimeout(again)
    },
  }
}

const busy = (agent: AgentNow) => agent.state === 'talking' || agent.state === 'offered'
const oldestOf = (items: WorkItem[]) =>
  items.reduce<number | null>((oldest, { placeSince }) => Math.min(oldest ?? placeSince, placeSince), null)

async function citizensOf(
  ports: NowPorts,
  scope: Scope,
  waiting: WorkItem[],
  people: { id: number }[],
  agents: Map<number, AgentNow>,
): Promise<Map<number, string>> {
  const ids = new Set<number>()
  for (const { citizenId } of waiting) if (citizenId !== undefined) ids.add(citizenId)
  for (const { id } of people) {
    const agent = agents.get(id)
    const citizenId = agent && busy(agent) ? ports.routing.agents.work(id)?.connected?.citizenId : undefined
    if (citizenId !== undefined) ids.add(citizenId)
  }
  if (ids.size === 0) return new Map()
  return ports.citizenNames(scope, [...ids]).catch(() => new Map())
}

/** Of the queue with most calls today: boards show one target beside the total. */
function targetOf(queues: QueueChoice[], figures: MetricsNow | undefined): NowModel['target'] {
  const offered = (queue: QueueChoice) => figures?.queues[queue.id]?.offered ?? 0
  const first = [...queues].sort((a, b) => offered(b) - offered(a))[0]
  return first ? { seconds: first.targetSeconds, percent: first.targetPercent } : null
}
