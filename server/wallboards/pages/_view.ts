// What is drawn of a board, worked out the same on the server and in browsers.
import { durationText } from '../../http/drawing/functions.ts'
import type { AgentData, BoardModel, NumberData, QueueData, TileData } from '../model.ts'
import type { Design, Page, Tile, TileOf } from '../schema.ts'
import { type Shown, shownOf, waitingNow } from '../shown.ts'
import { readable, type Tone, toneOf } from '../tone.ts'
import { type GaugeView, gaugeView, type TrendView, trendView } from './_charts.ts'

/** A number as its template writes it: `unit` says how. `width`: in widths of a letter, so that it fills its tile. */
export type NumberView = {
  unit: Shown['unit']
  value: number | null
  width: number
  /** Where it is explained; absent on a screen of the wall. */
  href?: string
}
export type TileView = {
  id: string
  kind: Tile['kind']
  title?: string
  show?: string
  /** Beside colour: `wallboards.sign.<tone>`. */
  tone: Tone
  w: number
  h: number
  gone?: TileData['gone']
  number?: NumberView
  beside?: NumberView & { show: string }
  recent?: boolean
  target?: { seconds: number; percent: number }
  warn?: number
  alarm?: number
  gauge?: GaugeView
  trend?: TrendView
  lines?: number
  /** Of the longest name in a list: its rows are as large as lets it stand whole, down to what can still be read. */
  letters?: number
  /** Columns of a list of agents. */
  across?: number
  agents?: (AgentData & { href?: string })[]
  nameless?: boolean
  queues?: (QueueData & { tone: Tone; bar: number; href?: string; seen?: string })[]
  topics?: { id: number; name: string; count: number; bar: number; href?: string }[]
  news?: { id: string; text: string; urgent: boolean }[]
  /** The urgent ones cross the screen instead. */
  above?: boolean
  seal?: { state: string; text: string }
  /** Rows that did not fit. */
  more?: number
  /** Nothing was read yet. */
  unread?: boolean
  text?: { lines: string[]; size: string; align: string }
  /** Letters that share the tile: text as large as they let it be. */
  fit?: number
  clock?: { now: number; seconds: boolean; date: boolean }
}
export type TileContext = Pick<BoardModel, 'explain'> & {
  /** For people who are signed in: each figure leads to what it is made of. */
  links: boolean
  /** The server's clock, UTC ms. */
  now: number
}

/** One tile with what is behind it; drawn by the partial `wallboards/tile`. */
export function tileView(tile: Tile, data: TileData | undefined, context: TileContext): TileView {
  const { id, kind, title, w, h } = tile
  const show = 'show' in tile ? { show: tile.show } : {}
  const view: TileView = { id, kind, tone: null, w, h, ...(title ? { title } : {}), ...show }
  if (data?.gone) view.gone = data.gone
  if (view.gone?.all) return view
  switch (tile.kind) {
    case 'figure':
    case 'gauge':
      return { ...view, ...numberView(tile, data?.number, context) }
    case 'trend':
      return { ...view, ...(data?.trend ? { trend: trendView(tile, data.trend) } : { unread: true }) }
    case 'agents':
      return { ...view, ...agentsView(tile, data?.agents ?? [], context) }
    case 'queues':
      return { ...view, ...queuesView(tile, data?.queues ?? [], context) }
    case 'topics':
      return { ...view, ...topicsView(tile, data, context) }
    case 'announcement': {
      const news = data?.news ?? []
      const letters = news.reduce((sum, { text }) => sum + text.length + 12, 0)
      const tone = news.some(({ urgent }) => urgent) ? 'warn' : null
      return { ...view, news, tone, fit: fitting(tile, letters), ...(data?.above ? { above: true } : {}) }
    }
    case 'seal':
      return data?.seal
        ? { ...view, seal: data.seal, tone: sealTones[data.seal.state], fit: fitting(tile, data.seal.text.length + 14) }
        : { ...view, unread: true }
    case 'text':
      return { ...view, text: { lines: tile.text.split('\n'), size: tile.size, align: tile.align } }
    case 'clock':
      return { ...view, clock: { now: context.now, seconds: tile.seconds, date: tile.date } }
  }
}
const sealTones = { good: 'good', warning: 'warn', bad: 'bad' } as const

/** What a tile's number is like now. `since` grows older without anything coming. */
export function toneNow(tile: TileOf<'figure' | 'gauge'>, number: NumberData | undefined, now: number): Tone {
  const shown = shownOf(tile.show)
  const value = number?.value ?? null
  if (!shown || value === null) return null
  return toneOf(readable(shown.unit, shown.unit === 'since' ? now - value : value), tile.tone, number?.target?.percent)
}

