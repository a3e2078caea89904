import type { Measure, Metric } from '../metrics/index.ts'

/** Measures above and below the line; below nothing stands but 1 for what is no quotient. */
export function measuresOf({ formula }: Metric): { over: Measure[]; under: Measure[]; less: Measure[] } {
  switch (formula.kind) {
    case 'sum':
      return { over: [...formula.of], under: [], less: [] }
    case 'quotient':
      return { over: [...formula.over], under: [...formula.under], less: [...(formula.less ?? [])] }
    case 'lines':
      return { over: ['line_time'], under: [], less: [] }
    case 'left_otherwise':
      return { over: ['overflowed', 'callbacks'], under: [], less: [] }
    default:
      return { over: [], under: ['offered'], less: ['waiting'] }
  }
}
