// What a board is made of. Browsers take only the types of this file.
import { type Static, Type } from 'typebox'
import { columns, rows } from './grid.ts'

export const mostPages = 8
export const mostTiles = 24

const exactly = { additionalProperties: false }
/** Of pages and tiles; unique within their board. */
const Id = Type.String({ pattern: '^[a-zA-Z0-9_-]{1,20}$' })
const Hour = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' })
const Limit = Type.Number({ minimum: 0, maximum: 1e6 })

const ToneRule = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, exactly),
  // The queue's own; of several, that of the one with most calls today. For service levels only.
  Type.Object({ kind: Type.Literal('target') }, exactly),
  // In the unit that people read: points of a hundred, seconds, or as it is counted. Good up to `warn`, bad beyond `bad`.
  Type.Object(
    { kind: Type.Literal('limits'), better: Type.Enum(['higher', 'lower']), warn: Limit, bad: Limit },
    exactly,
  ),
])
export type ToneRule = Static<typeof ToneRule>

const place = {
  id: Id,
  x: Type.Integer({ minimum: 0, maximum: columns - 1 }),
  y: Type.Integer({ minimum: 0, maximum: rows - 1 }),
  w: Type.Integer({ minimum: 1, maximum: columns }),
  h: Type.Integer({ minimum: 1, maximum: rows }),
  // Absent: as what it shows is called.
  title: Type.Optional(Type.String({ maxLength: 60 })),
}
/**
 * None: the whole agency. That each is there once is looked at in design.ts: `uniqueItems` compares all with all, also of a list that is too
 * long.
 */
const queueIds = Type.Array(Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), { maxItems: 30 })
/** An id of shown.ts. */
const show = Type.String({ maxLength: 40 })
/** Today, or what began in the last half hour; of no account for what is of this instant. */
const span = Type.Enum(['day', 'recent'])
/** A chime when its tone turns bad; the board's own sound must be on. */
const sound = Type.Boolean()

/** The settings of each kind of tile. */
export const tileSchemas = {
  /** One big number. */
  figure: Type.Object({ ...place, kind: Type.Literal('figure'), queueIds, show, span, tone: ToneRule, sound }, exactly),
  /** A ratio as an arc, with its target. */
  gauge: Type.Object({ ...place, kind: Type.Literal('gauge'), queueIds, show, span, tone: ToneRule, sound }, exactly),
  /** By half hours of today, beside the same day a week ago. */
  trend: Type.Object(
    {
      ...place,
      kind: Type.Literal('trend'),
      queueIds,
      show,
      draw: Type.Enum(['line', 'bars']),
      lastWeek: Type.Boolean(),
    },
    exactly,
  ),
  /** Who is there, in which state and since when. With queues: who may serve them. */
  agents: Type.Object(
    {
      ...place,
      kind: Type.Literal('agents'),
      queueIds,
      // As the agency chooses to show its people on a wall: «Ana Ñandú», «Ana Ñ.» or only states.
      names: Type.Enum(['full', 'short', 'none']),
      offline: Type.Boolean(),
    },
    exactly,
  ),
  /** A line for each queue: waiting, longest wait, service level with its bar. */
  queues: Type.Object(
    { ...place, kind: Type.Literal('queues'), queueIds, order: Type.Enum(['name', 'waiting', 'level']) },
    exactly,
  ),
  text: Type.Object(
    {
      ...place,
      kind: Type.Literal('text'),
      text: Type.String({ maxLength: 500 }),
      size: Type.Enum(['small', 'medium', 'large']),
      align: Type.Enum(['left', 'center']),
    },
    exactly,
  ),
  clock: Type.Object({ ...place, kind: Type.Literal('clock'), seconds: Type.Boolean(), date: Type.Boolean() }, exactly),
  /** What people call about most today. */
  topics: Type.Object({ ...place, kind: Type.Literal('topics'), queueIds }, exactly),
  /** What supervisors have to say now (announcements.ts). */
  announcement: Type.Object({ ...place, kind: Type.Literal('announcement') }, exactly),
  /** The data-health seal of today. */
  seal: Type.Object({ ...place, kind: Type.Literal('seal') }, exactly),
}

export type Kind = keyof typeof tileSchemas
export type TileOf<Of extends Kind> = Static<(typeof tileSchemas)[Of]>
export type Tile = { [Of in Kind]: TileOf<Of> }[Kind]
export type Page = { id: string; name: string; seconds: number; tiles: Tile[] }

/** Tiles are looked at one by one (`tileSchemas`), so that what is wrong can be told where it is. */
export const DesignSchema = Type.Object(
  {
    version: Type.Literal(1),
    // Above all tiles; empty: the agency's name.
    title: Type.String({ maxLength: 60 }),
    // `auto`: light by day, in the agency's time zone.
    theme: Type.Enum(['dark', 'light', 'auto']),
    day: Type.Object({ from: Hour, until: Hour }, exactly),
    // Urgent announcements stand across the top of every page, whatever tiles it has.
    urgent: Type.Boolean(),
    sound: Type.Object(
      {
        on: Type.Boolean(),
        volume: Type.Integer({ minimum: 0, maximum: 100 }),
        // `bad`: a tile that asks for it turned bad. `urgent`: an urgent announcement came.
        when: Type.Array(Type.Enum(['bad', 'urgent']), { maxItems: 2 }),
      },
      exactly,
    ),
    pages: Type.Array(
      Type.Object(
        {
          id: Id,
          name: Type.String({ maxLength: 40 }),
          // On the glass before the next page comes; of no account where there is one page.
          seconds: Type.Integer({ minimum: 5, maximum: 600 }),
          tiles: Type.Array(Type.Object({}), { maxItems: mostTiles }),
        },
        exactly,
      ),
      { minItems: 1, maxItems: mostPages },
    ),
  },
  exactly,
)
export type Design = Omit<Static<typeof DesignSchema>, 'pages'> & { pages: Page[] }