function numberView(
  tile: TileOf<'figure' | 'gauge'>,
  number: NumberData | undefined,
  context: TileContext,
): Partial<TileView> {
  const shown = shownOf(tile.show)
  if (!shown) return {}
  const { span, tone } = tile
  const value = number?.value ?? null
  const view: Partial<TileView> = {
    tone: toneNow(tile, number, context.now),
    number: written(shown, value, tile.queueIds, span, context),
    ...(span === 'recent' && !shown.now ? { recent: true } : {}),
  }
  if (number?.target && tone.kind === 'target') view.target = number.target
  if (shown.unit === 'since' && tone.kind === 'limits') Object.assign(view, { warn: tone.warn, alarm: tone.bad })
  if (number?.beside !== undefined) {
    const other = shown.beside === 'recent' ? shown : shownOf(shown.beside ?? '')
    const over = shown.beside === 'recent' ? 'recent' : span
    const show = shown.beside === 'recent' ? 'recent' : (shown.beside as string)
    if (other) view.beside = { ...written(other, number.beside, tile.queueIds, over, context), show }
  }
  if (tile.kind === 'gauge') view.gauge = gaugeView(value, tone, number?.target?.percent)
  return view
}

function written(
  shown: Shown,
  value: number | null,
  queueIds: readonly number[],
  span: 'day' | 'recent',
  { links, explain, now }: TileContext,
): NumberView {
  const { unit } = shown
  const view: NumberView = { unit, value, width: widthOf(unit, value, now) }
  const metric = shown.explained === undefined ? shown.id : shown.explained
  // Of several queues together nothing is explained: the catalogue's families are of one or of all.
  if (links && explain && metric !== null && queueIds.length <= 1)
    view.href = explainHref(metric, shown.of, queueIds[0], shown.now ? explain.day : explain[span])
  if (links && shown.seen) view.href = seenHref(shown.seen, queueIds)
  return view
}
/** The list of the live page; of one queue that queue's alone. */
const seenHref = (list: string, [queue, ...more]: readonly number[]) =>
  `/supervisor${queue !== undefined && more.length === 0 ? `?queue=${queue}` : ''}#${list}`
const explainHref = (metric: string, family: string, subject: number | undefined, period: string) =>
  `/reports/explain?metric=${metric}&family=${family}${subject === undefined ? '' : `&subject=${subject}`}&${period}`

/** How wide it is written, in widths of its letters' size: figures are as wide as each other, signs are not. */
function widthOf(unit: Shown['unit'], value: number | null, now: number): number {
  if (value === null) return unit === 'since' ? 2.4 : 1
  const text =
    unit === 'since' || unit === 'ms'
      ? durationText(unit === 'ms' ? value : now - value)
      : unit === 'ratio'
        ? `${Math.round(value * 100)} %`
        : unit === 'erlangs'
          ? value.toFixed(1)
          : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '.')
  const width = [...text].reduce((sum, letter) => sum + (/\d/.test(letter) ? 0.67 : letter === '%' ? 1 : 0.36), 0)
  return Math.round(Math.max(unit === 'since' ? 2.4 : 0.67, width) * 100) / 100
}

/** Rows of a list that can be read in a tile of that height, below its title. */
const rowsIn = ({ h }: { h: number }, of: number) => Math.max(1, Math.floor(h * of - 0.75))

/** The first rows, and how many do not fit. */
function fitted<Row>(rows: Row[], most: number): { rows: Row[]; more?: number } {
  return rows.length <= most ? { rows } : { rows: rows.slice(0, most - 1), more: rows.length - most + 1 }
}

const lettersOf = (rows: readonly { name?: string | undefined }[]) =>
  Math.max(0, ...rows.map(({ name }) => name?.length ?? 0))

function agentsView(tile: TileOf<'agents'>, agents: AgentData[], { links, explain }: TileContext): Partial<TileView> {
  const across = tile.w >= 10 ? 3 : tile.w >= 6 ? 2 : 1
  const deep = rowsIn(tile, 2.2)
  const { rows, more } = fitted(agents, deep * across)
  // Few people stand larger.
  const lines = Math.max(Math.min(4, deep), Math.min(deep, Math.ceil((rows.length + (more ? 1 : 0)) / across)))
  return {
    nameless: tile.names === 'none',
    lines,
    across,
    letters: lettersOf(rows),
    ...(more ? { more } : {}),
    agents: rows.map((one) =>
      links && explain
        ? { ...one, href: `/reports/explain?metric=answered&family=agent&subject=${one.id}&${explain.day}` }
        : one,
    ),
  }
}

