// What a new tile is like, and the boards to start from. Runs in browsers too.
import type { Place } from './grid.ts'
import type { Design, Kind, Tile, TileOf, ToneRule } from './schema.ts'
import { shownOf } from './shown.ts'

/** `w`, `h`: of a new one; `minW`, `minH`: below it nothing can be read. In the order of a list to choose from. */
export const kinds: Record<Kind, { w: number; h: number; minW: number; minH: number }> = {
  figure: { w: 3, h: 3, minW: 2, minH: 1 },
  gauge: { w: 4, h: 4, minW: 2, minH: 2 },
  trend: { w: 6, h: 3, minW: 3, minH: 2 },
  agents: { w: 4, h: 5, minW: 2, minH: 2 },
  queues: { w: 6, h: 4, minW: 4, minH: 2 },
  topics: { w: 4, h: 4, minW: 3, minH: 2 },
  announcement: { w: 6, h: 2, minW: 3, minH: 1 },
  text: { w: 4, h: 2, minW: 1, minH: 1 },
  clock: { w: 2, h: 1, minW: 2, minH: 1 },
  seal: { w: 4, h: 1, minW: 3, minH: 1 },
}

const settings: { [Of in Kind]: Omit<TileOf<Of>, 'id' | 'kind' | 'title' | keyof Place> } = {
  figure: { queueIds: [], show: 'now_waiting', span: 'day', tone: { kind: 'none' }, sound: false },
  gauge: { queueIds: [], show: 'sl_offered', span: 'day', tone: { kind: 'target' }, sound: false },
  trend: { queueIds: [], show: 'offered', draw: 'bars', lastWeek: true },
  agents: { queueIds: [], names: 'short', offline: false },
  queues: { queueIds: [], order: 'name' },
  topics: { queueIds: [] },
  announcement: {},
  text: { text: '', size: 'medium', align: 'left' },
  clock: { seconds: false, date: true },
  seal: {},
}

/** A tile of that kind with settings that are fit for it; `over`: those that are to be others. */
export function newTile<Of extends Kind>(
  kind: Of,
  id: string,
  place: Place,
  over: Partial<TileOf<Of>> = {},
): TileOf<Of> {
  return { id, kind, ...place, ...structuredClone(settings[kind]), ...over } as TileOf<Of>
}

/** A tone to start from when what a tile shows is chosen. */
export function usualTone(show: string): ToneRule {
  const shown = shownOf(show)
  if (shown?.level) return { kind: 'target' }
  if (show === 'now_oldest') return { kind: 'limits', better: 'lower', warn: 60, bad: 180 }
  if (show === 'now_waiting') return { kind: 'limits', better: 'lower', warn: 3, bad: 8 }
  if (show === 'abandon_rate') return { kind: 'limits', better: 'lower', warn: 5, bad: 10 }
  return { kind: 'none' }
}

const at = (x: number, y: number, w: number, h: number): Place => ({ x, y, w, h })
const figure = (id: string, show: string, place: Place, over: Partial<TileOf<'figure'>> = {}) =>
  newTile('figure', id, place, { show, tone: usualTone(show), ...over })
const base: Omit<Design, 'pages'> = {
  version: 1,
  title: '',
  theme: 'dark',
  day: { from: '07:00', until: '20:00' },
  urgent: true,
  sound: { on: false, volume: 60, when: ['bad', 'urgent'] },
}
type Start = { title?: string; queueIds?: number[] }
const onePage = ({ title = '' }: Start, tiles: Tile[], over: Partial<Design> = {}): Design => ({
  ...structuredClone(base),
  title,
  pages: [{ id: 'p1', name: '', seconds: 20, tiles }],
  ...over,
})

