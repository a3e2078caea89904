// A small picture of a board, for lists and for choosing a template; drawn by `wallboards/picture`. Pure.
import { columns, rows } from '../grid.ts'
import type { Design, Kind } from '../schema.ts'

export type Picture = { theme: 'dark' | 'light'; boxes: { x: number; y: number; w: number; h: number; kind: Kind }[] }

/** In the units of a screen of 128 x 72. */
const screen = { width: 128, height: 72, edge: 3, gap: 1.6 }

/** Of the first page. */
export function pictureOf(design: Design): Picture {
  const width = (screen.width - 2 * screen.edge) / columns
  const height = (screen.height - 2 * screen.edge) / rows
  const round = (value: number) => Math.round(value * 10) / 10
  return {
    theme: design.theme === 'light' ? 'light' : 'dark',
    boxes: (design.pages[0]?.tiles ?? []).map(({ x, y, w, h, kind }) => ({
      x: round(screen.edge + x * width + screen.gap / 2),
      y: round(screen.edge + y * height + screen.gap / 2),
      w: round(w * width - screen.gap),
      h: round(h * height - screen.gap),
      kind,
    })),
  }
}
