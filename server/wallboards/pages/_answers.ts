// What an answer in the side panel changes of a tile, a page and the board; pure.
import { columns, rows } from '../grid.ts'
import type { Design, Page, Tile, ToneRule } from '../schema.ts'
import { shownOf } from '../shown.ts'
import { kinds, usualTone } from '../templates.ts'
import type { Measured, Toned } from './_fields.ts'

/** A number that was typed, within its bounds; undefined: it is none yet. */
function typed(value: string, min: number, max: number, whole = true): number | undefined {
  const number = Number(value.trim().replace(',', '.'))
  if (value.trim() === '' || !Number.isFinite(number)) return undefined
  return Math.min(max, Math.max(min, whole ? Math.round(number) : number))
}

/** The tile with that answer; the same one when the answer says nothing (a number half typed). Places are not answered here. */
export function answerTile(tile: Tile, name: string, value: string | boolean): Tile {
  if (name === 'title') {
    const { title: _, ...rest } = tile
    return (value === '' ? rest : { ...rest, title: value }) as Tile
  }
  if (name.startsWith('queue:') && 'queueIds' in tile) {
    const id = Number(name.slice(6))
    const others = tile.queueIds.filter((one) => one !== id)
    return { ...tile, queueIds: value === true ? [...others, id] : others }
  }
  if (name === 'show' && 'show' in tile) return showing(tile, String(value))
  if (name.startsWith('tone.') && 'tone' in tile) {
    const tone = answerTone(tile, name.slice(5), String(value))
    return tone === tile.tone ? tile : { ...tile, tone }
  }
  return name in tile ? ({ ...tile, [name]: value } as Tile) : tile
}

/** What goes with another number follows it: its usual thresholds, and no queues where it is of the whole agency. */
function showing(tile: Measured, show: string): Tile {
  const shown = shownOf(show)
  const queueIds = shown && shown.of !== 'queue' ? [] : tile.queueIds
  if (tile.kind === 'trend') return { ...tile, show, queueIds }
  const tone = usualTone(show)
  return { ...tile, show, queueIds, tone, sound: tile.sound && tone.kind !== 'none' }
}

function answerTone({ show, tone }: Toned, name: string, value: string): ToneRule {
  const shown = shownOf(show)
  if (name === 'kind') {
    if (value !== 'limits') return value === 'target' ? { kind: 'target' } : { kind: 'none' }
    const usual = usualTone(show)
    if (usual.kind === 'limits') return usual
    const better = shown?.better ?? 'lower'
    if (shown?.unit === 'ratio')
      return better === 'higher'
        ? { kind: 'limits', better, warn: 80, bad: 70 }
        : { kind: 'limits', better, warn: 5, bad: 10 }
    if (shown?.unit === 'ms') return { kind: 'limits', better, warn: 30, bad: 60 }
    return better === 'higher'
      ? { kind: 'limits', better, warn: 3, bad: 1 }
      : { kind: 'limits', better, warn: 5, bad: 10 }
  }
  if (tone.kind !== 'limits') return tone
  if (name === 'better') {
    if (value === tone.better) return tone
    // Turned round: the limits change their places with it, so that they stay in order.
    return { ...tone, better: value === 'higher' ? 'higher' : 'lower', warn: tone.bad, bad: tone.warn }
  }
  const number = typed(value, 0, 1e6, false)
  return number === undefined ? tone : { ...tone, [name]: number }
}

export function answerPage(page: Page, name: string, value: string | boolean): Page {
  if (name === 'page.name') return { ...page, name: String(value) }
  return { ...page, seconds: typed(String(value), 5, 600) ?? page.seconds }
}

export function answerBoard(design: Design, name: string, value: string | boolean): Design {
  const { sound } = design
  switch (name) {
    case 'board.title':
      return { ...design, title: String(value) }
    case 'theme':
      return { ...design, theme: value as Design['theme'] }
    case 'day.from':
    case 'day.until':
      return value === '' ? design : { ...design, day: { ...design.day, [name.slice(4)]: value } }
    case 'urgent':
      return { ...design, urgent: value === true }
    case 'sound.on':
      return { ...design, sound: { ...sound, on: value === true } }
    case 'sound.volume':
      return { ...design, sound: { ...sound, volume: typed(String(value), 0, 100) ?? sound.volume } }
    default: {
      const one = name === 'sound.bad' ? 'bad' : 'urgent'
      const others = sound.when.filter((when) => when !== one)
      return { ...design, sound: { ...sound, when: value === true ? [...others, one] : others } }
    }
  }
}

/** A place that was typed, counted from one; undefined: it says nothing. */
export function answerPlace(
  name: string,
  value: string,
): { x?: number; y?: number; w?: number; h?: number } | undefined {
  const number = typed(value, 1, name === 'x' || name === 'w' ? columns : rows)
  if (number === undefined) return undefined
  return { [name]: name === 'x' || name === 'y' ? number - 1 : number }
}

export const leastOf = (tile: Tile): { minW: number; minH: number } => kinds[tile.kind]
