// Gauges and trends as shapes, drawn by templates as SVG.
import type { TrendData } from '../model.ts'
import type { TileOf, ToneRule } from '../schema.ts'
import { type Shown, shownOf } from '../shown.ts'

/** An arc of half a circle: `length` of it is filled; `mark`: where the target stands, as a line. */
export type GaugeView = { length: number; whole: number; mark?: { x1: number; y1: number; x2: number; y2: number } }

const radius = 40
const round = (value: number) => Math.round(value * 100) / 100

export function gaugeView(value: number | null, tone: ToneRule, target: number | undefined): GaugeView {
  const whole = Math.PI * radius
  const filled = Math.min(1, Math.max(0, value ?? 0))
  const at = tone.kind === 'target' ? target : tone.kind === 'limits' ? tone.warn : undefined
  const view: GaugeView = { length: round(filled * whole), whole: round(whole) }
  if (at === undefined) return view
  const angle = Math.PI * (1 - Math.min(100, at) / 100)
  const point = (r: number) => ({ x: round(50 + r * Math.cos(angle)), y: round(50 - r * Math.sin(angle)) })
  const [inner, outer] = [point(radius - 4.5), point(radius + 7)]
  return { ...view, mark: { x1: inner.x, y1: inner.y, x2: outer.x, y2: outer.y } }
}

/** In a field of 100 x 100 that is stretched over the tile. */
export type TrendView = {
  unit: Shown['unit']
  bars: { x: number; y: number; w: number; h: number; running: boolean }[]
  line: string
  /** Where the line is now. */
  before: string
  target?: number
  /** Instants, UTC ms, and where they stand from the left, in hundredths. */
  hours: { at: number; x: number }[]
  /** What the top of the field is. */
  top: number
  /** The last half hour that is over. */
  last: number | null
  weekAgo?: true
}

export function trendView(
  { show, draw }: TileOf<'trend'>,
  { at: begins, today, before, target }: TrendData,
): TrendView {
  const { unit } = shownOf(show) as Shown
  // From the first half hour in which there is something to the last one, the running one at least.
  const some = (value: number | null | undefined) => value !== null && value !== undefined && value !== 0
  // Nothing a week ago is no line along the ground.
  const then = before.some(some) ? before : []
  const first = Math.max(
    0,
    Math.min(
      ...[today, then].map((list) => {
        const at = list.findIndex(some)
        return at < 0 ? today.length - 1 : at
      }),
    ),
  )
  const last = Math.max(today.length - 1, then.findLastIndex(some), first + 5)
  const count = last - first + 1
  const step = 100 / count
  const values = [...today, ...then].filter((value): value is number => value !== null)
  const top = unit === 'ratio' ? 1 : niceTop(Math.max(0, ...values, target ?? 0), unit)
  const y = (value: number) => round(100 - (Math.min(value, top) / top) * 100)
  const lineOf = (list: (number | null)[]) => {
    let path = ''
    let pen = 'M'
    for (const [at, value] of list.slice(first, last + 1).entries()) {
      if (value === null) pen = 'M'
      else {
        path += `${pen}${round((at + 0.5) * step)} ${y(value)}`
        pen = 'L'
      }
    }
    return path
  }
  const running = today.length - 1
  const every = [2, 4, 6, 8, 12].find((one) => count / one <= 7) ?? 12
  const hours: TrendView['hours'] = []
  for (const [at, begin] of begins.entries())
    if (at >= first && at <= last && at % every === 0) hours.push({ at: begin, x: round((at - first) * step) })
  return {
    unit,
    bars:
      draw === 'bars'
        ? today.slice(first).map((value, at) => ({
            x: round(at * step + step * 0.14),
            y: y(value ?? 0),
            w: round(step * 0.72),
            h: round(100 - y(value ?? 0)),
            running: first + at === running,
          }))
        : [],
    line: draw === 'line' ? lineOf(today) : '',
    before: lineOf(then),
    ...(target === undefined ? {} : { target: y(target) }),
    hours,
    top,
    last: today[running - 1] ?? null,
    ...(then.length > 0 ? { weekAgo: true } : {}),
  }
}

/** A round number not below the greatest value. */
function niceTop(most: number, unit: Shown['unit']): number {
  if (unit === 'ms') {
    const seconds = most / 1_000
    const step = [10, 30, 60, 120, 300, 600, 1_200, 1_800].find((one) => seconds <= one * 2) ?? 3_600
    return Math.max(1, Math.ceil(seconds / step)) * step * 1_000
  }
  if (most <= 4) return 4
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => most <= one * power) ?? 10) * power
}
