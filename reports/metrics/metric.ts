import type { Measure } from './measures.ts'
import type { Totals } from './totals.ts'

export type Unit = 'count' | 'ms' | 'ratio' | 'erlangs' | 'decimal'
export type Language = 'es' | 'en'
export type Text = Record<Language, string>

/** How a number follows from totals. Quotients: (sum of `over`) / (sum of `under` - sum of `less`), `times` so much. */
export type Formula =
  | { kind: 'sum'; of: readonly Measure[] }
  | { kind: 'quotient'; over: readonly Measure[]; under: readonly Measure[]; less?: readonly Measure[]; times?: number }
  | { kind: 'longest_wait' }
  | { kind: 'wait_percentile'; share: number }
  /** Stays that left neither answered nor abandoned. */
  | { kind: 'left_otherwise' }
  | { kind: 'lines'; what: 'open' | 'peak' | 'erlangs' }

/** One entry of the catalogue: the only place where this number is computed. */
export type Metric = {
  id: string
  /** Raised when the meaning of the number changes, so that old files can say which one they hold. */
  version: number
  unit: Unit
  label: Text
  definition: Text
  formula: Formula
  /** Pure. `null` is "no value" (shown as a dash): a ratio over nothing is neither 0 % nor 100 %. */
  of(totals: Totals): number | null
}

/** A metric of the catalogue; definitions are [Spanish, English]. */
export function metric(
  id: string,
  unit: Unit,
  [es, en]: readonly [string, string],
  [definitionEs, definitionEn]: readonly [string, string],
  formula: Formula,
  version = 1,
): Metric {
  return {
    id,
    version,
    unit,
    label: { es, en },
    definition: { es: definitionEs, en: definitionEn },
    formula,
    of: (totals) => evaluate(formula, totals),
  }
}

/** A metric that is one measure, of the same id. */
export function counted(id: Measure, label: readonly [string, string], definition: readonly [string, string]): Metric {
  return metric(id, 'count', label, definition, { kind: 'sum', of: [id] })
}

/** As `counted`, in ms. */
export function timed(id: Measure, label: readonly [string, string], definition: readonly [string, string]): Metric {
  return metric(id, 'ms', label, definition, { kind: 'sum', of: [id] })
}

export function sumOf(totals: Totals, of: readonly Measure[]): number {
  return of.reduce((sum, id) => sum + (totals.sums[id] ?? 0), 0)
}

function evaluate(formula: Formula, totals: Totals): number | null {
  switch (formula.kind) {
    case 'sum':
      return sumOf(totals, formula.of)
    case 'quotient':
      return quotient(
        sumOf(totals, formula.over) * (formula.times ?? 1),
        sumOf(totals, formula.under) - sumOf(totals, formula.less ?? []),
      )
    case 'longest_wait':
      return totals.waitMax < 0 ? null : totals.waitMax
    case 'wait_percentile':
      return totals.waits.percentile(formula.share)
    case 'left_otherwise':
      return totals.waits.countOf('other')
    case 'lines':
      if (formula.what === 'erlangs') return quotient(sumOf(totals, ['line_time']), totals.elapsed)
      return formula.what === 'open' ? totals.linesOpen : totals.linesPeak
  }
}

/** over / under; no value when there is nothing to divide by. */
function quotient(over: number, under: number): number | null {
  return under > 0 ? over / under : null
}
