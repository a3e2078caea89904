// What is behind the tiles of a board at this instant: of the whole centre only what its tiles show.
import type { Scope } from '../database/index.ts'
import type { Now, NowModel, NowPorts } from '../supervision/index.ts'
import type { Announcement } from './announcements.ts'
import type { TopicCount, WallNumbers } from './ports.ts'
import type { Design, Tile, TileOf } from './schema.ts'
import { type Shown, shownOf } from './shown.ts'

/** `value` of `since`: an instant, UTC ms; null: no value. `beside`: what stands below it. */
export type NumberData = {
  value: number | null
  beside?: number | null
  /** Of the queue; of several that of the one with most calls. */
  target?: { seconds: number; percent: number }
}
export type TrendData = {
  at: number[]
  today: (number | null)[]
  before: (number | null)[]
  target?: number
}
export type AgentData = {
  id: number
  name?: string
  state: NowModel['agents'][number]['state']
  since: number
  reason?: string
  away?: true
}
export type QueueData = Pick<
  NowModel['queues'][number],
  'id' | 'name' | 'waiting' | 'oldest' | 'talking' | 'serviceLevel' | 'targetPercent' | 'targetSeconds'
>
export type NewsData = Pick<Announcement, 'id' | 'text' | 'urgent' | 'until'>
export type TileData = {
  /** So many of the tile's queues are gone; `all`: there is nothing left to show. */
  gone?: { queues: number; all: boolean }
  number?: NumberData
  /** Absent: not read yet. */
  trend?: TrendData
  agents?: AgentData[]
  queues?: QueueData[]
  topics?: TopicCount[]
  news?: NewsData[]
  /** There are urgent ones, which cross the screen instead. */
  above?: boolean
  seal?: { state: 'good' | 'warning' | 'bad'; text: string }
}

/** What the glass draws; made anew at each change and sent as what differs. */
export type BoardModel = {
  name: string
  agency: string
  /** Of the board: raised when it is changed. */
  saved: number
  /** Of the product: another one than before, and the page loads itself anew. */
  version: string
  design: Design
  example: boolean
  down?: 'switch' | 'database'
  /** False: today's numbers have not been counted yet. */
  figures: boolean
  /** While the database is away: of when the numbers are, UTC ms. */
  countedAt?: number
  explain: NowModel['explain']
  /** Across the top of every page. */
  urgent: NewsData[]
  /** By the tile's id. */
  tiles: Record<string, TileData>
}

export type ModelPorts = {
  now: Pick<Now, 'model'>
  numbers: Pick<WallNumbers, 'values' | 'trend' | 'topics'>
  lookingAhead?: NowPorts['lookingAhead']
  /** What is announced on this board at this instant. */
  news(scope: Scope): Promise<readonly Announcement[]>
  log?(line: string): void
}

type Asked = Parameters<WallNumbers['values']>[1][number]

/** The tiles of a design with what is behind them, whatever of it can be had: what is away is told, and the rest goes on. */
export async function tilesOf(
  ports: ModelPorts,
  scope: Scope,
  design: Design,
): Promise<Pick<BoardModel, 'down' | 'figures' | 'countedAt' | 'explain' | 'urgent' | 'tiles' | 'example'>> {
  const centre = await ports.now.model(scope)
  const tiles = design.pages.flatMap((page) => page.tiles)
  const news = tiles.some(({ kind }) => kind === 'announcement') || design.urgent ? await newsOf(ports, scope) : []
  const asked: Asked[] = []
  /** Where the answer will stand. */
  const ask = (one: Asked) => asked.push(one) - 1
  const fills = tiles.map(
    (tile) => [tile.id, fill(tile, { centre, news, band: design.urgent, ports, scope, ask })] as const,
  )
  const values =
    asked.length === 0 || !centre.figures
      ? []
      : await ports.numbers.values(scope, asked).catch((error) => {
          ports.log?.(`wallboards: ${(error as Error).message}`)
          return []
        })
  const down = !centre.health.switch ? 'switch' : !centre.health.database ? 'database' : undefined
  return {
    ...(down ? { down } : {}),
    ...(down === 'database' && centre.countedAt !== null ? { countedAt: centre.countedAt } : {}),
    figures: centre.figures,
    explain: centre.explain,
    example: centre.example,
    urgent: design.urgent ? news.filter(({ urgent }) => urgent) : [],
    tiles: Object.fromEntries(fills.map(([id, done]) => [id, done(values)])),
  }
}

async function newsOf(ports: ModelPorts, scope: Scope): Promise<NewsData[]> {
  const found = await ports.news(scope).catch(() => [])
  return found.map(({ id, text, urgent, until }) => ({ id, text, urgent, until }))
}

type Context = {
  centre: NowModel
  news: NewsData[]
  /** Urgent ones stand across the top. */
  band: boolean
  ports: ModelPorts
  scope: Scope
  ask(one: Asked): number
}
type Fill = (values: readonly (number | null)[]) => TileData