function queuesView(tile: TileOf<'queues'>, queues: QueueData[], { links, explain }: TileContext): Partial<TileView> {
  const deep = rowsIn(tile, 1.85)
  const { rows, more } = fitted(queues, deep)
  return {
    lines: Math.max(Math.min(3, deep), rows.length + (more ? 1 : 0)),
    letters: lettersOf(rows),
    ...(more ? { more } : {}),
    queues: rows.map((queue) => ({
      ...queue,
      tone: toneOf(
        queue.serviceLevel === null ? null : queue.serviceLevel * 100,
        { kind: 'target' },
        queue.targetPercent,
      ),
      bar: Math.round((queue.serviceLevel ?? 0) * 100),
      ...(links && explain ? { href: explainHref('sl_offered', 'queue', queue.id, explain.day) } : {}),
      ...(links ? { seen: seenHref(waitingNow, [queue.id]) } : {}),
    })),
  }
}

function topicsView(
  tile: TileOf<'topics'>,
  data: TileData | undefined,
  { links, explain }: TileContext,
): Partial<TileView> {
  if (!data?.topics) return { unread: true }
  const deep = rowsIn(tile, 1.75)
  const rows = data.topics.slice(0, deep)
  const most = rows[0]?.count ?? 0
  return {
    lines: Math.max(Math.min(4, deep), rows.length),
    letters: lettersOf(rows),
    topics: rows.map((topic) => ({
      ...topic,
      bar: Math.round((topic.count / most) * 100),
      ...(links && explain && tile.queueIds.length === 0
        ? { href: explainHref('received', 'topic', topic.id, explain.day) }
        : {}),
    })),
  }
}

/** A cell on a screen of 1920x1080 px, about. */
const cell = { w: 155, h: 112 }
/** How wide a letter may be for so many to fill a tile, in hundredths of its width. */
function fitting({ w, h }: { w: number; h: number }, letters: number): number {
  const [width, height] = [w * cell.w - 50, h * cell.h - 60]
  const size = Math.min(
    height * 0.62,
    Math.sqrt((Math.max(1, width) * Math.max(20, height) * 0.8) / (Math.max(12, letters) * 0.7)),
  )
  return Math.round((Math.min(size, 90) / (w * cell.w)) * 10_000) / 100
}

export type BoardView = Pick<BoardModel, 'agency' | 'down' | 'countedAt' | 'figures' | 'example' | 'urgent'> & {
  title: string
  pages: { id: string; name: string; tiles: (TileView & { area: string })[] }[]
  /** Where the board has several pages and shows one: which, and for how long each stays. */
  dots?: { id: string; on: boolean; seconds: number }[]
  pageName: string
}

/** `page`: its place; undefined: all, one below the other, as on a telephone. */
export function boardView(
  model: BoardModel,
  page: number | undefined,
  context: Omit<TileContext, 'explain'>,
): BoardView {
  const { design, agency, down, countedAt, figures, example, urgent } = model
  const pages = page === undefined ? design.pages : design.pages.slice(page, page + 1)
  const title = design.title || model.name || agency
  return {
    ...{ title, agency: title === agency ? '' : agency, figures, example, urgent },
    ...(down ? { down } : {}),
    ...(countedAt === undefined ? {} : { countedAt }),
    pageName: page === undefined ? '' : (pages[0]?.name ?? ''),
    ...(page !== undefined && design.pages.length > 1
      ? { dots: design.pages.map(({ id, seconds }, at) => ({ id, seconds, on: at === page })) }
      : {}),
    pages: pages.map(({ id, name, tiles }: Page) => ({
      id,
      name: page === undefined && design.pages.length > 1 ? name : '',
      tiles: [...tiles]
        // As they are read, also one below the other.
        .sort((a, b) => a.y - b.y || a.x - b.x)
        .map((tile) => ({
          ...tileView(tile, model.tiles[tile.id], { ...context, explain: model.explain }),
          area: `${tile.y + 1} / ${tile.x + 1} / span ${tile.h} / span ${tile.w}`,
        })),
    })),
  }
}

/** Light by day where the board asks for it, in the agency's time zone. */
export function isLight({ theme, day }: Pick<Design, 'theme' | 'day'>, now: number, timeZone: string): boolean {
  if (theme !== 'auto') return theme === 'light'
  const at = new Intl.DateTimeFormat('es-AR', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  }).format(now)
  // A day that ends after midnight goes on until then.
  return day.from <= day.until ? at >= day.from && at < day.until : at >= day.from || at < day.until
}
