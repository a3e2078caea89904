// The grid of a page. Runs in browsers too.

/** A page is a grid of so many cells. */
export const columns = 12
export const rows = 8

export type Place = { x: number; y: number; w: number; h: number }

export const inside = ({ x, y, w, h }: Place): boolean =>
  x >= 0 && y >= 0 && w >= 1 && h >= 1 && x + w <= columns && y + h <= rows

export const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

/** The first place, row by row, where a tile of that size lies free; undefined: there is none. */
export function freePlace(taken: readonly Place[], w: number, h: number): Place | undefined {
  for (let y = 0; y + h <= rows; y++)
    for (let x = 0; x + w <= columns; x++) {
      const place = { x, y, w, h }
      if (!taken.some((one) => overlap(one, place))) return place
    }
  return undefined
}