function fill(tile: Tile, context: Context): Fill {
  const { centre, news, band, ports, scope } = context
  const own = 'queueIds' in tile ? tile.queueIds : []
  const there = own.filter((id) => centre.queues.some((queue) => queue.id === id))
  const missing = centre.figures ? own.length - there.length : 0
  const gone = missing > 0 ? { gone: { queues: missing, all: there.length === 0 } } : {}
  if (gone.gone?.all) return () => gone
  // While nothing is known of its queues: never the whole agency's numbers in their place.
  if (own.length > 0 && there.length === 0) return () => ({})
  const queues = there.length > 0 ? centre.queues.filter(({ id }) => there.includes(id)) : centre.queues
  switch (tile.kind) {
    case 'figure':
    case 'gauge': {
      const number = numberOf(tile, there, queues, context)
      return (values) => ({ ...gone, number: number(values) })
    }
    case 'trend': {
      const { of } = shownOf(tile.show) as Shown
      const trend = ports.numbers.trend(scope, { metric: tile.show, of, queueIds: there })
      const target = shownOf(tile.show)?.level ? targetOf(queues)?.percent : undefined
      if (!trend) return () => gone
      const { before, ...rest } = trend
      return () => ({
        ...gone,
        trend: {
          ...rest,
          before: tile.lastWeek ? before : [],
          ...(target === undefined ? {} : { target: target / 100 }),
        },
      })
    }
    case 'agents':
      return () => ({ ...gone, agents: agentsOf(tile, there, context) })
    case 'queues':
      return () => ({ ...gone, queues: queues.map(queueOf).sort(orders[tile.order]) })
    case 'topics': {
      const topics = ports.numbers.topics(scope, there)
      // More than fit on a tile nobody is sent.
      return () => ({ ...gone, ...(topics ? { topics: topics.slice(0, 12) } : {}) })
    }
    case 'announcement':
      // What stands across the top already is not said twice.
      return () => {
        const here = band ? news.filter(({ urgent }) => !urgent) : news
        return { news: here, ...(here.length < news.length ? { above: true } : {}) }
      }
    case 'seal': {
      const seal = ports.lookingAhead?.of(scope).seal
      return () => (seal ? { seal: { state: seal.state, text: seal.text } } : {})
    }
    default:
      return () => ({})
  }
}

function numberOf(
  { show, span }: TileOf<'figure' | 'gauge'>,
  queueIds: number[],
  queues: NowModel['queues'],
  { centre, ask }: Context,
): (values: readonly (number | null)[]) => NumberData {
  const shown = shownOf(show) as Shown
  const one = (id: string, over: typeof span) => {
    const of = shownOf(id) as Shown
    const now = liveOf(id, queueIds, queues, centre)
    if (now !== undefined) return () => now
    const place = ask({ metric: id, of: of.of, span: over, queueIds })
    return (values: readonly (number | null)[]) => values[place] ?? null
  }
  const value = one(show, span)
  const besides =
    shown.beside === 'recent' ? span === 'day' && one(show, 'recent') : shown.beside && one(shown.beside, span)
  const target = shown.level ? targetOf(queues) : undefined
  return (values) => ({
    value: value(values),
    ...(besides ? { beside: besides(values) } : {}),
    ...(target ? { target } : {}),
  })
}

/** A count of this instant; undefined: it is none. Whose phone rings counts as on a call: nobody else can have that agent. */
function liveOf(
  id: string,
  queueIds: number[],
  queues: NowModel['queues'],
  centre: NowModel,
): number | null | undefined {
  const { counts } = centre
  const all = queueIds.length === 0
  switch (id) {
    case 'now_waiting':
      return all ? centre.waiting : queues.reduce((sum, { waiting }) => sum + waiting, 0)
    case 'now_oldest':
      return all ? centre.oldest : queues.reduce<number | null>((first, { oldest }) => least(first, oldest), null)
    case 'now_available':
      return counts.available
    case 'now_talking':
      return counts.talking + counts.offered
    case 'now_wrap_up':
      return counts.wrap_up
    case 'now_break':
      return counts.break
    case 'now_signed_in':
      return centre.signedIn
    default:
      return undefined
  }
}
const least = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b))

function targetOf(queues: NowModel['queues']): NumberData['target'] {
  const [first] = [...queues].sort((a, b) => b.offered - a.offered)
  return first && { seconds: first.targetSeconds, percent: first.targetPercent }
}

const queueOf = ({
  id,
  name,
  waiting,
  oldest,
  talking,
  serviceLevel,
  targetPercent,
  targetSeconds,
}: QueueData): QueueData => ({
  ...{ id, name, waiting, oldest, talking, serviceLevel, targetPercent, targetSeconds },
})
const byName = (a: QueueData, b: QueueData) => a.name.localeCompare(b.name, 'es')
const above = ({ serviceLevel, targetPercent }: QueueData) =>
  serviceLevel === null ? Number.POSITIVE_INFINITY : serviceLevel * 100 - targetPercent
const orders: Record<TileOf<'queues'>['order'], (a: QueueData, b: QueueData) => number> = {
  name: byName,
  waiting: (a, b) => b.waiting - a.waiting || byName(a, b),
  // The farthest below its target first.
  level: (a, b) => above(a) - above(b) || byName(a, b),
}

function agentsOf(
  { names, offline }: TileOf<'agents'>,
  queueIds: number[],
  { centre, ports, scope }: Context,
): AgentData[] {
  const prospects = queueIds.length > 0 ? (ports.lookingAhead?.of(scope).prospects ?? []) : []
  const serving = queueIds.map((id) => prospects.find(({ queueId }) => queueId === id)?.serving)
  return centre.agents
    .filter(
      ({ id, state }) =>
        (offline || state !== 'offline') && (serving.length === 0 || serving.some((who) => who?.has(id) ?? true)),
    )
    .map(({ id, name, state, since, reason, unreachable }) => ({
      ...{ id, state, since },
      ...(names === 'none' ? {} : { name: names === 'short' ? shortName(name) : name }),
      ...(reason ? { reason } : {}),
      ...(unreachable && state !== 'offline' ? { away: true as const } : {}),
    }))
}

/** «Ana María Ñandú» -> «Ana Ñ.» */
export function shortName(name: string): string {
  const words = name.trim().split(/\s+/)
  const last = words.length > 1 ? [...(words.at(-1) as string)][0] : undefined
  return last ? `${words[0]} ${last.toUpperCase()}.` : (words[0] ?? '')
}
