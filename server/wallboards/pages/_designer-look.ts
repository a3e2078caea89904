// What the tiles look like with the figures of this moment; asked anew while the page is seen.
import { drawPartial, post, serverNow } from '../../http/browser/index.ts'
import type { BoardModel } from '../model.ts'
import type { Design, Tile } from '../schema.ts'
import { language, timeZone } from './_designer-words.ts'
import { boardView, isLight, tileView } from './_view.ts'

export type BoardLook = {
  /** The design is another one: ask for what it shows. */
  changed(): void
  light(): boolean
  /** The board's head and what crosses it, without its tiles. */
  head(): string
  tile(tile: Tile): string
  /** A whole page, as on the wall. */
  page(at: number): string
}

const locale = language === 'en-US' ? 'en-US' : 'es-AR'
const hour = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone })
const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', timeZone })
/** The clock in the head of a board that was drawn in `root`. */
export function setClock(root: ParentNode): void {
  for (const [id, format] of [
    ['board-clock', hour],
    ['board-day', day],
  ] as const) {
    const element = root.querySelector(`#${id}`)
    if (element) element.textContent = format.format(serverNow())
  }
}

const settleMs = 350
const oftenMs = 4_000

/** What of a tile's settings its figures depend on: those of other settings are not shown in the meantime. */
function asks(tile: Tile): string {
  const { x: _x, y: _y, w: _w, h: _h, title: _title, ...rest } = tile
  const { tone: _tone, sound: _sound, ...settings } = rest as typeof rest & { tone?: unknown; sound?: unknown }
  return JSON.stringify(settings)
}

export function createLook(drawn: () => { name: string; design: Design }, agency: string, came: () => void): BoardLook {
  let model: BoardModel | undefined
  const answered = new Map<string, string>()
  let waiting: ReturnType<typeof setTimeout> | undefined
  let busy = false

  const later = (ms: number) => {
    clearTimeout(waiting)
    waiting = setTimeout(ask, ms)
  }
  async function ask(): Promise<void> {
    if (busy || document.hidden) return later(oftenMs)
    busy = true
    const { design } = drawn()
    try {
      model = await post<BoardModel>('/api/wallboards/preview', { design })
      answered.clear()
      for (const { tiles } of design.pages) for (const tile of tiles) answered.set(tile.id, asks(tile))
      came()
    } catch {
      // Half typed, or the server is away: what is shown stays, and saving tells what is wrong.
    }
    busy = false
    later(drawn().design === design ? oftenMs : settleMs)
  }

  const now = () => ({ links: false, now: serverNow() })
  const whole = (): BoardModel => {
    const { name, design } = drawn()
    const tiles = design.pages.flatMap((page) => page.tiles).filter((tile) => answered.get(tile.id) === asks(tile))
    return {
      ...{ name, agency, saved: 0, version: '', example: false, figures: true, explain: null, ...model, design },
      urgent: design.urgent ? (model?.urgent ?? []) : [],
      tiles: Object.fromEntries(tiles.map(({ id }) => [id, model?.tiles[id] ?? {}])),
    }
  }
  return {
    // The first figures are there at once.
    changed: () => later(model ? settleMs : 0),
    light: () => isLight(drawn().design, serverNow(), timeZone),
    head() {
      const { pages: _, ...view } = boardView({ ...whole(), name: drawn().name }, undefined, now())
      return drawPartial('wallboards/board', { ...view, pages: [] })
    },
    tile(tile) {
      const data = answered.get(tile.id) === asks(tile) ? model?.tiles[tile.id] : undefined
      return drawPartial('wallboards/tile', tileView(tile, data, { ...now(), explain: null }))
    },
    page: (at) => drawPartial('wallboards/board', boardView({ ...whole(), name: drawn().name }, at, now())),
  }
}
