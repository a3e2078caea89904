// What a supervisor does to a design; pure, each gives a new one.
import type { Place } from '../grid.ts'
import type { Design, Kind, Page, Tile } from '../schema.ts'
import { kinds, newTile } from '../templates.ts'
import { roomFor } from './_sheet.ts'

/** As schema.ts has them; browsers take only types from there. */
export const mostPages = 8
export const mostTiles = 24

export const pageOf = (design: Design, pageId: string): Page =>
  (design.pages.find(({ id }) => id === pageId) ?? design.pages[0]) as Page
export const tileOf = (design: Design, id: string | undefined): Tile | undefined =>
  design.pages.flatMap(({ tiles }) => tiles).find((tile) => tile.id === id)

/** One that no page and no tile has. */
export function freshId(design: Design, stem: string): string {
  const taken = new Set(design.pages.flatMap(({ id, tiles }) => [id, ...tiles.map((tile) => tile.id)]))
  for (let number = 1; ; number++) if (!taken.has(`${stem}${number}`)) return `${stem}${number}`
}

const withPage = (design: Design, pageId: string, change: (page: Page) => Page): Design => ({
  ...design,
  pages: design.pages.map((page) => (page.id === pageId ? change(page) : page)),
})
const withTiles = (design: Design, pageId: string, change: (tiles: Tile[]) => Tile[]): Design =>
  withPage(design, pageId, (page) => ({ ...page, tiles: change(page.tiles) }))

/** At `place`, or where there is room. Undefined: the page is full. */
export function addTile(
  design: Design,
  pageId: string,
  kind: Kind,
  place?: Place,
): { design: Design; id: string } | undefined {
  const { tiles } = pageOf(design, pageId)
  const at = place ?? roomFor(tiles, kinds[kind])
  if (!at || tiles.length >= mostTiles) return undefined
  const id = freshId(design, 't')
  return { design: withTiles(design, pageId, (all) => [...all, newTile(kind, id, at) as Tile]), id }
}

export function copyTile(design: Design, pageId: string, id: string): { design: Design; id: string } | undefined {
  const { tiles } = pageOf(design, pageId)
  const tile = tiles.find((one) => one.id === id)
  const at = tile && roomFor(tiles, { ...kinds[tile.kind], w: tile.w, h: tile.h })
  if (!tile || !at || tiles.length >= mostTiles) return undefined
  const made = freshId(design, 't')
  const copy = { ...structuredClone(tile), ...at, id: made }
  return { design: withTiles(design, pageId, (all) => [...all, copy]), id: made }
}

export const removeTile = (design: Design, pageId: string, id: string): Design =>
  withTiles(design, pageId, (tiles) => tiles.filter((tile) => tile.id !== id))

export const setTile = (design: Design, pageId: string, changed: Tile): Design =>
  withTiles(design, pageId, (tiles) => tiles.map((tile) => (tile.id === changed.id ? changed : tile)))

/** Puts several tiles at once, as they stand after a drag that pushed others. The same design when nothing moved. */
export function placeTiles(design: Design, pageId: string, places: ReadonlyMap<string, Place>): Design {
  let moved = false
  const next = withTiles(design, pageId, (tiles) =>
    tiles.map((tile) => {
      const to = places.get(tile.id)
      if (!to || (to.x === tile.x && to.y === tile.y && to.w === tile.w && to.h === tile.h)) return tile
      moved = true
      return { ...tile, x: to.x, y: to.y, w: to.w, h: to.h }
    }),
  )
  return moved ? next : design
}

export const setPage = (design: Design, pageId: string, change: Partial<Page>): Design =>
  withPage(design, pageId, (page) => ({ ...page, ...change }))

/** A new page behind the one that is seen: empty, or with the same tiles. Undefined: there are as many as can be. */
export function addPage(design: Design, after: string, same: boolean): { design: Design; id: string } | undefined {
  if (design.pages.length >= mostPages) return undefined
  const from = pageOf(design, after)
  const id = freshId(design, 'p')
  const page: Page = { id, name: '', seconds: from.seconds, tiles: [] }
  let next: Design = { ...design, pages: [] }
  for (const one of design.pages) next.pages.push(...(one.id === from.id ? [one, page] : [one]))
  for (const tile of same ? from.tiles : []) {
    const copy = { ...structuredClone(tile), id: freshId(next, 't') }
    next = withTiles(next, id, (tiles) => [...tiles, copy])
  }
  return { design: next, id }
}

/** By so many places; the same design at the end. */
export function movePage(design: Design, pageId: string, by: -1 | 1): Design {
  const at = design.pages.findIndex(({ id }) => id === pageId)
  const to = at + by
  if (at < 0 || to < 0 || to >= design.pages.length) return design
  const pages = [...design.pages]
  const [page] = pages.splice(at, 1)
  pages.splice(to, 0, page as Page)
  return { ...design, pages }
}

/** The last page stays. */
export const removePage = (design: Design, pageId: string): Design =>
  design.pages.length === 1 ? design : { ...design, pages: design.pages.filter(({ id }) => id !== pageId) }
