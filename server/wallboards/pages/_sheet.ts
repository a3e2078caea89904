// How tiles are placed by keyboard, copied and added; pure.
import { freePlace, inside, overlap, type Place } from '../grid.ts'

export type Placed = Place & { id: string }

const free = (place: Place, others: readonly Place[]) => inside(place) && !others.some((one) => overlap(one, place))
const besides = (all: readonly Placed[], id: string) => all.filter((one) => one.id !== id)

/** A free place of the wanted size; of a smaller one, the largest there is, when the page has none; undefined: it is full. */
export function roomFor(
  taken: readonly Place[],
  wanted: { w: number; h: number; minW: number; minH: number },
): Place | undefined {
  const sizes: [number, number][] = []
  for (let w = wanted.w; w >= wanted.minW; w--) for (let h = wanted.h; h >= wanted.minH; h--) sizes.push([w, h])
  sizes.sort(([w1, h1], [w2, h2]) => w2 * h2 - w1 * h1 || w2 - w1)
  for (const [w, h] of sizes) {
    const place = freePlace(taken, w, h)
    if (place) return place
  }
  return undefined
}

/** One step that way, or over what is in the way to the next free place; undefined when there is none. */
export function stepped(tile: Placed, dx: number, dy: number, all: readonly Placed[]): Place | undefined {
  const others = besides(all, tile.id)
  for (let step = 1; ; step++) {
    const place = { x: tile.x + dx * step, y: tile.y + dy * step, w: tile.w, h: tile.h }
    if (!inside(place)) return undefined
    if (free(place, others)) return place
  }
}

/** The same tile at that place and size; undefined when something is in the way or it would be too small to be read. */
export function placedAt(
  tile: Placed,
  to: Partial<Place>,
  all: readonly Placed[],
  least: { minW: number; minH: number },
): Place | undefined {
  const place = { x: tile.x, y: tile.y, w: tile.w, h: tile.h, ...to }
  const larger = place.w >= Math.min(tile.w, least.minW) && place.h >= Math.min(tile.h, least.minH)
  return larger && free(place, besides(all, tile.id)) ? place : undefined
}