/** The board as it was before boards were drawn: of a queue, or of the whole agency. */
export function classic(start: Start = {}): Design {
  const { queueIds = [] } = start
  return onePage(start, [
    figure('waiting', 'now_waiting', at(0, 0, 3, 3), { queueIds }),
    figure('level', 'sl_offered', at(3, 0, 4, 3), { queueIds }),
    figure('answered', 'answered', at(7, 0, 3, 3), { queueIds }),
    figure('abandoned', 'abandoned', at(10, 0, 2, 3), { queueIds }),
    figure('available', 'now_available', at(0, 3, 2, 1)),
    figure('talking', 'now_talking', at(2, 3, 3, 1)),
    figure('wrap_up', 'now_wrap_up', at(5, 3, 2, 1)),
    figure('break', 'now_break', at(7, 3, 2, 1)),
    figure('lines', 'lines_busy', at(9, 3, 3, 1)),
    newTile('queues', 'queues', at(0, 4, 12, 4), { queueIds }),
  ])
}

/** For the room of those who answer: how it goes now, who is there, what the day is like. */
export function room({ queueIds = [], ...start }: Start = {}): Design {
  return onePage(start, [
    newTile('gauge', 'level', at(0, 0, 3, 4), { queueIds, sound: true }),
    figure('waiting', 'now_waiting', at(3, 0, 3, 2), { queueIds, sound: true }),
    figure('answered', 'answered', at(3, 2, 3, 2), { queueIds }),
    newTile('trend', 'trend', at(6, 0, 6, 4), { queueIds }),
    newTile('queues', 'queues', at(0, 4, 6, 3), { queueIds }),
    newTile('agents', 'agents', at(6, 4, 3, 4)),
    newTile('topics', 'topics', at(9, 4, 3, 4)),
    newTile('announcement', 'news', at(0, 7, 6, 1)),
  ])
}

/** Little, and from very far: how many wait, for how long, and the level. */
export function far({ queueIds = [], ...start }: Start = {}): Design {
  return onePage(start, [
    figure('waiting', 'now_waiting', at(0, 0, 6, 5), { queueIds, sound: true }),
    figure('level', 'sl_offered', at(6, 0, 6, 5), { queueIds, span: 'recent', sound: true }),
    figure('oldest', 'now_oldest', at(0, 5, 4, 3), { queueIds }),
    figure('available', 'now_available', at(4, 5, 4, 3)),
    newTile('clock', 'clock', at(8, 5, 4, 3)),
  ])
}

/** For whoever runs the centre: three pages that take turns. */
export function management({ queueIds = [], ...start }: Start = {}): Design {
  const page = (id: string, name: string, tiles: Tile[]) => ({ id, name, seconds: 20, tiles })
  return onePage(start, [], {
    pages: [
      page('p1', '', [
        newTile('gauge', 'level', at(0, 0, 4, 5), { queueIds }),
        newTile('gauge', 'recent', at(4, 0, 4, 5), { queueIds, span: 'recent' }),
        figure('received', 'received', at(8, 0, 2, 3)),
        figure('answered', 'answered', at(10, 0, 2, 3), { queueIds }),
        figure('abandoned', 'abandoned', at(8, 3, 2, 2), { queueIds }),
        figure('rate', 'abandon_rate', at(10, 3, 2, 2), { queueIds }),
        newTile('trend', 'trend', at(0, 5, 12, 2), { queueIds }),
        newTile('seal', 'seal', at(0, 7, 12, 1)),
      ]),
      page('p2', '', [
        newTile('queues', 'queues', at(0, 0, 12, 5), { queueIds, order: 'level' }),
        newTile('trend', 'levels', at(0, 5, 12, 3), { queueIds, show: 'sl_offered', draw: 'line' }),
      ]),
      page('p3', '', [
        newTile('agents', 'agents', at(0, 0, 7, 8)),
        newTile('topics', 'topics', at(7, 0, 5, 5), { queueIds }),
        figure('aht', 'aht', at(7, 5, 3, 3), { queueIds }),
        figure('occupancy', 'occupancy', at(10, 5, 2, 3)),
      ]),
    ],
  })
}

/** Nothing yet. */
export const empty = (start: Start = {}): Design => onePage(start, [])

/** Boards to start from: texts `wallboards.template.<id>`. */
export const templates = { room, far, management, classic, empty } as const
